//! Which rows a request asks for. Knows rows and filters, but not how a request spelt them.

use std::collections::HashSet;

use serde_json::Value;

use super::spec::{ALL, By};
use crate::simulator::world::table::{AUTO_BUDGET, AUTO_TARGETING, Meta, ONLY_BY_CAMPAIGN, Table, VIDEO};

/// The filters of a request.
#[derive(Debug)]
pub(crate) struct Selection {
    ids: Vec<(By, HashSet<u64>)>,
    states: u8,
    texts: Vec<TextFilter>,
    campaign_auto: Option<bool>,
    manual_budget: bool,
    auto_budget: bool,
    video: Option<bool>,
}

#[derive(Debug)]
struct TextFilter {
    member: &'static str,
    values: Vec<String>,
    /// Contained in the member, whatever the case, instead of equal to it.
    broad: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            states: ALL,
            texts: Vec::new(),
            campaign_auto: None,
            manual_budget: true,
            auto_budget: false,
            video: None,
        }
    }
}

impl Selection {
    /// Only these ids; an empty list is no restriction.
    pub(crate) fn only_ids(&mut self, by: By, ids: HashSet<u64>) {
        if !ids.is_empty() {
            self.ids.push((by, ids));
        }
    }

    /// Only these states, as bits.
    pub(crate) const fn only_states(&mut self, states: u8) {
        self.states = states;
    }

    /// Only rows whose member has one of these values; an empty list is no restriction.
    pub(crate) fn only_texts(&mut self, member: &'static str, values: Vec<String>, broad: bool) {
        if !values.is_empty() {
            self.texts.push(TextFilter { member, values, broad });
        }
    }

    /// Only rows of campaigns with this way of targeting.
    pub(crate) const fn only_campaigns(&mut self, auto: bool) {
        self.campaign_auto = Some(auto);
    }

    /// Which ways of distributing a global budget are shown.
    pub(crate) const fn budgets(&mut self, manual: bool, auto: bool) {
        (self.manual_budget, self.auto_budget) = (manual, auto);
    }

    /// Only rows of video ad groups, or only others.
    pub(crate) const fn only_video(&mut self, video: bool) {
        self.video = Some(video);
    }

    fn by_campaign(&self) -> bool {
        self.ids.iter().any(|(by, _)| *by == By::Campaign)
    }

    /// Whether a row is asked for.
    pub(crate) fn passes(&self, table: &Table, row: &Meta) -> bool {
        let flagged = |flag| row.flags & flag != 0;
        self.states & row.state as u8 != 0
            && (if flagged(AUTO_BUDGET) { self.auto_budget } else { self.manual_budget })
            && self.video.is_none_or(|video| flagged(VIDEO) == video)
            && self.campaign_auto.is_none_or(|auto| flagged(AUTO_TARGETING) == auto)
            && (!flagged(ONLY_BY_CAMPAIGN) || self.by_campaign())
            && self.ids.iter().all(|(by, ids)| {
                ids.contains(&match by {
                    By::Own => row.id,
                    By::Campaign => row.campaign,
                    By::AdGroup => row.ad_group,
                    By::Portfolio => row.portfolio,
                })
            })
            && (self.texts.is_empty() || self.says(table.text(row)))
    }

    fn says(&self, text: &[u8]) -> bool {
        let row: Value = serde_json::from_slice(text).unwrap_or_default();
        self.texts.iter().all(|filter| {
            let found = strings(&row[filter.member]);
            found.iter().any(|found| filter.values.iter().any(|wanted| filter.matches(found, wanted)))
        })
    }
}

impl TextFilter {
    fn matches(&self, found: &str, wanted: &str) -> bool {
        if self.broad { found.to_lowercase().contains(&wanted.to_lowercase()) } else { found == wanted }
    }
}

/// The string itself, or the values of an expression's predicates.
fn strings(member: &Value) -> Vec<&str> {
    match member {
        Value::String(text) => vec![text],
        Value::Array(predicates) => predicates.iter().filter_map(|p| p["value"].as_str()).collect(),
        _ => Vec::new(),
    }
}
