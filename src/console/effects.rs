//! Effects as tasks: each calls one action and turns its answer into an event.
//!
//! Knows no terminal and no model.

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::actions::{Actions, Answer, Outcome};
use super::event::{Effect, Event};
use super::export;
use super::terminal::outside;
use super::text::plural;
use crate::domain::code::Code;
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;

/// The task of an effect; `None` for leaving, which is the runtime's own.
///
/// Actions are called at once, in the order in which keys asked for them; only their answers are waited for.
pub(super) fn task(actions: &dyn Actions, effect: Effect) -> Option<BoxFuture<'static, Event>> {
    let now = actions.now();
    let said = |call: &dyn Fn() -> Answer<Outcome>| {
        let answer = guarded(call, now);
        async move { answer.await.map(|outcome| Some(outcome.message)) }.boxed()
    };
    let answer: Answer<Option<String>> = match &effect {
        Effect::RefreshProfiles => {
            let answer = guarded(|| actions.refresh_profiles(), now);
            async move { answer.await.map(|()| None) }.boxed()
        }
        Effect::Sync(profiles) => said(&|| actions.sync(profiles.clone())),
        Effect::Retry(profiles) => said(&|| actions.retry(profiles.clone())),
        Effect::Cancel(profiles) => said(&|| actions.cancel(profiles.clone())),
        Effect::Approve(run) => said(&|| actions.approve(*run)),
        Effect::Discard(run) => said(&|| actions.discard(*run)),
        Effect::Load(query) => {
            let (query, data) = (query.clone(), guarded(|| actions.load(query.clone()), now));
            return Some(
                async move { Event::Loaded { query, result: data.await.map_err(Box::new) } }.boxed(),
            );
        }
        Effect::Release => {
            let release = guarded(|| actions.release().map(Ok).boxed(), now);
            return Some(
                async move {
                    if release.await.is_err() {
                        tracing::error!(
                            "live runs were not given back; they wait for their leases to expire"
                        );
                    }
                    Event::Released
                }
                .boxed(),
            );
        }
        Effect::Export(export) => {
            let export = export.clone();
            let written = tokio::task::spawn_blocking(move || {
                let rows = export.table.rows.len();
                match export::write(&export) {
                    Ok(path) => {
                        let rows = plural(rows, "row", "rows");
                        Ok(Some(format!("written: {}, {rows}", path.display())))
                    }
                    Err(error) => Err(not_written(&export.path, &error, now)),
                }
            });
            async move { written.await.unwrap_or_else(|_| Err(panicked(now))) }.boxed()
        }
        Effect::Copy(_) | Effect::Redraw | Effect::Exit => return None,
    };
    Some(async move { Event::Answered { effect, result: answer.await.map_err(Box::new) } }.boxed())
}

/// Calls an action. A panic of it becomes a report: nobody may wait in vain, and the console stays alive.
fn guarded<T: Send + 'static>(call: impl FnOnce() -> Answer<T>, now: Timestamp) -> Answer<T> {
    let called = outside(call);
    async move {
        let answer = match called {
            Ok(answer) => AssertUnwindSafe(answer).catch_unwind().await,
            Err(panic) => Err(panic),
        };
        match answer {
            Ok(answer) => answer,
            Err(_) => Err(panicked(now)),
        }
    }
    .boxed()
}

fn not_written(path: &Path, error: &io::Error, at: Timestamp) -> ErrorReport {
    let hint = match error.kind() {
        io::ErrorKind::AlreadyExists => "Nothing is overwritten: X again, with another name.",
        io::ErrorKind::NotFound => "The folder does not exist: make it, or X again with another name.",
        io::ErrorKind::PermissionDenied => "Choose a folder that you may write to: X again, with its path.",
        io::ErrorKind::StorageFull => "The disk is full: make room, or choose another folder.",
        _ => "X again, with another name or folder.",
    };
    let mut report =
        ErrorReport::new(Code::Output, format!("{} was not written: {error}", path.display()), hint, at);
    report.causes.push(format!("{:?}", error.kind()));
    report
}

fn panicked(at: Timestamp) -> ErrorReport {
    ErrorReport::new(
        Code::Panic,
        "adsync made a mistake and could not do this",
        "the log has the details; please report them as a bug",
        at,
    )
}
