//! Listing profiles: every login is asked what it sees, who carries what is decided, and what is missing is judged.
//!
//! Only a complete answer makes a profile gone: a failed one does not, and neither does one that is as long as
//! answers get.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::engine::{Engine, Inner, lock};
use super::error::SyncError;
use super::event::{LoginStatus, SyncEvent};
use crate::ads::{MOST_PROFILES, RequestObserver, RequestWait};
use crate::domain::cause::LoginFailure;
use crate::domain::id::ProfileId;
use crate::domain::profile::{Access, Profile, StoredProfile};
use crate::domain::report::ErrorReport;
use crate::store::Listed;

/// How long a login that could not be asked is left alone at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));

/// What a login sees.
struct Seen {
    profiles: Vec<Profile>,
    /// An answer was as long as answers get: there may be more.
    cut_off: bool,
    /// Why only what may be edited is known.
    failure: Option<SyncError>,
}

impl Seen {
    /// True when what is missing is gone.
    const fn is_complete(&self) -> bool {
        !self.cut_off && self.failure.is_none()
    }
}

/// Tells when a login's request is tried again.
struct Asking<'a> {
    inner: &'a Inner,
    login: &'a str,
    /// What was told last: what may be edited and what may be viewed is asked for at once, and both wait for one token.
    told: Mutex<Option<(u32, String)>>,
}

impl RequestObserver for Asking<'_> {
    fn waiting(&self, wait: &RequestWait) {
        let news = Some((wait.attempt, wait.detail.clone()));
        if std::mem::replace(&mut *lock(&self.told), news.clone()) == news {
            return;
        }
        tracing::warn!(
            target: "adsync::sync",
            "login {}: {}, asking again in {:.1} s (attempt {})",
            self.login, wait.detail, wait.delay.as_secs_f64(), wait.attempt
        );
        let status = LoginStatus::Retrying { detail: wait.detail.clone(), attempt: wait.attempt };
        self.inner.hub.emit(SyncEvent::Login { name: self.login.to_owned(), status });
    }
}

impl Engine {
    /// Asks every login for its profiles, and stores what they say. A login that cannot be asked keeps what
    /// was stored of it.
    ///
    /// # Errors
    /// The failures, by login; the others were stored.
    pub async fn refresh_profiles(&self) -> Result<(), Vec<(String, ErrorReport)>> {
        self.refresh(None, false).await
    }

