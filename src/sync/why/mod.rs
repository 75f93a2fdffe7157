//! Why a profile is where it is: what it waits for, since when, what comes next, and what somebody can do.
//!
//! One pure function over plain facts; command and console say the same. Knows no output format.

mod facts;
#[cfg(test)]
mod fixture;
mod live;
mod queued;
mod refused;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use facts::{Beside, Facts};

use super::overview::ProfileStatus;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::plural::{count, plural};
use crate::domain::run::RunView;
use crate::domain::time::Timestamp;
use crate::domain::unit::{UnknownWord, words};

words! {
    /// What a profile waits for, in one word.
    Reason, "reason" {
        /// It is shown, and never synced.
        NotSyncable = "not_syncable",
        /// The configuration leaves it out.
        Excluded = "excluded",
        /// Its login no longer lists it.
        Gone = "gone",
        /// Its login is not in the configuration.
        LoginUnknown = "login_unknown",
        /// Its login cannot sign in.
        LoginBroken = "login_broken",
        /// Nobody ever asked for a sync.
        NeverSynced = "never_synced",
        /// Its last sync was proved: it waits for nothing.
        Proved = "proved",
        /// Its last sync was proved, and the API refuses parts of which rows are stored.
        AccessLost = "access_lost",
        /// Its last sync was proved, and the account has no part in some of it.
        NotEligible = "not_eligible",
        /// Its last sync was cancelled.
        Cancelled = "cancelled",
        /// Its held sync was given up.
        Discarded = "discarded",
        /// Its last sync failed.
        Failed = "failed",
        /// Its sync waits for a decision.
        Held = "held",
        /// Its sync was told to stop.
        Stopping = "stopping",
        /// Its sync is put off, for Amazon limits it for longer than it sits out.
        Parked = "parked",
        /// Its sync waits for a process that has a place free.
        Queued = "queued",
        /// Amazon limits the requests of the profile.
        ProfileLimited = "profile_limited",
        /// Amazon limits the requests of its login.
        LoginLimited = "login_limited",
        /// Its next request waits for its turn among all requests of its login.
        RequestQueue = "request_queue",
        /// A request failed and is repeated after a pause.
        Retrying = "retrying",
        /// What is left depends on lists that are not complete.
        Dependency = "dependency",
        /// It is being fetched: nothing holds it up.
        Fetching = "fetching",
        /// Another process fetches it.
        Elsewhere = "elsewhere",
        /// The process that fetched it no longer answers.
        OwnerSilent = "owner_silent",
        /// It is being committed.
        Committing = "committing",
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The profile.
    pub profile_id: ProfileId,
    /// Its name.
    pub name: String,
    /// Its country.
    pub country: String,
    /// Its state, in the word that screens show.
    pub status: &'static str,
    /// What it waits for, in one word.
    pub reason: Reason,
    /// The same in a sentence without a period.
    pub says: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// False when it cannot have been before `since`, and nobody stored when exactly.
    pub since_is_exact: bool,
    /// What happens next without anybody doing anything.
    pub next: String,
    /// When, where that is known.
    pub next_at: Option<Timestamp>,
    /// What else there is to know, in a line each.
    pub details: Vec<String>,
    /// What somebody can do.
    pub remedies: Vec<Remedy>,
}

/// Something that can be done: by a key in the console, by a command anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// The key on the list of profiles, where there is one.
    pub key: Option<char>,
    /// The command.
    pub command: String,
    /// What it does, in a few words.
    pub what: &'static str,
}

/// What a reason comes with, before the rest is filled in.
struct Answer {
    reason: Reason,
    says: String,
    since: Option<Timestamp>,
    since_is_exact: bool,
    next: String,
    next_at: Option<Timestamp>,
    details: Vec<String>,
    remedies: Vec<Remedy>,
}

impl Answer {
    fn new(reason: Reason, says: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            reason,
            says: says.into(),
            since: None,
            since_is_exact: true,
            next: next.into(),
            next_at: None,
            details: Vec::new(),
            remedies: Vec::new(),
        }
    }

    fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    /// Since the run is in its state.
    fn since_of(self, run: &RunView) -> Self {
        let (since, exact) = run.since();
        Self { since: Some(since), since_is_exact: exact, ..self }
    }

    /// Since the first of its requests waits, where that is known.
    fn since_waiting(self, facts: &Facts<'_>) -> Self {
        match facts.waiting_since {
            Some(since) => Self { since: Some(since), since_is_exact: true, ..self },
            None => self,
        }
    }

    fn at(self, next_at: Option<Timestamp>) -> Self {
        Self { next_at, ..self }
    }

    fn can(mut self, remedies: impl IntoIterator<Item = Remedy>) -> Self {
        self.remedies.extend(remedies);
        self
    }

    fn details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }
}

