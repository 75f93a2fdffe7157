//! Commands that start runs and follow them to their ends: sync, retry, approve.

use std::collections::{BTreeMap, HashMap, HashSet};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::broadcast::error::RecvError;

use super::args::{RetryArgs, SyncArgs};
use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::{count, counts, maybe_time};
use super::profiles::{said, select};
use super::retry;
use super::standing::word;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::plural::{count as domain_count, times};
use crate::domain::report::ErrorReport;
use crate::domain::run::{Origin, Progress, RunState, RunView, UnitState, UnitView};
use crate::domain::text::one_line;
use crate::sync::event::SyncEvent;
use crate::sync::overview::{Overview, ProfileStatus};
use crate::sync::{Engine, Requester};

/// What a following command was asked for.
#[derive(Debug, Clone)]
pub enum Work {
    /// Sync from the start.
    Sync(SyncArgs),
    /// Sync again with the pages that were kept.
    Retry(RetryArgs),
    /// Commit a held run.
    Approve(i64),
}

/// Starts runs and follows them to their ends. `interrupted` resolves on Ctrl-C or a signal: the runs then go
/// back to the queue with their pages.
///
/// # Errors
/// When nothing could be started at all.
pub async fn sync(
    engine: &Engine,
    work: &Work,
    out: &mut Output<'_>,
    interrupted: impl Future<Output = ()>,
) -> Result<Exit, Failure> {
    tokio::pin!(interrupted);
    said_whose(work)?;
    let mut failures: Vec<ErrorReport> = Vec::new();
    // What fails now: a login that answers again is no cause any more when the profiles are chosen.
    let before = engine.snapshot();
    let refreshed = tokio::select! {
        refreshed = refresh(engine, work) => refreshed,
        () = &mut interrupted => return Ok(stop(engine, out).await),
    };
    let unlisted: Vec<ErrorReport> = refreshed.iter().map(|(_, report)| report.clone()).collect();
    for (login, report) in refreshed {
        out.report(&format!("login {login}"), &report);
        // Profiles that were named are synced by what is stored of them; whatever else the login has was not asked for.
        if !matches!(work, Work::Sync(args) if !args.select.profiles.is_empty())
            && !matches!(work, Work::Retry(args) if !retry::asks(args, &before, &login))
        {
            failures.push(report);
        }
    }
    let (overview, mut events) = engine.subscribe();
    let skipped = skipped(engine, work, &overview);
    if !skipped.is_empty() && !out.json {
        let parts: Vec<String> = skipped.iter().map(|(why, n)| format!("{n} {why}")).collect();
        let many: usize = skipped.values().sum();
        let what = if many == 1 { "profile" } else { "profiles" };
        out.say(&format!("skipped {many} {what}: {} (adsync profiles says why)", parts.join(", ")));
    }
    let known = Known { before: &before, now: &overview, unlisted: &unlisted };
    let wanted = start(engine, work, &known, out, &mut failures).await?;
    if wanted.is_empty() {
        if let Work::Retry(args) = work {
            return retry::nothing(args, &before, &engine.snapshot(), &failures, out);
        }
        if failures.is_empty() {
            out.say("nothing to do");
        }
        if out.json {
            summarise(&[], &failures, &skipped, out)?;
        }
        return Ok(Exit::of(&[], &failures));
    }
    let mut follower = Follower::new(wanted, overview, out);
    loop {
        follower.settle_ended()?;
        if follower.open.is_empty() || follower.leave_parked()? {
            break;
        }
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => follower.fold(event)?,
                Err(RecvError::Lagged(_)) => {
                    let (overview, fresh) = engine.subscribe();
                    events = fresh;
                    follower.fold(SyncEvent::Snapshot { overview: Box::new(overview) })?;
                }
                Err(RecvError::Closed) => break,
            },
            () = &mut interrupted => {
                follower.bars.finish();
                return Ok(stop(engine, follower.out).await);
            }
        }
    }
    let ended = follower.finish();
    summarise(&ended, &failures, &skipped, out)?;
    Ok(Exit::of(&ended, &failures))
}

/// Refuses work that does not say whose, before anybody is asked for anything.
fn said_whose(work: &Work) -> Result<(), Failure> {
    match work {
        Work::Sync(args) if args.failed => Ok(()),
        Work::Sync(args) => said(&args.select, "sync"),
        Work::Retry(args) if args.cause.is_some() => Ok(()),
        Work::Retry(args) => said(&args.select, "retry"),
        Work::Approve(_) => Ok(()),
    }
}

