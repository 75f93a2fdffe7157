//! The shared rate budget in the database: bookings of several processes, pauses, learned rates, processes that divide.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use adsync::domain::id::ProfileId;
use adsync::domain::rate::{BOOKED_AHEAD, Booked, Booking, LearnedRate};
use adsync::domain::time::Timestamp;
use adsync::store::Store;

support::on_both_databases!(
    two_processes_together_never_book_more_than_the_rate_and_the_burst,
    accounts_are_booked_apart,
    a_pause_is_told_to_the_others_and_never_shortened,
    a_pause_of_the_account_stops_bookings_and_leaves_an_empty_bucket,
    a_rate_that_is_told_reaches_the_others,
    learned_rates_are_remembered_and_forgotten_when_they_are_old,
    processes_come_and_go,
    rates_are_saved_while_others_book_and_neither_blocks_the_other,
);

const ACME: &str = "acme:EU";

fn booking(per_second: f64, weights: &[u32]) -> Booking {
    Booking {
        account: ACME.to_owned(),
        sending: true,
        weights: weights.to_vec(),
        per_second,
        burst: 10,
        tell_rate: false,
        pauses: Vec::new(),
    }
}

/// Books, and gives the instants of the slots by the database's clock: none is earlier than it says, for the clock is
/// read before.
async fn book(store: &Store, per_second: f64, weights: &[u32]) -> Vec<(Timestamp, f64)> {
    let before = store.now().await.unwrap();
    let booked = store.book_requests(&booking(per_second, weights)).await.unwrap();
    assert!(booked.slots.len() <= weights.len());
    booked
        .slots
        .iter()
        .map(|slot| {
            assert!(slot.after <= BOOKED_AHEAD);
            (before.plus(slot.after), f64::from(slot.weight))
        })
        .collect()
}

async fn two_processes_together_never_book_more_than_the_rate_and_the_burst(url: &str) {
    let (one, two) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    // The database's own time passes while this runs, however slowly or fast.
    let began = one.now().await.unwrap();
    let (mut weight, mut both) = (0.0, [0, 0]);
    for round in 0..60 {
        let weights = [1, 1, 5, 1, 1, 1, 5, 1, 1, 1, 1, 1][round % 5..].to_vec();
        let (a, b) = futures::join!(book(&one, 40.0, &weights), book(&two, 40.0, &weights));
        both[0] += a.len();
        both[1] += b.len();
        weight += a.iter().chain(&b).map(|(_, w)| w).sum::<f64>();
        let passed = one.now().await.unwrap().since(began) + BOOKED_AHEAD;
        assert!(weight <= 10.0 + 40.0 * passed.as_secs_f64() + 1e-6, "{weight} in {passed:?}");
    }
    assert!(both.iter().all(|n| *n > 0), "{both:?}");
    // Each gets what the other leaves: a second ahead is full by now, so one more round gives little to either.
    assert!(weight >= 40.0, "{weight}");
    let booked = one.shared_budget(ACME).await.unwrap().booked;
    assert_eq!(booked as f64, weight);
}

async fn accounts_are_booked_apart(url: &str) {
    let store = Store::open(url).await.unwrap();
    assert_eq!(book(&store, 0.001, &[1; 30]).await.len(), 10);
    assert_eq!(book(&store, 0.001, &[1; 30]).await.len(), 0);
    let other = Booking { account: "acme:NA".to_owned(), ..booking(0.001, &[1; 30]) };
    assert_eq!(store.book_requests(&other).await.unwrap().slots.len(), 10);
}

