//! The persist phase: the kept pages become rows, changes, certificates and status in one transaction.

use std::collections::HashMap;

use serde_json::Value;

use super::brake;
use super::context::{RunContext, Stop};
use super::difference::{Difference, Verdict};
use super::error::SyncError;
use crate::domain::drift::Tally;
use crate::domain::entity::{Descriptor, EntityRow, descriptor};
use crate::domain::id::RunId;
use crate::domain::json;
use crate::domain::page;
use crate::domain::profile::StoredProfile;
use crate::domain::run::{
    ChangeCounts, ChangeKind, HoldSummary, RemovedRow, RunView, UnitOutcome, UnitState, UnitView,
};
use crate::domain::unit::Unit;
use crate::store::{Change, Commit, Completion, PageMeta, StoredCertificate, UnitResult};

/// How a commit ended.
pub(super) enum Committed {
    /// Everything is visible.
    Completed(Box<(RunView, StoredProfile)>),
    /// Rolled back: it would remove too much.
    Held(HoldSummary),
    /// Rolled back: something asked the run to stop.
    Stopped(Stop),
}

/// Rows that are written with one call.
const BATCH: usize = 1_000;

/// Commits a run whose units are all settled and none failed. `approved` is what an operator allowed.
pub(super) async fn commit(
    context: &RunContext,
    units: &[UnitView],
    approved: Option<&HoldSummary>,
) -> Result<Committed, SyncError> {
    let run = context.run();
    let certificates = context.store.certificates(context.profile.id).await?;
    let commit = context.store.begin_commit(run.id, run.epoch, context.profile.id).await?;
    let mut writer = Writer {
        context,
        commit,
        run: run.id,
        certificates: &certificates,
        known: HashMap::new(),
        removed: HashMap::new(),
    };
    let mut results = Vec::with_capacity(units.len());
    for unit in units {
        match writer.unit(unit).await {
            Ok(Some(result)) => results.push(result),
            Ok(None) => {
                writer.commit.rollback().await;
                return Ok(Committed::Stopped(context.stopping().unwrap_or(Stop::GiveBack)));
            }
            Err(error) => {
                writer.commit.rollback().await;
                return Err(error);
            }
        }
    }
    let outcomes: Vec<(Unit, UnitOutcome)> = results.iter().map(|r| (r.unit, r.outcome.clone())).collect();
    let limits = brake::Limits {
        max_removed_rows: context.config.max_removed_rows,
        max_removed_percent: context.config.max_removed_percent,
    };
    if let Some(mut held) = brake::judge(&outcomes, limits, approved) {
        for unit in &mut held.units {
            unit.removes = writer.removed.remove(&unit.unit).unwrap_or_default();
        }
        writer.commit.rollback().await;
        return Ok(Committed::Held(held));
    }
    let mut counts = ChangeCounts::default();
    for (_, outcome) in &outcomes {
        counts.add(&outcome.counts);
    }
    for result in &mut results {
        writer.commit.record_drift(result.unit, &mut result.outcome.drift).await?;
    }
    let oldest = units.iter().filter_map(|u| u.certificate.as_ref()).map(|c| c.oldest_page_at).min();
    let done = Completion { units: results, counts, data_as_of: oldest.unwrap_or(writer.commit.now()) };
    // The last look: once COMMIT is sent, the run is what it is.
    if let Some(stop) = context.stopping() {
        writer.commit.rollback().await;
        return Ok(Committed::Stopped(stop));
    }
    let (run, profile) = writer.commit.complete(&done).await?;
    tell_drift(context, &done.units);
    Ok(Committed::Completed(Box::new((run, profile))))
}

/// Says once for this database what was never seen before.
fn tell_drift(context: &RunContext, units: &[UnitResult]) {
    for unit in units {
        for item in unit.outcome.drift.items.iter().filter(|item| item.new) {
            tracing::warn!(
                target: "adsync::sync", profile_id = context.profile.id.0,
                "{}  {}: the {} {} is not known to adsync; kept as it came, in {} rows",
                context.profile.title(), unit.unit, item.finding.kind, item.finding, item.rows
            );
        }
    }
}

