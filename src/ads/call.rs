//! A list call as data, and the request that it becomes.
//!
//! Reads descriptors; knows nothing of hosts, tokens or answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::entity::{Descriptor, Extended, IdFilter, IdFilterForm, Paging, RequestSpec};
use crate::domain::id::{EntityId, ProfileId};

/// Which page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// The first.
    #[default]
    Start,
    /// The one behind this `nextToken`.
    Token(String),
    /// The one that begins with this row, counted from 0.
    Index(u64),
}

/// One page to fetch.
#[derive(Debug, Clone)]
pub struct ListCall {
    /// Name of the login that asks.
    pub login: String,
    /// Whose rows.
    pub profile_id: ProfileId,
    /// Which rows.
    pub descriptor: &'static Descriptor,
    /// Only rows with these ids; whose ids they are depends on the filter.
    pub filter: Option<(IdFilter, Vec<EntityId>)>,
    /// Name and value of a filter that takes one value at a time.
    pub each: Option<(&'static str, &'static str)>,
    /// With timestamps and serving status, where the list has them.
    pub extended: bool,
    /// Which page.
    pub cursor: Cursor,
    /// Higher goes first.
    pub priority: i64,
}

/// A request without host and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WireRequest {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) query: Vec<(String, String)>,
    pub(super) accept: &'static str,
    /// Media type and text.
    pub(super) body: Option<(&'static str, String)>,
}

