//! Pages: answered list requests, kept as they came until the run's commit takes them in.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::dispatch::{from_row, read, to_json, undecodable, write_tx};
use super::units::fence;
use super::{Store, StoreError};
use crate::domain::id::RunId;
use crate::domain::run::{UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// A page to be stored, with what its unit has received so far.
#[derive(Debug, Clone)]
pub struct NewPage<'a> {
    /// The unit.
    pub unit: Unit,
    /// Which list of the unit.
    pub list: &'a str,
    /// Position in the list, from 0.
    pub seq: i64,
    /// Hash of the request that it answers.
    pub fingerprint: &'a str,
    /// How the list goes on, as JSON; `None` at its end.
    pub next_cursor: Option<String>,
    /// Rows in the page.
    pub rows: i64,
    /// Rows over all pages, as the API counted.
    pub total: Option<i64>,
    /// Amazon's request id.
    pub request_id: Option<&'a str>,
    /// The body as it came.
    pub body: &'a str,
    /// Pages of the unit, this one included.
    pub unit_pages: i64,
    /// Rows of the unit, this page's included.
    pub unit_rows: i64,
    /// Rows that the unit expects, where the API said so by now.
    pub unit_expected: Option<i64>,
    /// Requests that the run sent since its counters were last written.
    pub requests: i64,
    /// 429 answers among them.
    pub throttled: i64,
    /// Microseconds that it was throttled since then.
    pub throttled_us: i64,
}

/// A stored page without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageMeta {
    /// Which list of the unit.
    pub list: String,
    /// Position in the list, from 0.
    pub seq: i64,
    /// Hash of the request that it answers.
    pub fingerprint: String,
    /// How the list goes on, as JSON; `None` at its end.
    pub next_cursor: Option<String>,
    /// Rows in the page.
    pub rows: i64,
    /// Rows over all pages, as the API counted.
    pub total: Option<i64>,
    /// Amazon's request id.
    pub request_id: Option<String>,
    /// When it was stored.
    pub fetched_at: Timestamp,
}

from_row!(PageMeta, |row| Ok(PageMeta {
    list: row.try_get("list")?,
    seq: row.try_get("seq")?,
    fingerprint: row.try_get("fingerprint")?,
    next_cursor: row.try_get("next_cursor")?,
    rows: row.try_get("row_count")?,
    total: row.try_get("total")?,
    request_id: row.try_get("request_id")?,
    fetched_at: Timestamp(row.try_get("fetched_at")?),
}));

const METAS: &str = "select list, seq, fingerprint, next_cursor, row_count, total, request_id, fetched_at \
     from sync_pages where run_id = $1 and ad_product = $2 and entity = $3 order by fetched_at, list, seq";

fn compress(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(body.as_bytes());
    encoder.finish().unwrap_or_default()
}

fn decompress(bytes: &[u8]) -> sqlx::Result<String> {
    let mut body = String::new();
    GzDecoder::new(bytes).read_to_string(&mut body).map_err(|e| undecodable("body", e))?;
    Ok(body)
}

