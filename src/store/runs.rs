//! The queue of runs, their leases and their fences.
//!
//! Every write of an owner names the run's epoch; a claim raises it, so an owner that lost its lease can write
//! nothing more. "Now" is always the database's clock.

use std::collections::HashSet;
use std::time::Duration;

use super::dispatch::{from_row, json, read, to_json, word, write_tx};
use super::{Store, StoreError};
use crate::domain::cause::CauseId;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeCounts, Origin, RunState, RunView};
use crate::domain::time::Timestamp;
use crate::domain::wait::RunWaits;

/// A request for a run.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The profile.
    pub profile_id: ProfileId,
    /// Higher goes first.
    pub priority: i64,
    /// `user@host`.
    pub requested_by: String,
    /// From where.
    pub origin: Origin,
    /// The run whose pages it adopts.
    pub retry_of: Option<RunId>,
}

/// What a request for a run gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The profile's live run: the new one, or the one that was there.
    pub run: RunView,
    /// False when a live run was there already.
    pub created: bool,
    /// A held run that the new one discarded.
    pub discarded: Option<RunId>,
}

/// A claimed run: whose it is and until when nobody else may take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run under its new epoch.
    pub run: RunView,
    /// The state it was found in: a run found `fetching` or `committing` is taken over from a dead owner.
    pub found: RunState,
}

/// What a renewal of a lease told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Ours for another lease.
    Ours,
    /// Ours, and somebody asked it to stop.
    CancelRequested,
    /// No longer ours.
    Lost,
}

/// A live run with the process that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOwner {
    /// The run.
    pub run: RunId,
    /// Its epoch.
    pub epoch: i64,
    /// The owner's identity.
    pub owner: String,
}

from_row!(RunView, |row| {
    let count = |name| -> sqlx::Result<u64> { Ok(u64::try_from(row.try_get::<i64, _>(name)?).unwrap_or(0)) };
    let time =
        |name| -> sqlx::Result<Option<Timestamp>> { Ok(row.try_get::<Option<i64>, _>(name)?.map(Timestamp)) };
    Ok(RunView {
        id: RunId(row.try_get("id")?),
        profile_id: ProfileId(row.try_get("profile_id")?),
        state: word("state", row.try_get("state")?)?,
        priority: row.try_get("priority")?,
        requested_by: row.try_get("requested_by")?,
        requested_from: word("requested_from", row.try_get("requested_from")?)?,
        retry_of: row.try_get::<Option<i64>, _>("retry_of")?.map(RunId),
        epoch: row.try_get("epoch")?,
        attempt: row.try_get("attempt")?,
        owner: row.try_get("owner")?,
        cancel_requested: row.try_get("cancel_requested")?,
        not_before: time("not_before")?,
        parks: row.try_get("parks")?,
        requested_at: Timestamp(row.try_get("requested_at")?),
        started_at: time("started_at")?,
        finished_at: time("finished_at")?,
        data_as_of: time("data_as_of")?,
        requests: row.try_get("requests")?,
        throttled: row.try_get("throttled")?,
        throttled_us: row.try_get("throttled_us")?,
        counts: ChangeCounts {
            added: count("added")?,
            changed: count("changed")?,
            unchanged: count("unchanged")?,
            removed: count("removed")?,
            returned: count("returned")?,
        },
        rows: row.try_get("live_rows")?,
        error: json("error", row.try_get("error")?)?,
        hold: json("hold", row.try_get("hold")?)?,
        approved_by: row.try_get("approved_by")?,
        state_since: time("state_since")?,
        lease_until: time("lease_until")?,
        waits: json("waits", row.try_get("waits")?)?.unwrap_or_default(),
    })
});

