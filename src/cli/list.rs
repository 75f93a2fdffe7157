//! Commands that only look: profiles, runs, one run, changes.

use super::args::{ChangesArgs, ProfilesArgs, RunsArgs};
use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::{Align, count, counts, maybe_time, table, time};
use super::profiles::find;
use super::report::report_lines;
use super::standing::Look;
use crate::domain::code::Code;
use crate::domain::id::RunId;
use crate::domain::plural::{grouped, plural, times};
use crate::domain::profile::StoredProfile;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::store::{ChangeFilter, RunFilter, Store};
use crate::sync::Engine;

/// Lists the profiles; asks the logins first, unless told not to.
///
/// # Errors
/// When the database cannot be read.
pub async fn profiles(engine: &Engine, args: &ProfilesArgs, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut failures: Vec<ErrorReport> = Vec::new();
    if !args.stored {
        for (login, report) in engine.refresh_profiles().await.err().unwrap_or_default() {
            out.report(&format!("login {login}"), &report);
            failures.push(report);
        }
    }
    let overview = engine.snapshot();
    let look = Look::at(overview.runs.values(), engine.now(), engine.store().is_sqlite(), out.utc).await;
    let mut rows = Vec::new();
    let mut stored: Vec<_> = overview.profiles.values().collect();
    stored.sort_by_key(|p| (p.profile.name.to_lowercase(), p.profile.id));
    for p in stored {
        let status = overview.status(p.profile.id, engine.now());
        let run = overview.runs.get(&p.profile.id);
        if out.json {
            let mut object = serde_json::to_value(p).map_err(std::io::Error::from)?;
            object["status"] = status.word().into();
            let waits = run.filter(|run| run.state.is_live()).map(|run| run.waits.left(engine.now()));
            let until = waits.and_then(|waits| waits.throttled_until());
            let parked = run.filter(|run| run.state == RunState::Queued).and_then(|run| run.not_before);
            object["waits_until"] = serde_json::to_value(until.or(parked)).map_err(std::io::Error::from)?;
            object["last_run"] = serde_json::to_value(run.map(|run| run.id)).map_err(std::io::Error::from)?;
            object["not_syncable"] = p.not_synced().into();
            out.object(&object)?;
            continue;
        }
        rows.push(vec![
            p.profile.id.to_string(),
            p.profile.name.clone(),
            p.profile.country.clone(),
            p.profile.account_type.clone(),
            p.profile.login.clone(),
            status.word().to_owned(),
            maybe_time(p.last_synced_at, out.utc),
            count(p.rows),
            note(p, run, &look, out.utc),
        ]);
    }
    if !out.json {
        let columns = [
            ("PROFILE", Align::Right),
            ("NAME", Align::Left),
            ("CC", Align::Left),
            ("TYPE", Align::Left),
            ("LOGIN", Align::Left),
            ("STATUS", Align::Left),
            ("LAST SYNC", Align::Left),
            ("ROWS", Align::Right),
            ("NOTE", Align::Left),
        ];
        for line in table(&columns, &rows) {
            out.line(&line)?;
        }
    }
    Ok(match failures.as_slice() {
        [] => Exit::Ok,
        failures if failures.iter().all(|report| report.retryable) => Exit::Retryable,
        _ => Exit::Failed,
    })
}

/// What there is to know of a profile that is not synced as others are.
fn note(p: &StoredProfile, run: Option<&RunView>, look: &Look, utc: bool) -> String {
    if let Some(run) = run.filter(|run| run.state.is_live()) {
        return look.standing(run).1;
    }
    if let Some(at) = p.gone_at {
        return format!("not listed since {}; its data is kept", time(at, utc));
    }
    if let Some(reason) = p.not_synced() {
        return reason;
    }
    p.access_lost.map_or_else(String::new, |lost| {
        let (since, rows) = (time(lost.since, utc), count(lost.rows));
        let rows = if lost.rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        format!("no access to {} since {since}: {rows} frozen", plural(lost.units, "unit", "units"))
    })
}

