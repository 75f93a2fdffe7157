//! The fetch phase of one unit: its lists are followed to their proved ends, page by page, each page kept.

use std::collections::HashMap;
use std::time::Duration;

use super::certify::{ListProof, Next, UnitProof, Wanted};
use super::context::RunContext;
use super::error::SyncError;
use crate::ads::{AdsError, Cursor, ListCall};
use crate::domain::entity::{Descriptor, IdFilter, Paging, RecheckBy};
use crate::domain::id::EntityId;
use crate::domain::page::Page;
use crate::domain::profile::Access;
use crate::domain::run::{Certificate, UnitView};
use crate::domain::time::Timestamp;
use crate::store::{NewPage, PageMeta};

/// How a unit's fetch ended, when nothing failed.
#[derive(Debug)]
pub(super) enum Fetched {
    /// Followed to its proved end.
    Proved(Box<Certificate>),
    /// The API says, in a documented way, that this account has no part in it.
    NotEligible(Box<AdsError>),
}

/// The first listing of a unit, and the second when the first one fell short.
const LISTINGS: [&str; 2] = ["main", "again"];

/// Fetches one unit of a run.
pub(super) struct UnitFetch<'a> {
    context: &'a RunContext,
    descriptor: &'static Descriptor,
    stored: HashMap<String, Vec<PageMeta>>,
    proof: UnitProof,
    pages: i64,
    lists: u32,
    reused: u32,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    request_id: Option<String>,
}

impl<'a> UnitFetch<'a> {
    /// Prepares to fetch a unit, going on from the pages that are stored of it.
    pub(super) async fn new(
        context: &'a RunContext,
        descriptor: &'static Descriptor,
    ) -> Result<Self, SyncError> {
        let mut stored: HashMap<String, Vec<PageMeta>> = HashMap::new();
        for meta in context.store.pages(context.run().id, descriptor.unit).await? {
            stored.entry(meta.list.clone()).or_default().push(meta);
        }
        for pages in stored.values_mut() {
            pages.sort_by_key(|page| page.seq);
        }
        Ok(Self {
            context,
            descriptor,
            stored,
            proof: UnitProof::default(),
            pages: 0,
            lists: 0,
            reused: 0,
            oldest: None,
            newest: None,
            request_id: None,
        })
    }

