//! Reading the change log.

use super::dispatch::{from_row, json, word};
use super::{Pool, Store, StoreError};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::ChangeView;
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// Which changes to list.
#[derive(Debug, Clone, Default)]
pub struct ChangeFilter {
    /// Only of this profile.
    pub profile_id: Option<ProfileId>,
    /// Only of this run.
    pub run_id: Option<RunId>,
    /// Only since this instant.
    pub since: Option<Timestamp>,
    /// At most this many, newest first.
    pub limit: i64,
}

from_row!(ChangeView, |row| Ok(ChangeView {
    run_id: RunId(row.try_get("run_id")?),
    profile_id: ProfileId(row.try_get("profile_id")?),
    unit: Unit {
        ad_product: word("ad_product", row.try_get("ad_product")?)?,
        entity: word("entity", row.try_get("entity")?)?,
    },
    entity_id: row.try_get("entity_id")?,
    kind: word("kind", row.try_get("kind")?)?,
    at: Timestamp(row.try_get("changed_at")?),
    before: json("before", row.try_get("before_text")?)?,
    after: json("after", row.try_get("after_text")?)?,
}));

impl Store {
    /// Changes, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes(&self, filter: &ChangeFilter) -> Result<Vec<ChangeView>, StoreError> {
        const SELECT: &str = "select run_id, profile_id, ad_product, entity, entity_id, kind, changed_at, \
             cast(before as text) as before_text, cast(after as text) as after_text from changes \
             where ($1 = 0 or profile_id = $1) and ($2 = 0 or run_id = $2) and changed_at >= $3 \
             order by id desc limit $4";
        let limit = if filter.limit > 0 { filter.limit } else { i64::MAX };
        let profile = filter.profile_id.map_or(0, |id| id.0);
        let run = filter.run_id.map_or(0, |id| id.0);
        let since = filter.since.map_or(0, |at| at.0);
        Ok(match &self.pool {
            Pool::Sqlite { readers, .. } => {
                sqlx::query_as(SELECT)
                    .bind(profile)
                    .bind(run)
                    .bind(since)
                    .bind(limit)
                    .fetch_all(readers)
                    .await?
            }
            Pool::Postgres(pool) => {
                sqlx::query_as(SELECT).bind(profile).bind(run).bind(since).bind(limit).fetch_all(pool).await?
            }
        })
    }
}