/// Asks the logins for their profiles, where the work needs to know them.
async fn refresh(engine: &Engine, work: &Work) -> Vec<(String, ErrorReport)> {
    match work {
        Work::Approve(_) => Vec::new(),
        Work::Sync(_) | Work::Retry(_) => engine.refresh_profiles().await.err().unwrap_or_default(),
    }
}

async fn stop(engine: &Engine, out: &mut Output<'_>) -> Exit {
    out.say("interrupted: the runs go back to the queue, their pages are kept");
    engine.release().await;
    Exit::Interrupted
}

/// The profiles that `sync --all` leaves alone, counted by why.
fn skipped(engine: &Engine, work: &Work, overview: &Overview) -> BTreeMap<&'static str, usize> {
    let mut skipped = BTreeMap::new();
    if matches!(work, Work::Sync(args) if args.select.all) {
        for id in overview.profiles.keys() {
            let status = overview.status(*id, engine.now());
            if !is_syncable(status) {
                *skipped.entry(status.word()).or_default() += 1;
            }
        }
    }
    skipped
}

const fn is_syncable(status: ProfileStatus) -> bool {
    !matches!(status, ProfileStatus::Gone | ProfileStatus::NotSyncable | ProfileStatus::Excluded)
}

/// What is known when the profiles are chosen.
struct Known<'a> {
    /// Before the logins were asked.
    before: &'a Overview,
    /// After that.
    now: &'a Overview,
    /// Why logins could not be asked: a profile that is not known may be theirs.
    unlisted: &'a [ErrorReport],
}

/// Requests the runs; gives those to follow.
async fn start(
    engine: &Engine,
    work: &Work,
    known: &Known<'_>,
    out: &mut Output<'_>,
    failures: &mut Vec<ErrorReport>,
) -> Result<Vec<RunView>, Failure> {
    let by = Requester::operator(Origin::Cli);
    let overview = known.now;
    let profiles: Vec<_> = overview.profiles.values().cloned().collect();
    let status = |id: ProfileId| overview.status(id, engine.now());
    let syncable = |id| is_syncable(status(id));
    let chosen = match work {
        Work::Approve(run) => {
            let run = super::approve(engine, *run).await?;
            return Ok(engine.snapshot().runs.into_values().filter(|view| view.id == run).collect());
        }
        Work::Sync(args) if args.failed => {
            profiles.iter().map(|p| p.profile.id).filter(|id| status(*id) == ProfileStatus::Failed).collect()
        }
        Work::Sync(args) => select(&profiles, &args.select, "sync", |p| syncable(p.profile.id))
            .map_err(|failure| failure.unless_unlisted(known.unlisted))?,
        Work::Retry(args) => retry::chosen(args, known.before, overview, engine.now())
            .map_err(|failure| failure.unless_unlisted(known.unlisted))?,
    };
    let many = chosen.len() > 1;
    let mut wanted = Vec::with_capacity(chosen.len());
    for id in chosen {
        let asked = match work {
            Work::Retry(_) => engine.retry(id, &by).await,
            Work::Sync(_) | Work::Approve(_) => engine.sync(id, &by).await.map(Some),
        };
        match asked {
            Ok(Some(run)) => wanted.push(run),
            Ok(None) => retry::refused(id, &engine.snapshot(), out),
            // Alone, it is the command's failure; among others it is one of the results.
            Err(error) if !many => return Err(error.into()),
            Err(error) => {
                let failure = Failure::from(error);
                out.failure(&failure);
                failures.push(failure.report);
            }
        }
    }
    Ok(wanted)
}

/// Parkings in a row without an answered page from which on nobody waits at the command for the next one.
const PARKED_IN_VAIN: i64 = 3;

struct Follower<'a, 'o> {
    overview: Overview,
    open: HashSet<RunId>,
    profiles: HashMap<ProfileId, RunId>,
    ended: BTreeMap<RunId, RunView>,
    out: &'a mut Output<'o>,
    bars: Bars,
    said: HashMap<RunId, String>,
}

impl<'a, 'o> Follower<'a, 'o> {
    fn new(wanted: Vec<RunView>, overview: Overview, out: &'a mut Output<'o>) -> Self {
        let bars = Bars::new(out.terminal && !out.json, wanted.len());
        let mut follower = Self {
            open: wanted.iter().map(|run| run.id).collect(),
            profiles: wanted.iter().map(|run| (run.profile_id, run.id)).collect(),
            overview,
            ended: BTreeMap::new(),
            out,
            bars,
            said: HashMap::new(),
        };
        for run in wanted {
            follower.overview.apply(SyncEvent::Run { run: Box::new(run) });
        }
        follower
    }