const NOTHING: &str = "nothing happens by itself";

/// Why the profile is where it is.
pub fn why(facts: &Facts<'_>) -> Why {
    let mut answer = match facts.run.filter(|run| run.state.is_live()) {
        Some(run) => live::answer(facts, run),
        None => at_rest(facts),
    };
    if let Some(report) = facts.login_failed.filter(|_| answer.reason != Reason::LoginBroken) {
        let login = &facts.stored.profile.login;
        answer.details.push(format!(
            "login {login} could not be asked for its profiles: {}; adsync errors says more",
            report.summary
        ));
    }
    let profile = &facts.stored.profile;
    Why {
        profile_id: profile.id,
        name: profile.name.clone(),
        country: profile.country.clone(),
        status: facts.status.word(),
        reason: answer.reason,
        says: answer.says,
        since: answer.since,
        since_is_exact: answer.since_is_exact,
        next: answer.next,
        next_at: answer.next_at,
        details: answer.details,
        remedies: answer.remedies,
    }
}

fn at_rest(facts: &Facts<'_>) -> Answer {
    let stored = facts.stored;
    let profile = &stored.profile;
    let (id, login) = (profile.id, &profile.login);
    if let Some(gone_at) = stored.gone_at {
        let says = format!("login {login} no longer lists it; what is stored of it is kept");
        return Answer::new(Reason::Gone, says, "it is back as soon as a login lists it again")
            .since(Some(gone_at))
            .can([Remedy::list()]);
    }
    if !facts.login_known {
        let says = format!("login {login} is not in the configuration");
        let seen =
            stored.listed_at.map(|_| "it was last listed then, before the login was taken out".to_owned());
        return Answer::new(Reason::LoginUnknown, says, NOTHING)
            .since(stored.listed_at)
            .details(seen)
            .can([Remedy::configuration(), Remedy::list()]);
    }
    let kind = profile.not_syncable();
    if let Some(barred) = stored.barred.as_ref().filter(|barred| kind.is_none() && barred.is_excluded()) {
        return Answer::new(Reason::Excluded, barred.to_string(), NOTHING)
            .details([barred.cure()])
            .details((stored.rows > 0).then(|| {
                format!(
                    "{} of it kept as before",
                    plural(count(stored.rows), "stored row is", "stored rows are")
                )
            }))
            .can([Remedy::configuration(), Remedy::list()]);
    }
    if let Some(reason) = stored.not_synced() {
        return Answer::new(Reason::NotSyncable, format!("it is never synced: {reason}"), NOTHING);
    }
    if let Some(broken) = broken_login(facts) {
        return broken;
    }
    match (facts.status, facts.run) {
        (ProfileStatus::Failed, _) => failed(facts),
        (ProfileStatus::Held, Some(run)) => {
            let headline = run.hold.as_ref().map(crate::domain::run::HoldSummary::headline);
            let says = format!(
                "its commit {}, more than the brake allows without a decision",
                headline
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| "would remove too much".to_owned())
            );
            Answer::new(
                Reason::Held,
                says,
                "nothing, until it is approved or discarded; a newer sync discards it",
            )
            .since_of(run)
            .can([
                Remedy::show(run.id),
                Remedy::new('A', format!("adsync approve {}", run.id), "commit it"),
                Remedy::new('D', format!("adsync discard {}", run.id), "give it up"),
            ])
        }
        (ProfileStatus::Discarded, Some(run)) => {
            Answer::new(Reason::Discarded, "its held sync was given up; nothing of it was committed", NOTHING)
                .since_of(run)
                .can([Remedy::sync(id)])
        }
        (ProfileStatus::Cancelled, run) => {
            Answer::new(Reason::Cancelled, "its sync was cancelled; nothing of it was committed", NOTHING)
                .since(run.and_then(|run| run.finished_at))
                .can([Remedy::retry(id), Remedy::sync(id)])
        }
        (ProfileStatus::Never, _) => {
            Answer::new(Reason::NeverSynced, "nobody has asked for a sync of it yet", NOTHING)
                .can([Remedy::sync(id)])
        }
        (ProfileStatus::AccessLost, _) => refused::access_lost(facts),
        _ => refused::not_eligible(facts).unwrap_or_else(|| {
            Answer::new(
                Reason::Proved,
                "it waits for nothing: its last sync was proved and committed",
                NOTHING,
            )
            .since(stored.last_synced_at)
            .can([Remedy::sync(id)])
        }),
    }
}