/// Lists runs, newest first.
///
/// # Errors
/// When the database cannot be read, or the profile is not known.
pub async fn runs(store: &Store, args: &RunsArgs, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let profiles = store.profiles().await?;
    let profile_id =
        args.profile.as_ref().map(|word| find(&profiles, word)).transpose()?.map(|p| p.profile.id);
    let runs = store.runs(&RunFilter { profile_id, state: args.state, limit: args.limit }).await?;
    let look = Look::at(&runs, store.now().await?, store.is_sqlite(), out.utc).await;
    let mut rows = Vec::new();
    for run in &runs {
        if out.json {
            out.object(run)?;
            continue;
        }
        let name = profiles.iter().find(|p| p.profile.id == run.profile_id);
        rows.push(vec![
            run.id.to_string(),
            name.map_or_else(|| run.profile_id.to_string(), |p| p.profile.title()),
            look.standing(run).0.to_owned(),
            time(run.requested_at, out.utc),
            took(run),
            count(run.requests),
            if run.state == RunState::Completed { count(run.rows) } else { "-".to_owned() },
            outcome(run, &look),
        ]);
    }
    if !out.json {
        let columns = [
            ("RUN", Align::Right),
            ("PROFILE", Align::Left),
            ("STATE", Align::Left),
            ("REQUESTED", Align::Left),
            ("TOOK", Align::Right),
            ("REQUESTS", Align::Right),
            ("ROWS", Align::Right),
            ("OUTCOME", Align::Left),
        ];
        for line in table(&columns, &rows) {
            out.line(&line)?;
        }
    }
    Ok(Exit::Ok)
}

fn took(run: &RunView) -> String {
    match (run.started_at, run.finished_at) {
        (Some(from), Some(to)) => {
            let seconds = std::time::Duration::from_secs(to.since(from).as_secs());
            humantime::format_duration(seconds).to_string()
        }
        _ => "-".to_owned(),
    }
}

fn outcome(run: &RunView, look: &Look) -> String {
    match (run.state, &run.error, &run.hold) {
        (RunState::Completed, _, _) => counts(&run.counts),
        (RunState::Failed, Some(report), _) => report.summary.clone(),
        (RunState::Held, _, Some(hold)) => hold.headline(),
        _ => look.standing(run).1,
    }
}

/// Shows one run with its units, proofs and error.
///
/// # Errors
/// When the run is not known, or the database cannot be read.
pub async fn run_show(store: &Store, id: i64, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let Some(run) = store.run(RunId(id)).await? else {
        return Err(Failure::new(
            Code::RunUnknown,
            format!("run {id} is not known"),
            "List the runs with: adsync runs",
        ));
    };
    let units = store.units(run.id).await?;
    if out.json {
        out.object(&serde_json::json!({ "run": run, "units": units }))?;
        return Ok(Exit::Ok);
    }
    let profile = store.profile(run.profile_id).await?;
    let name = profile.map_or_else(String::new, |p| format!("  {}", p.profile.title()));
    let look = Look::at([&run], store.now().await?, store.is_sqlite(), out.utc).await;
    let (word, more) = look.standing(&run);
    let more = if more.is_empty() { more } else { format!("  {more}") };
    out.line(&format!("run {}  {word}  profile {}{name}{more}", run.id, run.profile_id))?;
    out.line(&format!(
        "requested {} by {} ({})  started {}  finished {}",
        time(run.requested_at, out.utc),
        run.requested_by,
        run.requested_from,
        maybe_time(run.started_at, out.utc),
        maybe_time(run.finished_at, out.utc)
    ))?;
    let retry = run.retry_of.map_or_else(String::new, |of| format!("  retry of run {of}"));
    let seconds = run.throttled_us / 1_000_000;
    let held_up = if seconds > 0 { format!(" (for {} s)", count(seconds)) } else { String::new() };
    out.line(&format!(
        "requests {}  throttled {}{held_up}  epoch {}{retry}  wrote {}  rows {}  data as of {}",
        count(run.requests),
        count(run.throttled),
        run.epoch,
        counts(&run.counts),
        count(run.rows),
        maybe_time(run.data_as_of, out.utc)
    ))?;
    if let Some(by) = &run.approved_by {
        out.line(&format!("approved by {by}"))?;
    }
    out.line("")?;
    let columns = [
        ("UNIT", Align::Left),
        ("STATE", Align::Left),
        ("PAGES", Align::Right),
        ("ROWS", Align::Right),
        ("OF", Align::Right),
        ("CHANGED", Align::Left),
        ("PROOF", Align::Left),
    ];
    let rows: Vec<Vec<String>> = units.iter().map(|unit| unit_row(unit, out.utc)).collect();
    for line in table(&columns, &rows) {
        out.line(&line)?;
    }
    for line in drift_lines(&units) {
        out.line(&line)?;
    }
    if let Some(hold) = run.hold.as_ref().filter(|_| run.state == RunState::Held) {
        out.line("")?;
        out.line("held: its commit would")?;
        for unit in &hold.units {
            let c = &unit.outcome.counts;
            let mark = if unit.braked { "  <- more than the brake allows" } else { "" };
            out.line(&format!(
                "  {:<14} remove {} of {} live rows, add {}, change {}{mark}",
                unit.unit,
                count(i64::try_from(c.removed).unwrap_or(i64::MAX)),
                count(i64::try_from(unit.outcome.live_before).unwrap_or(i64::MAX)),
                c.added + c.returned,
                c.changed
            ))?;
        }
        for unit in &hold.units {
            for row in &unit.removes {
                out.line(&format!("  removes {} {}  {}  {}", unit.unit, row.id, row.state, row.name))?;
            }
            let more = unit.outcome.counts.removed.saturating_sub(unit.removes.len() as u64);
            if more > 0 && !unit.removes.is_empty() {
                let more = grouped(more);
                out.line(&format!(
                    "  removes {more} more {}; all of them: adsync run show {} --removals",
                    unit.unit, run.id
                ))?;
            }
        }
        out.line(&format!("adsync approve {0} commits it, adsync discard {0} gives it up", run.id))?;
    }
    if let Some(report) = &run.error {
        out.line("")?;
        for line in report_lines(report, out.utc) {
            out.line(&line)?;
        }
    }
    Ok(Exit::Ok)
}