    fn fold(&mut self, event: SyncEvent) -> Result<(), Failure> {
        let run = match &event {
            SyncEvent::Run { run } => Some(run.id),
            SyncEvent::Unit { unit, .. } => Some(unit.run_id),
            SyncEvent::Waiting { run_id, .. } | SyncEvent::Resumed { run_id, .. } => Some(*run_id),
            _ => None,
        };
        let ours = run.is_some_and(|run| self.open.contains(&run));
        if self.out.json && ours {
            self.out.object(&event)?;
        }
        self.overview.apply(event);
        if let Some(run) = run.filter(|_| ours) {
            self.narrate(run);
        }
        Ok(())
    }

    fn name(&self, id: ProfileId) -> String {
        let profile = self.overview.profiles.get(&id);
        profile.map_or_else(|| id.to_string(), |p| p.profile.title())
    }

    /// Shows where a run stands: in its bar on a terminal, else a line for each new state.
    fn narrate(&mut self, id: RunId) {
        let Some(run) = self.overview.runs.values().find(|run| run.id == id).cloned() else { return };
        let name = self.name(run.profile_id);
        let progress = self.overview.progress(id);
        if self.bars.shown {
            let now = match self.overview.waits.get(&id).and_then(|waits| waits.first()) {
                Some(wait) => format!("{}: {}", wait.unit, wait.detail),
                None => run.state.to_string(),
            };
            self.bars.update(&run, &name, progress, &now);
            return;
        }
        let text = match run.state {
            RunState::Fetching if self.overview.is_throttled(id) => {
                "throttled, waiting for the API".to_owned()
            }
            RunState::Queued if run.not_before.is_some() => {
                let times = match run.parks {
                    ..=1 => String::new(),
                    n => format!(", {} in a row now", times(domain_count(n))),
                };
                let until = maybe_time(run.not_before, self.out.utc);
                format!("parked until {until}, for the API limits its requests{times}")
            }
            state if state.is_live() => state.to_string(),
            _ => return,
        };
        if self.said.get(&id) != Some(&text) {
            if !self.out.json {
                self.out.say(&format!("{name}: {text}"));
            }
            self.said.insert(id, text);
        }
    }

    /// Tells of runs that have ended.
    fn settle_ended(&mut self) -> Result<(), Failure> {
        let followed: Vec<RunView> = self
            .profiles
            .iter()
            .filter(|(_, run)| self.open.contains(*run))
            .filter_map(|(profile, run)| self.overview.runs.get(profile).map(|view| (*run, view)))
            // A newer run of the profile means that the one we follow has ended unseen.
            .filter(|(run, view)| !view.state.is_live() || view.id != *run)
            .map(|(_, view)| view.clone())
            .collect();
        for run in followed {
            let id = self.profiles.get(&run.profile_id).copied().unwrap_or(run.id);
            self.open.remove(&id);
            let name = self.name(run.profile_id);
            self.bars.end(id);
            if !self.out.json {
                let refused =
                    if run.state == RunState::Completed { self.refused(run.id) } else { String::new() };
                let text = format!("run {} {name}: {}{refused}", run.id, ending(&run));
                self.bars.suspend(|| self.out.line(&text))?;
                if let Some(report) = &run.error {
                    let out = &mut *self.out;
                    self.bars.suspend(|| out.report("  error", report));
                }
            }
            self.ended.insert(run.id, run);
        }
        Ok(())
    }

    /// Leaves runs to others that were parked in vain, once there are no others left: a script must come to an end.
    fn leave_parked(&mut self) -> Result<bool, Failure> {
        let open = || self.overview.runs.values().filter(|run| self.open.contains(&run.id));
        let in_vain = |run: &RunView| {
            run.state == RunState::Queued && run.not_before.is_some() && run.parks >= PARKED_IN_VAIN
        };
        if !open().all(in_vain) {
            return Ok(false);
        }
        for run in open().cloned().collect::<Vec<_>>() {
            let until = run.not_before.map_or_else(String::new, |at| format!(" until {}", at.to_rfc3339()));
            let text = format!(
                "run {} {}: parked{until}, {} in a row; it stays queued, and the console or the next adsync sync goes on with it",
                run.id,
                self.name(run.profile_id),
                times(domain_count(run.parks))
            );
            self.bars.end(run.id);
            if !self.out.json {
                let out = &mut *self.out;
                self.bars.suspend(|| out.line(&text))?;
            }
            self.ended.insert(run.id, run);
        }
        Ok(true)
    }