    /// Follows all lists of the unit to their ends. `batch_ids` are the ids of the unit that it depends on.
    pub(super) async fn fetch(mut self, batch_ids: &[EntityId]) -> Result<Fetched, SyncError> {
        let mut refused = false;
        loop {
            match self.list_all(batch_ids).await {
                Ok(certificate) => return Ok(Fetched::Proved(Box::new(certificate))),
                Err(SyncError::Ads(error))
                    if error.not_eligible().is_some() || self.may_only_view(&error) =>
                {
                    return Ok(Fetched::NotEligible(error));
                }
                // The API no longer knows the page token: begin the unit again, once.
                Err(SyncError::Ads(error)) if error.is_cursor_refused() && !refused => {
                    refused = true;
                    tracing::info!(
                        target: "adsync::sync",
                        "{}  {}: the page token is no longer accepted, listing from the start",
                        self.context.profile.name, self.descriptor.unit
                    );
                    self.start_over().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// True when the answer is the documented one for a login with view access: the specification lists the
    /// permissions of each list, and some ask for more than viewing.
    fn may_only_view(&self, error: &AdsError) -> bool {
        self.descriptor.list.needs_edit
            && self.context.profile.access == Access::View
            && error.request().and_then(|request| request.status) == Some(403)
    }

    async fn list_all(&mut self, batch_ids: &[EntityId]) -> Result<Certificate, SyncError> {
        // A second listing that was begun before a crash is gone on with; the first one is then gone.
        let mut listing = usize::from(self.stored.keys().any(|list| list.starts_with(LISTINGS[1])));
        let counts = self.descriptor.list.total.is_some();
        let rechecked = loop {
            self.list_once(LISTINGS[listing], batch_ids).await?;
            if listing == 1 {
                self.judge()?;
                let asked = self.recheck().await?;
                self.judge()?;
                break asked;
            }
            // What is in doubt already is not worth asking by id for what it lacks.
            let asked = if self.proof.doubt(counts).is_some() { 0 } else { self.recheck().await? };
            let Some(doubt) = self.proof.doubt(counts) else { break asked };
            tracing::warn!(
                target: "adsync::sync",
                "{}  {}: the list is in doubt, {doubt}; listing once more",
                self.context.profile.name, self.descriptor.unit
            );
            self.start_over().await?;
            listing = 1;
        };
        // Lists that an earlier attempt had to follow and this one had not.
        for list in std::mem::take(&mut self.stored).into_keys() {
            self.forget(&list, 0).await?;
        }
        let now = self.context.store.now().await?;
        Ok(Certificate {
            lists: self.lists,
            pages: u32::try_from(self.pages).unwrap_or(u32::MAX),
            rows: self.proof.rows(),
            distinct: self.proof.distinct(),
            reported_total: self.proof.reported_total(),
            ending: match self.descriptor.list.paging {
                _ if self.lists == 0 => "nothing to ask for".to_owned(),
                Paging::NextToken { .. } => "last page without token".to_owned(),
                Paging::StartIndex { .. } => "empty page, twice".to_owned(),
            },
            relisted: listing == 1,
            rechecked,
            rechecked_found: self.proof.found_by_id(),
            reused_pages: self.reused,
            oldest_page_at: self.oldest.unwrap_or(now),
            newest_page_at: self.newest.unwrap_or(now),
            last_request_id: self.request_id.clone(),
        })
    }

    /// Judges a second listing.
    fn judge(&self) -> Result<(), SyncError> {
        self.proof.judge_again().map_err(|source| SyncError::List { unit: self.descriptor.unit, source })
    }

    /// Forgets everything that was fetched of the unit.
    async fn start_over(&mut self) -> Result<(), SyncError> {
        let run = self.context.run();
        let view = self.context.store.drop_pages(run.id, run.epoch, self.descriptor.unit, None).await?;
        self.context.tell_unit(view);
        self.stored.clear();
        self.proof = UnitProof::default();
        (self.pages, self.lists, self.reused) = (0, 0, 0);
        (self.oldest, self.newest, self.request_id) = (None, None, None);
        Ok(())
    }

    /// Drops the stored pages of a list from one on: what is not part of the proof must not be committed with it.
    async fn forget(&self, list: &str, from: i64) -> Result<(), SyncError> {
        let run = self.context.run();
        let unit = self.descriptor.unit;
        let view = self.context.store.drop_pages(run.id, run.epoch, unit, Some((list, from))).await?;
        self.context.tell_unit(view);
        Ok(())
    }

    /// One listing: the whole list, or each batch of it.
    async fn list_once(&mut self, name: &str, batch_ids: &[EntityId]) -> Result<(), SyncError> {
        match &self.descriptor.list.batch {
            None => self.follow_each(name, Wanted::All, None).await,
            Some(batch) => {
                for (n, ids) in batch_ids.chunks(batch.filter.max).enumerate() {
                    let filter = Some((batch.filter, ids.to_vec()));
                    self.follow_each(&format!("{name} batch {n}"), Wanted::All, filter).await?;
                }
                Ok(())
            }
        }
    }

    /// Follows one list, or its list for each value of a filter that takes one at a time.
    async fn follow_each(
        &mut self,
        name: &str,
        wanted: Wanted,
        filter: Option<(IdFilter, Vec<EntityId>)>,
    ) -> Result<(), SyncError> {
        let Some(each) = self.descriptor.list.each else {
            return self.follow(name, wanted, filter, None).await;
        };
        for value in each.values {
            let name = format!("{name} {value}");
            self.follow(&name, wanted, filter.clone(), Some((each.name, *value))).await?;
        }
        Ok(())
    }

    /// Follows one list to its end, from where its stored pages leave off.
    async fn follow(
        &mut self,
        list: &str,
        wanted: Wanted,
        filter: Option<(IdFilter, Vec<EntityId>)>,
        each: Option<(&'static str, &'static str)>,
    ) -> Result<(), SyncError> {
        self.lists += 1;
        let unit = self.descriptor.unit;
        let failed = |source| SyncError::List { unit, source };
        let mut proof = ListProof::new(self.descriptor.list.paging, wanted);
        let mut call = ListCall {
            login: self.context.profile.login.clone(),
            profile_id: self.context.profile.id,
            descriptor: self.descriptor,
            filter,
            each,
            extended: self.context.config.extended,
            cursor: Cursor::Start,
            priority: self.context.run().priority,
        };
        let mut seq = 0;
        let mut stored = self.stored.remove(list).unwrap_or_default();
        // Half an index list is worth nothing: whatever was deleted meanwhile has moved the rest.
        if matches!(self.descriptor.list.paging, Paging::StartIndex { .. })
            && stored.last().is_some_and(|page| page.next_cursor.is_some())
        {
            self.forget(list, 0).await?;
            stored.clear();
        }
        for meta in stored {
            // A page that answers another request than the one that is due belongs to no proof: from here on anew.
            if meta.seq != seq || meta.fingerprint != call.fingerprint() {
                self.forget(list, seq).await?;
                break;
            }
            let body = self.context.store.page_body(self.context.run().id, unit, list, seq).await?;
            let page = Page::parse(self.descriptor, body.into_bytes())
                .map_err(|e| SyncError::StoredPage { unit, reason: e.to_string() })?;
            let next = proof.accept(&mut self.proof, &page).map_err(failed)?;
            self.note(&page, meta.request_id, meta.fetched_at);
            self.reused += 1;
            seq += 1;
            match next {
                Next::End => return Ok(()),
                next => call.cursor = cursor(next),
            }
        }
        loop {
            let answer = self.context.client.list_page(&call, &self.context.observe(unit)).await?;
            let before = self.proof.rows();
            let next = proof.accept(&mut self.proof, &answer.page).map_err(failed)?;
            let view = self
                .keep(list, seq, &call, &answer.page, &next, answer.request_id.as_deref(), before)
                .await?;
            tracing::info!(
                target: "adsync::sync",
                "{}  {unit} page {}: {} rows",
                self.context.profile.name, view.pages, answer.page.len()
            );
            self.context.tell_unit(view);
            seq += 1;
            match next {
                Next::End => return Ok(()),
                next => call.cursor = cursor(next),
            }
        }
    }

    fn note(&mut self, page: &Page, request_id: Option<String>, at: Timestamp) {
        debug_assert!(self.proof.rows() >= u64::try_from(page.len()).unwrap_or(0));
        self.pages += 1;
        self.oldest = Some(self.oldest.map_or(at, |known| known.min(at)));
        self.newest = Some(self.newest.map_or(at, |known| known.max(at)));
        self.request_id = request_id.or_else(|| self.request_id.take());
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one page, each used once")]
    async fn keep(
        &mut self,
        list: &str,
        seq: i64,
        call: &ListCall,
        page: &Page,
        next: &Next,
        request_id: Option<&str>,
        rows_before: u64,
    ) -> Result<UnitView, SyncError> {
        let run = self.context.run();
        debug_assert!(self.proof.rows() >= rows_before);
        let next_cursor = match next {
            Next::End => None,
            next => Some(serde_json::to_string(&cursor(next.clone())).unwrap_or_default()),
        };
        let (sent, throttled) = self.context.take_counters();
        let view = self
            .context
            .store
            .store_page(
                run.id,
                run.epoch,
                &NewPage {
                    unit: self.descriptor.unit,
                    list,
                    seq,
                    fingerprint: &call.fingerprint(),
                    next_cursor,
                    rows: int(page.len() as u64),
                    total: page.total.map(int),
                    request_id,
                    body: page.body(),
                    unit_pages: self.pages + 1,
                    unit_rows: int(self.proof.rows()),
                    unit_expected: self.proof.reported_total().map(int),
                    requests: sent,
                    throttled,
                },
            )
            .await?;
        let at = self.context.clock.now();
        self.note(page, request_id.map(str::to_owned), at);
        let mut run = self.context.run();
        run.requests += sent;
        run.throttled += throttled;
        self.context.set_run(run);
        Ok(view)
    }

    /// Asks for single stored rows that the list lacks, before anything is held for removed; gives how many. Rows
    /// that the API still has disprove the list.
    async fn recheck(&mut self) -> Result<u64, SyncError> {
        let Some(recheck) = self.descriptor.list.recheck else { return Ok(0) };
        let (wanted, parent) = match recheck.by {
            RecheckBy::Own => (Wanted::Rows, None),
            RecheckBy::Parent(column) => (Wanted::OfParents, Some(column)),
        };
        let (mut lacking, mut ids) = (Vec::new(), Vec::new());
        let proof = &self.proof;
        self.context
            .store
            .live_ids(self.context.profile.id, self.descriptor, parent, |id, of| {
                if !proof.has(&id) {
                    ids.extend(EntityId::from_text(of.as_deref().unwrap_or(&id)));
                    lacking.push(id);
                }
            })
            .await?;
        ids.sort();
        ids.dedup();
        self.proof.ask_for(lacking.iter().map(String::as_str));
        for (n, ids) in ids.chunks(recheck.filter.max).enumerate() {
            let filter = Some((recheck.filter, ids.to_vec()));
            self.follow_each(&format!("recheck {n}"), wanted, filter).await?;
        }
        Ok(lacking.len() as u64)
    }
}

fn cursor(next: Next) -> Cursor {
    match next {
        Next::Token(token) => Cursor::Token(token),
        Next::Index(index) => Cursor::Index(index),
        Next::End => Cursor::Start,
    }
}

fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How long an open list may lie before it is listed from its start: page tokens do not live for ever.
pub(super) const OPEN_LIST_FOR: Duration = Duration::from_secs(15 * 60);
