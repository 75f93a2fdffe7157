//! The one transaction of a run: everything of it becomes visible at once, with its own status, or nothing.

use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use super::bulk::{self, Flavor, Param, Stamp};
use super::dispatch::to_json;
use super::{Pool, Store, StoreError, dialect, transaction};
use crate::domain::entity::{Descriptor, EntityRow};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::profile::StoredProfile;
use crate::domain::run::{Certificate, ChangeCounts, ChangeKind, RunView, UnitOutcome, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// An open commit. Dropping it rolls everything back.
pub struct Commit {
    pub(super) tx: Tx,
    pub(super) stamp: Stamp,
    epoch: i64,
    lease: i64,
}

pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What is stored of a row, as far as the difference needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Its id.
    pub id: String,
    /// Hash of its canonical object.
    pub hash: u128,
    /// The mapping that filled its columns.
    pub mapping_version: i64,
    /// True when it is marked as removed.
    pub removed: bool,
}

/// A row of the change log to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The entity's id.
    pub entity_id: String,
    /// What happened.
    pub kind: ChangeKind,
    /// JSON of the differing fields before.
    pub before: Option<String>,
    /// JSON of the differing fields after.
    pub after: Option<String>,
}

/// What a run leaves of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitResult {
    /// The unit.
    pub unit: Unit,
    /// Proved or not eligible.
    pub state: UnitState,
    /// The proof.
    pub certificate: Option<Certificate>,
    /// What the commit did.
    pub outcome: UnitOutcome,
    /// Live rows after the commit.
    pub live_rows: u64,
    /// The API's words when it is not eligible.
    pub reason: Option<String>,
}

/// What a completed run leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Each unit of the plan.
    pub units: Vec<UnitResult>,
    /// Sum of what was written.
    pub counts: ChangeCounts,
    /// The oldest page used.
    pub data_as_of: Timestamp,
}

/// Runs the same body on either transaction.
macro_rules! on_tx {
    ($self:expr, |$tx:ident| $body:block) => {
        match &mut $self.tx {
            Tx::Sqlite($tx) => $body,
            Tx::Postgres($tx) => $body,
        }
    };
}

pub(super) use on_tx;

/// Binds one parameter.
macro_rules! bind {
    ($query:expr, $param:expr) => {
        match $param {
            Param::Text(text) => $query.bind(text),
            Param::Int(int) => $query.bind(int),
            Param::Bool(yes) => $query.bind(yes),
            Param::Bytes(bytes) => $query.bind(bytes.to_vec()),
        }
    };
}

impl Store {
    /// Opens the run's one transaction. Its first statement locks the run's row by its epoch.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours or not committing.
    pub async fn begin_commit(
        &self,
        run: RunId,
        epoch: i64,
        profile: ProfileId,
    ) -> Result<Commit, StoreError> {
        const LOCK: &str =
            "update sync_runs set epoch = epoch where id = $1 and epoch = $2 and state = 'committing'";
        self.in_place().await?;
        let (tx, now, locked) = match &self.pool {
            Pool::Sqlite { writer, .. } => {
                let mut tx = transaction::begin(writer, dialect::SQLITE_BEGIN).await?;
                let locked =
                    sqlx::query(LOCK).bind(run.0).bind(epoch).execute(&mut *tx).await?.rows_affected();
                let now = sqlx::query_scalar(dialect::SQLITE_NOW).fetch_one(&mut *tx).await?;
                (Tx::Sqlite(tx), now, locked)
            }
            Pool::Postgres(pool) => {
                let mut tx = transaction::begin(pool, dialect::POSTGRES_BEGIN).await?;
                let locked =
                    sqlx::query(LOCK).bind(run.0).bind(epoch).execute(&mut *tx).await?.rows_affected();
                let now = sqlx::query_scalar(dialect::POSTGRES_NOW).fetch_one(&mut *tx).await?;
                (Tx::Postgres(tx), now, locked)
            }
        };
        if locked != 1 {
            return Err(StoreError::Fenced { run });
        }
        let lease = i64::try_from(self.lease().as_micros()).unwrap_or(i64::MAX);
        Ok(Commit { tx, stamp: Stamp { profile, run, now: Timestamp(now) }, epoch, lease })
    }

