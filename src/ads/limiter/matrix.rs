//! How well one profile's limit is used, over everything that differs between servers and between syncs.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::rig::{Demand, Server, Told, budget_of};
use crate::config::RateLimitConfig;

/// One cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    rate: f64,
    burst: f64,
    told: Told,
    ceiling: f64,
    workers: u64,
    fast: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    /// Of what can be had: share used and share refused.
    used: f64,
    refused: f64,
    first_used: f64,
    first_refused: f64,
}

fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

impl Cell {
    fn with_rates(rates: &[f64]) -> Vec<Self> {
        let mut cells = Vec::new();
        for rate in rates {
            // A ceiling far above the limit is another case only where a ramp gets there.
            let ceilings: &[f64] = if *rate < 5.0 { &[10.0] } else { &[50.0, 10.0] };
            for ceiling in ceilings {
                for burst in [5.0, 10.0] {
                    for told in [Told::Nothing, Told::Rounded, Told::Always(Duration::from_secs(2))] {
                        let workers: &[u64] = if ceilings[0] == *ceiling { &[1, 6, 30] } else { &[6] };
                        for workers in workers {
                            for fast in [false, true] {
                                let (rate, ceiling, workers) = (*rate, *ceiling, *workers);
                                cells.push(Self { rate, burst, told, ceiling, workers, fast });
                            }
                        }
                    }
                }
            }
        }
        cells
    }

    /// Requests per second that can be had: by the limit, the configuration, and the time that answers take.
    fn possible(&self) -> f64 {
        let answer = if self.fast { 0.006 } else { 0.16 };
        self.rate.min(self.ceiling).min(self.workers as f64 / answer)
    }

    async fn run(self) -> Outcome {
        let config = RateLimitConfig { max_per_second: self.ceiling, ..RateLimitConfig::default() };
        let budget = budget_of(3, &config);
        let server = Arc::new(Mutex::new(Server::new(self.rate, self.burst)));
        let mut demand = Demand { told: self.told, ..Demand::new(1, self.workers) };
        if self.fast {
            (demand.there, demand.back) = (1..4, 1..8);
        }
        let mut set = JoinSet::new();
        let start = Instant::now();
        demand.start(&mut set, &budget, &server);
        tokio::time::sleep(Duration::from_secs(120)).await;
        let from = Instant::now();
        // Long enough that one refusal more or less does not decide.
        tokio::time::sleep(Duration::from_secs_f64(f64::max(240.0, 1000.0 / self.rate))).await;
        let server = server.lock().unwrap();
        let (used, refused) = server.judge(from, Instant::now());
        let (first_used, first_refused) = server.judge(start, start + Duration::from_secs(60));
        let possible = self.possible() / self.rate;
        Outcome { used: used / possible, refused, first_used: first_used / possible, first_refused }
    }
}

/// Runs cells, and says of each that missed its goal what came of it.
fn judge(rates: &[f64]) {
    let cells = Cell::with_rates(rates);
    let (mut missed, mut sum) = (0, [0.0; 4]);
    for cell in &cells {
        let o = virtual_time(cell.run());
        for (sum, of) in sum.iter_mut().zip([o.used, o.refused, o.first_used, o.first_refused]) {
            *sum += of / cells.len() as f64;
        }
        if o.used < 0.95 || o.refused > 0.01 {
            missed += 1;
            println!("missed by {cell:?}: {o:.4?}");
        }
    }
    println!("{rates:?}: {} cells, {missed} missed, on average {sum:.4?}", cells.len());
    assert_eq!(missed, 0);
    // The way up costs refusals, most of them where half a request a second is all that is allowed.
    assert!(sum[2] >= 0.7 && sum[3] <= 0.12, "{sum:?}");
}

#[test]
fn low_limits_are_used_to_95_percent_with_at_most_one_percent_refused() {
    judge(&[0.5, 1.0, 3.0]);
}

#[test]
fn limits_within_the_default_ceiling_are_used_to_95_percent_with_at_most_one_percent_refused() {
    judge(&[5.0, 8.0]);
}

#[test]
fn high_limits_are_used_to_95_percent_with_at_most_one_percent_refused() {
    judge(&[20.0]);
}