/// Lists every row that the commit of a held run would remove.
///
/// # Errors
/// When the run is not held, or the database cannot be read.
pub async fn removals(store: &Store, id: i64, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let Some(hold) = store.held(RunId(id)).await? else {
        let (code, what) = match store.run(RunId(id)).await? {
            Some(run) => (Code::NotHeld, format!("run {id} is not held: it is {}", run.state)),
            None => (Code::RunUnknown, format!("run {id} is not known")),
        };
        return Err(Failure::new(code, what, "List the held runs with: adsync runs --state held"));
    };
    for unit in &hold.units {
        for row in &unit.removes {
            if out.json {
                let Unit { ad_product, entity } = unit.unit;
                out.object(&serde_json::json!({
                    "run_id": id, "ad_product": ad_product, "entity": entity,
                    "id": row.id, "state": row.state, "name": row.name,
                }))?;
            } else {
                out.line(&format!("{}  {}  {}  {}", unit.unit, row.id, row.state, row.name))?;
            }
        }
    }
    if hold.has_all() {
        return Ok(Exit::Ok);
    }
    out.say(
        "these are not all: an older version held the run and kept only the first rows; a new sync tells all",
    );
    Ok(Exit::Failed)
}

/// What the API refused, since when, and when it is asked again.
fn refused(unit: &UnitView, said: &str, utc: bool) -> String {
    let Some(refusal) = &unit.refusal else { return said.to_owned() };
    let mut parts = vec![said.to_owned(), format!("since {}", time(refusal.since, utc))];
    if let Some(lost) = unit.lost() {
        parts.push(format!("{} rows frozen", count(lost.frozen_rows)));
    }
    if refusal.remembered {
        parts.push(format!("not asked since {}", time(refusal.asked_at, utc)));
    }
    parts.push(if refusal.ask_after <= refusal.asked_at {
        "asked again by the next sync".to_owned()
    } else {
        format!("asked again after {}", time(refusal.ask_after, utc))
    });
    parts.join(" · ")
}

