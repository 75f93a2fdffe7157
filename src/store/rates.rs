//! The rate budget in the database: what was learned, what is booked, and which processes divide a rate.
//!
//! The arithmetic is the domain's. "Now" is always the database's clock, so that no machine's clock matters.

use std::time::Duration;

use super::dispatch::{from_row, read, write_tx};
use super::{Store, StoreError};
use crate::domain::id::ProfileId;
use crate::domain::rate::{Booked, Booking, LearnedRate, Pause, ToldRate, book, drained};
use crate::domain::time::Timestamp;

/// What is told of a rate is dated when it is written, which may be so much later than it was learned.
const TOLD_LATE: Duration = Duration::from_secs(10);

/// The row of the account itself, beside those of its profiles.
const WHOLE: i64 = 0;

fn profile_of(column: i64) -> Option<ProfileId> {
    (column != WHOLE).then_some(ProfileId(column))
}

fn column_of(profile: Option<ProfileId>) -> i64 {
    profile.map_or(WHOLE, |profile| profile.0)
}

/// One row of `rate_budgets`.
struct Row {
    account: String,
    profile_id: i64,
    per_second: Option<f64>,
    learned_at: Option<i64>,
    full_at: i64,
    booked: i64,
    not_before: Option<i64>,
}

from_row!(Row, |row| Ok(Row {
    account: row.try_get("account")?,
    profile_id: row.try_get("profile_id")?,
    per_second: row.try_get("per_second")?,
    learned_at: row.try_get("learned_at")?,
    full_at: row.try_get("full_at")?,
    booked: row.try_get("booked")?,
    not_before: row.try_get("not_before")?,
}));

impl Row {
    fn told(&self) -> Option<ToldRate> {
        let (per_second, at) = (self.per_second?, self.learned_at?);
        Some(ToldRate { per_second, at: Timestamp(at) })
    }

    fn pause(&self, now: Timestamp) -> Option<Pause> {
        let left = Timestamp(self.not_before?).since(now);
        (!left.is_zero()).then_some((profile_of(self.profile_id), left))
    }
}

/// A process that sends requests for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateProcess {
    /// Its identity.
    pub process: String,
    /// Time since its last sign of life.
    pub silent: Duration,
}

from_row!(RateProcess, |row| Ok(RateProcess {
    process: row.try_get("process")?,
    silent: Duration::from_micros(u64::try_from(row.try_get::<i64, _>("silent")?).unwrap_or(0)),
}));

