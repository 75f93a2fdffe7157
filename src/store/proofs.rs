//! What is proved of many profiles at once, and which units failed last: the matrix reads both in one go.

use serde::Deserialize;

use super::dispatch::{from_row, json, read, word};
use super::{Store, StoreError};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::proof::{FailedUnit, Proof};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// The one fact of a certificate that is read for thousands of profiles.
#[derive(Deserialize)]
struct Reported {
    reported_total: Option<u64>,
}

#[derive(Deserialize)]
struct Summary {
    summary: String,
}

from_row!(Proof, |row| {
    let certificate: Option<Reported> = json("certificate", row.try_get("certificate")?)?;
    Ok(Proof {
        profile_id: ProfileId(row.try_get("profile_id")?),
        unit: Unit {
            ad_product: word("ad_product", row.try_get("ad_product")?)?,
            entity: word("entity", row.try_get("entity")?)?,
        },
        state: word("state", row.try_get("state")?)?,
        run_id: RunId(row.try_get("run_id")?),
        committed_at: Timestamp(row.try_get("committed_at")?),
        live_rows: row.try_get("live_rows")?,
        reported_total: certificate.and_then(|c| c.reported_total),
        reason: row.try_get("reason")?,
        refused_since: row.try_get::<Option<i64>, _>("refused_since")?.map(Timestamp),
    })
});

from_row!(FailedUnit, |row| {
    let error: Option<Summary> = json("error", row.try_get("error")?)?;
    Ok(FailedUnit {
        profile_id: ProfileId(row.try_get("profile_id")?),
        unit: Unit {
            ad_product: word("ad_product", row.try_get("ad_product")?)?,
            entity: word("entity", row.try_get("entity")?)?,
        },
        run_id: RunId(row.try_get("run_id")?),
        at: Timestamp(row.try_get("failed_at")?),
        summary: error.map_or_else(|| "failed without a report".to_owned(), |e| e.summary),
    })
});

/// The ids that a query looks at: one profile, or all of them. A range, so that one profile is found by index.
const fn range(profile: Option<ProfileId>) -> (i64, i64) {
    match profile {
        Some(id) => (id.0, id.0),
        None => (i64::MIN, i64::MAX),
    }
}

impl Store {
    /// The committed proofs of a profile, or of all of them, by profile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn proofs(&self, profile: Option<ProfileId>) -> Result<Vec<Proof>, StoreError> {
        let (first, last) = range(profile);
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(
                "select profile_id, ad_product, entity, state, run_id, committed_at, live_rows, certificate,
                     reason, refused_since
                 from certificates where profile_id between $1 and $2 order by profile_id",
            )
            .bind(first)
            .bind(last)
            .fetch_all(&mut *conn)
            .await?)
        })
    }

    /// The units that failed in the latest run that ended of a profile, or of all of them, where that run failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn failed_units(&self, profile: Option<ProfileId>) -> Result<Vec<FailedUnit>, StoreError> {
        let (first, last) = range(profile);
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(
                "select u.profile_id, u.ad_product, u.entity, u.run_id, u.error,
                     coalesce(u.settled_at, r.finished_at, r.requested_at) as failed_at
                 from sync_runs r join sync_units u on u.run_id = r.id and u.state = 'failed'
                 where r.state = 'failed' and r.id in (
                     select max(id) from sync_runs
                     where state not in ('queued', 'fetching', 'committing') and profile_id between $1 and $2
                     group by profile_id)
                 order by u.profile_id",
            )
            .bind(first)
            .bind(last)
            .fetch_all(&mut *conn)
            .await?)
        })
    }
}
