//! The life of one claimed run in this process: plan, fetch, prove, commit, or end in another honest way.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::context::{RunContext, Stop};
use super::eligibility::Memory;
use super::ending::{Ending, Parked};
use super::error::SyncError;
use super::event::SyncEvent;
use super::fetch::{Fetched, OPEN_LIST_FOR, UnitFetch};
use super::parking;
use super::persist::{self, Committed};
use crate::domain::code::Code;
use crate::domain::entity::{Descriptor, descriptor, descriptors_of};
use crate::domain::id::{EntityId, RunId};
use crate::domain::page::Page;
use crate::domain::plural::{count, grouped, plural};
use crate::domain::report::ErrorReport;
use crate::domain::run::{HoldSummary, RunView, UnitState, UnitView};
use crate::domain::unit::{AdProduct, Unit};
use crate::store::{Store, StoreError, UnitUpdate};

/// Crashes that a run may cause before it is given up.
const MAX_CRASHES: i64 = 5;

/// How long what a run has in flight may take to land, once it is about to be parked.
const LANDING: Duration = Duration::from_secs(2);

/// How often the counters of a run that is throttled are written.
const COUNTED: Duration = Duration::from_secs(1);

/// How long such a write is waited for once the run stops.
const WRITTEN: Duration = Duration::from_millis(500);

/// Rows written by a commit from which on the write-ahead log is given back.
const BIG_COMMIT: u64 = 20_000;

/// What became of a unit's fetch.
enum UnitEnd {
    Settled(UnitState),
    /// The API asked for a pause beyond our patience, or gave nothing but 429s.
    Parked(Parked),
    /// Not tried, for what it depends on failed.
    Skipped,
}

/// Carries a claimed run to its end; gives the end that is to be stored, unless the run has it already or is no longer
/// ours.
pub(super) async fn carry(context: Arc<RunContext>) -> Option<Ending> {
    if context.run().parks > 0 {
        context.client.probe_first(&context.profile.login, context.profile.id);
    }
    let end = run_to_end(&context).await.err()?;
    let run = context.run();
    let ending = match end {
        End::Stopped(Stop::Lost) | End::Failed(SyncError::Store(StoreError::Fenced { .. })) => {
            tracing::warn!(target: "adsync::sync", profile_id = context.profile.id.0, "{}: run {} was taken over by another process", context.profile.title(), run.id);
            return None;
        }
        End::Stopped(Stop::Cancel) => Ending::Cancelled,
        End::Stopped(Stop::GiveBack) => Ending::GivenBack(None),
        End::Parked(parked) => {
            Ending::Parked(Parked { delay: parking::pause(parked.delay, run.parks), ..parked })
        }
        End::Failed(error) => Ending::failed(&context, error.report(context.clock.now())),
        End::UnitsFailed(report) => Ending::failed(&context, *report),
    };
    let _ = context.flush_counters().await;
    Some(ending)
}

/// How a run ends without a commit.
enum End {
    Stopped(Stop),
    Parked(Parked),
    Failed(SyncError),
    UnitsFailed(Box<ErrorReport>),
}

