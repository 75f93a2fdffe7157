//! One (client id, region): its lane, its profiles' lanes, the queue in front of them, and who goes next.
//!
//! Synchronous; the budget's lock is held while anything here runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::counters::Counters;
use super::flow::Flow;
use super::history::{History, millis};
use super::lane::{Lane, NotNow};
use super::learn::Hint;
use super::shared::{Allowance, Hold, Share, Unshared};
use super::{Limits, ProfileKey, Verdict};
use crate::ads::backoff::Backoff;
use crate::domain::limits::{BucketSnapshot, ProfileLimit};
use crate::domain::rate::{Booking, LearnedRate};

/// Refusals that no profile's own bucket explains, of so many profiles, that must come within `TOGETHER` before the
/// account itself is charged; where its own bucket holds requests up, they may be of two.
const WITNESSES: usize = 3;
const TOGETHER: Duration = Duration::from_secs(10);
/// Requests among which they must be, where so many take longer, and how long they may take at most.
const SEEN_AMONG: f64 = 150.0;
const SEEN_WITHIN: Duration = Duration::from_secs(40);
/// A profile that was let through within this time is a witness against the account; one that only ever
/// answers 429 is its own problem.
const CREDIBLE: Duration = Duration::from_secs(60);
/// So many others must have been refused lately for whoever begins to take their rate for a limit.
const PEERS: usize = 3;
/// What others were refused within this time is a warning to whoever begins.
const RECENT: Duration = Duration::from_secs(120);
/// Profiles kept without need, and for how long after their last request.
const KEPT_PROFILES: usize = 64;
const KEPT_FOR: Duration = Duration::from_secs(900);
/// Profiles whose rates are remembered beside those in use.
const REMEMBERED: usize = 10_000;
/// A pause that another process tells of is news when it is longer than the one that is known by more than this.
const NEWS: Duration = Duration::from_millis(250);
/// Profiles that a snapshot tells of.
const SHOWN: usize = 200;

/// The place of a request in its profile's queue: priority first, then who asked first.
pub(super) type Place = (Reverse<i64>, u64);

/// A request that waits for its turn.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) weight: u32,
    pub(super) since: Instant,
    pub(super) verdict: oneshot::Sender<Verdict>,
}

#[derive(Debug)]
struct ProfileLane {
    lane: Lane,
    queue: BTreeMap<Place, Waiter>,
    /// The serial number of the last request that went out: who was served longest ago goes first.
    served: u64,
    in_flight: u32,
    used_at: Instant,
    refused_in_a_row: u32,
}

/// One (client id, region).
#[derive(Debug)]
pub(super) struct Account {
    /// The logins that share it.
    logins: Vec<String>,
    /// Its name beyond this process: a hash of the client id, and the region.
    key: String,
    lane: Lane,
    /// What was let through of all of it, whether anybody waited or not.
    carried: Flow,
    history: History,
    pub(super) allowance: Allowance,
    /// What was learned of profiles that have no lane now.
    remembered: HashMap<ProfileKey, Hint>,
    profiles: HashMap<ProfileKey, ProfileLane>,
    witnesses: Vec<(ProfileKey, Instant)>,
    /// When a profile was last refused.
    refused_at: Option<Instant>,
    serial: u64,
    in_flight: u32,
    pub(super) counters: Counters,
    /// When the queue can move next; `None` while nobody waits.
    pub(super) next_at: Option<Instant>,
}

impl Account {
    pub(super) fn new(name: String, key: String, limits: &Limits, shared: bool) -> Self {
        let (lane, mut history) = (Lane::of_account(limits, WITNESSES), History::default());
        history.note(Instant::now(), lane.rate());
        Self {
            logins: vec![name],
            key,
            lane,
            carried: Flow::new(Instant::now()),
            history,
            allowance: Allowance::new(shared && limits.enabled),
            remembered: HashMap::new(),
            profiles: HashMap::new(),
            witnesses: Vec::new(),
            refused_at: None,
            serial: 0,
            in_flight: 0,
            counters: Counters::new(),
            next_at: None,
        }
    }

    /// Another login sends from here, too.
    pub(super) fn share_with(&mut self, name: &str) {
        if !self.logins.iter().any(|known| known == name) {
            self.logins.push(name.to_owned());
        }
    }

    /// The name that is shown: the first login's.
    fn name(&self) -> String {
        self.logins.first().cloned().unwrap_or_default()
    }

