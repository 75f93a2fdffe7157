//! Logins whose profiles could not be listed: a login without profiles has no run that could have failed.

use super::dispatch::{from_row, json, read, to_json, write_tx};
use super::{Store, StoreError};
use crate::domain::cause::{CauseId, LoginFailure};
use crate::domain::code::Code;
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;

from_row!(LoginFailure, |row| {
    let (since, at) = (Timestamp(row.try_get("since")?), Timestamp(row.try_get("failed_at")?));
    let report = json("error", Some(row.try_get("error")?))?;
    Ok(LoginFailure {
        login: row.try_get("login")?,
        cause: CauseId::stored(row.try_get("cause")?),
        since,
        at,
        report: Box::new(report.unwrap_or_else(|| ErrorReport::new(Code::Other, "", "", at))),
    })
});

impl Store {
    /// Stores how listings ended: failures, and logins that fail no more. A login that fails of the same cause again
    /// has failed since it first did.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn save_login_failures(
        &self,
        failures: &[LoginFailure],
        listed: &[&str],
    ) -> Result<(), StoreError> {
        // Most of the time there is nothing to write, and nobody is to wait for a writer then.
        let known = self.login_failures().await?;
        let mended: Vec<&str> =
            listed.iter().copied().filter(|name| known.iter().any(|f| f.login == *name)).collect();
        if failures.is_empty() && mended.is_empty() {
            return Ok(());
        }
        write_tx!(self, |tx, _now| {
            for login in mended {
                sqlx::query("delete from login_failures where login = $1")
                    .bind(login)
                    .execute(&mut *tx)
                    .await?;
            }
            for failure in failures {
                sqlx::query(
                    "insert into login_failures (login, cause, since, failed_at, error) values ($1, $2, $3, $4, $5)
                     on conflict (login) do update set
                         since = case when login_failures.cause = excluded.cause then login_failures.since
                                      else excluded.since end,
                         cause = excluded.cause, failed_at = excluded.failed_at, error = excluded.error",
                )
                .bind(&failure.login)
                .bind(failure.cause.as_str())
                .bind(failure.since.0)
                .bind(failure.at.0)
                .bind(to_json(&failure.report))
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    }

    /// The logins whose last listing failed, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn login_failures(&self) -> Result<Vec<LoginFailure>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as("select * from login_failures order by login").fetch_all(&mut *conn).await?)
        })
    }
}