    /// The live ids of a unit, outside any commit, each with the value of one of its table's columns: `parent`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn live_ids(
        &self,
        profile: ProfileId,
        descriptor: &Descriptor,
        parent: Option<&'static str>,
        mut each: impl FnMut(String, Option<String>),
    ) -> Result<(), StoreError> {
        let sql = bulk::live(descriptor.table, parent);
        let (product, level) = (descriptor.unit.ad_product.as_str(), descriptor.level.as_str());
        macro_rules! walk {
            ($pool:expr) => {{
                let mut rows = sqlx::query_as::<_, (String, Option<String>)>(AssertSqlSafe(sql))
                    .bind(profile.0)
                    .bind(product)
                    .bind(level)
                    .fetch($pool);
                while let Some((id, parent)) = rows.try_next().await? {
                    each(id, parent);
                }
            }};
        }
        match &self.pool {
            Pool::Sqlite { readers, .. } => walk!(readers),
            Pool::Postgres(pool) => walk!(pool),
        }
        Ok(())
    }
}

impl Commit {
    /// The instant that everything in this commit is dated with.
    pub const fn now(&self) -> Timestamp {
        self.stamp.now
    }

    /// Walks over a unit's stored rows, removed ones too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored(
        &mut self,
        descriptor: &Descriptor,
        mut each: impl FnMut(StoredRow),
    ) -> Result<(), StoreError> {
        let profile = self.stamp.profile.0;
        let sql = bulk::stored(descriptor.table);
        on_tx!(self, |tx| {
            let mut rows = sqlx::query_as::<_, (String, Vec<u8>, i64, Option<i64>)>(AssertSqlSafe(sql))
                .bind(profile)
                .bind(descriptor.unit.ad_product.as_str())
                .bind(descriptor.level.as_str())
                .fetch(&mut **tx);
            while let Some((id, hash, mapping_version, removed_at)) = rows.try_next().await? {
                // A hash of another length cannot equal ours: the row counts as different and is rewritten.
                let hash = <[u8; 16]>::try_from(hash.as_slice()).map_or(0, u128::from_be_bytes);
                each(StoredRow { id, hash, mapping_version, removed: removed_at.is_some() });
            }
        });
        Ok(())
    }

    /// The stored objects of some rows, as `(id, raw)`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raws(
        &mut self,
        descriptor: &Descriptor,
        ids: &[&str],
    ) -> Result<Vec<(String, String)>, StoreError> {
        let profile = self.stamp.profile.0;
        let (product, level) = (descriptor.unit.ad_product.as_str(), descriptor.level.as_str());
        let mut out = Vec::with_capacity(ids.len());
        for ids in ids.chunks(bulk::IDS) {
            let sql = AssertSqlSafe(bulk::raws(descriptor.table, ids.len(), self.flavor()));
            match &mut self.tx {
                Tx::Sqlite(tx) => {
                    let mut query =
                        sqlx::query_as::<_, (String, String)>(sql).bind(profile).bind(product).bind(level);
                    for id in ids {
                        query = query.bind(*id);
                    }
                    out.extend(query.fetch_all(&mut **tx).await?);
                }
                Tx::Postgres(tx) => {
                    let query = sqlx::query_as::<_, (String, String)>(sql);
                    let query = query.bind(profile).bind(product).bind(level).bind(ids);
                    out.extend(query.fetch_all(&mut **tx).await?);
                }
            }
        }
        Ok(out)
    }

    /// Writes rows that are not there yet.
    ///
    /// # Errors
    /// When the database fails, or a row is there after all.
    pub async fn insert(&mut self, descriptor: &Descriptor, rows: &[EntityRow]) -> Result<(), StoreError> {
        let stamp = self.stamp;
        match &mut self.tx {
            Tx::Postgres(tx) => {
                let mut text = String::new();
                for row in rows {
                    bulk::copy_row(&mut text, &bulk::params(row, stamp));
                }
                let mut copy = tx.copy_in_raw(&bulk::copy(descriptor.table)).await?;
                if let Err(error) = copy.send(text.into_bytes()).await {
                    let _ = copy.abort("the rows could not be sent").await;
                    return Err(error.into());
                }
                copy.finish().await?;
            }
            Tx::Sqlite(tx) => {
                for rows in rows.chunks(bulk::CHUNK) {
                    let mut query = sqlx::query(AssertSqlSafe(bulk::insert(
                        descriptor.table,
                        rows.len(),
                        Flavor::Sqlite,
                    )));
                    for row in rows {
                        for param in bulk::params(row, stamp) {
                            query = bind!(query, param);
                        }
                    }
                    query.execute(&mut **tx).await?;
                }
            }
        }
        Ok(())
    }

    /// Writes rows over those that are there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update(&mut self, descriptor: &Descriptor, rows: &[EntityRow]) -> Result<(), StoreError> {
        let stamp = self.stamp;
        let flavor = self.flavor();
        for rows in rows.chunks(bulk::CHUNK) {
            let sql = bulk::upsert(descriptor.table, rows.len(), flavor);
            on_tx!(self, |tx| {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for row in rows {
                    for param in bulk::params(row, stamp) {
                        query = bind!(query, param);
                    }
                }
                query.execute(&mut **tx).await?;
            });
        }
        Ok(())
    }

    /// Marks rows as removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove(&mut self, descriptor: &Descriptor, ids: &[&str]) -> Result<(), StoreError> {
        let stamp = self.stamp;
        let (product, level) = (descriptor.unit.ad_product.as_str(), descriptor.level.as_str());
        for ids in ids.chunks(bulk::IDS) {
            let sql = AssertSqlSafe(bulk::remove(descriptor.table, ids.len(), self.flavor()));
            match &mut self.tx {
                Tx::Sqlite(tx) => {
                    let query = sqlx::query(sql).bind(stamp.now.0).bind(stamp.run.0).bind(stamp.profile.0);
                    let mut query = query.bind(product).bind(level);
                    for id in ids {
                        query = query.bind(*id);
                    }
                    query.execute(&mut **tx).await?;
                }
                Tx::Postgres(tx) => {
                    let query = sqlx::query(sql).bind(stamp.now.0).bind(stamp.run.0).bind(stamp.profile.0);
                    query.bind(product).bind(level).bind(ids).execute(&mut **tx).await?;
                }
            }
        }
        Ok(())
    }

    /// Writes to the change log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log(&mut self, descriptor: &Descriptor, changes: &[Change]) -> Result<(), StoreError> {
        let stamp = self.stamp;
        let flavor = self.flavor();
        for changes in changes.chunks(bulk::CHUNK) {
            let sql = bulk::changes(changes.len(), flavor);
            on_tx!(self, |tx| {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for change in changes {
                    query = query
                        .bind(stamp.run.0)
                        .bind(stamp.profile.0)
                        .bind(descriptor.unit.ad_product.as_str())
                        .bind(descriptor.unit.entity.as_str())
                        .bind(descriptor.level.as_str())
                        .bind(&change.entity_id)
                        .bind(change.kind.as_str())
                        .bind(stamp.now.0)
                        .bind(&change.before)
                        .bind(&change.after);
                }
                query.execute(&mut **tx).await?;
            });
        }
        Ok(())
    }

    /// Writes certificates, status, times and counters, deletes the pages, and commits.
    ///
    /// # Errors
    /// When the database fails; nothing of the run is visible then.
    pub async fn complete(mut self, done: &Completion) -> Result<(RunView, StoredProfile), StoreError> {
        let (stamp, epoch, lease) = (self.stamp, self.epoch, self.lease);
        let sqlite = matches!(self.tx, Tx::Sqlite(_));
        let (run, profile) = on_tx!(self, |tx| {
            let views: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(stamp.run.0)
                .fetch_all(&mut **tx)
                .await?;
            for unit in &done.units {
                let (product, entity) = (unit.unit.ad_product.as_str(), unit.unit.entity.as_str());
                let refusal =
                    views.iter().find(|view| view.unit == unit.unit).and_then(|v| v.refusal.as_ref());
                let refusal = refusal.filter(|_| unit.state == UnitState::NotEligible);
                sqlx::query(
                    "insert into certificates (profile_id, ad_product, entity, state, run_id, committed_at, live_rows, certificate, reason,
                         refused_since, asked_at, asked_as)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                     on conflict (profile_id, ad_product, entity) do update set state = excluded.state,
                         run_id = excluded.run_id, committed_at = excluded.committed_at, live_rows = excluded.live_rows,
                         certificate = excluded.certificate, reason = excluded.reason,
                         refused_since = excluded.refused_since, asked_at = excluded.asked_at,
                         asked_as = excluded.asked_as",
                )
                .bind(stamp.profile.0)
                .bind(product)
                .bind(entity)
                .bind(unit.state.as_str())
                .bind(stamp.run.0)
                .bind(stamp.now.0)
                .bind(int(unit.live_rows))
                .bind(unit.certificate.as_ref().map(to_json))
                .bind(&unit.reason)
                .bind(refusal.map(|r| r.since.0))
                .bind(refusal.map(|r| r.asked_at.0))
                .bind(refusal.map(|r| r.asked_as.clone()))
                .execute(&mut **tx)
                .await?;
                sqlx::query("update sync_units set outcome = $4 where run_id = $1 and ad_product = $2 and entity = $3")
                    .bind(stamp.run.0)
                    .bind(product)
                    .bind(entity)
                    .bind(to_json(&unit.outcome))
                    .execute(&mut **tx)
                    .await?;
            }
            let live: i64 = sqlx::query_scalar(
                "select cast(coalesce(sum(live_rows), 0) as bigint) from certificates where profile_id = $1",
            )
            .bind(stamp.profile.0)
            .fetch_one(&mut **tx)
            .await?;
            sqlx::query("delete from sync_pages where run_id = $1")
                .bind(stamp.run.0)
                .execute(&mut **tx)
                .await?;
            sqlx::query("delete from held_removals where run_id = $1")
                .bind(stamp.run.0)
                .execute(&mut **tx)
                .await?;
            if sqlite {
                // Other owners could not renew while this commit held the only writer: that must not cost them their runs.
                sqlx::query(
                    "update sync_runs set lease_until = $1 where state in ('fetching', 'committing') and lease_until >= $2",
                )
                .bind(stamp.now.0 + lease)
                .bind(stamp.now.0)
                .execute(&mut **tx)
                .await?;
            }
            let run: Option<RunView> = sqlx::query_as(
                "update sync_runs set state = 'completed', finished_at = $3, data_as_of = $4, added = $5, changed = $6,
                     unchanged = $7, removed = $8, returned = $9, live_rows = $10, owner = null, error = null,
                     lease_until = null, state_since = $3, waits = null
                 where id = $1 and epoch = $2 and state = 'committing' returning *",
            )
            .bind(stamp.run.0)
            .bind(epoch)
            .bind(stamp.now.0)
            .bind(done.data_as_of.0)
            .bind(int(done.counts.added))
            .bind(int(done.counts.changed))
            .bind(int(done.counts.unchanged))
            .bind(int(done.counts.removed))
            .bind(int(done.counts.returned))
            .bind(live)
            .fetch_optional(&mut **tx)
            .await?;
            let run = run.ok_or(StoreError::Fenced { run: stamp.run })?;
            sqlx::query(
                "update profiles set last_synced_at = $2, data_as_of = $3, live_rows = $4, last_run_id = $5 where profile_id = $1",
            )
            .bind(stamp.profile.0)
            .bind(stamp.now.0)
            .bind(done.data_as_of.0)
            .bind(live)
            .bind(stamp.run.0)
            .execute(&mut **tx)
            .await?;
            let profile: StoredProfile = sqlx::query_as(super::profiles::SELECT_ONE)
                .bind(stamp.profile.0)
                .fetch_one(&mut **tx)
                .await?;
            (run, profile)
        });
        match self.tx {
            Tx::Sqlite(tx) => transaction::commit(tx).await?,
            Tx::Postgres(tx) => transaction::commit(tx).await?,
        }
        Ok((run, profile))
    }

    /// Gives up: nothing of the run is kept but its pages.
    pub async fn rollback(self) {
        // A failed rollback ends with the connection, which rolls back as well.
        let _ = match self.tx {
            Tx::Sqlite(tx) => transaction::rollback(tx).await,
            Tx::Postgres(tx) => transaction::rollback(tx).await,
        };
    }

    const fn flavor(&self) -> Flavor {
        match self.tx {
            Tx::Sqlite(_) => Flavor::Sqlite,
            Tx::Postgres(_) => Flavor::Postgres,
        }
    }
}

fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
