//! What was never seen before: kept for each profile, so that commits of different profiles never wait for each other.

use super::StoreError;
use super::commit::{Commit, Tx, on_tx};
use crate::domain::drift::DriftReport;
use crate::domain::unit::Unit;

impl Commit {
    /// Keeps what a unit's rows have that is not known, and marks in the report what this database had never seen, in
    /// whatever profile. Two profiles that are committed at the same time may both be the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_drift(&mut self, unit: Unit, report: &mut DriftReport) -> Result<(), StoreError> {
        if report.items.is_empty() {
            return Ok(());
        }
        let stamp = self.stamp;
        let (product, entity) = (unit.ad_product.as_str(), unit.entity.as_str());
        on_tx!(self, |tx| {
            let known: Vec<(String, String, String)> = sqlx::query_as(
                "select distinct kind, path, value from drift where ad_product = $1 and entity = $2",
            )
            .bind(product)
            .bind(entity)
            .fetch_all(&mut **tx)
            .await?;
            for item in &mut report.items {
                let (kind, path) = (item.finding.kind.as_str(), item.finding.path.as_str());
                let value = item.finding.value.as_deref().unwrap_or_default();
                item.new = !known
                    .iter()
                    .any(|(k, p, v)| (k.as_str(), p.as_str(), v.as_str()) == (kind, path, value));
                sqlx::query(
                    "insert into drift (ad_product, entity, kind, path, value, profile_id, rows_with_it, first_run_id,
                         first_seen_at, last_run_id, last_seen_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9)
                     on conflict (ad_product, entity, kind, path, value, profile_id) do update set
                         rows_with_it = excluded.rows_with_it, last_run_id = excluded.last_run_id,
                         last_seen_at = excluded.last_seen_at",
                )
                .bind(product)
                .bind(entity)
                .bind(kind)
                .bind(path)
                .bind(value)
                .bind(stamp.profile.0)
                .bind(i64::try_from(item.rows).unwrap_or(i64::MAX))
                .bind(stamp.run.0)
                .bind(stamp.now.0)
                .execute(&mut **tx)
                .await?;
            }
        });
        Ok(())
    }
}
