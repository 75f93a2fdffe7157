//! The last committed proof of each unit of a profile.

use super::dispatch::{from_row, json, read, word};
use super::{Store, StoreError};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{Certificate, UnitState};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// What the last completed run found of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// The unit.
    pub unit: Unit,
    /// Proved or not eligible.
    pub state: UnitState,
    /// The run that found it so.
    pub run_id: RunId,
    /// When.
    pub committed_at: Timestamp,
    /// Live rows of the unit; with not eligible: rows that were frozen.
    pub live_rows: i64,
    /// The proof.
    pub certificate: Option<Certificate>,
    /// The API's words, when it is not eligible.
    pub reason: Option<String>,
    /// Since when it is not eligible.
    pub refused_since: Option<Timestamp>,
    /// When the API last said so.
    pub asked_at: Option<Timestamp>,
    /// Login and access that were refused.
    pub asked_as: Option<String>,
}

from_row!(StoredCertificate, |row| Ok(StoredCertificate {
    unit: Unit {
        ad_product: word("ad_product", row.try_get("ad_product")?)?,
        entity: word("entity", row.try_get("entity")?)?,
    },
    state: word("state", row.try_get("state")?)?,
    run_id: RunId(row.try_get("run_id")?),
    committed_at: Timestamp(row.try_get("committed_at")?),
    live_rows: row.try_get("live_rows")?,
    certificate: json("certificate", row.try_get("certificate")?)?,
    reason: row.try_get("reason")?,
    refused_since: row.try_get::<Option<i64>, _>("refused_since")?.map(Timestamp),
    asked_at: row.try_get::<Option<i64>, _>("asked_at")?.map(Timestamp),
    asked_as: row.try_get("asked_as")?,
}));

impl Store {
    /// The certificates of a profile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn certificates(&self, profile: ProfileId) -> Result<Vec<StoredCertificate>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as("select * from certificates where profile_id = $1")
                .bind(profile.0)
                .fetch_all(&mut *conn)
                .await?)
        })
    }
}
