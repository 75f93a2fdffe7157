//! What holds whatever is asked, of one process and of several: never above rate plus burst in any window, nobody
//! starves, and whoever gives up leaves nothing behind. Weights from one to five, several profiles, pauses, probes.

use std::cell::RefCell;
use std::time::Duration;

use futures::future::join_all;
use proptest::prelude::*;
use tokio::time::Instant;

use super::sharing_tests::{Common, request, steady};
use super::{AccountId, Budget};
use crate::ads::backoff::Backoff;
use crate::domain::id::ProfileId;
use crate::domain::profile::Region;

const RATE: f64 = 6.0;
const BURST: f64 = 10.0;
const PROFILES: i64 = 6;

/// What becomes of a request that was sent.
#[derive(Debug, Clone, Copy)]
enum End {
    Succeeds,
    Fails,
    /// Nobody waits for its answer.
    Dropped,
    /// A 429, without a word or with a pause; from five seconds on the profile comes back with one probe.
    Refused(Option<u64>),
    /// It is given up after so many milliseconds, wherever it is.
    Abandoned(u64),
}

#[derive(Debug, Clone)]
struct Ask {
    process: usize,
    at: u64,
    profile: i64,
    weight: u32,
    /// The profile was put off before, and has to come back with one request.
    probe: bool,
    end: End,
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let end = prop_oneof![
        12 => Just(End::Succeeds),
        1 => Just(End::Fails),
        1 => Just(End::Dropped),
        1 => Just(End::Refused(None)),
        1 => (1_u64..12).prop_map(|pause| End::Refused(Some(pause))),
        2 => (0_u64..6_000).prop_map(End::Abandoned),
    ];
    let ask = (0_usize..3, 0_u64..20_000, 1..=PROFILES, 1_u32..=5, prop::bool::weighted(0.05), end).prop_map(
        |(process, at, profile, weight, probe, end)| Ask { process, at, profile, weight, probe, end },
    );
    prop::collection::vec(ask, 1..120)
}

/// What was sent when, what is left behind, and how long the last one that stayed waited for its turn.
struct Outcome {
    sent: Vec<(Instant, f64)>,
    left: Vec<(u32, u32)>,
    slowest: Duration,
}

async fn run(budgets: Vec<(Budget, AccountId)>, asks: Vec<Ask>) -> Outcome {
    let (sent, slowest) = (RefCell::new(Vec::new()), RefCell::new(Duration::ZERO));
    join_all(asks.into_iter().map(|ask| {
        let (sent, slowest) = (&sent, &slowest);
        let (budget, account) = &budgets[ask.process % budgets.len()];
        async move {
            tokio::time::sleep(Duration::from_millis(ask.at)).await;
            if ask.probe {
                budget.probe_first(*account, Some(ProfileId(ask.profile)));
            }
            let asked = Instant::now();
            let whole = async {
                let request = request(budget, *account, ask.profile, ask.weight);
                let permit = budget.acquire(request).await.unwrap();
                sent.borrow_mut().push((Instant::now(), f64::from(ask.weight)));
                slowest.replace_with(|s| (*s).max(asked.elapsed()));
                tokio::time::sleep(Duration::from_millis(150)).await;
                match ask.end {
                    End::Succeeds | End::Abandoned(_) => permit.succeeded(),
                    End::Fails => permit.failed(),
                    End::Dropped => drop(permit),
                    End::Refused(pause) => {
                        permit.refused(pause.map(Duration::from_secs));
                    }
                }
            };
            match ask.end {
                End::Abandoned(after) => {
                    let _ = tokio::time::timeout(Duration::from_millis(after), whole).await;
                }
                _ => whole.await,
            }
        }
    }))
    .await;
    let buckets = budgets.iter().map(|(budget, _)| budget.snapshot().buckets.remove(0));
    let left = buckets.map(|bucket| (bucket.waiting, bucket.in_flight)).collect();
    Outcome { sent: sent.into_inner(), left, slowest: slowest.into_inner() }
}

/// The most by which any window exceeds the burst and the rate.
fn excess(sent: &[(Instant, f64)]) -> f64 {
    let mut worst = f64::MIN;
    for (i, (from, _)) in sent.iter().enumerate() {
        let mut weight = 0.0;
        for (until, w) in &sent[i..] {
            weight += w;
            // A timer may ring up to a millisecond late, and the next one is on time again.
            worst = worst.max(weight - BURST - RATE * ((*until - *from).as_secs_f64() + 0.002));
        }
    }
    worst
}

fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

/// A hundred and twenty requests of weight five at six a second, and the pauses of a profile that is refused again and
/// again.
const NOBODY_STARVES: Duration = Duration::from_secs(400);

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_process_alone_keeps_to_rate_and_burst_and_serves_everybody(asks in asks()) {
        let outcome = virtual_time(async {
            let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(1));
            let budget = Budget::new(&steady(RATE), backoff);
            let account = budget.account("client", Region::Na, "login");
            run(vec![(budget, account)], asks).await
        });
        prop_assert!(excess(&outcome.sent) <= 1e-6, "{}", excess(&outcome.sent));
        prop_assert_eq!(outcome.left, [(0, 0)]);
        prop_assert!(outcome.slowest <= NOBODY_STARVES, "{:?}", outcome.slowest);
    }

    #[test]
    fn processes_that_share_keep_to_rate_and_burst_together_and_serve_everybody(asks in asks(), divided: bool) {
        let outcome = virtual_time(async {
            let common = if divided { Common::new().divided() } else { Common::new() };
            let budgets = (0..3).map(|process| common.budget(process, &steady(RATE))).collect();
            run(budgets, asks).await
        });
        // A slot that was booked may be used up to a second late. Of those that divide each has three of the burst's ten,
        // and sends a request of five when it has those; whoever joins is seen within half a second.
        let allowed = if divided { 3.0 * (5.0 - 3.0) + RATE / 2.0 } else { RATE };
        prop_assert!(excess(&outcome.sent) <= allowed, "{}", excess(&outcome.sent));
        prop_assert_eq!(outcome.left, [(0, 0); 3]);
        prop_assert!(outcome.slowest <= NOBODY_STARVES, "{:?}", outcome.slowest);
    }
}