    /// What the API refused of a run, lost access apart.
    fn refused(&self, run: RunId) -> String {
        let units = || self.overview.units.get(&run).into_iter().flatten();
        let named = |what: &str, wanted: &dyn Fn(&UnitView) -> bool| {
            let names: Vec<String> =
                units().filter(|unit| wanted(unit)).map(|unit| unit.unit.to_string()).collect();
            if names.is_empty() { String::new() } else { format!(", {what}: {}", names.join(", ")) }
        };
        let absent = |unit: &UnitView| unit.state == UnitState::NotEligible && unit.lost().is_none();
        named("not eligible", &absent) + &named("access lost", &|unit| unit.lost().is_some())
    }

    fn finish(self) -> Vec<RunView> {
        self.bars.finish();
        self.ended.into_values().collect()
    }
}

/// How a run ended, in a few words.
fn ending(run: &RunView) -> String {
    match run.state {
        RunState::Completed => {
            format!(
                "proved, {} rows, {}, {} requests",
                count(run.rows),
                counts(&run.counts),
                count(run.requests)
            )
        }
        RunState::Held => {
            let headline =
                run.hold.as_ref().map(crate::domain::run::HoldSummary::headline).unwrap_or_default();
            format!(
                "held, {headline}; look at it with adsync run show {0}, then adsync approve {0} or adsync discard {0}",
                run.id
            )
        }
        state => format!("{state}, nothing of it was committed"),
    }
}

fn summarise(
    ended: &[RunView],
    failures: &[ErrorReport],
    skipped: &BTreeMap<&'static str, usize>,
    out: &mut Output<'_>,
) -> Result<(), Failure> {
    let of = |state| ended.iter().filter(|run| run.state == state).count();
    let mut total = crate::domain::run::ChangeCounts::default();
    ended.iter().filter(|run| run.state == RunState::Completed).for_each(|run| total.add(&run.counts));
    if out.json {
        return out.object(&serde_json::json!({
            "event": "summary",
            "completed": of(RunState::Completed),
            "failed": of(RunState::Failed),
            "held": of(RunState::Held),
            "parked": of(RunState::Queued),
            "cancelled": of(RunState::Cancelled) + of(RunState::Discarded),
            "not_started": failures.len(),
            "skipped": skipped,
            "counts": total,
            "exit": Exit::of(ended, failures).code(),
        }));
    }
    if ended.len() + failures.len() > 1 {
        let mut parts = Vec::new();
        for state in
            [RunState::Completed, RunState::Failed, RunState::Held, RunState::Cancelled, RunState::Discarded]
        {
            if of(state) > 0 {
                parts.push(format!("{} {}", of(state), word(state)));
            }
        }
        if of(RunState::Queued) > 0 {
            parts.push(format!("{} parked", of(RunState::Queued)));
        }
        if !failures.is_empty() {
            parts.push(format!("{} not started", failures.len()));
        }
        out.say(&format!("{}: {}", parts.join(", "), counts(&total)));
    }
    Ok(())
}

/// Progress bars on a terminal.
struct Bars {
    shown: bool,
    multi: MultiProgress,
    all: ProgressBar,
    runs: HashMap<RunId, ProgressBar>,
}

impl Bars {
    fn new(shown: bool, runs: usize) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let multi = MultiProgress::with_draw_target(target);
        let all = multi.add(ProgressBar::new(runs as u64));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} profiles  {elapsed}") {
            all.set_style(style);
        }
        Self { shown, multi, all, runs: HashMap::new() }
    }

    fn update(&mut self, run: &RunView, name: &str, progress: Progress, now: &str) {
        if !matches!(run.state, RunState::Fetching | RunState::Committing) {
            return;
        }
        let bar = self.runs.entry(run.id).or_insert_with(|| {
            let bar = self.multi.insert_before(&self.all, ProgressBar::new(1000));
            if let Ok(style) =
                ProgressStyle::with_template("{prefix:28!} {bar:24} {percent:>3} %  {wide_msg}")
            {
                bar.set_style(style);
            }
            bar
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a ratio between 0 and 1"
        )]
        bar.set_position((progress.ratio().unwrap_or_else(|| progress.of_units()) * 1000.0) as u64);
        bar.set_prefix(one_line(name));
        bar.set_message(one_line(&format!(
            "{}/{} units  {} rows  {now}",
            progress.settled,
            progress.units,
            count(progress.rows)
        )));
    }

    fn end(&mut self, run: RunId) {
        if let Some(bar) = self.runs.remove(&run) {
            bar.finish_and_clear();
            self.multi.remove(&bar);
        }
        self.all.inc(1);
    }

    fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.shown { self.multi.suspend(write) } else { write() }
    }

    fn finish(&self) {
        self.all.finish_and_clear();
        let _ = self.multi.clear();
    }
}