/// The methods that lists use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl ListCall {
    /// A stable hash, in hex, of everything that decides what the answer means: method, path, media types,
    /// query and body with the cursor. Not of who asks: pages are kept for each profile.
    pub fn fingerprint(&self) -> String {
        let request = self.wire();
        let (content_type, body) = request.body.as_ref().map_or(("", ""), |(t, b)| (t, b.as_str()));
        let text =
            json!([request.method.as_str(), request.path, content_type, request.accept, request.query, body]);
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.to_string().as_bytes()))
    }

    /// What the request weighs in the rate limit.
    pub(super) fn weight(&self) -> u32 {
        if self.extension().is_some() { Extended::WEIGHT } else { 1 }
    }

    fn extension(&self) -> Option<Extended> {
        self.descriptor.list.extended.filter(|_| self.extended)
    }

    /// The request for this page.
    pub(super) fn wire(&self) -> WireRequest {
        let list = &self.descriptor.list;
        let joined = |ids: &[EntityId]| ids.iter().map(EntityId::as_str).collect::<Vec<_>>().join(",");
        match list.request {
            RequestSpec::Post { path, content_type, accept, body } => {
                // A fixed body that is no object is caught by a test over all descriptors.
                let mut body: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
                for (name, value) in self.paging() {
                    body.insert(name.to_owned(), value);
                }
                if let Some((filter, ids)) = &self.filter {
                    let value = match filter.form {
                        IdFilterForm::Include => {
                            json!({ "include": ids.iter().map(EntityId::as_str).collect::<Vec<_>>() })
                        }
                        IdFilterForm::CommaList => Value::String(joined(ids)),
                        IdFilterForm::Filters => {
                            let values: Vec<_> = ids.iter().map(EntityId::as_str).collect();
                            json!({ "filterType": filter.field, "values": values })
                        }
                    };
                    match body.get_mut("filters").and_then(Value::as_array_mut) {
                        Some(filters) if filter.form == IdFilterForm::Filters => filters.push(value),
                        _ => drop(body.insert(filter.field.to_owned(), value)),
                    }
                }
                if self.extension() == Some(Extended::Flag) {
                    body.insert("includeExtendedDataFields".to_owned(), Value::Bool(true));
                }
                let body = Some((content_type, Value::Object(body).to_string()));
                WireRequest { method: Method::Post, path, query: Vec::new(), accept, body }
            }
            RequestSpec::Get { path, accept, query } => {
                let fixed = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
                let paging = self
                    .paging()
                    .into_iter()
                    .map(|(n, v)| (n.to_owned(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)));
                let filter = self.filter.iter().map(|(f, ids)| (f.field.to_owned(), joined(ids)));
                let each = self.each.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
                let query = fixed.chain(each).chain(paging).chain(filter).collect();
                let path = match self.extension() {
                    Some(Extended::Path(extended)) => extended,
                    _ => path,
                };
                WireRequest { method: Method::Get, path, query, accept, body: None }
            }
        }
    }

    /// Page size and cursor.
    fn paging(&self) -> Vec<(&'static str, Value)> {
        let mut fields = match self.descriptor.list.paging {
            Paging::NextToken { max_results } => {
                max_results.map(|most| ("maxResults", Value::from(most))).into_iter().collect()
            }
            Paging::StartIndex { count } => {
                let index = if let Cursor::Index(index) = self.cursor { index } else { 0 };
                vec![("startIndex", Value::from(index)), ("count", Value::from(count))]
            }
        };
        if let Cursor::Token(token) = &self.cursor {
            fields.push(("nextToken", Value::from(token.as_str())));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::DESCRIPTORS;

    fn call(path: &str) -> ListCall {
        let descriptor = DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap();
        ListCall {
            login: "acme".to_owned(),
            profile_id: ProfileId(1),
            descriptor,
            filter: None,
            each: None,
            extended: false,
            cursor: Cursor::Start,
            priority: 0,
        }
    }

    fn ids(texts: &[&str]) -> Vec<EntityId> {
        texts.iter().filter_map(|t| EntityId::from_text(t)).collect()
    }

    #[test]
    fn every_fixed_body_is_an_object_that_survives_in_the_request() {
        for d in DESCRIPTORS {
            if let RequestSpec::Post { body, path, .. } = d.list.request {
                let fixed: Map<String, Value> = serde_json::from_str(body).unwrap();
                let (_, sent) = call(path).wire().body.unwrap();
                let sent: Map<String, Value> = serde_json::from_str(&sent).unwrap();
                assert!(fixed.iter().all(|(name, value)| sent.get(name) == Some(value)), "{path}");
                assert_eq!(sent.contains_key("maxResults"), path != "/portfolios/list", "{path}");
            }
        }
    }

    #[test]
    fn a_post_list_sends_states_page_size_token_and_ids_in_its_body() {
        let mut call = call("/sp/campaigns/list");
        call.cursor = Cursor::Token("a+/=".to_owned());
        call.filter = call.descriptor.list.recheck.map(|r| (r.filter, ids(&["144327786111035249", "2"])));
        let request = call.wire();
        let (media, body) = request.body.unwrap();
        assert_eq!((request.method, media), (Method::Post, "application/vnd.spCampaign.v3+json"));
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap(),
            json!({
                "stateFilter": { "include": ["ENABLED", "PAUSED", "ARCHIVED"] },
                "marketplaceBudgetAllocationFilter": { "include": ["AUTO", "MANUAL"] },
                "maxResults": 1000,
                "nextToken": "a+/=",
                "campaignIdFilter": { "include": ["144327786111035249", "2"] },
            })
        );
    }

    #[test]
    fn a_get_list_sends_start_index_count_and_ids_in_its_query() {
        let mut call = call("/sb/keywords");
        call.cursor = Cursor::Index(1000);
        call.filter = call.descriptor.list.batch.as_ref().map(|b| (b.filter, ids(&["1", "2"])));
        let request = call.wire();
        assert_eq!(request.body, None);
        let query: Vec<_> = request.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            query,
            [
                ("stateFilter", "enabled,paused,archived"),
                ("startIndex", "1000"),
                ("count", "1000"),
                ("campaignIdFilter", "1,2"),
            ]
        );
    }

    #[test]
    fn filters_of_version_3_are_added_to_those_that_are_fixed() {
        let mut call = call("/sb/targets/list");
        call.filter = call.descriptor.list.recheck.map(|r| (r.filter, ids(&["1", "2"])));
        let (media, body) = call.wire().body.unwrap();
        assert_eq!(media, "application/json");
        let body: Value = serde_json::from_str(&body).unwrap();
        let filters = json!([
            { "filterType": "TARGETING_STATE", "values": ["enabled", "paused", "archived"] },
            { "filterType": "CAMPAIGN_ID", "values": ["1", "2"] },
        ]);
        assert_eq!(body, json!({ "filters": filters, "maxResults": 5000 }));
    }

    #[test]
    fn a_filter_of_one_value_is_part_of_the_query_and_of_the_fingerprint() {
        let mut call = call("/sb/negativeKeywords");
        call.each = Some(("stateFilter", "archived"));
        assert_eq!(call.wire().query[0], ("stateFilter".to_owned(), "archived".to_owned()));
        let archived = call.fingerprint();
        call.each = Some(("stateFilter", "enabled"));
        assert_ne!(call.fingerprint(), archived);
    }

    #[test]
    fn extended_lists_are_asked_for_by_flag_or_by_path_and_weigh_five() {
        let (mut flag, mut path, mut none) =
            (call("/sp/keywords/list"), call("/sd/targets"), call("/sb/keywords"));
        for call in [&mut flag, &mut path, &mut none] {
            assert_eq!(call.weight(), 1);
            call.extended = true;
        }
        assert!(flag.wire().body.unwrap().1.contains(r#""includeExtendedDataFields":true"#));
        assert_eq!(path.wire().path, "/sd/targets/extended");
        assert_eq!(none.wire().path, "/sb/keywords");
        assert_eq!((flag.weight(), path.weight(), none.weight()), (5, 5, 1));
    }

    #[test]
    fn the_fingerprint_changes_with_the_cursor_and_the_filter_and_with_nothing_else() {
        let base = call("/sp/keywords/list");
        let with = |change: &dyn Fn(&mut ListCall)| {
            let mut other = base.clone();
            change(&mut other);
            other.fingerprint()
        };
        assert_eq!(base.fingerprint().len(), 32);
        assert_eq!(with(&|c| c.priority = 9), base.fingerprint());
        assert_eq!(with(&|c| "other".clone_into(&mut c.login)), base.fingerprint());
        assert_ne!(with(&|c| c.cursor = Cursor::Token("x".to_owned())), base.fingerprint());
        let filter = base.descriptor.list.recheck.unwrap().filter;
        let one = with(&|c| c.filter = Some((filter, ids(&["1"]))));
        assert_ne!(one, base.fingerprint());
        assert_ne!(one, with(&|c| c.filter = Some((filter, ids(&["2"])))));
        assert_ne!(base.fingerprint(), call("/sp/adGroups/list").fingerprint());
    }

    #[test]
    fn the_fingerprint_is_stable_across_builds() {
        // Stored with pages: a change only means that open lists start over, but it should not happen unseen.
        assert_eq!(call("/sd/targets").fingerprint(), "e387d357c5f053b3879108c98926aa37");
    }

    #[test]
    fn cursors_are_stored_as_plain_json() {
        for (cursor, text) in [
            (Cursor::Start, r#""start""#),
            (Cursor::Token("t".to_owned()), r#"{"token":"t"}"#),
            (Cursor::Index(5), r#"{"index":5}"#),
        ] {
            assert_eq!(serde_json::to_string(&cursor).unwrap(), text);
            assert_eq!(serde_json::from_str::<Cursor>(text).unwrap(), cursor);
        }
    }
}