/// A login that cannot sign in concerns all its profiles, whatever state each is in.
fn broken_login(facts: &Facts<'_>) -> Option<Answer> {
    let failure = facts.failure.filter(|_| facts.status == ProfileStatus::Failed);
    let of_run = failure.map(|(failure, _)| failure.report.as_ref());
    let report = of_run
        .into_iter()
        .chain(facts.login_failed)
        .find(|report| report.code.is_of_login() && !report.retryable)?;
    let id = facts.stored.profile.id;
    let says = format!("login {} cannot sign in: {}", facts.stored.profile.login, report.summary);
    let mut answer = Answer::new(Reason::LoginBroken, says, NOTHING)
        .since(failure.map(|(failure, _)| failure.since).or(facts.login_failed_since))
        .details([report.hint.clone()])
        .can([Remedy::configuration()]);
    if let Some((failure, count)) = failure {
        answer = answer.can(of_cause(failure.cause.as_str(), count)).can([Remedy::retry(id)]);
    }
    Some(answer)
}

fn failed(facts: &Facts<'_>) -> Answer {
    let id = facts.stored.profile.id;
    let Some((failure, count)) = facts.failure else {
        return Answer::new(Reason::Failed, "its last sync failed without a report", NOTHING)
            .can([Remedy::retry(id)]);
    };
    let report = &failure.report;
    let says = format!("its last sync failed: {}", report.summary);
    let next = if report.retryable { "nothing, until it is tried again" } else { NOTHING };
    let others = (count > 1).then(|| format!("{} profiles fail of this cause ({})", count, failure.cause));
    let pause = report.again_at.filter(|at| *at > facts.now);
    let answer = Answer::new(Reason::Failed, says, next)
        .since(Some(failure.since))
        .details([format!("it {}", report.recovery())])
        .details(others)
        .details([report.hint.clone()])
        .can([Remedy::retry(id)])
        .can(of_cause(failure.cause.as_str(), count));
    match pause {
        Some(at) => {
            let next = match report.again_is_ours {
                true => "Amazon names no time: a retry before that is likely to be refused as well",
                false => "Amazon's pause ends; a retry before is of no use",
            };
            Answer { next: next.to_owned(), ..answer }.at(Some(at))
        }
        None => answer,
    }
}

fn of_cause(cause: &str, count: usize) -> Vec<Remedy> {
    let mut all = vec![Remedy::new('e', format!("adsync errors {cause}"), "see the whole report")];
    if count > 1 {
        let command = format!("adsync retry --cause {cause}");
        all.push(Remedy { key: None, command, what: "retry everybody who shares the cause" });
    }
    all
}

impl Remedy {
    fn new(key: char, command: String, what: &'static str) -> Self {
        Self { key: Some(key), command, what }
    }

    fn sync(id: ProfileId) -> Self {
        Self::new('s', format!("adsync sync {id}"), "sync it now")
    }

    fn retry(id: ProfileId) -> Self {
        Self::new('r', format!("adsync retry {id}"), "try again with what was fetched")
    }

    fn cancel(id: ProfileId) -> Self {
        Self::new('x', format!("adsync cancel {id}"), "stop it; nothing of it is committed")
    }

    fn console() -> Self {
        Self {
            key: None,
            command: "adsync".to_owned(),
            what: "open the console, which carries what is queued",
        }
    }

    fn list() -> Self {
        Self::new('R', "adsync profiles".to_owned(), "ask the logins for their profiles again")
    }

    fn configuration() -> Self {
        Self { key: None, command: "adsync config check".to_owned(), what: "check the configuration" }
    }

    fn look(run: RunId) -> Self {
        Self { key: None, command: format!("adsync run show {run}"), what: "see every unit with its answer" }
    }

    fn show(run: RunId) -> Self {
        Self::new('e', format!("adsync run show {run}"), "see what it would do")
    }
}
