//! Commands that change a run: cancel, approve, discard.

use super::args::SelectArgs;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::profiles::select;
use crate::domain::id::RunId;
use crate::domain::run::Origin;
use crate::sync::{Engine, Requester};

/// Stops the live runs of profiles.
///
/// # Errors
/// When a profile is not known, or the database cannot be written.
pub async fn cancel(engine: &Engine, args: &SelectArgs, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let profiles = engine.store().profiles().await?;
    let chosen = select(&profiles, args, "cancel", |_| true)?;
    let mut stopped = 0;
    for id in chosen {
        let name = profiles
            .iter()
            .find(|p| p.profile.id == id)
            .map_or_else(|| id.to_string(), |p| p.profile.title());
        match engine.cancel(id).await? {
            Some(run) => {
                stopped += 1;
                if out.json {
                    out.object(&run)?;
                } else {
                    let how = if run.state.is_live() { "was told to stop" } else { "is cancelled" };
                    out.line(&format!("run {} of {name} {how}", run.id))?;
                }
            }
            None if args.all => {}
            None => out.say(&format!("{name} has no live run")),
        }
    }
    if stopped == 0 {
        out.say("nothing to cancel");
    }
    Ok(Exit::Ok)
}

/// Approves a held run; the caller follows it to its end.
///
/// # Errors
/// When it is not held, or was fetched too long ago.
pub async fn approve(engine: &Engine, run: i64) -> Result<RunId, Failure> {
    Ok(engine.approve(RunId(run), &Requester::operator(Origin::Cli)).await?.id)
}

/// Gives up a held run.
///
/// # Errors
/// When it is not held.
pub async fn discard(engine: &Engine, run: i64, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let run = engine.discard(RunId(run)).await?;
    if out.json {
        out.object(&run)?;
    } else {
        out.line(&format!("run {} is discarded; nothing of it was committed", run.id))?;
    }
    Ok(Exit::Ok)
}
