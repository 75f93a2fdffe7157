//! The part of the budget that several processes share: what was booked, when that was last looked at, and what the
//! others have to be told.
//!
//! Synchronous and without I/O: whoever keeps the common budget implements [`SharedBudget`].

use std::collections::VecDeque;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::ProfileKey;
use crate::domain::limits::Sharing;
use crate::domain::rate::{Booked, Booking, Slot};
use crate::domain::time::Timestamp;

/// The budget that all processes on an account have in common.
pub trait SharedBudget: Send + Sync + std::fmt::Debug {
    /// Books requests, tells what was learned, and says what the others told.
    fn book<'a>(&'a self, booking: &'a Booking) -> BoxFuture<'a, Result<Share, Unshared>>;
}

/// What the common budget answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// What was booked and what the others told.
    pub booked: Booked,
    /// How the processes keep to the rate.
    pub part: Part,
    /// False when the news of the question could not be told, and has to be told again.
    pub told: bool,
}

/// How processes keep to the rate together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// By the slots that were booked: nothing is sent without one.
    Slots,
    /// By dividing the rate.
    Divided {
        /// Processes that send, this one included.
        among: u32,
        /// True when this one has just joined: the others have to see it before it sends.
        joined: bool,
    },
}

/// The common budget does not answer; why, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unshared(pub String);

/// How old the last look may be when a request is sent: whoever slept looks again whether others were told to pause.
pub(super) const FRESH: Duration = Duration::from_millis(500);
/// A process that joins sends nothing for this long, so that whoever was alone has looked meanwhile.
const JOINING: Duration = Duration::from_secs(1);
/// Booked and not used for this long, a slot is forgotten: it must not become part of a later burst.
const UNUSED: Duration = Duration::from_secs(1);
/// How soon is booked again after a booking that did not give everything.
const AGAIN: Duration = Duration::from_millis(200);
/// How long the common budget may take to answer.
pub(super) const ANSWERS: Duration = Duration::from_secs(2);
/// How soon it is asked again after it did not.
const RECOVERS: Duration = Duration::from_secs(5);
/// Requests that are booked at once.
const AT_ONCE: usize = 32;
/// Weight that is booked ahead of demand, so that a request need not wait for its booking.
const PREPARED: u32 = 5;
/// A rate that has grown by less than this is not told.
const NOTABLE: f64 = 1.1;
/// How often a grown rate is told.
const TELL_GROWTH: Duration = Duration::from_secs(10);
/// For how long what all processes book is compared with what this one does.
const MEASURE: Duration = Duration::from_secs(3);

/// Why nothing may be sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Not before then.
    Until(Instant),
    /// Not before the common budget has answered.
    Asked,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// There is no common budget.
    Alone,
    Slots,
    Divided {
        among: u32,
    },
    /// It does not answer; it is asked again then.
    Unreachable {
        until: Instant,
    },
}

/// One account's part in the common budget.
#[derive(Debug)]
pub(super) struct Allowance {
    mode: Mode,
    slots: VecDeque<(Instant, u32)>,
    seen_at: Option<Instant>,
    hold_until: Option<Instant>,
    again_at: Option<Instant>,
    /// When somebody last had to wait for more than there was.
    wanted_at: Option<Instant>,
    /// A question is under way.
    asking: bool,
    /// Somebody should ask, whether or not anybody waits for it.
    due: bool,
    /// Pauses to tell.
    pauses: Vec<(ProfileKey, Instant)>,
    cut: bool,
    /// The question under way tells of a cut.
    telling_cut: bool,
    told: Option<(f64, Instant)>,
    heard_at: Option<Timestamp>,
    /// What was sent in the last second.
    sent: VecDeque<(Instant, u32)>,
    /// Weight booked here, and the readings that `whole` is measured from.
    own: u64,
    reading: Option<(Instant, u64, u64)>,
}

/// What an answer changes beside the allowance itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// Processes that divide the rate now, and whether this one has just joined.
    pub(super) divided: Option<(u32, bool)>,
    /// A rate that another process learned.
    pub(super) adopt: Option<f64>,
    /// All processes together send so many times what this one does.
    pub(super) whole: Option<f64>,
    /// True when the common budget was lost or came back just now.
    pub(super) turned: bool,
}

