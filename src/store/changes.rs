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

/// One statement for each way to narrow the list down, so that each is read by an index from its newest row on:
/// one statement with alternatives for all of them would walk the whole table.
macro_rules! select {
    ($narrowed:literal, $order:literal) => {
        concat!(
            "select run_id, profile_id, ad_product, entity, entity_id, kind, changed_at, \
             cast(before as text) as before_text, cast(after as text) as after_text from changes where ",
            $narrowed,
            " and changed_at >= $3 order by ",
            $order,
            " limit $4"
        )
    };
}
const OF_RUN: &str = select!("run_id = $2 and ($1 = 0 or profile_id = $1)", "id desc");
const OF_PROFILE: &str = select!("profile_id = $1 and $2 = 0", "changed_at desc, id desc");
const OF_ALL: &str = select!("$1 = 0 and $2 = 0", "changed_at desc, id desc");

impl ChangeFilter {
    const fn statement(&self) -> &'static str {
        match (self.run_id, self.profile_id) {
            (Some(_), _) => OF_RUN,
            (None, Some(_)) => OF_PROFILE,
            (None, None) => OF_ALL,
        }
    }
}

impl Store {
    /// Changes, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn changes(&self, filter: &ChangeFilter) -> Result<Vec<ChangeView>, StoreError> {
        let statement = filter.statement();
        let limit = if filter.limit > 0 { filter.limit } else { i64::MAX };
        let profile = filter.profile_id.map_or(0, |id| id.0);
        let run = filter.run_id.map_or(0, |id| id.0);
        let since = filter.since.map_or(0, |at| at.0);
        Ok(match &self.pool {
            Pool::Sqlite { readers, .. } => {
                sqlx::query_as(statement)
                    .bind(profile)
                    .bind(run)
                    .bind(since)
                    .bind(limit)
                    .fetch_all(readers)
                    .await?
            }
            Pool::Postgres(pool) => {
                sqlx::query_as(statement)
                    .bind(profile)
                    .bind(run)
                    .bind(since)
                    .bind(limit)
                    .fetch_all(pool)
                    .await?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::*;

    #[tokio::test]
    async fn every_way_to_list_changes_is_read_in_order_from_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("changes.db").display());
        let store = Store::open(&url).await.unwrap();
        let Pool::Sqlite { readers, .. } = &store.pool else { panic!("{url} is SQLite") };
        for (statement, index) in
            [(OF_RUN, "changes_of_run"), (OF_PROFILE, "changes_of_profile"), (OF_ALL, "changes_by_time")]
        {
            let asked = AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(asked).bind(1).bind(1).bind(1).bind(1).fetch_all(readers).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan[0].starts_with("SEARCH changes USING INDEX"), "{plan:?}");
            assert!(plan[0].contains(index), "{plan:?}");
            assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
        }
        store.close().await;
    }
}