    fn profile(&mut self, key: ProfileKey, limits: &Limits) -> &mut ProfileLane {
        let now = Instant::now();
        if self.profiles.len() >= KEPT_PROFILES && !self.profiles.contains_key(&key) {
            let remembered = &mut self.remembered;
            self.profiles.retain(|key, p| {
                let kept = !p.queue.is_empty()
                    || p.in_flight > 0
                    || p.lane.paused_until(now).is_some()
                    || now.saturating_duration_since(p.used_at) < KEPT_FOR;
                if !kept && let Some(hint) = p.lane.memory() {
                    remembered.insert(*key, hint);
                }
                kept
            });
        }
        let hint = match self.remembered.get(&key) {
            _ if self.profiles.contains_key(&key) => None,
            Some(hint) => Some(*hint),
            None => self.of_peers(now),
        };
        let careful = self.refused_at.is_some_and(|at| now.saturating_duration_since(at) <= RECENT);
        let profile = self.profiles.entry(key).or_insert_with(|| ProfileLane {
            lane: Lane::beginning(limits, hint.as_ref(), careful),
            queue: BTreeMap::new(),
            served: 0,
            in_flight: 0,
            used_at: now,
            refused_in_a_row: 0,
        });
        profile.used_at = now;
        profile
    }

    /// What a profile of which nothing is known may begin with, after others were refused lately: what they have learned.
    fn of_peers(&self, now: Instant) -> Option<Hint> {
        let lessons = self.profiles.values().filter_map(|p| p.lane.lesson());
        let mut recent: Vec<f64> = lessons
            .filter(|(_, at)| now.saturating_duration_since(*at) <= RECENT)
            .map(|(per_second, _)| per_second)
            .collect();
        recent.sort_unstable_by(f64::total_cmp);
        let per_second = *recent.get(recent.len() / 2)?;
        // What one or two have met may be their own; what several have, whoever begins will most likely meet as well.
        let limited = recent.len() >= PEERS;
        Some(Hint { per_second, limited, of_peers: true, age: Duration::ZERO, given_at: now })
    }

    /// One request of a profile goes first, and the others wait until one was let through.
    pub(super) fn probe_first(&mut self, key: ProfileKey, limits: &Limits) {
        self.profile(key, limits).lane.probe_first(Instant::now());
    }

    /// Puts a request into the queue.
    pub(super) fn enqueue(&mut self, key: ProfileKey, place: Place, waiter: Waiter, limits: &Limits) {
        self.profile(key, limits).queue.insert(place, waiter);
    }

    /// What is left of a profile's pause.
    pub(super) fn pause_of(&self, key: ProfileKey) -> Option<Duration> {
        let now = Instant::now();
        self.profiles.get(&key)?.lane.paused_until(now).map(|until| until - now)
    }

    /// What is left of the pause of all profiles.
    pub(super) fn account_pause(&self) -> Option<Duration> {
        let now = Instant::now();
        self.lane.paused_until(now).map(|until| until - now)
    }

    /// Takes a request out of the queue.
    pub(super) fn withdraw(&mut self, key: ProfileKey, place: Place) {
        if let Some(profile) = self.profiles.get_mut(&key) {
            profile.queue.remove(&place);
        }
    }