impl Allowance {
    pub(super) fn new(shared: bool) -> Self {
        Self {
            mode: if shared { Mode::Slots } else { Mode::Alone },
            slots: VecDeque::new(),
            seen_at: None,
            hold_until: None,
            again_at: None,
            wanted_at: None,
            asking: false,
            due: false,
            pauses: Vec::new(),
            cut: false,
            telling_cut: false,
            told: None,
            heard_at: None,
            sent: VecDeque::new(),
            own: 0,
            reading: None,
        }
    }

    /// From now on there is a common budget.
    pub(super) fn share(&mut self) {
        *self = Self { pauses: std::mem::take(&mut self.pauses), ..Self::new(true) };
    }

    pub(super) fn sharing(&self) -> Sharing {
        match self.mode {
            Mode::Alone => Sharing::Alone,
            Mode::Slots => Sharing::Booking,
            Mode::Divided { among } => Sharing::Dividing { among },
            Mode::Unreachable { .. } => Sharing::Unreachable,
        }
    }

    /// Takes the right to send a request of a weight, or says what it waits for.
    pub(super) fn try_take(&mut self, now: Instant, weight: u32, burst: u32) -> Result<(), Hold> {
        match self.mode {
            Mode::Alone => return Ok(()),
            Mode::Unreachable { until } => {
                self.due |= until <= now;
                return Ok(());
            }
            Mode::Slots | Mode::Divided { .. } => {}
        }
        if let Some(until) = self.hold_until.filter(|until| *until > now) {
            return Err(Hold::Until(until));
        }
        if self.seen_at.is_none_or(|at| now.saturating_duration_since(at) > FRESH) {
            return Err(self.ask());
        }
        if matches!(self.mode, Mode::Divided { .. }) {
            self.note_sent(now, weight);
            return Ok(());
        }
        let wanted_at = self.wanted_at;
        self.slots.retain(|(at, _)| wanted_at.map_or(*at, |wanted| wanted.max(*at)) + UNUSED > now);
        let weight = weight.clamp(1, burst);
        let mut have = 0;
        for (at, slot) in &self.slots {
            have += slot;
            if have >= weight {
                if *at > now {
                    return Err(Hold::Until(*at));
                }
                self.spend(weight);
                self.note_sent(now, weight);
                // What is used up by steady traffic is booked again before the next request asks.
                self.due |= self.slots.is_empty();
                return Ok(());
            }
        }
        self.wanted_at = Some(now);
        match self.again_at.filter(|at| *at > now) {
            Some(at) => Err(Hold::Until(at)),
            None => Err(self.ask()),
        }
    }

    fn note_sent(&mut self, now: Instant, weight: u32) {
        self.sent.retain(|(at, _)| *at + UNUSED > now);
        self.sent.push_back((now, weight));
        // Steady traffic looks again before it has to.
        self.due |= self.seen_at.is_some_and(|at| now.saturating_duration_since(at) > FRESH / 2);
    }

    fn spend(&mut self, weight: u32) {
        let mut left = weight;
        while let Some((_, slot)) = self.slots.front_mut() {
            let taken = left.min(*slot);
            *slot -= taken;
            left -= taken;
            if *slot == 0 {
                self.slots.pop_front();
            }
            if left == 0 {
                return;
            }
        }
    }

    fn ask(&mut self) -> Hold {
        self.due = true;
        Hold::Asked
    }

    /// A pause that the API asked for, which the others must know.
    pub(super) fn pause_told(&mut self, key: ProfileKey, until: Instant) {
        if !matches!(self.mode, Mode::Alone) {
            self.pauses.retain(|(known, _)| *known != key);
            self.pauses.push((key, until));
            self.due = true;
        }
    }

    /// A pause of the whole account.
    pub(super) fn pause_whole(&mut self, until: Instant) {
        self.pause_told(None, until);
    }

    /// The account's rate was cut, which the others must know.
    pub(super) fn cut(&mut self) {
        if !matches!(self.mode, Mode::Alone) {
            self.cut = true;
            self.due = true;
            self.slots.clear();
        }
    }

