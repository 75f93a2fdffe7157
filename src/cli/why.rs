//! Why a profile is where it is, from the database: another process may carry it.

use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::{left, time};
use super::profiles::find;
use super::standing::Look;
use crate::domain::profile::StoredProfile;
use crate::domain::report::ErrorReport;
use crate::store::Store;
use crate::sync::Policy;
use crate::sync::overview::Overview;
use crate::sync::why::{Beside, Facts, why as answer};

/// Says what a profile waits for, since when, what comes next, and what somebody can do, as far as the configuration
/// lets it be synced at all.
///
/// # Errors
/// When the profile is not known, or the database cannot be read.
pub async fn why(store: &Store, policy: &Policy, word: &str, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut overview = Overview::read_by(store, policy).await?;
    let profiles: Vec<StoredProfile> = overview.profiles.values().cloned().collect();
    let unlisted: Vec<ErrorReport> =
        overview.login_failures.values().map(|failure| (*failure.report).clone()).collect();
    let id = find(&profiles, word).map_err(|failure| failure.unless_unlisted(&unlisted))?.profile.id;
    let now = store.now().await?;
    let run = overview.runs.get(&id);
    let look = Look::at(run, now, store.is_sqlite(), out.utc).await;
    let owner_ended = run.is_some_and(|run| look.has_ended(run));
    // Of a run that ended, its units say what the API refused.
    if let Some(run) =
        overview.runs.get(&id).map(|run| run.id).filter(|run| !overview.units.contains_key(run))
    {
        overview.units.insert(run, store.units(run).await?);
    }
    let beside = Beside { owner_ended, lease: Some(store.lease()), ..Beside::default() };
    let Some(why) = Facts::of(&overview, id, now, beside).map(|facts| answer(&facts)) else {
        return Err(Failure::usage(
            format!("profile {word:?} is not known"),
            "List what is known with: adsync profiles",
        ));
    };
    if out.json {
        out.object(&why)?;
        return Ok(Exit::Ok);
    }
    out.line(&format!("{} {} ({})  {}", why.name, why.country, why.profile_id, why.status))?;
    out.line(&format!("  because  {}", why.says))?;
    if let Some(since) = why.since {
        let exactly = if why.since_is_exact { "" } else { " at the earliest; when exactly was not stored" };
        out.line(&format!("  since    {}{exactly}", time(since, out.utc)))?;
    }
    out.line(&format!("  next     {}", why.next))?;
    if let Some(at) = why.next_at {
        out.line(&format!("           at {}, in {}", time(at, out.utc), left(at, now)))?;
    }
    for detail in &why.details {
        out.line(&format!("           {detail}"))?;
    }
    let wide = why.remedies.iter().map(|remedy| remedy.command.len()).max().unwrap_or(0);
    for (i, remedy) in why.remedies.iter().enumerate() {
        let head = if i == 0 { "you can" } else { "" };
        out.line(&format!("  {head:<7}  {:<wide$}  {}", remedy.command, remedy.what))?;
    }
    Ok(Exit::Ok)
}
