//! Why a profile is where it is, from the database: another process may carry it.

use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::time;
use super::profiles::find;
use crate::domain::profile::StoredProfile;
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
    let id = find(&profiles, word)?.profile.id;
    let lease_until = match overview.runs.get(&id) {
        Some(run) if run.state.is_live() => store.lease_of(run.id).await?,
        _ => None,
    };
    // Of a run that ended, its units say what the API refused.
    if let Some(run) =
        overview.runs.get(&id).map(|run| run.id).filter(|run| !overview.units.contains_key(run))
    {
        overview.units.insert(run, store.units(run).await?);
    }
    let beside = Beside { lease_until, limits_at: None };
    let now = store.now().await?;
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
        out.line(&format!("  since    {}", time(since, out.utc)))?;
    }
    let at = why.next_at.map_or_else(String::new, |at| format!(", at {}", time(at, out.utc)));
    out.line(&format!("  next     {}{at}", why.next))?;
    for detail in &why.details {
        out.line(&format!("           {detail}"))?;
    }
    for (i, remedy) in why.remedies.iter().enumerate() {
        let head = if i == 0 { "you can" } else { "" };
        out.line(&format!("  {head:<7}  {:<26}  {}", remedy.command, remedy.what))?;
    }
    Ok(Exit::Ok)
}