struct Writer<'a> {
    context: &'a RunContext,
    commit: Commit,
    run: RunId,
    certificates: &'a [StoredCertificate],
    /// What is known of units that others belong to, to find orphans.
    known: HashMap<Unit, Difference>,
    /// The rows that were removed, for whoever has to approve that.
    removed: HashMap<Unit, Vec<RemovedRow>>,
}

impl Writer<'_> {
    /// Writes one unit's difference; `None` when the run was asked to stop.
    async fn unit(&mut self, unit: &UnitView) -> Result<Option<UnitResult>, SyncError> {
        let stored = self.certificates.iter().find(|c| c.unit == unit.unit);
        if unit.state == UnitState::NotEligible {
            let live = stored.map_or(0, |c| u64::try_from(c.live_rows).unwrap_or(0));
            return Ok(Some(UnitResult {
                unit: unit.unit,
                state: unit.state,
                certificate: None,
                outcome: UnitOutcome { live_before: live, ..UnitOutcome::default() },
                live_rows: live,
                reason: unit.error.as_ref().map(|e| e.summary.clone()),
            }));
        }
        let Some(d) = descriptor(unit.unit) else {
            return Err(SyncError::StoredPage {
                unit: unit.unit,
                reason: "the entity is not known".to_owned(),
            });
        };
        // A unit's first certificate only counts: telling of a hundred thousand new rows would tell nothing.
        let first = stored.is_none_or(|c| c.state != UnitState::Proved && c.live_rows == 0);
        let mut difference = Difference::default();
        self.commit.stored(d, |row| difference.stored(&row)).await?;
        let mut outcome = UnitOutcome { live_before: difference.live_before(), ..UnitOutcome::default() };
        let mut pages = self.context.store.pages(self.run, unit.unit).await?;
        // The proof was given for these pages and no others.
        let rows: i64 = pages.iter().map(|page| page.rows).sum();
        let proved = unit.certificate.as_ref().map(|c| (usize::try_from(c.pages), i64::try_from(c.rows)));
        if proved != Some((Ok(pages.len()), Ok(rows))) {
            let reason = "the kept pages are not those that were proved".to_owned();
            return Err(SyncError::StoredPage { unit: unit.unit, reason });
        }
        // Latest first: of a key that came twice, the later row counts.
        pages.sort_by_key(|page| (page.fetched_at, page.seq));
        let mut batch = Batch::default();
        let mut drift = Tally::default();
        for meta in pages.iter().rev() {
            for mut row in self.read(d, meta).await?.into_iter().rev() {
                let verdict = difference.fetched(&row);
                if verdict != Verdict::Repeated {
                    outcome.unmapped += u64::from(row.notes.unmapped);
                    outcome.rounded += u64::from(row.notes.rounded);
                    outcome.keyed_by_parents += u64::from(row.notes.keyed_by_parents);
                    outcome.orphans += u64::from(self.is_orphan(d, &row));
                    drift.add(std::mem::take(&mut row.drift));
                }
                match verdict {
                    Verdict::Repeated => {}
                    Verdict::Unchanged => outcome.counts.unchanged += 1,
                    Verdict::Remapped => {
                        outcome.counts.unchanged += 1;
                        batch.remapped.push(row);
                    }
                    Verdict::Write(ChangeKind::Added) => {
                        outcome.counts.added += 1;
                        batch.added.push(row);
                    }
                    Verdict::Write(kind) => {
                        let counts = &mut outcome.counts;
                        *(if kind == ChangeKind::Returned {
                            &mut counts.returned
                        } else {
                            &mut counts.changed
                        }) += 1;
                        batch.changed.push((row, kind));
                    }
                }
            }
            if batch.len() >= BATCH {
                self.write(d, std::mem::take(&mut batch), first).await?;
            }
            if self.context.stopping().is_some() {
                return Ok(None);
            }
        }
        self.write(d, batch, first).await?;
        outcome.drift = drift.report();
        outcome.counts.removed = difference.count_vanished();
        if outcome.counts.removed > 0 {
            self.remove(d, &difference).await?;
        }
        let live_rows = difference.live_after();
        self.known.insert(unit.unit, difference);
        Ok(Some(UnitResult {
            unit: unit.unit,
            state: unit.state,
            certificate: unit.certificate.clone(),
            outcome,
            live_rows,
            reason: None,
        }))
    }

    /// Reads a page back and maps its rows, off the runtime's threads: a big account is minutes of this.
    async fn read(&self, d: &'static Descriptor, meta: &PageMeta) -> Result<Vec<EntityRow>, SyncError> {
        let body = self.context.store.page_body(self.run, d.unit, &meta.list, meta.seq).await?;
        let rows = tokio::task::spawn_blocking(move || page::map_rows(d, &body)).await;
        let damaged = |reason: String| SyncError::StoredPage { unit: d.unit, reason };
        let rows = rows.map_err(|e| damaged(e.to_string()))?.map_err(|e| damaged(e.to_string()))?;
        if i64::try_from(rows.len()).ok() != Some(meta.rows) {
            return Err(damaged(format!("{} rows instead of {}", rows.len(), meta.rows)));
        }
        Ok(rows)
    }

    /// True when a row names a parent that nobody has, though the parents were fetched to their proved end.
    fn is_orphan(&self, d: &Descriptor, row: &EntityRow) -> bool {
        d.parents.iter().any(|parent| {
            let Some(known) = self.known.get(&parent.unit) else { return false };
            let column = d.columns.iter().find(|source| source.path == parent.field);
            let at = column.and_then(|source| d.table.columns.iter().position(|c| c.name == source.column));
            match at.and_then(|at| row.columns.get(at)) {
                Some(crate::domain::entity::SqlValue::Text(Some(id))) => !known.knows(id),
                _ => false,
            }
        })
    }

    async fn write(&mut self, d: &Descriptor, batch: Batch, first: bool) -> Result<(), SyncError> {
        let Batch { added, changed, remapped } = batch;
        let mut changes = Vec::new();
        if !added.is_empty() {
            self.commit.insert(d, &added).await?;
            if !first {
                changes.extend(added.into_iter().map(|row| Change {
                    entity_id: row.key.id.into_string(),
                    kind: ChangeKind::Added,
                    before: None,
                    after: Some(row.raw),
                }));
            }
        }
        if !changed.is_empty() {
            let ids: Vec<&str> = changed.iter().map(|(row, _)| row.key.id.as_str()).collect();
            let before: HashMap<String, String> = self.commit.raws(d, &ids).await?.into_iter().collect();
            let mut rows = Vec::with_capacity(changed.len());
            for (row, kind) in changed {
                let old = before.get(row.key.id.as_str()).map_or("null", String::as_str);
                let (before, after) = json::difference(&value(old), &value(&row.raw));
                changes.push(Change {
                    entity_id: row.key.id.as_str().to_owned(),
                    kind,
                    before: Some(Value::Object(before).to_string()),
                    after: Some(Value::Object(after).to_string()),
                });
                rows.push(row);
            }
            self.commit.update(d, &rows).await?;
        }
        if !remapped.is_empty() {
            self.commit.update(d, &remapped).await?;
        }
        self.commit.log(d, &changes).await?;
        Ok(())
    }

    /// Marks the rows that vanished; they are never deleted.
    async fn remove(&mut self, d: &Descriptor, difference: &Difference) -> Result<(), SyncError> {
        let mut vanished = Vec::new();
        self.commit
            .stored(d, |row| {
                if difference.vanished(&row.id) {
                    vanished.push(row.id);
                }
            })
            .await?;
        for ids in vanished.chunks(BATCH) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let raws = self.commit.raws(d, &ids).await?;
            let removed = self.removed.entry(d.unit).or_default();
            removed.extend(raws.iter().map(|(id, raw)| RemovedRow::of(id.clone(), &value(raw))));
            let changes: Vec<Change> = raws
                .into_iter()
                .map(|(entity_id, raw)| Change {
                    entity_id,
                    kind: ChangeKind::Removed,
                    before: Some(raw),
                    after: None,
                })
                .collect();
            self.commit.remove(d, &ids).await?;
            self.commit.log(d, &changes).await?;
        }
        Ok(())
    }
}

/// Rows on their way to the database.
#[derive(Default)]
struct Batch {
    added: Vec<EntityRow>,
    changed: Vec<(EntityRow, ChangeKind)>,
    remapped: Vec<EntityRow>,
}

impl Batch {
    fn len(&self) -> usize {
        self.added.len() + self.changed.len() + self.remapped.len()
    }
}

fn value(text: &str) -> Value {
    json::parse(text).unwrap_or(Value::Null)
}