    /// The question to ask now, if any. Whoever gets one has to come back with its answer.
    pub(super) fn question(
        &mut self,
        now: Instant,
        account: &str,
        (per_second, taught, burst): (f64, bool, u32),
        waiting: impl Iterator<Item = u32>,
    ) -> Option<Booking> {
        if self.asking || !self.due || matches!(self.mode, Mode::Alone) {
            return None;
        }
        if let Mode::Unreachable { until } = self.mode
            && until > now
        {
            return None;
        }
        self.asking = true;
        self.due = false;
        self.sent.retain(|(at, _)| *at + UNUSED > now);
        let mut weights: Vec<u32> = Vec::new();
        let mut waiting = waiting.peekable();
        let sending = waiting.peek().is_some() || !self.sent.is_empty();
        if matches!(self.mode, Mode::Slots) {
            // What is booked already serves those who wait; what cannot be had within a second is not asked for.
            let most = burst.saturating_add(per_second.ceil() as u32);
            let have: u32 = self.slots.iter().map(|(_, weight)| weight).sum();
            let wanted: u32 = waiting.map(|weight| weight.min(burst)).take(AT_ONCE).sum();
            let sent: u32 = self.sent.iter().map(|(_, weight)| weight).sum();
            // Token by token: a heavy request collects what it needs, or light ones elsewhere would starve it.
            let lacking = wanted.max(sent.min(PREPARED)).min(most).saturating_sub(have);
            weights = vec![1; lacking as usize];
        }
        let grown = taught
            && self.told.is_none_or(|(rate, at)| {
                (per_second > rate * NOTABLE || per_second < rate / NOTABLE) && at + TELL_GROWTH <= now
            });
        self.pauses.retain(|(_, until)| *until > now);
        // Another cut may come before the answer does.
        self.telling_cut = std::mem::take(&mut self.cut);
        Some(Booking {
            account: account.to_owned(),
            sending,
            weights,
            per_second,
            burst,
            tell_rate: self.telling_cut || grown,
            pauses: self.pauses.iter().map(|(key, until)| (*key, *until - now)).collect(),
        })
    }

    /// The answer to a question, or that none came.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        question: &Booking,
        answer: Result<&Share, &Unshared>,
    ) -> Changes {
        self.asking = false;
        let lost = matches!(self.mode, Mode::Unreachable { .. });
        let told = answer.is_ok_and(|share| share.told);
        // What was not told is told next.
        self.cut |= std::mem::take(&mut self.telling_cut) && !told;
        let Ok(Share { booked, part, .. }) = answer else {
            self.mode = Mode::Unreachable { until: now + RECOVERS };
            self.slots.clear();
            return Changes { turned: !lost, ..Changes::default() };
        };
        let mut changes = Changes { turned: lost, ..Changes::default() };
        self.seen_at = Some(now);
        // Those that were told are known to all; what came meanwhile is told next.
        self.pauses.retain(|(key, until)| {
            !(told && question.pauses.iter().any(|(known, pause)| known == key && now + *pause >= *until))
        });
        self.due |= self.cut || !self.pauses.is_empty();
        match part {
            Part::Slots => {
                self.mode = Mode::Slots;
                self.take_slots(now, question, &booked.slots);
                changes.whole = self.measure(now, booked);
            }
            Part::Divided { among, joined } => {
                self.mode = Mode::Divided { among: *among };
                if *joined && *among > 1 {
                    self.hold_until = Some(now + JOINING);
                }
                changes.divided = Some((*among, *joined));
            }
        }
        if question.tell_rate && !told {
            // Ours goes out next, and is the newer one.
        } else if let Some(told) = booked.rate.filter(|told| self.heard_at != Some(told.at)) {
            // The first look finds what was remembered at the start, and our own words are no news.
            if self.heard_at.is_some() && !question.tell_rate {
                changes.adopt = Some(told.per_second);
            }
            self.heard_at = Some(told.at);
            self.told = Some((told.per_second, now));
        } else if booked.rate.is_none() {
            // Nobody has told anything yet: whatever is told from now on is news.
            self.heard_at.get_or_insert(Timestamp(i64::MIN));
        }
        changes
    }

    fn take_slots(&mut self, now: Instant, question: &Booking, slots: &[Slot]) {
        let weight: u32 = slots.iter().map(|slot| slot.weight).sum();
        self.own += u64::from(weight);
        self.slots.extend(slots.iter().map(|slot| (now + slot.after, slot.weight)));
        self.slots.make_contiguous().sort_by_key(|(at, _)| *at);
        self.again_at = (slots.len() < question.weights.len()).then_some(now + AGAIN);
    }

    fn measure(&mut self, now: Instant, booked: &Booked) -> Option<f64> {
        let Some((at, all, own)) = self.reading else {
            self.reading = Some((now, booked.booked, self.own));
            return None;
        };
        if now.saturating_duration_since(at) < MEASURE {
            return None;
        }
        self.reading = Some((now, booked.booked, self.own));
        let (all, own) = (booked.booked.saturating_sub(all), self.own - own);
        (own > 0).then(|| (all as f64 / own as f64).clamp(1.0, 64.0))
    }
}