    /// Lets go whoever may go, and says in `next_at` when to look again.
    pub(super) fn pump(&mut self, limits: &Limits) {
        let now = Instant::now();
        self.turn_away(now, limits.patience);
        self.next_at = None;
        // Heads of the profiles' queues: priority, then whose profile was served longest ago, then age.
        let mut heads: Vec<(Reverse<i64>, u64, u64, ProfileKey)> = self
            .profiles
            .iter()
            .filter_map(|(key, p)| p.queue.keys().next().map(|place| (place.0, p.served, place.1, *key)))
            .collect();
        heads.sort_unstable_by_key(|(priority, served, ticket, _)| (*priority, *served, *ticket));
        let mut heads = std::collections::VecDeque::from(heads);
        while let Some((priority, _, ticket, key)) = heads.pop_front() {
            let Some(profile) = self.profiles.get_mut(&key) else { continue };
            let Some(waiter) = profile.queue.get(&(priority, ticket)) else { continue };
            // Its answer moves the queue again.
            if profile.lane.probing() && profile.in_flight > 0 {
                continue;
            }
            let weight = waiter.weight;
            let taken = match profile.lane.try_take(now, weight, limits.enabled) {
                Ok(taken) => taken,
                // Only this profile has to wait; the others flow.
                Err(NotNow::Paused(at) | NotNow::Empty(at)) => {
                    self.look_again(at);
                    continue;
                }
            };
            // Whoever is first is waited for, or a heavy request would starve behind light ones.
            let whole = match self.lane.try_take(now, weight, limits.enabled) {
                Ok(whole) => whole,
                Err(NotNow::Paused(at) | NotNow::Empty(at)) => {
                    profile.lane.put_back(taken);
                    self.look_again(at);
                    break;
                }
            };
            if let Err(hold) = self.allowance.try_take(now, weight, limits.burst) {
                profile.lane.put_back(taken);
                self.lane.put_back(whole);
                self.lane.made_wait(now);
                if let Hold::Until(at) = hold {
                    self.look_again(at);
                }
                break;
            }
            self.serial += 1;
            profile.served = self.serial;
            let waiter = profile.queue.remove(&(priority, ticket));
            if waiter.is_some_and(|w| w.verdict.send(Verdict::Go { at: now }).is_ok()) {
                self.in_flight += 1;
                profile.in_flight += 1;
            }
            if let Some(place) = profile.queue.keys().next() {
                let head = (place.0, profile.served, place.1, key);
                let order = |h: &(Reverse<i64>, u64, u64, ProfileKey)| (h.0, h.1, h.2);
                let at = heads.partition_point(|h| order(h) < order(&head));
                heads.insert(at, head);
            }
        }
    }

    fn look_again(&mut self, at: Instant) {
        self.next_at = Some(self.next_at.map_or(at, |next| next.min(at)));
    }

    /// Refuses whoever would have to sit out a pause beyond patience.
    fn turn_away(&mut self, now: Instant, patience: Duration) {
        let beyond =
            |lane: &Lane| lane.paused_until(now).map(|until| until - now).filter(|left| *left > patience);
        let account = beyond(&self.lane);
        for profile in self.profiles.values_mut().filter(|p| !p.queue.is_empty()) {
            if let Some(left) = beyond(&profile.lane).max(account) {
                for (_, waiter) in std::mem::take(&mut profile.queue) {
                    // Whoever no longer listens has withdrawn.
                    let _ = waiter.verdict.send(Verdict::Paused { left });
                }
            }
        }
    }

