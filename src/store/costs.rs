//! What the last runs of all profiles took, in one statement.

use std::time::Duration;

use super::dispatch::{from_row, read};
use super::{Store, StoreError};
use crate::domain::cost::{Basis, RunCost};
use crate::domain::id::ProfileId;

from_row!(RunCost, |row| {
    let count = |name| -> sqlx::Result<u64> { Ok(u64::try_from(row.try_get::<i64, _>(name)?).unwrap_or(0)) };
    let requests: Option<i64> = row.try_get("requests")?;
    let took: Option<i64> = row.try_get("took")?;
    let completed = row.try_get::<i64, _>("completed")? == 1;
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(RunCost {
        profile_id: ProfileId(row.try_get("profile_id")?),
        basis: requests.map(|requests| Basis {
            requests: unsigned(requests),
            took: Duration::from_micros(unsigned(took.unwrap_or(0))),
            completed,
        }),
        kept_units: count("units")?,
        kept_pages: count("pages")?,
    })
});

impl Store {
    /// What the last runs of each profile that ever had one took, and what a retry of it would find proved that
    /// ended within `reuse`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn run_costs(&self, reuse: Duration) -> Result<Vec<RunCost>, StoreError> {
        read!(self, |conn, now| {
            Ok(sqlx::query_as(
                "select l.profile_id, b.requests, b.finished_at - b.started_at as took,
                     case when b.state = 'completed' then cast(1 as bigint) else cast(0 as bigint) end as completed,
                     coalesce(k.units, 0) as units, coalesce(k.pages, 0) as pages
                 from (select profile_id, max(id) as latest,
                           max(case when state = 'completed' then id end) as completed,
                           max(case when state in ('failed', 'held') and requests > 0 then id end) as tried
                       from sync_runs group by profile_id) l
                 left join sync_runs b on b.id = coalesce(l.completed, l.tried)
                 left join (select r.id, count(*) as units, cast(sum(u.pages) as bigint) as pages
                            from sync_runs r join sync_units u on u.run_id = r.id
                            where r.state in ('failed', 'cancelled') and r.finished_at >= $1 and u.state = 'proved'
                            group by r.id) k on k.id = l.latest
                 order by l.profile_id",
            )
            .bind(now.minus(reuse).0)
            .fetch_all(&mut *conn)
            .await?)
        })
    }
}