/// What came that is not known, unit by unit.
fn drift_lines(units: &[UnitView]) -> Vec<String> {
    let mut lines = Vec::new();
    for (unit, drift) in units.iter().filter_map(|u| Some((u.unit, &u.outcome.as_ref()?.drift))) {
        for item in &drift.items {
            let new = if item.new { "  new to this database" } else { "" };
            let rows = count(i64::try_from(item.rows).unwrap_or(i64::MAX));
            let noun = if item.rows == 1 { "row" } else { "rows" };
            lines.push(format!("  {unit}  {} {}  in {rows} {noun}{new}", item.finding.kind, item.finding));
        }
        if drift.more > 0 {
            lines.push(format!("  {unit}  and others, seen {}", times(drift.more)));
        }
    }
    if !lines.is_empty() {
        lines.splice(..0, [String::new(), "not known to adsync, kept as it came:".to_owned()]);
    }
    lines
}

fn unit_row(unit: &UnitView, utc: bool) -> Vec<String> {
    let expected = match unit.expected {
        Some(n) if unit.expected_is_reported => count(n),
        Some(n) => format!("~{}", count(n)),
        None => "-".to_owned(),
    };
    let proof = match (&unit.certificate, &unit.error) {
        (Some(c), _) => {
            let mut parts =
                vec![c.ending.clone(), format!("{} distinct", count(i64::try_from(c.distinct).unwrap_or(0)))];
            if let Some(total) = c.reported_total {
                parts.push(format!("API said {}", count(i64::try_from(total).unwrap_or(0))));
            }
            if c.lists > 1 {
                parts.push(format!("{} lists", c.lists));
            }
            if c.relisted {
                parts.push("listed twice".to_owned());
            }
            if c.rechecked > 0 {
                parts.push(format!("{} asked again by id, {} found", c.rechecked, c.rechecked_found));
            }
            if c.reused_pages > 0 {
                parts.push(format!("{} pages reused", c.reused_pages));
            }
            parts.join(" · ")
        }
        (None, Some(report)) => refused(unit, &report.summary, utc),
        (None, None) => "-".to_owned(),
    };
    let state = match unit.state {
        UnitState::NotEligible if unit.lost().is_some() => "access lost".to_owned(),
        UnitState::NotEligible => "not eligible".to_owned(),
        state => state.to_string(),
    };
    let changed = unit.outcome.as_ref().map_or_else(
        || "-".to_owned(),
        |o| {
            let noted = [(o.orphans, "orphans"), (o.keyed_by_parents, "without an id")];
            let noted = noted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(" ({n} {what})"));
            format!("{}{}", counts(&o.counts), noted.collect::<String>())
        },
    );
    vec![unit.unit.to_string(), state, count(unit.pages), count(unit.rows), expected, changed, proof]
}

/// Lists changes, newest first.
///
/// # Errors
/// When the database cannot be read, or the profile is not known.
pub async fn changes(store: &Store, args: &ChangesArgs, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let profiles = store.profiles().await?;
    let profile_id =
        args.profile.as_ref().map(|word| find(&profiles, word)).transpose()?.map(|p| p.profile.id);
    let since: Option<Timestamp> = match args.since {
        Some(ago) => Some(store.now().await?.minus(ago)),
        None => None,
    };
    let filter = ChangeFilter { profile_id, run_id: args.run.map(RunId), since, limit: args.limit };
    for change in store.changes(&filter).await? {
        if out.json {
            out.object(&change)?;
            continue;
        }
        let name = profiles.iter().find(|p| p.profile.id == change.profile_id);
        let name = name.map_or_else(|| change.profile_id.to_string(), |p| p.profile.title());
        let fields = fields(&change);
        out.line(&format!(
            "{}  {name}  {} {} {}{fields}",
            time(change.at, out.utc),
            change.unit.ad_product,
            change.unit.entity,
            change.entity_id
        ))?;
    }
    Ok(Exit::Ok)
}

/// What happened to a row, field by field where it changed.
fn fields(change: &crate::domain::run::ChangeView) -> String {
    use crate::domain::run::ChangeKind;
    if change.kind != ChangeKind::Changed {
        return format!("  {}", change.kind);
    }
    let (before, after) =
        (change.before.clone().unwrap_or_default(), change.after.clone().unwrap_or_default());
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let show =
        |value: Option<&serde_json::Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let parts: Vec<String> = names
        .into_iter()
        .map(|name| format!("{name} {} -> {}", show(before.get(name)), show(after.get(name))))
        .collect();
    format!("  {}", parts.join(", "))
}
