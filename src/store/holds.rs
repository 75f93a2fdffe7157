//! Held runs: what their commit would do, and every row that it would remove.
//!
//! A run carries the first of those rows with it, for it is read and told all the time; the whole list of a unit that has
//! more stands in a table of its own.

use super::dispatch::{from_row, json, read, to_json, undecodable, word, write_tx};
use super::units::fence;
use super::{Store, StoreError};
use crate::domain::id::RunId;
use crate::domain::run::{HoldSummary, RemovedRow, RunState, RunView};
use crate::domain::unit::Unit;

/// One row of `held_removals`.
struct Row {
    unit: Unit,
    removes: Vec<RemovedRow>,
}

from_row!(Row, |row| {
    let (product, entity): (String, String) = (row.try_get("ad_product")?, row.try_get("entity")?);
    Ok(Row {
        unit: Unit { ad_product: word("ad_product", &product)?, entity: word("entity", &entity)? },
        removes: json("removes", row.try_get("removes")?)?
            .ok_or_else(|| undecodable("removes", std::fmt::Error))?,
    })
});

impl Store {
    /// Ends a run that waits for an operator; its pages are kept, and every row that its commit would remove.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn hold(&self, run: RunId, epoch: i64, summary: HoldSummary) -> Result<RunView, StoreError> {
        let (kept, longer) = summary.cut();
        let longer: Vec<(Unit, String)> =
            longer.into_iter().map(|(unit, rows)| (unit, to_json(&rows))).collect();
        // First, so that a run that is held has its list; of one that is not held in the end nobody reads it.
        write_tx!(self, |tx, _now| {
            fence!(tx, run, epoch);
            sqlx::query(
                "delete from held_removals where run_id = $1
                     or run_id not in (select id from sync_runs where state in ('fetching', 'committing', 'held'))",
            )
            .bind(run.0)
            .execute(&mut *tx)
            .await?;
            for (unit, rows) in &longer {
                sqlx::query(
                    "insert into held_removals (run_id, ad_product, entity, removes) values ($1, $2, $3, $4)",
                )
                .bind(run.0)
                .bind(unit.ad_product.as_str())
                .bind(unit.entity.as_str())
                .bind(rows)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })?;
        self.transition(run, epoch, RunState::Held, None, Some(to_json(&kept))).await
    }

    /// What the commit of a held run would do, with every row that it would remove; `None` when it is not held.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn held(&self, run: RunId) -> Result<Option<HoldSummary>, StoreError> {
        let found = self.run(run).await?.filter(|run| run.state == RunState::Held);
        let Some(mut summary) = found.and_then(|run| run.hold) else { return Ok(None) };
        let rows: Vec<Row> = read!(self, |conn, _now| {
            Ok(sqlx::query_as("select * from held_removals where run_id = $1")
                .bind(run.0)
                .fetch_all(&mut *conn)
                .await?)
        })?;
        for row in rows {
            if let Some(unit) = summary.units.iter_mut().find(|unit| unit.unit == row.unit) {
                unit.removes = row.removes;
            }
        }
        Ok(Some(summary))
    }
}