/// The pause of a profile, as a process sees it.
fn pause_of(booked: &Booked, profile: Option<i64>) -> Duration {
    let found = booked.pauses.iter().find(|(p, _)| *p == profile.map(ProfileId));
    found.map_or(Duration::ZERO, |(_, left)| *left)
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

async fn a_pause_is_told_to_the_others_and_never_shortened(url: &str) {
    let (one, two) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    let pauses = |pause| vec![(Some(ProfileId(7)), pause), (Some(ProfileId(8)), MINUTE)];
    let told = one.book_requests(&Booking { pauses: pauses(HOUR), ..booking(2.0, &[1]) }).await.unwrap();
    assert_eq!(told.slots.len(), 1, "the pause of a profile is none of the account's");
    // A shorter one that comes later does not shorten it.
    two.book_requests(&Booking { pauses: pauses(MINUTE), ..booking(2.0, &[]) }).await.unwrap();
    for seen in [two.shared_budget(ACME).await.unwrap(), two.book_requests(&booking(2.0, &[])).await.unwrap()]
    {
        assert!(pause_of(&seen, Some(7)) > MINUTE * 59, "{seen:?}");
        assert!(pause_of(&seen, Some(8)) > MINUTE / 2 && pause_of(&seen, Some(8)) <= MINUTE, "{seen:?}");
        assert_eq!(seen.pauses.len(), 2);
    }
}

async fn a_pause_of_the_account_stops_bookings_and_leaves_an_empty_bucket(url: &str) {
    let (one, two) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    let pauses = vec![(None, Duration::from_millis(700))];
    one.book_requests(&Booking { pauses, ..booking(0.001, &[]) }).await.unwrap();
    let seen = two.book_requests(&booking(0.001, &[1; 9])).await.unwrap();
    assert!(seen.slots.is_empty() && pause_of(&seen, None) > Duration::ZERO, "{seen:?}");
    // Once it is over, by the database's clock, the bucket fills from there, at its rate.
    let over = loop {
        let seen = two.book_requests(&booking(0.001, &[1; 9])).await.unwrap();
        if seen.pauses.is_empty() {
            break seen;
        }
        assert!(seen.slots.is_empty());
    };
    assert!(over.slots.is_empty(), "{over:?}");
}

async fn a_rate_that_is_told_reaches_the_others(url: &str) {
    let (one, two) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    assert_eq!(two.book_requests(&booking(2.0, &[1])).await.unwrap().rate, None);
    let told = one.book_requests(&Booking { tell_rate: true, ..booking(3.5, &[]) }).await.unwrap().rate;
    assert_eq!(told.unwrap().per_second, 3.5);
    // Whoever only books says nothing about the rate.
    assert_eq!(two.book_requests(&booking(9.0, &[1])).await.unwrap().rate, told);
    assert_eq!(one.shared_budget(ACME).await.unwrap().rate, told);
    let rates = two.learned_rates(HOUR).await.unwrap();
    assert_eq!((rates.len(), rates[0].profile, rates[0].per_second), (1, None, 3.5));
}

async fn learned_rates_are_remembered_and_forgotten_when_they_are_old(url: &str) {
    let store = Store::open(url).await.unwrap();
    let rate = |profile: Option<i64>, per_second, age| LearnedRate {
        account: ACME.to_owned(),
        profile: profile.map(ProfileId),
        per_second,
        age,
    };
    let saved = [rate(None, 4.25, Duration::ZERO), rate(Some(7), 1.5, MINUTE), rate(Some(8), 0.2, HOUR * 3)];
    store.save_learned_rates(&saved, HOUR * 24).await.unwrap();
    let later = Store::open(url).await.unwrap();
    let known = later.learned_rates(HOUR * 24).await.unwrap();
    let values: Vec<_> = known.iter().map(|r| (r.profile.map(|p| p.0), r.per_second)).collect();
    assert_eq!(values, [(None, 4.25), (Some(7), 1.5), (Some(8), 0.2)]);
    assert!(
        known
            .iter()
            .zip(&saved)
            .all(|(known, saved)| known.age >= saved.age && known.age < saved.age + MINUTE)
    );
    assert_eq!(later.learned_rates(HOUR).await.unwrap().len(), 2);
    // Whoever learned nothing for long does not put its old word over a newer one.
    later.save_learned_rates(&[rate(None, 9.0, MINUTE)], HOUR * 24).await.unwrap();
    // A newer value takes the place of the older; what is too old is dropped.
    later.save_learned_rates(&[rate(Some(7), 2.5, Duration::ZERO)], HOUR).await.unwrap();
    let known = later.learned_rates(HOUR * 24).await.unwrap();
    let values: Vec<_> = known.iter().map(|r| (r.profile.map(|p| p.0), r.per_second)).collect();
    assert_eq!(values, [(None, 4.25), (Some(7), 2.5)]);
}

async fn rates_are_saved_while_others_book_and_neither_blocks_the_other(url: &str) {
    let (one, two) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    // Profiles first and the account last, in an order of its own: as a process has them at hand.
    let profiles = (1..=40).rev().map(|id| Some(ProfileId(id)));
    let rates: Vec<LearnedRate> = profiles
        .chain([None])
        .map(|profile| LearnedRate {
            account: ACME.to_owned(),
            profile,
            per_second: 2.0,
            age: Duration::ZERO,
        })
        .collect();
    for round in 0..20_u64 {
        let pause = HOUR + Duration::from_secs(round);
        let mut pauses: Vec<_> = (1..=40).map(|id| (Some(ProfileId(id)), pause)).collect();
        // Now and then only the profiles' own are saved, and the pauses come in the opposite order.
        let rates = if round % 2 == 0 { &rates[..] } else { &rates[..40] };
        if round % 4 > 1 {
            pauses.reverse();
        }
        let told = Booking { pauses, ..booking(40.0, &[1]) };
        let (saved, booked) =
            futures::join!(one.save_learned_rates(rates, HOUR * 24), two.book_requests(&told));
        saved.unwrap();
        booked.unwrap();
    }
}

async fn processes_come_and_go(url: &str) {
    let store = Store::open(url).await.unwrap();
    let names = async || -> Vec<String> {
        store.rate_processes(ACME).await.unwrap().into_iter().map(|p| p.process).collect()
    };
    assert!(names().await.is_empty());
    for process in ["one", "two", "one"] {
        store.enter_rate(ACME, process).await.unwrap();
    }
    store.enter_rate("acme:NA", "one").await.unwrap();
    assert_eq!(names().await, ["one", "two"]);
    let age = "update rate_processes set seen_at = seen_at - 600000000 where process = 'two'";
    support::backends::execute(url, age).await;
    let silent: Vec<bool> =
        store.rate_processes(ACME).await.unwrap().iter().map(|p| p.silent >= MINUTE * 10).collect();
    assert_eq!(silent, [false, true]);
    store.leave_rate(Some("acme:NA"), "one").await.unwrap();
    assert_eq!(names().await, ["one", "two"]);
    store.enter_rate("acme:NA", "one").await.unwrap();
    store.leave_rate(None, "one").await.unwrap();
    assert_eq!(names().await, ["two"]);
    assert!(store.rate_processes("acme:NA").await.unwrap().is_empty());
}