    /// Asks every login for its profiles, and those that do not answer again and again, ever more rarely, until
    /// they do or asking again cannot help.
    pub async fn keep_listing(&self) {
        let mut closing = self.inner.closing.subscribe();
        let asking = async {
            let mut pause = AGAIN.0;
            let mut only = None;
            while let Err(failures) = self.refresh(only.as_deref(), true).await {
                let again: Vec<String> = failures
                    .into_iter()
                    .filter(|(_, report)| report.retryable)
                    .map(|(name, _)| name)
                    .collect();
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(AGAIN.1);
                // An operator may have asked meanwhile, and got an answer.
                let failed = |name: &String| {
                    let status = |status: &LoginStatus| matches!(status, LoginStatus::Failed { .. });
                    self.inner.hub.with(|o| o.logins.get(name).is_some_and(status))
                };
                let again: Vec<String> = again.into_iter().filter(failed).collect();
                if again.is_empty() {
                    break;
                }
                only = Some(again);
            }
        };
        tokio::select! {
            () = asking => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
    }

    /// Asks these logins, or all; `again` says that those that do not answer are asked again.
    async fn refresh(&self, only: Option<&[String]>, again: bool) -> Result<(), Vec<(String, ErrorReport)>> {
        let inner = &self.inner;
        let _alone = inner.listing.lock().await;
        let logins: Vec<String> = inner.hub.policy().logins.clone();
        let asked: Vec<&String> =
            logins.iter().filter(|name| only.is_none_or(|only| only.contains(name))).collect();
        for name in &asked {
            let status = LoginStatus::Listing;
            inner.hub.emit(SyncEvent::Login { name: (*name).clone(), status });
        }
        let answers = asked.iter().map(|name| async move { (*name, self.list(name).await) });
        let mut failures = Vec::new();
        let mut seen: HashMap<&str, Seen> = HashMap::new();
        for (name, answer) in futures::future::join_all(answers).await {
            match answer {
                // An empty answer is more likely a fault than the loss of every account at once.
                Ok(answer)
                    if answer.profiles.is_empty() && answer.is_complete() && self.carried_by(name) > 0 =>
                {
                    let error = SyncError::NoProfiles { login: name.clone(), known: self.carried_by(name) };
                    failures.push((name.clone(), error.report(self.now())));
                }
                Ok(mut answer) => {
                    if let Some(error) = &answer.failure {
                        failures.push((name.clone(), error.report(self.now())));
                    }
                    // Unless it was heard out, those that a login is known to edit are not lost to viewing.
                    if !answer.is_complete() {
                        self.keep_edit(name, &mut answer.profiles);
                    }
                    seen.insert(name, answer);
                }
                Err(error) => failures.push((name.clone(), error.report(self.now()))),
            }
        }
        let ours = self.shared_out(&logins, &seen);
        let listed: Vec<Listed<'_>> = logins
            .iter()
            .filter_map(|name| {
                let complete = seen.get(name.as_str())?.is_complete();
                let profiles = ours.get(name.as_str()).map_or(&[][..], Vec::as_slice);
                Some(Listed { login: name, profiles, complete })
            })
            .collect();
        match if listed.is_empty() { Ok(None) } else { inner.store.save_listings(&listed).await.map(Some) } {
            Ok(stored) => {
                self.tell_profiles(stored.unwrap_or_default());
                for (name, answer) in seen.iter().filter(|(_, answer)| answer.failure.is_none()) {
                    self.tell_login(name, answer);
                }
            }
            Err(error) => {
                let report = error.report(self.now());
                failures.extend(seen.keys().map(|name| ((*name).to_owned(), report.clone())));
            }
        }
        for (name, report) in &mut failures {
            if again && report.retryable {
                report.hint.push_str(" It is asked again by itself.");
            }
            tracing::error!(target: "adsync::sync", "login {name}: {} ({})", report.summary, report.code);
            let status = LoginStatus::Failed { report: Box::new(report.clone()) };
            inner.hub.emit(SyncEvent::Login { name: name.clone(), status });
        }
        self.keep_failures(&asked, &failures).await;
        inner.wake.notify_one();
        if failures.is_empty() {
            self.tell_unmatched();
            Ok(())
        } else {
            Err(failures)
        }
    }

    /// Stores which of the logins that were asked could not be, for whoever asks later what fails.
    async fn keep_failures(&self, asked: &[&String], failures: &[(String, ErrorReport)]) {
        let failed = |name: &str| failures.iter().any(|(failed, _)| failed == name);
        let listed: Vec<&str> = asked.iter().map(|name| name.as_str()).filter(|name| !failed(name)).collect();
        let failures: Vec<LoginFailure> =
            failures.iter().map(|(name, report)| LoginFailure::new(name, report.clone())).collect();
        if let Err(error) = self.inner.store.save_login_failures(&failures, &listed).await {
            tracing::warn!(target: "adsync::sync", "what the logins answered cannot be stored: {error}");
        }
    }

    /// Profiles that a login carries by what is stored.
    fn carried_by(&self, login: &str) -> usize {
        let carried = |p: &&StoredProfile| p.profile.login == login && p.gone_at.is_none();
        self.inner.hub.with(|o| o.profiles.values().filter(carried).count())
    }

    /// Everything that a login sees: what it may edit, and what it may only read.
    async fn list(&self, login: &str) -> Result<Seen, SyncError> {
        let (client, asking) =
            (&self.inner.client, Asking { inner: &self.inner, login, told: Mutex::default() });
        let (edit, view) = tokio::join!(
            client.list_profiles(login, Access::Edit, &asking),
            client.list_profiles(login, Access::View, &asking)
        );
        let mut profiles = edit?;
        let mut cut_off = profiles.len() >= MOST_PROFILES;
        let known: HashSet<ProfileId> = profiles.iter().map(|p| p.id).collect();
        let failure = match view {
            Ok(view) => {
                cut_off |= view.len() >= MOST_PROFILES;
                profiles.extend(view.into_iter().filter(|p| !known.contains(&p.id)));
                None
            }
            Err(error) => Some(error.into()),
        };
        Ok(Seen { profiles, cut_off, failure })
    }

    /// Gives back the edit access of profiles that a list which may lack them showed as view-only.
    fn keep_edit(&self, login: &str, profiles: &mut [Profile]) {
        self.inner.hub.with(|o| {
            for profile in profiles.iter_mut().filter(|p| p.access == Access::View) {
                let known = o.profiles.get(&profile.id);
                if known.is_some_and(|k| k.profile.login == login && k.profile.access == Access::Edit) {
                    profile.access = Access::Edit;
                }
            }
        });
    }

    /// What each login carries of what it sees. Of two logins that see a profile, the first in the configuration
    /// with edit access carries it; one that was not heard out counts with what is stored of it.
    fn shared_out(&self, logins: &[String], seen: &HashMap<&str, Seen>) -> HashMap<String, Vec<Profile>> {
        let mut carrier: HashMap<ProfileId, (usize, Access)> = HashMap::new();
        let mut claim = |at: usize, id: ProfileId, access: Access| {
            let entry = carrier.entry(id).or_insert((at, access));
            if entry.1 == Access::View && access == Access::Edit {
                *entry = (at, access);
            }
        };
        for (at, name) in logins.iter().enumerate() {
            let answer = seen.get(name.as_str());
            for profile in answer.iter().flat_map(|answer| &answer.profiles) {
                claim(at, profile.id, profile.access);
            }
            if answer.is_none_or(|answer| !answer.is_complete()) {
                self.inner.hub.with(|o| {
                    for stored in o.profiles.values().filter(|p| p.gone_at.is_none()) {
                        if stored.profile.login == *name {
                            claim(at, stored.profile.id, stored.profile.access);
                        }
                    }
                });
            }
        }
        let mut ours: HashMap<String, Vec<Profile>> = HashMap::new();
        for (at, name) in logins.iter().enumerate() {
            let Some(answer) = seen.get(name.as_str()) else { continue };
            let carries = |p: &&Profile| carrier.get(&p.id).is_some_and(|(carrier, _)| *carrier == at);
            ours.insert(name.clone(), answer.profiles.iter().filter(carries).cloned().collect());
        }
        ours
    }

    /// Tells of the profiles that are not as they were, in one event: there may be thousands.
    fn tell_profiles(&self, stored: Vec<StoredProfile>) {
        let hub = &self.inner.hub;
        let judged = stored.into_iter().map(|mut profile| {
            hub.policy().judge(&mut profile);
            profile
        });
        let judged: Vec<StoredProfile> = judged.collect();
        let changed: Vec<StoredProfile> = hub.with(|o| {
            // When it was listed last is no news to anybody while it is.
            let news = |p: &StoredProfile| {
                let known = o.profiles.get(&p.profile.id);
                known.map(|k| StoredProfile { listed_at: p.listed_at, ..k.clone() }).as_ref() != Some(p)
            };
            judged.into_iter().filter(news).collect()
        });
        if !changed.is_empty() {
            hub.emit(SyncEvent::Profiles { profiles: changed });
        }
    }

    fn tell_login(&self, name: &str, answer: &Seen) {
        let (profiles, at) = (answer.profiles.len(), self.now());
        let status = if answer.cut_off {
            tracing::warn!(
                target: "adsync::sync",
                "login {name}: its list of profiles is as long as the API's answers get ({MOST_PROFILES}), and may be cut off; profiles that it lacks keep what is stored, and are not taken for gone"
            );
            LoginStatus::CutOff { profiles, at }
        } else {
            LoginStatus::Listed { profiles, at }
        };
        self.inner.hub.emit(SyncEvent::Login { name: name.to_owned(), status });
    }

    /// Tells, once, which entries of the configuration mean no profile: they may be misspelt.
    fn tell_unmatched(&self) {
        let inner = &self.inner;
        if inner.told_unmatched.swap(true, Ordering::Relaxed) {
            return;
        }
        inner.hub.with(|o| {
            let profiles = o.profiles.values().map(|stored| &stored.profile);
            for entry in inner.hub.policy().selection.unmatched(profiles) {
                let (entry, place) = (entry.text(), entry.place());
                tracing::warn!(
                    target: "adsync::sync",
                    "no profile is meant by {entry:?}, {place}: adsync profiles lists them"
                );
            }
        });
    }
}
