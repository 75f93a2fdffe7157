//! The fetch phase of one unit: its lists are followed to their proved ends, page by page, each page kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};

use super::carry::Others;
use super::certify::{ListError, ListProof, Next, UnitProof, Wanted};
use super::context::RunContext;
use super::error::SyncError;
use super::split::Size;
use crate::ads::{AdsError, Cursor, ListCall, ListPage};
use crate::domain::entity::{Descriptor, IdFilter, Paging, RecheckBy};
use crate::domain::id::EntityId;
use crate::domain::page::Page;
use crate::domain::plural::plural;
use crate::domain::profile::Access;
use crate::domain::run::Certificate;
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

/// Parts of a split list that are followed side by side.
const SIDE_BY_SIDE: usize = 6;

/// Fetches one unit of a run.
pub(super) struct UnitFetch<'a> {
    context: &'a RunContext,
    others: &'a Others<'a>,
    descriptor: &'static Descriptor,
    got: Mutex<Got>,
    /// Held while a page is counted and stored, so that parts side by side count one after the other.
    storing: tokio::sync::Mutex<()>,
}

/// What has been got of a unit so far.
#[derive(Default)]
struct Got {
    stored: HashMap<String, Vec<PageMeta>>,
    proof: UnitProof,
    pages: i64,
    lists: u32,
    reused: u32,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    request_id: Option<String>,
}

impl Got {
    fn note(&mut self, request_id: Option<String>, at: Timestamp) {
        self.pages += 1;
        self.oldest = Some(self.oldest.map_or(at, |known| known.min(at)));
        self.newest = Some(self.newest.map_or(at, |known| known.max(at)));
        self.request_id = request_id.or_else(|| self.request_id.take());
    }
}

/// One list of a unit.
struct List {
    name: String,
    wanted: Wanted,
    filter: Option<(IdFilter, Vec<EntityId>)>,
    each: Option<(&'static str, &'static str)>,
    /// True when it may be split after its first page.
    may_split: bool,
}

/// How far a list was followed.
enum Followed {
    /// To its end.
    Whole,
    /// Its first page said how many rows there are: the rest is for these parts.
    Split(Vec<Vec<EntityId>>),
}

impl<'a> UnitFetch<'a> {
    /// Prepares to fetch a unit, going on from the pages that are stored of it.
    pub(super) async fn new(
        context: &'a RunContext,
        others: &'a Others<'a>,
        descriptor: &'static Descriptor,
    ) -> Result<Self, SyncError> {
        let mut stored: HashMap<String, Vec<PageMeta>> = HashMap::new();
        for meta in context.store.pages(context.run().id, descriptor.unit).await? {
            stored.entry(meta.list.clone()).or_default().push(meta);
        }
        for pages in stored.values_mut() {
            pages.sort_by_key(|page| page.seq);
        }
        let got = Mutex::new(Got { stored, ..Got::default() });
        Ok(Self { context, others, descriptor, got, storing: tokio::sync::Mutex::default() })
    }

    fn got(&self) -> MutexGuard<'_, Got> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows all lists of the unit to their ends. `batch_ids` are the ids of the unit that it depends on.
    pub(super) async fn fetch(self, batch_ids: &[EntityId]) -> Result<Fetched, SyncError> {
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
                        target: "adsync::sync", profile_id = self.context.profile.id.0,
                        "{}  {}: the page token is no longer accepted, listing from the start",
                        self.context.profile.title(), self.descriptor.unit
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

    async fn list_all(&self, batch_ids: &[EntityId]) -> Result<Certificate, SyncError> {
        // A second listing that was begun before a crash is gone on with; the first one is then gone.
        let mut listing = usize::from(self.got().stored.keys().any(|list| list.starts_with(LISTINGS[1])));
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
            let doubted = self.got().proof.doubt(counts).is_some();
            let asked = if doubted { 0 } else { self.recheck().await? };
            let Some(doubt) = self.got().proof.doubt(counts) else { break asked };
            tracing::warn!(
                target: "adsync::sync", profile_id = self.context.profile.id.0,
                "{}  {}: the list is in doubt, {doubt}; listing once more",
                self.context.profile.title(), self.descriptor.unit
            );
            self.start_over().await?;
            listing = 1;
        };
        // Lists that an earlier attempt had to follow and this one had not.
        let unused = std::mem::take(&mut self.got().stored);
        for list in unused.into_keys() {
            self.forget(&list, 0).await?;
        }
        let now = self.context.store.now().await?;
        let got = self.got();
        Ok(Certificate {
            lists: got.lists,
            pages: u32::try_from(got.pages).unwrap_or(u32::MAX),
            rows: got.proof.rows(),
            distinct: got.proof.distinct(),
            reported_total: got.proof.reported_total(),
            ending: match self.descriptor.list.paging {
                _ if got.lists == 0 => "nothing to ask for".to_owned(),
                Paging::NextToken { .. } => "last page without token".to_owned(),
                Paging::StartIndex { .. } => "empty page, twice".to_owned(),
            },
            relisted: listing == 1,
            rechecked,
            rechecked_found: got.proof.found_by_id(),
            reused_pages: got.reused,
            oldest_page_at: got.oldest.unwrap_or(now),
            newest_page_at: got.newest.unwrap_or(now),
            last_request_id: got.request_id.clone(),
        })
    }