impl Store {
    /// Rates that were learned within a time, of every account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn learned_rates(&self, within: Duration) -> Result<Vec<LearnedRate>, StoreError> {
        let rows: (Timestamp, Vec<Row>) = read!(self, |conn, now| {
            let rows = sqlx::query_as(
                "select * from rate_budgets where learned_at >= $1 order by account, profile_id",
            )
            .bind(now.minus(within).0)
            .fetch_all(&mut *conn)
            .await?;
            Ok((now, rows))
        })?;
        let (now, rows) = rows;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let told = row.told()?;
                Some(LearnedRate {
                    profile: profile_of(row.profile_id),
                    per_second: told.per_second,
                    age: now.since(told.at),
                    account: row.account,
                })
            })
            .collect())
    }

    /// Remembers learned rates, and forgets what is older than `keep` and no longer needed. What was clearly
    /// learned later than these stays: a process that was idle for long must not end with its old word.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn save_learned_rates(&self, rates: &[LearnedRate], keep: Duration) -> Result<(), StoreError> {
        // Whoever writes several rows takes them in one order, the account's before its profiles': else two that wait
        // for each other would end in a deadlock.
        let mut rates: Vec<&LearnedRate> = rates.iter().collect();
        rates.sort_unstable_by_key(|rate| (&rate.account, column_of(rate.profile)));
        write_tx!(self, |tx, now| {
            for rate in &rates {
                sqlx::query(
                    "insert into rate_budgets (account, profile_id, per_second, learned_at) values ($1, $2, $3, $4)
                     on conflict (account, profile_id) do update set
                         per_second = excluded.per_second, learned_at = excluded.learned_at
                     where coalesce(rate_budgets.learned_at, 0) <= $5 or rate_budgets.learned_at > $6",
                )
                .bind(&rate.account)
                .bind(column_of(rate.profile))
                .bind(rate.per_second)
                .bind(now.minus(rate.age).0)
                .bind(now.minus(rate.age).plus(TOLD_LATE).0)
                // Of the future only a clock can be that was wrong.
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })?;
        write_tx!(self, |tx, now| {
            for accounts in [true, false] {
                sqlx::query(
                    "delete from rate_budgets where (profile_id = 0) = $2 and coalesce(learned_at, 0) < $1
                         and full_at < $1 and coalesce(not_before, 0) < $1",
                )
                .bind(now.minus(keep).0)
                .bind(accounts)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    }

    /// Books requests in the bucket that all processes have together, and tells them what this one has learned.
    /// Pauses are never shortened.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn book_requests(&self, booking: &Booking) -> Result<Booked, StoreError> {
        write_tx!(self, |tx, now| {
            // Takes the account's row for the rest of the transaction, on either database.
            let whole: Row = sqlx::query_as(
                "insert into rate_budgets (account, profile_id) values ($1, $2)
                 on conflict (account, profile_id) do update set profile_id = excluded.profile_id returning *",
            )
            .bind(&booking.account)
            .bind(WHOLE)
            .fetch_one(&mut *tx)
            .await?;
            let mut full_at = whole.full_at;
            // In the same order as whoever saves rates, or the two could wait for each other.
            let mut pauses = booking.pauses.clone();
            pauses.sort_unstable_by_key(|(profile, _)| column_of(*profile));
            for (profile, pause) in &pauses {
                let until = now.plus(*pause);
                sqlx::query(
                    "insert into rate_budgets (account, profile_id, not_before) values ($1, $2, $3)
                     on conflict (account, profile_id) do update set not_before = excluded.not_before
                     where coalesce(rate_budgets.not_before, 0) < excluded.not_before",
                )
                .bind(&booking.account)
                .bind(column_of(*profile))
                .bind(until.0)
                .execute(&mut *tx)
                .await?;
                if profile.is_none() {
                    full_at = full_at.max(drained(until, booking.per_second, booking.burst));
                }
            }
            let pauses: Vec<Row> =
                sqlx::query_as("select * from rate_budgets where account = $1 and not_before > $2")
                    .bind(&booking.account)
                    .bind(now.0)
                    .fetch_all(&mut *tx)
                    .await?;
            let pauses: Vec<Pause> = pauses.iter().filter_map(|row| row.pause(now)).collect();
            // While the account pauses nothing is booked, whatever the bucket has.
            let weights = if pauses.iter().any(|(profile, _)| profile.is_none()) {
                &[][..]
            } else {
                &booking.weights[..]
            };
            let slots = if weights.is_empty() {
                Vec::new()
            } else {
                let (slots, next) = book(now, full_at, booking.per_second, booking.burst, weights);
                full_at = next;
                slots
            };
            let weight: i64 = slots.iter().map(|slot| i64::from(slot.weight)).sum();
            let whole: Row = sqlx::query_as(
                "update rate_budgets set full_at = $3, booked = booked + $4,
                     per_second = case when $5 then $6 else per_second end,
                     learned_at = case when $5 then $7 else learned_at end
                 where account = $1 and profile_id = $2 returning *",
            )
            .bind(&booking.account)
            .bind(WHOLE)
            .bind(full_at)
            .bind(weight)
            .bind(booking.tell_rate)
            .bind(booking.per_second)
            .bind(now.0)
            .fetch_one(&mut *tx)
            .await?;
            let booked = u64::try_from(whole.booked).unwrap_or(0);
            Ok(Booked { slots, rate: whole.told(), pauses, booked })
        })
    }

    /// What the other processes tell of an account, without writing anything.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shared_budget(&self, account: &str) -> Result<Booked, StoreError> {
        read!(self, |conn, now| {
            let rows: Vec<Row> = sqlx::query_as(
                "select * from rate_budgets where account = $1 and (profile_id = $2 or not_before > $3)",
            )
            .bind(account)
            .bind(WHOLE)
            .bind(now.0)
            .fetch_all(&mut *conn)
            .await?;
            let whole = rows.iter().find(|row| row.profile_id == WHOLE);
            Ok(Booked {
                slots: Vec::new(),
                rate: whole.and_then(Row::told),
                pauses: rows.iter().filter_map(|row| row.pause(now)).collect(),
                booked: whole.map_or(0, |row| u64::try_from(row.booked).unwrap_or(0)),
            })
        })
    }

    /// Says that a process sends requests for an account.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn enter_rate(&self, account: &str, process: &str) -> Result<(), StoreError> {
        write_tx!(self, |tx, now| {
            sqlx::query(
                "insert into rate_processes (account, process, seen_at) values ($1, $2, $3)
                 on conflict (account, process) do update set seen_at = excluded.seen_at",
            )
            .bind(account)
            .bind(process)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
    }

    /// Says that a process sends no more requests: for one account, or for any.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn leave_rate(&self, account: Option<&str>, process: &str) -> Result<(), StoreError> {
        write_tx!(self, |tx, _now| {
            sqlx::query("delete from rate_processes where process = $1 and account = coalesce($2, account)")
                .bind(process)
                .bind(account)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    /// The processes that send requests for an account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn rate_processes(&self, account: &str) -> Result<Vec<RateProcess>, StoreError> {
        read!(self, |conn, now| {
            Ok(sqlx::query_as(
                "select process, $2 - seen_at as silent from rate_processes where account = $1 order by process",
            )
            .bind(account)
            .bind(now.0)
            .fetch_all(&mut *conn)
            .await?)
        })
    }
}