impl Store {
    /// Stores a page together with its unit's progress, in one small transaction.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn store_page(
        &self,
        run: RunId,
        epoch: i64,
        page: &NewPage<'_>,
    ) -> Result<UnitView, StoreError> {
        let body = compress(page.body);
        write_tx!(self, |tx, now| {
            // The fence and the request counters in one statement; an answered page ends a row of parkings.
            let ours = sqlx::query(
                "update sync_runs set requests = requests + $3, throttled = throttled + $4,
                     throttled_us = throttled_us + $5, parks = 0
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing')",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(page.requests)
            .bind(page.throttled)
            .bind(page.throttled_us)
            .execute(&mut *tx)
            .await?;
            if ours.rows_affected() != 1 {
                return Err(StoreError::Fenced { run });
            }
            sqlx::query(
                "insert into sync_pages (run_id, ad_product, entity, list, seq, fingerprint, next_cursor,
                     row_count, total, request_id, fetched_at, body)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                 on conflict (run_id, ad_product, entity, list, seq) do update set
                     fingerprint = excluded.fingerprint, next_cursor = excluded.next_cursor,
                     row_count = excluded.row_count, total = excluded.total, request_id = excluded.request_id,
                     fetched_at = excluded.fetched_at, body = excluded.body",
            )
            .bind(run.0)
            .bind(page.unit.ad_product.as_str())
            .bind(page.unit.entity.as_str())
            .bind(page.list)
            .bind(page.seq)
            .bind(page.fingerprint)
            .bind(&page.next_cursor)
            .bind(page.rows)
            .bind(page.total)
            .bind(page.request_id)
            .bind(now.0)
            .bind(&body)
            .execute(&mut *tx)
            .await?;
            Ok(sqlx::query_as(
                "update sync_units set state = 'fetching', pages = $4, received_rows = $5,
                     expected_rows = coalesce($6, expected_rows),
                     expected_is_reported = ($6 is not null or expected_is_reported),
                     started_at = coalesce(started_at, $7)
                 where run_id = $1 and ad_product = $2 and entity = $3 returning *",
            )
            .bind(run.0)
            .bind(page.unit.ad_product.as_str())
            .bind(page.unit.entity.as_str())
            .bind(page.unit_pages)
            .bind(page.unit_rows)
            .bind(page.unit_expected)
            .bind(now.0)
            .fetch_one(&mut *tx)
            .await?)
        })
    }

    /// Adds to a run's request counters.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn count_requests(
        &self,
        run: RunId,
        epoch: i64,
        sent: i64,
        throttled: i64,
        throttled_us: i64,
    ) -> Result<(), StoreError> {
        write_tx!(self, |tx, _now| {
            let done = sqlx::query(
                "update sync_runs set requests = requests + $3, throttled = throttled + $4,
                     throttled_us = throttled_us + $5
                 where id = $1 and epoch = $2",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(sent)
            .bind(throttled)
            .bind(throttled_us)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Fenced { run }) }
        })
    }

    /// The pages of a unit in the order they were fetched, without their bodies.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pages(&self, run: RunId, unit: Unit) -> Result<Vec<PageMeta>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(METAS)
                .bind(run.0)
                .bind(unit.ad_product.as_str())
                .bind(unit.entity.as_str())
                .fetch_all(&mut *conn)
                .await?)
        })
    }

    /// The body of a stored page.
    ///
    /// # Errors
    /// When the database cannot be read, or the page is gone.
    pub async fn page_body(
        &self,
        run: RunId,
        unit: Unit,
        list: &str,
        seq: i64,
    ) -> Result<String, StoreError> {
        read!(self, |conn, _now| {
            let body: Vec<u8> = sqlx::query_scalar(
                "select body from sync_pages where run_id = $1 and ad_product = $2 and entity = $3 and list = $4 and seq = $5",
            )
            .bind(run.0)
            .bind(unit.ad_product.as_str())
            .bind(unit.entity.as_str())
            .bind(list)
            .bind(seq)
            .fetch_one(&mut *conn)
            .await?;
            Ok(decompress(&body)?)
        })
    }

    /// Drops pages of a unit: of one list from a position on, or all, and sets the unit's progress to what is left.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn drop_pages(
        &self,
        run: RunId,
        epoch: i64,
        unit: Unit,
        list: Option<(&str, i64)>,
    ) -> Result<UnitView, StoreError> {
        let (list, from) = list.unwrap_or_default();
        write_tx!(self, |tx, _now| {
            fence!(tx, run, epoch);
            sqlx::query(
                "delete from sync_pages where run_id = $1 and ad_product = $2 and entity = $3
                     and ($4 = '' or (list = $4 and seq >= $5))",
            )
            .bind(run.0)
            .bind(unit.ad_product.as_str())
            .bind(unit.entity.as_str())
            .bind(list)
            .bind(from)
            .execute(&mut *tx)
            .await?;
            Ok(sqlx::query_as(RECOUNT)
                .bind(run.0)
                .bind(unit.ad_product.as_str())
                .bind(unit.entity.as_str())
                .fetch_one(&mut *tx)
                .await?)
        })
    }

    /// Takes over what may be reused of a run's pages, moving them when `to` is another run: proved units and
    /// ended lists that are younger than `ended_for`, open lists younger than `open_for`. The rest is dropped,
    /// and its units begin again.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when `to` is no longer ours.
    pub async fn reuse_pages(
        &self,
        from: RunId,
        to: RunId,
        epoch: i64,
        ended_for: Duration,
        open_for: Duration,
    ) -> Result<Vec<UnitView>, StoreError> {
        write_tx!(self, |tx, now| {
            fence!(tx, to, epoch);
            let units: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(from.0)
                .fetch_all(&mut *tx)
                .await?;
            for old in units {
                let (product, entity) = (old.unit.ad_product.as_str(), old.unit.entity.as_str());
                let metas: Vec<PageMeta> =
                    sqlx::query_as(METAS).bind(from.0).bind(product).bind(entity).fetch_all(&mut *tx).await?;
                let mut lists: BTreeMap<&str, Vec<&PageMeta>> = BTreeMap::new();
                for meta in &metas {
                    lists.entry(&meta.list).or_default().push(meta);
                }
                let mut dropped = false;
                for (list, pages) in lists {
                    let ended = pages.iter().any(|page| page.next_cursor.is_none());
                    let oldest = pages.iter().map(|page| page.fetched_at).min().unwrap_or_default();
                    let newest = pages.iter().map(|page| page.fetched_at).max().unwrap_or_default();
                    let usable = oldest >= now.minus(ended_for) && (ended || newest >= now.minus(open_for));
                    dropped |= !usable;
                    let statement = if usable {
                        "update sync_pages set run_id = $5 where run_id = $1 and ad_product = $2 and entity = $3 and list = $4"
                    } else {
                        "delete from sync_pages where run_id = $1 and ad_product = $2 and entity = $3 and list = $4 and $5 = $5"
                    };
                    sqlx::query(statement)
                        .bind(from.0)
                        .bind(product)
                        .bind(entity)
                        .bind(list)
                        .bind(to.0)
                        .execute(&mut *tx)
                        .await?;
                }
                // A proof stands only with exactly the pages that it was given for.
                let fresh = old.settled_at.is_some_and(|at| at >= now.minus(ended_for));
                let whole =
                    old.certificate.as_ref().is_some_and(|c| usize::try_from(c.pages) == Ok(metas.len()));
                let kept = match old.state {
                    UnitState::Proved => fresh && whole && !dropped,
                    UnitState::NotEligible => fresh,
                    _ => false,
                };
                sqlx::query(
                    "update sync_units set state = $4, certificate = $5, error = $6, outcome = null, settled_at = $7,
                         refusal = $8,
                         reused_pages = (select count(*) from sync_pages p where p.run_id = $1
                             and p.ad_product = $2 and p.entity = $3)
                     where run_id = $1 and ad_product = $2 and entity = $3",
                )
                .bind(to.0)
                .bind(product)
                .bind(entity)
                .bind(if kept { old.state } else { UnitState::Pending }.as_str())
                .bind(old.certificate.as_ref().filter(|_| kept).map(to_json))
                .bind(old.error.as_ref().filter(|_| kept).map(to_json))
                .bind(old.settled_at.filter(|_| kept).map(|at| at.0))
                .bind(old.refusal.as_ref().filter(|_| kept).map(to_json))
                .execute(&mut *tx)
                .await?;
                sqlx::query(RECOUNT).bind(to.0).bind(product).bind(entity).execute(&mut *tx).await?;
            }
            let mut units: Vec<UnitView> = sqlx::query_as("select * from sync_units where run_id = $1")
                .bind(to.0)
                .fetch_all(&mut *tx)
                .await?;
            units.sort_by_key(|u| u.unit);
            Ok(units)
        })
    }

    /// Deletes pages that nobody will use: of ended and superseded runs, and older than `ended_for`; and what runs would
    /// have removed that are no longer held.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_pages(&self, ended_for: Duration) -> Result<u64, StoreError> {
        write_tx!(self, |tx, now| {
            let done = sqlx::query(
                "delete from sync_pages where run_id in (
                     select r.id from sync_runs r where r.state in ('completed', 'discarded')
                         or (r.state in ('failed', 'cancelled', 'held') and (
                             exists (select 1 from sync_runs n where n.profile_id = r.profile_id and n.id > r.id
                                     and n.retry_of is distinct from r.id)
                             or (select max(fetched_at) from sync_pages p where p.run_id = r.id) < $1)))",
            )
            .bind(now.minus(ended_for).0)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "delete from held_removals where run_id not in (
                     select id from sync_runs where state in ('fetching', 'committing', 'held'))",
            )
            .execute(&mut *tx)
            .await?;
            Ok(done.rows_affected())
        })
    }
}

/// Sets a unit's progress to the pages that it has.
const RECOUNT: &str = "update sync_units set \
         pages = (select count(*) from sync_pages p where p.run_id = $1 and p.ad_product = $2 and p.entity = $3), \
         received_rows = (select cast(coalesce(sum(row_count), 0) as bigint) from sync_pages p \
             where p.run_id = $1 and p.ad_product = $2 and p.entity = $3) \
     where run_id = $1 and ad_product = $2 and entity = $3 returning *";