    /// Judges a second listing.
    fn judge(&self) -> Result<(), SyncError> {
        let judged = self.got().proof.judge_again();
        judged.map_err(|source| SyncError::List { unit: self.descriptor.unit, source })
    }

    /// Forgets everything that was fetched of the unit.
    async fn start_over(&self) -> Result<(), SyncError> {
        let run = self.context.run();
        let view = self.context.store.drop_pages(run.id, run.epoch, self.descriptor.unit, None).await?;
        self.context.tell_unit(view);
        *self.got() = Got::default();
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
    async fn list_once(&self, name: &str, batch_ids: &[EntityId]) -> Result<(), SyncError> {
        let Some(batch) = &self.descriptor.list.batch else {
            // A second listing is whole: the parts of the first one were in doubt.
            return self.follow_each(name, Wanted::All, None, name == LISTINGS[0]).await;
        };
        for (n, ids) in batch_ids.chunks(batch.filter.max).enumerate() {
            let filter = Some((batch.filter, ids.to_vec()));
            self.follow_each(&format!("{name} batch {n}"), Wanted::All, filter, false).await?;
        }
        Ok(())
    }

    /// Follows one list, or its list for each value of a filter that takes one at a time.
    async fn follow_each(
        &self,
        name: &str,
        wanted: Wanted,
        filter: Option<(IdFilter, Vec<EntityId>)>,
        may_split: bool,
    ) -> Result<(), SyncError> {
        let Some(each) = self.descriptor.list.each else {
            let list = List { name: name.to_owned(), wanted, filter, each: None, may_split };
            return match self.follow(list).await? {
                Followed::Whole => Ok(()),
                Followed::Split(parts) => self.follow_parts(name, parts).await,
            };
        };
        for value in each.values {
            let each = Some((each.name, *value));
            let name = format!("{name} {value}");
            self.follow(List { name, wanted, filter: filter.clone(), each, may_split: false }).await?;
        }
        Ok(())
    }

    /// Follows the parts of a split list side by side.
    async fn follow_parts(&self, name: &str, parts: Vec<Vec<EntityId>>) -> Result<(), SyncError> {
        let Some(split) = &self.descriptor.list.split else { return Ok(()) };
        let lists = parts.into_iter().enumerate().map(|(n, ids)| {
            let (name, filter) = (format!("{name} part {n}"), Some((split.filter, ids)));
            self.follow(List { name, wanted: Wanted::Part, filter, each: None, may_split: false })
        });
        let mut following = futures::stream::iter(lists).buffer_unordered(SIDE_BY_SIDE);
        while following.try_next().await?.is_some() {}
        Ok(())
    }

    /// The parts that a list falls into after its first page; `None` when it is followed as a whole.
    async fn parts(
        &self,
        list: &List,
        total: Option<u64>,
        first: &Page,
        took: Duration,
    ) -> Option<Vec<Vec<EntityId>>> {
        let split = self.descriptor.list.split.as_ref().filter(|_| list.may_split)?;
        let size = Size {
            total: total?,
            page: u64::try_from(first.len()).unwrap_or(u64::MAX),
            took,
            pace: self.context.client.pace(&self.context.profile.login, self.context.profile.id),
        };
        if !size.is_worth_parts() {
            return None;
        }
        let campaigns = self.others.ids(split.of).await?;
        size.parts(&campaigns, split.filter.max)
    }

    /// Follows one list to its end, or to where it is split, from where its stored pages leave off.
    async fn follow(&self, list: List) -> Result<Followed, SyncError> {
        let unit = self.descriptor.unit;
        let failed = |source| SyncError::List { unit, source };
        let mut proof = ListProof::new(self.descriptor.list.paging, list.wanted);
        let mut call = ListCall {
            login: self.context.profile.login.clone(),
            profile_id: self.context.profile.id,
            descriptor: self.descriptor,
            filter: list.filter.clone(),
            each: list.each,
            extended: self.context.config.extended,
            cursor: Cursor::Start,
            priority: self.context.run().priority,
        };
        let mut seq = 0;
        let mut stored = {
            let mut got = self.got();
            got.lists += 1;
            got.stored.remove(&list.name).unwrap_or_default()
        };
        // Half an index list is worth nothing: whatever was deleted meanwhile has moved the rest.
        if matches!(self.descriptor.list.paging, Paging::StartIndex { .. })
            && stored.last().is_some_and(|page| page.next_cursor.is_some())
        {
            self.forget(&list.name, 0).await?;
            stored.clear();
        }
        // A list that was split before has its first page and parts; it is split again, or listed anew.
        let was_split = list.may_split && stored.len() == 1 && stored[0].next_cursor.is_none();
        for meta in stored {
            // A page that answers another request than the one that is due belongs to no proof: from here on anew.
            if meta.seq != seq || meta.fingerprint != call.fingerprint() {
                self.forget(&list.name, seq).await?;
                break;
            }
            let body = self.context.store.page_body(self.context.run().id, unit, &list.name, seq).await?;
            let page = Page::parse(self.descriptor, body.into_bytes())
                .map_err(|e| SyncError::StoredPage { unit, reason: e.to_string() })?;
            if was_split && page.next_token.is_some() {
                let parts = self.parts(&list, page.total, &page, Duration::MAX).await;
                let Some(parts) = parts else {
                    self.forget(&list.name, seq).await?;
                    break;
                };
                self.reuse(&mut proof, &page, meta).map_err(failed)?;
                return Ok(Followed::Split(parts));
            }
            seq += 1;
            match self.reuse(&mut proof, &page, meta).map_err(failed)? {
                Next::End => return Ok(Followed::Whole),
                next => call.cursor = cursor(next),
            }
        }
        loop {
            let answer = self.context.client.list_page(&call, &self.context.observe(unit)).await?;
            let parts = match &answer.page.next_token {
                Some(_) if seq == 0 => self.parts(&list, answer.page.total, &answer.page, answer.took).await,
                _ => None,
            };
            let next = self.keep(&list.name, seq, &call, &mut proof, &answer, parts.is_some()).await?;
            seq += 1;
            match (parts, next) {
                (Some(parts), _) => return Ok(Followed::Split(parts)),
                (None, Next::End) => return Ok(Followed::Whole),
                (None, next) => call.cursor = cursor(next),
            }
        }
    }

    /// Takes a stored page into the proof.
    fn reuse(&self, proof: &mut ListProof, page: &Page, meta: PageMeta) -> Result<Next, ListError> {
        let mut got = self.got();
        let next = proof.accept(&mut got.proof, page)?;
        got.note(meta.request_id, meta.fetched_at);
        got.reused += 1;
        Ok(next)
    }

    /// Takes a page that was just answered into the proof, and stores it. `last` says that the list ends with it.
    async fn keep(
        &self,
        list: &str,
        seq: i64,
        call: &ListCall,
        proof: &mut ListProof,
        answer: &ListPage,
        last: bool,
    ) -> Result<Next, SyncError> {
        let (unit, page, run) = (self.descriptor.unit, &answer.page, self.context.run());
        let _one_after_the_other = self.storing.lock().await;
        let (next, pages, rows, expected) = {
            let mut got = self.got();
            let next =
                proof.accept(&mut got.proof, page).map_err(|source| SyncError::List { unit, source })?;
            got.note(answer.request_id.clone(), self.context.clock.now());
            (next, got.pages, got.proof.rows(), got.proof.reported_total())
        };
        let next_cursor = match &next {
            Next::End => None,
            _ if last => None,
            next => Some(serde_json::to_string(&cursor(next.clone())).unwrap_or_default()),
        };
        let cost = self.context.take_cost();
        let new = NewPage {
            unit,
            list,
            seq,
            fingerprint: &call.fingerprint(),
            next_cursor,
            rows: int(page.len() as u64),
            total: page.total.map(int),
            request_id: answer.request_id.as_deref(),
            body: page.body(),
            unit_pages: pages,
            unit_rows: int(rows),
            unit_expected: expected.map(int),
            requests: cost.sent,
            throttled: cost.throttled,
            throttled_us: cost.throttled_us,
        };
        let stored = self.context.store.store_page(run.id, run.epoch, &new).await;
        let view = stored.inspect_err(|_| self.context.put_back(cost))?;
        self.context.amend_run(|run| {
            cost.add_to(run);
            run.parks = 0;
        });
        tracing::info!(
            target: "adsync::sync", profile_id = self.context.profile.id.0,
            "{}  {unit} page {}: {}", self.context.profile.title(), view.pages, plural(page.len() as u64, "row", "rows")
        );
        self.context.tell_unit(view);
        Ok(next)
    }

    /// Asks for single stored rows that the list lacks, before anything is held for removed; gives how many. Rows
    /// that the API still has disprove the list.
    async fn recheck(&self) -> Result<u64, SyncError> {
        let Some(recheck) = self.descriptor.list.recheck else { return Ok(0) };
        let (wanted, parent) = match recheck.by {
            RecheckBy::Own => (Wanted::Rows, None),
            RecheckBy::Parent(column) => (Wanted::OfParents, Some(column)),
        };
        let (mut lacking, mut ids) = (Vec::new(), Vec::new());
        self.context
            .store
            .live_ids(self.context.profile.id, self.descriptor, parent, |id, of| {
                if !self.got().proof.has(&id) {
                    ids.extend(EntityId::from_text(of.as_deref().unwrap_or(&id)));
                    lacking.push(id);
                }
            })
            .await?;
        ids.sort();
        ids.dedup();
        self.got().proof.ask_for(lacking.iter().map(String::as_str));
        for (n, ids) in ids.chunks(recheck.filter.max).enumerate() {
            let filter = Some((recheck.filter, ids.to_vec()));
            self.follow_each(&format!("recheck {n}"), wanted, filter, false).await?;
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