from_row!(LiveOwner, |row| Ok(LiveOwner {
    run: RunId(row.try_get("id")?),
    epoch: row.try_get("epoch")?,
    owner: row.try_get("owner")?,
}));

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Store {
    /// Asks for a run of a profile. A profile has at most one live run: asking again gives that one. A held
    /// run is discarded, for the new one will show what is true now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn request_run(&self, new: &NewRun) -> Result<Requested, StoreError> {
        let mut requested = self.request_runs(std::slice::from_ref(new)).await?;
        // As many as were asked for.
        Ok(requested.swap_remove(0))
    }

    /// Asks for runs of several profiles, all of them or, when it fails, none; in the order of their profiles.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn request_runs(&self, news: &[NewRun]) -> Result<Vec<Requested>, StoreError> {
        // In one order, so that two who ask for the same at once do not wait for each other.
        let mut news: Vec<&NewRun> = news.iter().collect();
        news.sort_by_key(|new| new.profile_id);
        write_tx!(self, |tx, now| {
            let mut requested = Vec::with_capacity(news.len());
            for new in news {
                // On PostgreSQL the live run that is in the way may end before it is read: then there is room for a new one.
                let one = loop {
                    let created: Option<RunView> = sqlx::query_as(
                        "insert into sync_runs (profile_id, state, priority, requested_by, requested_from, retry_of, requested_at, state_since)
                         values ($1, 'queued', $2, $3, $4, $5, $6, $6)
                         on conflict (profile_id) where state in ('queued', 'fetching', 'committing') do nothing
                         returning *",
                    )
                    .bind(new.profile_id.0)
                    .bind(new.priority)
                    .bind(&new.requested_by)
                    .bind(new.origin.as_str())
                    .bind(new.retry_of.map(|run| run.0))
                    .bind(now.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                    if let Some(run) = created {
                        let discarded: Option<i64> = sqlx::query_scalar(
                            "update sync_runs set state = 'discarded', finished_at = $2, state_since = $2
                             where profile_id = $1 and state = 'held' returning id",
                        )
                        .bind(new.profile_id.0)
                        .bind(now.0)
                        .fetch_optional(&mut *tx)
                        .await?;
                        sqlx::query("delete from held_removals where run_id = $1")
                            .bind(discarded)
                            .execute(&mut *tx)
                            .await?;
                        break Requested { run, created: true, discarded: discarded.map(RunId) };
                    }
                    let live: Option<RunView> = sqlx::query_as(
                        "select * from sync_runs where profile_id = $1 and state in ('queued', 'fetching', 'committing')",
                    )
                    .bind(new.profile_id.0)
                    .fetch_optional(&mut *tx)
                    .await?;
                    if let Some(run) = live {
                        break Requested { run, created: false, discarded: None };
                    }
                };
                requested.push(one);
            }
            Ok(requested)
        })
    }

    /// Claims the next run that is due: queued, or live under an expired lease. Only runs of profiles that one
    /// of `logins` carries, and only those in `only`, where given.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn claim(
        &self,
        owner: &str,
        logins: &[String],
        only: Option<&HashSet<RunId>>,
    ) -> Result<Option<Claim>, StoreError> {
        // Looking costs no write lock; an idle process that only looks disturbs nobody.
        let candidates: Vec<(i64, i64, String, String)> = read!(self, |conn, now| {
            Ok(sqlx::query_as(
                "select r.id, r.epoch, r.state, p.login from sync_runs r join profiles p on p.profile_id = r.profile_id
                 where (r.state = 'queued' and (r.not_before is null or r.not_before <= $1))
                    or (r.state in ('fetching', 'committing') and r.lease_until < $1)
                 order by r.priority desc, r.id",
            )
            .bind(now.0)
            .fetch_all(&mut *conn)
            .await?)
        })?;
        let ours: Vec<(i64, i64, String)> = candidates
            .into_iter()
            .filter(|(id, _, _, login)| {
                logins.contains(login) && only.is_none_or(|only| only.contains(&RunId(*id)))
            })
            .map(|(id, epoch, state, _)| (id, epoch, state))
            .collect();
        if ours.is_empty() {
            return Ok(None);
        }
        let lease = micros(self.lease());
        write_tx!(self, |tx, now| {
            for (id, epoch, state) in ours {
                // Another process may be claiming the same row: the epoch decides who came first.
                let run: Option<RunView> = sqlx::query_as(
                    "update sync_runs set state = case when state = 'queued' then 'fetching' else state end,
                         owner = $3, lease_until = $4, epoch = epoch + 1, attempt = attempt + 1,
                         throttled_us = throttled_us + case when state = 'queued' and waits is not null
                             then coalesce(case when not_before < $5 then not_before else $5 end - state_since, 0)
                             else 0 end,
                         state_since = case when state = 'queued' then $5 else state_since end,
                         not_before = null, started_at = coalesce(started_at, $5), waits = null
                     where id = $1 and epoch = $2 and state in ('queued', 'fetching', 'committing') returning *",
                )
                .bind(id)
                .bind(epoch)
                .bind(owner)
                .bind(now.0 + lease)
                .bind(now.0)
                .fetch_optional(&mut *tx)
                .await?;
                if let Some(run) = run {
                    return Ok(Some(Claim { run, found: word("state", &state)? }));
                }
            }
            Ok(None)
        })
    }

    /// Renews the lease of a run, and tells whether it is still ours and wanted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn renew(&self, run: RunId, epoch: i64) -> Result<Renewal, StoreError> {
        let lease = micros(self.lease());
        write_tx!(self, |tx, now| {
            let cancel: Option<bool> = sqlx::query_scalar(
                "update sync_runs set lease_until = $3
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing') returning cancel_requested",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(now.0 + lease)
            .fetch_optional(&mut *tx)
            .await?;
            Ok(match cancel {
                Some(true) => Renewal::CancelRequested,
                Some(false) => Renewal::Ours,
                None => Renewal::Lost,
            })
        })
    }

    /// Looks whether runs are still ours and wanted, without writing: cheap enough to ask twice a second.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn look(&self, run: RunId, epoch: i64) -> Result<Renewal, StoreError> {
        read!(self, |conn, _now| {
            let cancel: Option<bool> = sqlx::query_scalar(
                "select cancel_requested from sync_runs
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing')",
            )
            .bind(run.0)
            .bind(epoch)
            .fetch_optional(&mut *conn)
            .await?;
            Ok(match cancel {
                Some(true) => Renewal::CancelRequested,
                Some(false) => Renewal::Ours,
                None => Renewal::Lost,
            })
        })
    }

    /// Tells other processes what a run waits for; the next claim, and its end, forget it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn tell_waits(&self, run: RunId, epoch: i64, waits: &RunWaits) -> Result<(), StoreError> {
        let waits = (!waits.is_empty()).then(|| to_json(waits));
        write_tx!(self, |tx, _now| {
            sqlx::query(
                "update sync_runs set waits = $3
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing')",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(waits)
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
    }

    /// Ends the lease of a run whose owner is known to be dead, so that it can be claimed at once. When the owner gave
    /// its last sign of life can no longer be told from the lease then, so it is kept beside it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn expire_lease(&self, dead: &LiveOwner) -> Result<(), StoreError> {
        let lease = self.lease();
        write_tx!(self, |tx, now| {
            let run: Option<RunView> = sqlx::query_as(
                "update sync_runs set lease_until = lease_until
                 where id = $1 and epoch = $2 and owner = $3 and state in ('fetching', 'committing')
                     and lease_until >= $4 returning *",
            )
            .bind(dead.run.0)
            .bind(dead.epoch)
            .bind(&dead.owner)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(run) = run {
                let owner_seen = run.lease_until.map(|until| until.minus(lease));
                sqlx::query("update sync_runs set lease_until = $2, waits = $3 where id = $1")
                    .bind(run.id.0)
                    .bind(now.0 - 1)
                    .bind(to_json(&RunWaits { owner_seen, ..run.waits }))
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(())
        })
    }

    /// The live runs that some process carries.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn live_owners(&self) -> Result<Vec<LiveOwner>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(
                "select id, epoch, owner from sync_runs where state in ('fetching', 'committing') and owner is not null",
            )
            .fetch_all(&mut *conn)
            .await?)
        })
    }

    /// Moves a run that we carry to another state, in a transaction of its own.
    pub(super) async fn transition(
        &self,
        run: RunId,
        epoch: i64,
        to: RunState,
        error: Option<(String, String)>,
        hold: Option<String>,
    ) -> Result<RunView, StoreError> {
        let (error, cause) = error.unzip();
        write_tx!(self, |tx, now| {
            let finished = (!to.is_live() && to != RunState::Held).then_some(now.0);
            let view: Option<RunView> = sqlx::query_as(
                "update sync_runs set state = $3, error = $4, cause = $8, finished_at = $6,
                     hold = case when $7 then hold else $5 end,
                     owner = case when $7 then owner else null end,
                     lease_until = case when $7 then lease_until else null end, state_since = $9, waits = null
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing') returning *",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(to.as_str())
            .bind(error)
            .bind(hold)
            .bind(finished)
            .bind(to.is_live())
            .bind(cause)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            view.ok_or(StoreError::Fenced { run })
        })
    }

    /// Says that everything is proved and the one transaction begins.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn set_committing(&self, run: RunId, epoch: i64) -> Result<RunView, StoreError> {
        self.transition(run, epoch, RunState::Committing, None, None).await
    }

    /// Ends a run that failed; its pages are kept.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn fail(
        &self,
        run: RunId,
        epoch: i64,
        report: &ErrorReport,
        cause: &CauseId,
    ) -> Result<RunView, StoreError> {
        let error = Some((to_json(report), cause.as_str().to_owned()));
        self.transition(run, epoch, RunState::Failed, error, None).await
    }

    /// Ends a run that somebody cancelled; its pages are kept.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn cancelled(&self, run: RunId, epoch: i64) -> Result<RunView, StoreError> {
        self.transition(run, epoch, RunState::Cancelled, None, None).await
    }

    /// Gives a run back to the queue, its pages kept; nobody takes it before `delay` has passed. One that somebody asked
    /// to stop is cancelled instead.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn give_back(
        &self,
        run: RunId,
        epoch: i64,
        delay: Option<Duration>,
    ) -> Result<RunView, StoreError> {
        self.requeue(run, epoch, delay, None).await
    }

    /// As [`Store::give_back`], because the API limits its requests; `asked` says that it named the time itself. Counts
    /// the times in a row, which the next stored page ends. The time away counts as throttled when it has passed.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the run is no longer ours.
    pub async fn park(
        &self,
        run: RunId,
        epoch: i64,
        delay: Duration,
        asked: bool,
    ) -> Result<RunView, StoreError> {
        self.requeue(run, epoch, Some(delay), Some(asked)).await
    }

    async fn requeue(
        &self,
        run: RunId,
        epoch: i64,
        delay: Option<Duration>,
        parked: Option<bool>,
    ) -> Result<RunView, StoreError> {
        let waits = parked.map(|asked| to_json(&RunWaits { asked: Some(asked), ..RunWaits::default() }));
        write_tx!(self, |tx, now| {
            // Giving back is no crash: only claims that a crash ended count against a run.
            let view: Option<RunView> = sqlx::query_as(
                "update sync_runs set state = case when cancel_requested then 'cancelled' else 'queued' end,
                     finished_at = case when cancel_requested then $5 else finished_at end,
                     owner = null, lease_until = null, state_since = $5, attempt = attempt - 1,
                     not_before = case when cancel_requested then null else $3 end,
                     parks = case when cancel_requested then parks else parks + $4 end,
                     waits = case when cancel_requested then null else $6 end
                 where id = $1 and epoch = $2 and state in ('fetching', 'committing') returning *",
            )
            .bind(run.0)
            .bind(epoch)
            .bind(delay.map(|delay| now.plus(delay).0))
            .bind(i64::from(parked.is_some()))
            .bind(now.0)
            .bind(&waits)
            .fetch_optional(&mut *tx)
            .await?;
            view.ok_or(StoreError::Fenced { run })
        })
    }

    /// Asks a profile's live run to stop. A queued one is cancelled at once; the owner of a claimed one is told.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn request_cancel(&self, profile: ProfileId) -> Result<Option<RunView>, StoreError> {
        write_tx!(self, |tx, now| {
            Ok(sqlx::query_as(
                "update sync_runs set cancel_requested = true,
                     throttled_us = throttled_us + case when state = 'queued' and waits is not null
                         then coalesce(case when not_before < $2 then not_before else $2 end - state_since, 0)
                         else 0 end,
                     finished_at = case when state = 'queued' then $2 else finished_at end,
                     state_since = case when state = 'queued' then $2 else state_since end,
                     state = case when state = 'queued' then 'cancelled' else state end
                 where profile_id = $1 and state in ('queued', 'fetching', 'committing') returning *",
            )
            .bind(profile.0)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?)
        })
    }

    /// Approves a held run: it is queued again and will commit at most the removals that were shown.
    /// Gives `None` when it is not held, or its pages are older than `fresh`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn approve(
        &self,
        run: RunId,
        by: &str,
        fresh: Duration,
    ) -> Result<Option<RunView>, StoreError> {
        write_tx!(self, |tx, now| {
            Ok(sqlx::query_as(
                "update sync_runs set state = 'queued', approved_by = $2, lease_until = null, not_before = null, attempt = 0,
                     cancel_requested = false, state_since = $4
                 where id = $1 and state = 'held'
                   and not exists (select 1 from sync_runs r where r.profile_id = sync_runs.profile_id
                                   and r.state in ('queued', 'fetching', 'committing'))
                   and (select min(fetched_at) from sync_pages p where p.run_id = $1) >= $3 returning *",
            )
            .bind(run.0)
            .bind(by)
            .bind(now.minus(fresh).0)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?)
        })
    }

    /// Gives up a held run and its pages.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn discard(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        write_tx!(self, |tx, now| {
            let view: Option<RunView> = sqlx::query_as(
                "update sync_runs set state = 'discarded', finished_at = $2, state_since = $2
                 where id = $1 and state = 'held' returning *",
            )
            .bind(run.0)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            if view.is_some() {
                sqlx::query("delete from sync_pages where run_id = $1").bind(run.0).execute(&mut *tx).await?;
                sqlx::query("delete from held_removals where run_id = $1")
                    .bind(run.0)
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(view)
        })
    }
}
