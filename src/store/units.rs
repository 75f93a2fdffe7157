//! The units of runs: their progress, proofs and errors.

use super::dispatch::{from_row, json, read, to_json, word, write_tx};
use super::{Store, StoreError};
use crate::domain::id::RunId;
use crate::domain::report::ErrorReport;
use crate::domain::run::{Certificate, Refusal, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// How a unit was settled, or begun again.
#[derive(Debug, Clone)]
pub struct UnitUpdate {
    /// Its new state.
    pub state: UnitState,
    /// The proof, when it is proved.
    pub certificate: Option<Certificate>,
    /// Why it failed, or the API's words when it is not eligible.
    pub error: Option<ErrorReport>,
    /// Since when it is not eligible.
    pub refusal: Option<Refusal>,
}

from_row!(UnitView, |row| {
    Ok(UnitView {
        run_id: RunId(row.try_get("run_id")?),
        unit: Unit {
            ad_product: word("ad_product", row.try_get("ad_product")?)?,
            entity: word("entity", row.try_get("entity")?)?,
        },
        state: word("state", row.try_get("state")?)?,
        pages: row.try_get("pages")?,
        rows: row.try_get("received_rows")?,
        expected: row.try_get("expected_rows")?,
        expected_is_reported: row.try_get("expected_is_reported")?,
        reused_pages: row.try_get("reused_pages")?,
        certificate: json("certificate", row.try_get("certificate")?)?,
        outcome: json("outcome", row.try_get("outcome")?)?,
        error: json("error", row.try_get("error")?)?,
        refusal: json("refusal", row.try_get("refusal")?)?,
        started_at: row.try_get::<Option<i64>, _>("started_at")?.map(Timestamp),
        settled_at: row.try_get::<Option<i64>, _>("settled_at")?.map(Timestamp),
    })
});

/// The fence of everything that a run's owner writes outside the commit: locks the run's row by its epoch.
macro_rules! fence {
    ($tx:expr, $run:expr, $epoch:expr) => {{
        let ours = sqlx::query(
            "update sync_runs set epoch = epoch where id = $1 and epoch = $2 and state in ('fetching', 'committing')",
        )
        .bind($run.0)
        .bind($epoch)
        .execute(&mut *$tx)
        .await?;
        if ours.rows_affected() != 1 {
            return Err(StoreError::Fenced { run: $run });
        }
    }};
}
pub(super) use fence;

impl Store {
    /// Writes the plan of a run: its units, each with what it may expect. Units that are there stay as they
    /// are; units that the plan no longer has are dropped with their pages.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn plan(
        &self,
        run: RunId,
        epoch: i64,
        units: &[(Unit, Option<i64>)],
    ) -> Result<Vec<UnitView>, StoreError> {
        write_tx!(self, |tx, _now| {
            fence!(tx, run, epoch);
            let there: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(run.0)
                .fetch_all(&mut *tx)
                .await?;
            for old in there.iter().filter(|old| !units.iter().any(|(unit, _)| *unit == old.unit)) {
                for statement in [
                    "delete from sync_units where run_id = $1 and ad_product = $2 and entity = $3",
                    "delete from sync_pages where run_id = $1 and ad_product = $2 and entity = $3",
                ] {
                    sqlx::query(statement)
                        .bind(run.0)
                        .bind(old.unit.ad_product.as_str())
                        .bind(old.unit.entity.as_str())
                        .execute(&mut *tx)
                        .await?;
                }
            }
            for (unit, expected) in units {
                sqlx::query(
                    "insert into sync_units (run_id, ad_product, entity, profile_id, state, expected_rows)
                     select $1, $2, $3, profile_id, 'pending', $4 from sync_runs where id = $1
                     on conflict (run_id, ad_product, entity) do nothing",
                )
                .bind(run.0)
                .bind(unit.ad_product.as_str())
                .bind(unit.entity.as_str())
                .bind(expected)
                .execute(&mut *tx)
                .await?;
            }
            let mut planned: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(run.0)
                .fetch_all(&mut *tx)
                .await?;
            planned.sort_by_key(|u| u.unit);
            Ok(planned)
        })
    }

    /// Settles a unit, or sets it back to be fetched.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn update_unit(
        &self,
        run: RunId,
        epoch: i64,
        unit: Unit,
        update: &UnitUpdate,
    ) -> Result<UnitView, StoreError> {
        write_tx!(self, |tx, now| {
            fence!(tx, run, epoch);
            let settled = update.state.is_settled().then_some(now.0);
            Ok(sqlx::query_as(
                "update sync_units set state = $4, certificate = $5, error = $6, settled_at = $7,
                     started_at = coalesce(started_at, $8), refusal = $9
                 where run_id = $1 and ad_product = $2 and entity = $3 returning *",
            )
            .bind(run.0)
            .bind(unit.ad_product.as_str())
            .bind(unit.entity.as_str())
            .bind(update.state.as_str())
            .bind(update.certificate.as_ref().map(to_json))
            .bind(update.error.as_ref().map(to_json))
            .bind(settled)
            .bind(now.0)
            .bind(update.refusal.as_ref().map(to_json))
            .fetch_one(&mut *tx)
            .await?)
        })
    }

    /// The units of a run, in plan order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn units(&self, run: RunId) -> Result<Vec<UnitView>, StoreError> {
        read!(self, |conn, _now| {
            let mut units: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(run.0)
                .fetch_all(&mut *conn)
                .await?;
            units.sort_by_key(|u| u.unit);
            Ok(units)
        })
    }
}