impl From<SyncError> for End {
    fn from(error: SyncError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Writes what the run has cost while it is throttled, so that here and elsewhere its counters are seen to go on. A write
/// that is under way when the run stops is waited for a moment, or what it took would be lost.
async fn counted<T>(context: &RunContext, fetching: impl Future<Output = T>) -> T {
    let over = CancellationToken::new();
    let counting = async {
        while over.run_until_cancelled(tokio::time::sleep(COUNTED)).await.is_some() {
            // What cannot be written now is written with the next page, or at the next look.
            if context.is_throttled() {
                // A database that no longer answers must not hold up whoever stops the run.
                let late = async {
                    over.cancelled().await;
                    tokio::time::sleep(WRITTEN).await;
                };
                tokio::select! {
                    _ = context.flush_counters() => {}
                    () = late => return,
                }
            }
        }
    };
    let fetching = async {
        let fetched = fetching.await;
        over.cancel();
        fetched
    };
    futures::join!(fetching, counting).0
}

async fn run_to_end(context: &RunContext) -> Result<(), End> {
    let run = context.run();
    if run.attempt > MAX_CRASHES {
        return Err(SyncError::KillsOwner { run: run.id, attempts: run.attempt - 1 }.into());
    }
    // The fetch phase may be dropped at any await; the commit looks for itself where it can stop.
    let fetching = async {
        tokio::select! {
            biased;
            stop = context.stopped() => Err(End::Stopped(stop)),
            fetched = fetch_phase(context) => fetched,
        }
    };
    let (units, approved) = counted(context, fetching).await?;
    context.flush_counters().await?;
    if !proves_something(&units) {
        return Err(SyncError::NoAccess.into());
    }
    let run = context.run();
    context.set_run(context.store.set_committing(run.id, run.epoch).await?);
    match persist::commit(context, &units, approved.as_ref()).await? {
        Committed::Stopped(stop) => Err(End::Stopped(stop)),
        Committed::Held(summary) => {
            tracing::warn!(target: "adsync::sync", profile_id = context.profile.id.0, "{}: held, {}", context.profile.title(), summary.headline());
            context.set_run(context.store.hold(run.id, run.epoch, summary).await?);
            Ok(())
        }
        Committed::Completed(done) => {
            let (run, profile) = *done;
            let counts = run.counts;
            tracing::info!(
                target: "adsync::sync", profile_id = context.profile.id.0,
                "{}: proved and committed {}: {} added, {} changed, {} removed, {} returned",
                context.profile.title(), plural(count(run.rows), "row", "rows"), grouped(counts.added),
                grouped(counts.changed), grouped(counts.removed), grouped(counts.returned)
            );
            for unit in context.store.units(run.id).await.unwrap_or_default() {
                context.tell_unit(unit);
            }
            context.hub.emit(SyncEvent::Profile { profile: Box::new(profile) });
            context.set_run(run);
            if counts.written() >= BIG_COMMIT {
                context.store.truncate_wal().await;
            }
            Ok(())
        }
    }
}

/// Plans and fetches; gives the settled units, and the approval when nothing had to be fetched for it.
async fn fetch_phase(context: &RunContext) -> Result<(Vec<UnitView>, Option<HoldSummary>), End> {
    let run = context.run();
    let memory = Memory::read(context).await?;
    let mut units = plan(context, &memory).await?;
    for unit in &units {
        context.tell_unit(unit.clone());
    }
    let mut asked = HashSet::new();
    loop {
        let settled = |unit: Unit| units.iter().any(|u| u.unit == unit && u.state.is_settled());
        // A kept proof that was asked for by another unit's ids stands only while that unit's proof does: else it is
        // gone through again, from its kept pages as far as they answer the same requests.
        let open: Vec<&'static Descriptor> = units
            .iter()
            .filter_map(|u| descriptor(u.unit))
            .filter(|d| !settled(d.unit) || d.depends_on.is_some_and(|parent| !settled(parent)))
            .collect();
        if open.is_empty() && proves_something(&units) {
            let approved = run.approved_by.as_ref().and(run.hold);
            return Ok((units, approved));
        }
        units = fetch_open(context, &memory, &units, &open).await?;
        asked.extend(open.iter().map(|d| d.unit));
        let unasked: Vec<Unit> = units.iter().map(|u| u.unit).filter(|u| !was_asked(*u, &asked)).collect();
        if unasked.is_empty() || proves_something(&units) {
            return Ok((units, None));
        }
        // Nothing is proved: what was only remembered or adopted is asked for after all.
        for unit in unasked {
            let update =
                UnitUpdate { state: UnitState::Pending, certificate: None, error: None, refusal: None };
            context.tell_unit(context.store.update_unit(run.id, run.epoch, unit, &update).await?);
        }
        units = context.store.units(run.id).await?;
    }
}

/// True when a run has proved anything of an ad product: portfolios alone, which belong to none, are not what a sync
/// is asked for, unless nothing else is configured.
fn proves_something(units: &[UnitView]) -> bool {
    let of_product = |unit: &&UnitView| unit.unit.ad_product != AdProduct::Any;
    let only_portfolios = !units.iter().any(|unit| of_product(&unit));
    units.iter().any(|unit| unit.state == UnitState::Proved && (only_portfolios || of_product(&unit)))
}

/// True when this run asked for a unit itself, or for the one whose refusal it has taken over.
fn was_asked(unit: Unit, asked: &HashSet<Unit>) -> bool {
    let parent = descriptor(unit).and_then(|d| d.depends_on);
    asked.contains(&unit) && parent.is_none_or(|parent| was_asked(parent, asked))
}

/// Fetches open units concurrently; gives all units of the run, settled.
async fn fetch_open(
    context: &RunContext,
    memory: &Memory,
    units: &[UnitView],
    open: &[&'static Descriptor],
) -> Result<Vec<UnitView>, End> {
    // Everyone may ask how the unit that it depends on ended.
    let is_open = |unit: Unit| open.iter().any(|d| d.unit == unit);
    let ends: HashMap<Unit, watch::Sender<Option<UnitState>>> =
        units.iter().map(|u| (u.unit, watch::Sender::new((!is_open(u.unit)).then_some(u.state)))).collect();
    let others = Others { context, memory, ends: &ends };
    let parked = fetch_together(&others, open).await?;
    let units = context.store.units(context.run().id).await?;
    if let Some(report) = failure_of(&units) {
        return Err(End::UnitsFailed(Box::new(report)));
    }
    match parked {
        Some(parked) => Err(End::Parked(parked)),
        None => Ok(units),
    }
}

/// Fetches units side by side, until all have ended, the database fails, or one is put off: the others would only meet
/// the same pause one after the other, while the run keeps its slot. Pages that were stored stay.
async fn fetch_together(
    others: &Others<'_>,
    open: &[&'static Descriptor],
) -> Result<Option<Parked>, SyncError> {
    let mut fetches: FuturesUnordered<_> = open.iter().map(|d| fetch_unit(others, d)).collect();
    let mut parked: Option<(Parked, Instant)> = None;
    loop {
        let next = match parked {
            None => fetches.next().await,
            Some((_, landed)) => tokio::time::timeout_at(landed, fetches.next()).await.ok().flatten(),
        };
        let Some(end) = next else { return Ok(parked.map(|(parked, _)| parked)) };
        if let UnitEnd::Parked(one) = end? {
            parked = Some(match parked {
                None => (one, Instant::now() + LANDING),
                Some((known, landed)) => (known.and(one), landed),
            });
        }
    }
}

/// The units of the run, with what may be reused of earlier attempts and of the run that it retries, and with what
/// the API refused lately.
async fn plan(context: &RunContext, memory: &Memory) -> Result<Vec<UnitView>, SyncError> {
    let run = context.run();
    let (store, config) = (&context.store, &context.config);
    let units: Vec<(Unit, Option<i64>)> = descriptors_of(&config.ad_products, &config.entities)
        .map(|d| (d.unit, memory.expected_rows(d.unit)))
        .collect();
    let planned = store.plan(run.id, run.epoch, &units).await?;
    // Only a run that has nothing of its own adopts: whatever claim this is, what it has got counts more.
    if planned.iter().all(|unit| unit.state == UnitState::Pending && unit.pages == 0)
        && let Some(from) = retried(store, &run).await?
    {
        store.reuse_pages(from, run.id, run.epoch, config.reuse_pages_for, OPEN_LIST_FOR).await?;
    }
    let mut units =
        store.reuse_pages(run.id, run.id, run.epoch, config.reuse_pages_for, OPEN_LIST_FOR).await?;
    let now = context.clock.now();
    for unit in units.iter_mut().filter(|u| u.state == UnitState::Pending && u.pages == 0) {
        if let Some(update) = memory.recall(unit.unit, now) {
            *unit = store.update_unit(run.id, run.epoch, unit.unit, &update).await?;
        }
    }
    Ok(units)
}

/// The run whose pages a retry adopts: the nearest of those that it retries that got as far as having any.
async fn retried(store: &Store, run: &RunView) -> Result<Option<RunId>, StoreError> {
    let mut next = run.retry_of;
    while let Some(id) = next {
        if store.units(id).await?.iter().any(|unit| unit.pages > 0 || unit.state.is_settled()) {
            break;
        }
        next = store.run(id).await?.and_then(|run| run.retry_of);
    }
    Ok(next)
}

/// The units that are fetched beside one.
pub(super) struct Others<'a> {
    context: &'a RunContext,
    memory: &'a Memory,
    ends: &'a HashMap<Unit, watch::Sender<Option<UnitState>>>,
}

impl Others<'_> {
    /// Waits for the end of a unit; `None` when it is no part of the run.
    async fn end(&self, unit: Unit) -> Option<UnitState> {
        let mut receiver = self.ends.get(&unit)?.subscribe();
        receiver.wait_for(Option::is_some).await.ok().and_then(|state| *state)
    }

    /// The ids of a unit, once it is proved; `None` when it is not.
    pub(super) async fn ids(&self, unit: Unit) -> Option<Vec<EntityId>> {
        (self.end(unit).await? == UnitState::Proved).then_some(())?;
        ids_of(self.context, unit).await.ok()
    }
}

async fn fetch_unit(others: &Others<'_>, d: &'static Descriptor) -> Result<UnitEnd, SyncError> {
    let end = fetch_and_settle(others, d).await?;
    let state = match &end {
        UnitEnd::Settled(state) => *state,
        // Whoever waits for this unit is not tried either.
        UnitEnd::Parked(_) | UnitEnd::Skipped => UnitState::Failed,
    };
    if let Some(sender) = others.ends.get(&d.unit) {
        sender.send_replace(Some(state));
    }
    Ok(end)
}

async fn fetch_and_settle(others: &Others<'_>, d: &'static Descriptor) -> Result<UnitEnd, SyncError> {
    let (context, memory) = (others.context, others.memory);
    let mut batch_ids = Vec::new();
    if let Some(parent) = d.depends_on {
        match others.end(parent).await {
            Some(UnitState::Proved) => batch_ids = ids_of(context, parent).await?,
            Some(UnitState::NotEligible) => return inherit(context, memory, d.unit, parent).await,
            _ => return Ok(UnitEnd::Skipped),
        }
    }
    if d.list.not_for_authors && context.profile.is_author() {
        let summary = format!("{}: author profiles have no part in them, as the specification says", d.unit);
        let now = context.clock.now();
        let report = ErrorReport::new(Code::NotEligible, summary, "", now);
        return settle(context, d.unit, memory.refused(d.unit, report, now)).await;
    }
    let fetched = match UnitFetch::new(context, others, d).await {
        Ok(fetch) => fetch.fetch(&batch_ids).await,
        Err(error) => Err(error),
    };
    let update = match fetched {
        Ok(Fetched::Proved(certificate)) => UnitUpdate {
            state: UnitState::Proved,
            certificate: Some(*certificate),
            error: None,
            refusal: None,
        },
        Ok(Fetched::NotEligible(answer)) => {
            let mut report = answer.report(context.clock.now());
            if answer.not_eligible().is_none() {
                report.summary = format!("{}: only for logins that may edit, and this one may view", d.unit);
                "Grant the login edit access to have them synced as well.".clone_into(&mut report.hint);
            }
            memory.refused(d.unit, report, context.clock.now())
        }
        Err(error @ SyncError::Store(_)) => return Err(error),
        Err(SyncError::Ads(error)) if error.park_for().is_some() => {
            let delay = error.park_for().unwrap_or_default();
            return Ok(UnitEnd::Parked(Parked { delay, asked: error.is_wait_asked() }));
        }
        Err(error) => {
            let run = context.run();
            if error.spoils_pages() {
                // What does not prove now would not prove on a retry either.
                context.tell_unit(context.store.drop_pages(run.id, run.epoch, d.unit, None).await?);
            }
            UnitUpdate {
                state: UnitState::Failed,
                certificate: None,
                error: Some(error.report(context.clock.now())),
                refusal: None,
            }
        }
    };
    settle(context, d.unit, update).await
}

async fn settle(context: &RunContext, unit: Unit, update: UnitUpdate) -> Result<UnitEnd, SyncError> {
    let run = context.run();
    let view = context.store.update_unit(run.id, run.epoch, unit, &update).await?;
    context.tell_unit(view);
    context.flush_counters().await?;
    Ok(UnitEnd::Settled(update.state))
}

/// A unit whose parent's product the account has no part in has none either.
async fn inherit(
    context: &RunContext,
    memory: &Memory,
    unit: Unit,
    parent: Unit,
) -> Result<UnitEnd, SyncError> {
    let units = context.store.units(context.run().id).await?;
    let parent = units.into_iter().find(|u| u.unit == parent);
    let update = match parent.map(|u| (u.error, u.refusal)) {
        Some((Some(error), Some(refusal))) => memory.inherited(unit, error, refusal),
        // A run of an older version left no refusal to inherit.
        Some((error, _)) => {
            UnitUpdate { state: UnitState::NotEligible, certificate: None, error, refusal: None }
        }
        None => UnitUpdate { state: UnitState::NotEligible, certificate: None, error: None, refusal: None },
    };
    settle(context, unit, update).await
}

/// The ids of a proved unit, read from its kept pages, in one order whatever order they came in.
async fn ids_of(context: &RunContext, unit: Unit) -> Result<Vec<EntityId>, SyncError> {
    let Some(d) = descriptor(unit) else { return Ok(Vec::new()) };
    let run = context.run().id;
    let mut ids = Vec::new();
    for meta in context.store.pages(run, unit).await? {
        let body = context.store.page_body(run, unit, &meta.list, meta.seq).await?;
        let page = Page::parse(d, body.into_bytes())
            .map_err(|e| SyncError::StoredPage { unit, reason: e.to_string() })?;
        ids.extend_from_slice(page.ids());
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// The report of a run whose units failed: the first one's, told apart from what else failed.
fn failure_of(units: &[UnitView]) -> Option<ErrorReport> {
    let failed: Vec<&UnitView> = units.iter().filter(|u| u.state == UnitState::Failed).collect();
    // A failure that nobody but the operator can mend says more than one that passes.
    let first = failed.iter().find(|u| u.error.as_ref().is_some_and(|e| !e.retryable)).or(failed.first())?;
    let mut report = first.error.clone()?;
    let unit = first.unit.to_string();
    if !report.summary.starts_with(&unit) && !report.code.is_of_login() {
        report.summary = format!("{unit}: {}", report.summary);
    }
    let others = failed.iter().filter(|u| u.unit != first.unit);
    report.also.extend(others.filter_map(|u| {
        u.error
            .as_ref()
            .filter(|e| e.code != report.code)
            .map(|e| format!("{} failed as well: {}", u.unit, e.summary))
    }));
    report.retryable = failed.iter().all(|u| u.error.as_ref().is_some_and(|e| e.retryable));
    Some(report)
}
