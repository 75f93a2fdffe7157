//! Reading runs: one, the latest, those that a retry may take from, the whole history.

use super::dispatch::read;
use super::{Store, StoreError};
use crate::domain::cause::CauseId;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only of this profile.
    pub profile_id: Option<ProfileId>,
    /// Only in this state.
    pub state: Option<RunState>,
    /// At most this many, newest first.
    pub limit: i64,
}

/// One statement for each way to narrow the list down, so that each is read from an index, newest first.
const OF_PROFILE: &str = "select * from sync_runs where profile_id = $1 and ($2 = '' or state = $2) \
                          order by id desc limit $3";
const OF_STATE: &str = "select * from sync_runs where $1 = 0 and state = $2 order by id desc limit $3";
const OF_ALL: &str = "select * from sync_runs where $1 = 0 and $2 = '' order by id desc limit $3";

/// Each part is read from an index of its own: consoles ask for this every second.
const RECENT: &str = "select * from sync_runs where id in (
         select id from sync_runs where state in ('queued', 'fetching', 'committing', 'held')
         union select id from sync_runs where finished_at >= $1
         union select id from sync_runs where requested_at >= $1)
     order by id";

impl RunFilter {
    const fn statement(&self) -> &'static str {
        match (self.profile_id, self.state) {
            (Some(_), _) => OF_PROFILE,
            (None, Some(_)) => OF_STATE,
            (None, None) => OF_ALL,
        }
    }
}

impl Store {
    /// One run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn run(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as("select * from sync_runs where id = $1")
                .bind(run.0)
                .fetch_optional(&mut *conn)
                .await?)
        })
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunView>, StoreError> {
        let limit = if filter.limit > 0 { filter.limit } else { i64::MAX };
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(filter.statement())
                .bind(filter.profile_id.map_or(0, |id| id.0))
                .bind(filter.state.map_or("", RunState::as_str))
                .bind(limit)
                .fetch_all(&mut *conn)
                .await?)
        })
    }

    /// The latest run of each profile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn latest_runs(&self) -> Result<Vec<RunView>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(
                "select * from sync_runs where id in (select max(id) from sync_runs group by profile_id)",
            )
            .fetch_all(&mut *conn)
            .await?)
        })
    }

    /// The latest run that ended of each profile, where that failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn failed_runs(&self) -> Result<Vec<RunView>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(
                "select * from sync_runs where state = 'failed' and id in (
                     select max(id) from sync_runs where state not in ('queued', 'fetching', 'committing')
                     group by profile_id)
                 order by id",
            )
            .fetch_all(&mut *conn)
            .await?)
        })
    }

    /// The causes of which profiles failed since their last completed runs, with the instants at which they first did.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn failing_since(&self) -> Result<Vec<(ProfileId, CauseId, Timestamp)>, StoreError> {
        read!(self, |conn, _now| {
            let since: Vec<(i64, String, i64)> = sqlx::query_as(
                "select f.profile_id, f.cause, min(f.finished_at) from sync_runs f
                 where f.state = 'failed' and f.cause is not null and f.finished_at is not null
                     and f.id > coalesce((select max(c.id) from sync_runs c
                                          where c.profile_id = f.profile_id and c.state = 'completed'), 0)
                 group by f.profile_id, f.cause",
            )
            .fetch_all(&mut *conn)
            .await?;
            let of = |(profile, cause, since)| (ProfileId(profile), CauseId::stored(cause), Timestamp(since));
            Ok(since.into_iter().map(of).collect())
        })
    }

    /// Runs that were live lately: those that are, and those that ended or were asked for since an instant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn recent_runs(&self, since: Timestamp) -> Result<Vec<RunView>, StoreError> {
        read!(self, |conn, _now| { Ok(sqlx::query_as(RECENT).bind(since.0).fetch_all(&mut *conn).await?) })
    }

    /// The run of a profile that a retry would take pages from: its latest, when that did not complete.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn retryable_run(&self, profile: ProfileId) -> Result<Option<RunView>, StoreError> {
        let latest = self.runs(&RunFilter { profile_id: Some(profile), state: None, limit: 1 }).await?;
        Ok(latest.into_iter().find(|run| matches!(run.state, RunState::Failed | RunState::Cancelled)))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::*;
    use crate::store::Pool;

    #[tokio::test]
    async fn every_way_to_list_runs_is_read_from_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("runs.db").display());
        let store = Store::open(&url).await.unwrap();
        let Pool::Sqlite { readers, .. } = &store.pool else { panic!("{url} is SQLite") };
        let plan = async |statement: &str| -> Vec<String> {
            let asked = AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(asked).bind(1).bind("held").bind(1).fetch_all(readers).await.unwrap();
            rows.iter().map(|row| row.get("detail")).collect()
        };
        for (statement, index) in [
            (OF_PROFILE, "SEARCH sync_runs USING INDEX sync_runs_of_profile"),
            (OF_STATE, "SEARCH sync_runs USING INDEX sync_runs_of_state"),
            // By its key from the newest on, as far as the limit.
            (OF_ALL, "SCAN sync_runs"),
        ] {
            let plan = plan(statement).await;
            assert!(
                plan.len() == 1 && plan[0].starts_with(index),
                "nothing else, and nothing sorted: {plan:?}"
            );
        }
        let asked = AssertSqlSafe(format!("explain query plan {RECENT}"));
        let rows = sqlx::query(asked).bind(1).fetch_all(readers).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:?}");
        for index in ["INTEGER PRIMARY KEY", "sync_runs_of_state", "sync_runs_by_end", "sync_runs_by_request"]
        {
            assert!(plan.iter().any(|step| step.contains(index)), "{index}: {plan:?}");
        }
        store.close().await;
    }
}