    /// A request is no longer in flight.
    pub(super) fn landed(&mut self, key: ProfileKey) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(profile) = self.profiles.get_mut(&key) {
            profile.in_flight = profile.in_flight.saturating_sub(1);
        }
    }

    /// The API let a request through.
    pub(super) fn succeeded(&mut self, key: ProfileKey, sent_at: Instant, weight: u32, limits: &Limits) {
        let now = Instant::now();
        let profile = self.profile(key, limits);
        profile.lane.succeeded(now, sent_at, weight);
        profile.refused_in_a_row = 0;
        self.lane.succeeded(now, sent_at, weight);
        self.carried.pass(now, now, true, self.lane.rate());
        self.carried.add(f64::from(weight));
        self.history.note(now, self.lane.rate());
    }

    /// The API refused a request. Returns the pause that its profile has to sit out.
    pub(super) fn refused(
        &mut self,
        key: ProfileKey,
        sent_at: Instant,
        retry_after: Option<Duration>,
        limits: &Limits,
        backoff: &Backoff,
    ) -> Duration {
        let now = Instant::now();
        let profile = self.profile(key, limits);
        profile.refused_in_a_row = profile.refused_in_a_row.saturating_add(1);
        let lane = &mut profile.lane;
        let explained = lane.explains(now);
        let news = lane.refused(now, sent_at, None, |failures| match retry_after {
            // What the API says is believed once; refused again right after it, our own pause may be longer.
            Some(said) if failures <= 1 => said,
            Some(said) => said.max(backoff.after(failures)),
            None => backoff.after(failures),
        });
        if let Some(said) = retry_after.filter(|_| !news) {
            lane.pause_until(now + said);
        }
        let until = lane.paused_until(now);
        let pause = until.map_or(Duration::ZERO, |until| until - now);
        let succeeded_at = lane.succeeded_at();
        // Requests outside any profile are this process's own.
        if let Some(until) = until.filter(|_| key.is_some()) {
            self.allowance.pause_told(key, until);
        }
        if news {
            self.refused_at = Some(now);
        }
        let credible = |at: Instant| now.saturating_duration_since(at) <= CREDIBLE;
        if news && !explained && succeeded_at.is_some_and(credible) {
            self.witness(key, now, sent_at, limits, backoff);
        }
        pause
    }

    fn witness(
        &mut self,
        key: ProfileKey,
        now: Instant,
        sent_at: Instant,
        limits: &Limits,
        backoff: &Backoff,
    ) {
        self.carried.pass(now, now, true, self.lane.rate());
        let carried = self.carried.bracket().low;
        // Where little is sent, what happens to many profiles at once takes longer to be seen.
        let slow = Duration::from_secs_f64(SEEN_AMONG / carried.max(SEEN_AMONG / SEEN_WITHIN.as_secs_f64()));
        let together = if carried < 1.0 { TOGETHER } else { TOGETHER.max(slow) };
        self.witnesses.retain(|(_, at)| now.saturating_duration_since(*at) <= together);
        self.witnesses.push((key, now));
        let profiles: HashSet<ProfileKey> = self.witnesses.iter().map(|(known, _)| *known).collect();
        // Where the account's bucket is what holds requests up, one profile may be refused for the others. Elsewhere it
        // may be finding its own limit.
        let several = if self.lane.holds_up(now) { 2 } else { WITNESSES };
        if profiles.len() >= several && self.witnesses.len() >= WITNESSES {
            self.witnesses.clear();
            // The profiles sit out what the API told them; the account only takes a breath.
            let carried = Some(carried);
            if self
                .lane
                .refused(now, sent_at, carried, |failures| backoff.after(failures).min(limits.patience))
            {
                self.history.note(now, self.lane.rate());
                self.allowance.cut();
                if let Some(until) = self.lane.paused_until(now) {
                    self.allowance.pause_whole(until);
                }
            }
        }
    }

    /// The question that the common budget should be asked now, if any.
    pub(super) fn question(&mut self, limits: &Limits) -> Option<Booking> {
        let now = Instant::now();
        let facts = (self.lane.rate(), self.lane.taught_at().is_some(), limits.burst);
        // Only those that nothing else holds up: what is booked for the others would not be used in time.
        let ready = self.profiles.values().filter(|p| p.lane.paused_until(now).is_none());
        let mut heads: Vec<(Place, u32)> =
            ready.flat_map(|p| p.queue.iter().map(|(place, w)| (*place, w.weight))).collect();
        heads.sort_unstable_by_key(|(place, _)| *place);
        self.allowance.question(now, &self.key, facts, heads.into_iter().map(|(_, weight)| weight))
    }

    /// Takes over what the common budget answered. True when it was lost or came back just now.
    pub(super) fn answer(
        &mut self,
        question: &Booking,
        answer: Result<&Share, &Unshared>,
        limits: &Limits,
    ) -> bool {
        let now = Instant::now();
        let changes = self.allowance.answer(now, question, answer);
        if let Some((among, joined)) = changes.divided {
            self.lane.divide(among);
            if joined && among > 1 {
                self.lane.drain(now);
            }
        }
        if let Some(per_second) = changes.adopt {
            self.lane.adopt(now, per_second);
            self.history.note(now, self.lane.rate());
        }
        if let Some(whole) = changes.whole {
            self.lane.measure(whole);
        }
        for (key, left) in answer.map(|share| &share.booked.pauses[..]).unwrap_or_default() {
            let lane = match key {
                None => &mut self.lane,
                Some(_) => &mut self.profile(*key, limits).lane,
            };
            let known = lane.paused_until(now).map_or(Duration::ZERO, |until| until - now);
            if *left > known + NEWS {
                lane.pause_until(now + *left);
            }
        }
        changes.turned
    }

    /// Starts from rates that are remembered, where nothing was learned yet.
    pub(super) fn recall(&mut self, rate: &LearnedRate) {
        if rate.account != self.key {
            return;
        }
        let now = Instant::now();
        // A profile's rate is stored where it was refused; the account's is what the processes last told each other, which
        // may be no more than how far their demand came.
        let limited = rate.profile.is_some();
        let hint =
            Hint { per_second: rate.per_second, limited, of_peers: false, age: rate.age, given_at: now };
        match rate.profile {
            None => {
                self.lane.recall(&hint);
                self.history.note(now, self.lane.rate());
            }
            key => {
                if let Some(profile) = self.profiles.get_mut(&key) {
                    profile.lane.recall(&hint);
                } else if self.remembered.len() < REMEMBERED {
                    self.remembered.insert(key, hint);
                }
            }
        }
    }

    /// What was learned here and is worth remembering.
    pub(super) fn learned(&self) -> impl Iterator<Item = LearnedRate> {
        let now = Instant::now();
        let lanes = self.profiles.iter().filter_map(|(key, p)| Some(((*key)?, p.lane.lesson()?)));
        let lanes = lanes.map(|(profile, lesson)| (Some(profile), lesson));
        let gone = self.remembered.iter().filter(|(key, hint)| {
            // What came from the database is there already.
            key.is_some() && hint.limited && hint.age.is_zero() && !self.profiles.contains_key(key)
        });
        let gone = gone.map(|(key, hint)| (*key, (hint.per_second, hint.given_at)));
        // The account's is remembered where nothing was refused, too: the next start goes on from it as from no limit.
        let whole = self.lane.memory().map(|hint| {
            // Whatever answer said something last: the processes tell each other of it all the time.
            (None, (hint.per_second, self.lane.taught_at().unwrap_or(hint.given_at)))
        });
        lanes.chain(gone).chain(whole).map(move |(profile, (per_second, at))| LearnedRate {
            account: self.key.clone(),
            profile,
            per_second,
            age: now.saturating_duration_since(at),
        })
    }

    /// What the gauges show.
    pub(super) fn snapshot(&mut self, limits: &Limits, origin: Instant) -> BucketSnapshot {
        let now = Instant::now();
        let sums = self.counters.sums();
        let millis = |at: Instant| {
            u64::try_from(at.saturating_duration_since(now).as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
        };
        let waiting: usize = self.profiles.values().map(|p| p.queue.len()).sum();
        let next_at = match self.next_at {
            Some(at) if waiting > 0 => at,
            _ if limits.enabled => self.lane.next_at(now),
            _ => self.lane.paused_until(now).unwrap_or(now),
        };
        BucketSnapshot {
            name: self.name(),
            logins: self.logins.clone(),
            configured_per_second: limits.ceiling,
            learned_per_second: self.lane.rate(),
            burst: limits.burst,
            burst_left: if limits.enabled { self.lane.tokens() } else { limits.burst },
            in_flight: self.in_flight,
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
            next_in_ms: millis(next_at),
            paused_ms: self.lane.paused_until(now).map_or(0, millis),
            throttled_5m: sums.throttled,
            retries_5m: sums.retries,
            answered_5m: sums.answered,
            sharing: self.allowance.sharing(),
            history: self.history.points(origin),
        }
    }

    /// The profiles that wait, pause, or were refused last, in the order in which they wait.
    pub(super) fn profile_limits(&self, origin: Instant) -> Vec<ProfileLimit> {
        let now = Instant::now();
        let since = |at: Instant| millis(at.saturating_duration_since(origin));
        let mut shown: Vec<ProfileLimit> = self
            .profiles
            .iter()
            .map(|(key, p)| ProfileLimit {
                profile: *key,
                account: self.name(),
                learned_per_second: p.lane.rate(),
                waiting: u32::try_from(p.queue.len()).unwrap_or(u32::MAX),
                waiting_since_ms: p.queue.values().map(|w| w.since).min().map(since),
                paused_until_ms: p.lane.paused_until(now).map(since),
                refused_in_a_row: p.refused_in_a_row,
            })
            .filter(|p| p.waiting > 0 || p.paused_until_ms.is_some() || p.refused_in_a_row > 0)
            .collect();
        shown.sort_unstable_by_key(|p| (p.waiting_since_ms.unwrap_or(u64::MAX), p.profile));
        shown.truncate(SHOWN);
        shown
    }

    /// Profiles that sit out a pause, and what is left of it in milliseconds.
    pub(super) fn throttled_profiles(&self) -> impl Iterator<Item = (ProfileKey, u64)> {
        let now = Instant::now();
        self.profiles.iter().filter_map(move |(key, p)| {
            let left = p.lane.paused_until(now)? - now;
            Some((*key, u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)))
        })
    }

    /// Requests per second that a profile may hope for, as far as is known.
    pub(super) fn pace(&self, key: ProfileKey) -> f64 {
        let own = self.profiles.get(&key).map_or(f64::INFINITY, |p| p.lane.rate());
        self.lane.rate().min(own)
    }

    #[cfg(test)]
    pub(super) fn profile_rate(&self, key: ProfileKey) -> f64 {
        self.profiles.get(&key).map_or(0.0, |p| p.lane.rate())
    }
}
