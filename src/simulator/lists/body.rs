//! Reads the JSON body of a list that is paged by tokens, and refuses what Amazon would refuse:
//! unknown members, wrong types, unknown enum values, too many ids, foreign tokens.

use std::collections::HashSet;

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::asked::{Asked, id};
use super::selection::Selection;
use super::spec::{ALL, By, Field, TokenPaging};
use super::token;
use crate::simulator::errors::Refusal;
use crate::simulator::world::churn::State;
use crate::simulator::world::dice::mix;

/// Reads a body. `place` hashes the profile and the list, for tokens are bound to them.
pub(crate) fn read(paging: &TokenPaging, body: &[u8], seed: u64, place: u64) -> Result<Asked, Refusal> {
    let mut members = match body.trim_ascii() {
        [] => Map::new(),
        text => match serde_json::from_slice(text) {
            Ok(Value::Object(members)) => members,
            _ => return Err(malformed("", "The request body is not a JSON object.")),
        },
    };
    let next = match members.remove("nextToken") {
        None => None,
        Some(Value::String(token)) => Some(token),
        Some(_) => return Err(malformed("nextToken", "nextToken must be a string.")),
    };
    let bound = mix(place, xxh3_64(Value::Object(members.clone()).to_string().as_bytes()));
    let size = match members.remove("maxResults") {
        None => paging.max_page,
        Some(value) if paging.sizable => page_size(&value, paging.max_page)?,
        Some(_) => return Err(unknown("maxResults")),
    };
    let filters = mix(place, xxh3_64(Value::Object(members.clone()).to_string().as_bytes()));
    let mut reader = Reader {
        selection: Selection::default(),
        extended: false,
        include_required: paging.include_required,
    };
    for (_, field) in paging.fields {
        if let Field::States { default, .. } = field {
            reader.selection.only_states(*default);
        }
    }
    for (name, value) in &members {
        let Some((_, field)) = paging.fields.iter().find(|(known, _)| known == name) else {
            return Err(unknown(name));
        };
        reader.member(name, field, value)?;
    }
    let offset = match next {
        None => 0,
        Some(next) => token::read(seed, bound, &next).ok_or_else(Refusal::invalid_token)? as usize,
    };
    Ok(Asked { selection: reader.selection, filters, bound, offset, size, extended: reader.extended })
}

struct Reader {
    selection: Selection,
    extended: bool,
    include_required: bool,
}

impl Reader {
    fn member(&mut self, name: &str, field: &Field, value: &Value) -> Result<(), Refusal> {
        match field {
            Field::Ids { by, max } => {
                let ids = include(name, value, &["include"], self.include_required)?;
                self.selection.only_ids(*by, ids_of(name, &ids, *max)?);
            }
            Field::States { allowed, max, .. } => {
                let states = include(name, value, &["include"], self.include_required)?;
                check_values(name, &states, allowed, *max)?;
                if !states.is_empty() {
                    self.selection.only_states(bits(&states));
                }
            }
            Field::Text { member, match_required, max } => {
                self.text(name, member, *match_required, *max, value)?
            }
            Field::Asins => self.text(name, "expression", false, 100, value)?,
            Field::Values { member, allowed, max } => {
                let values = include(name, value, &["include"], self.include_required)?;
                check_values(name, &values, allowed, *max)?;
                self.selection.only_texts(member, values, false);
            }
            Field::Bare { member, allowed } => {
                let values = texts(name, value)?;
                check_values(name, &values, allowed, usize::MAX)?;
                self.selection.only_texts(member, values, false);
            }
            Field::CampaignTargeting => match value.as_str() {
                Some("AUTO") => self.selection.only_campaigns(true),
                Some("MANUAL") => self.selection.only_campaigns(false),
                _ => return Err(bad_enum(name, value)),
            },
            Field::BudgetAllocation => {
                let values = include(name, value, &["include"], self.include_required)?;
                check_values(name, &values, &["AUTO", "MANUAL"], 2)?;
                let has = |wanted: &str| values.iter().any(|v| v == wanted);
                self.selection.budgets(has("MANUAL") || values.is_empty(), has("AUTO"));
            }
            Field::Extended => {
                self.extended =
                    value.as_bool().ok_or_else(|| malformed(name, format!("{name} must be a boolean.")))?;
            }
            Field::Locale => {
                let locale = value.as_str().ok_or_else(|| malformed(name, "locale must be a string."))?;
                self.selection.only_texts("nativeLanguageLocale", vec![locale.to_owned()], false);
            }
            Field::Filters { states } => self.filters(name, states, value)?,
        }
        Ok(())
    }

    fn text(
        &mut self,
        name: &str,
        member: &'static str,
        needs_match: bool,
        max: usize,
        value: &Value,
    ) -> Result<(), Refusal> {
        let wanted = include(name, value, &["include", "queryTermMatchType"], false)?;
        check_values(name, &wanted, &[], max)?;
        let broad = match value.get("queryTermMatchType") {
            Some(Value::String(m)) if m == "BROAD_MATCH" => true,
            Some(Value::String(m)) if m == "EXACT_MATCH" => false,
            None if !needs_match => true,
            None => {
                let location = format!("{name}.queryTermMatchType");
                return Err(Refusal::input(
                    "missingValueError",
                    "MISSING_VALUE",
                    &location,
                    format!("{location} is required."),
                ));
            }
            Some(other) => return Err(bad_enum(&format!("{name}.queryTermMatchType"), other)),
        };
        self.selection.only_texts(member, wanted, broad);
        Ok(())
    }

    /// The `filters` of SB v3: each type at most once.
    fn filters(&mut self, name: &str, states: &[&str], value: &Value) -> Result<(), Refusal> {
        let filters = value.as_array().ok_or_else(|| malformed(name, "filters must be an array."))?;
        let mut seen = HashSet::new();
        for filter in filters {
            let kind = filter["filterType"].as_str().unwrap_or_default();
            let extra =
                filter.as_object().is_none_or(|f| f.keys().any(|k| k != "filterType" && k != "values"));
            if extra || !seen.insert(kind) {
                return Err(malformed(name, "Each filter needs a filterType, given once, and values."));
            }
            let values =
                filter["values"].as_array().ok_or_else(|| malformed(name, "A filter needs values."))?;
            let values: Vec<String> =
                values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
            if values.is_empty() {
                return Err(malformed(name, "A filter needs at least one value."));
            }
            match kind {
                "CREATIVE_TYPE" => {
                    check_values(name, &values, &["productCollection", "video"], 2)?;
                    if let [one] = values.as_slice() {
                        self.selection.only_video(one == "video");
                    }
                }
                "TARGETING_STATE" => {
                    check_values(name, &values, states, 5)?;
                    self.selection.only_states(bits(&values));
                }
                "CAMPAIGN_ID" => self.selection.only_ids(By::Campaign, ids_of(name, &values, 100)?),
                "AD_GROUP_ID" => self.selection.only_ids(By::AdGroup, ids_of(name, &values, 100)?),
                _ => return Err(bad_enum("filters.filterType", &filter["filterType"])),
            }
        }
        Ok(())
    }
}

fn page_size(value: &Value, max: usize) -> Result<usize, Refusal> {
    let size =
        value.as_u64().ok_or_else(|| malformed("maxResults", "maxResults must be a positive integer."))?;
    let out_of = |reason| {
        Refusal::input("rangeError", reason, "maxResults", format!("maxResults must be between 1 and {max}."))
    };
    match size {
        0 => Err(out_of("TOO_LOW")),
        n if n > max as u64 => Err(out_of("TOO_HIGH")),
        n => Ok(n as usize),
    }
}

/// The strings of a filter's `include`, whose object has no members but the known ones.
fn include(name: &str, value: &Value, known: &[&str], required: bool) -> Result<Vec<String>, Refusal> {
    let members = value.as_object().ok_or_else(|| malformed(name, format!("{name} must be an object.")))?;
    if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(unknown(&format!("{name}.{other}")));
    }
    match members.get("include") {
        Some(list) => texts(&format!("{name}.include"), list),
        None if !required => Ok(Vec::new()),
        None => {
            let location = format!("{name}.include");
            Err(Refusal::input(
                "missingValueError",
                "MISSING_VALUE",
                &location,
                format!("{location} is required."),
            ))
        }
    }
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let list = value.as_array().ok_or_else(|| malformed(name, format!("{name} must be an array.")))?;
    let text = |v: &Value| v.as_str().map(str::to_owned);
    list.iter()
        .map(|v| text(v).ok_or_else(|| malformed(name, format!("{name} must hold strings."))))
        .collect()
}

fn ids_of(name: &str, ids: &[String], max: usize) -> Result<HashSet<u64>, Refusal> {
    check_values(name, ids, &[], max)?;
    let parsed: Option<HashSet<u64>> = ids.iter().map(|text| id(text)).collect();
    parsed.ok_or_else(|| {
        Refusal::input("malformedValueError", "PATTERN_NOT_MATCHED", name, "Id filter has invalid value")
    })
}

/// Refuses too many values, and values that are not among the allowed ones (if any are named).
fn check_values(name: &str, values: &[String], allowed: &[&str], max: usize) -> Result<(), Refusal> {
    if values.len() > max {
        let message = format!("{name} takes at most {max} values, got {}.", values.len());
        return Err(Refusal::input("rangeError", "TOO_HIGH", name, message));
    }
    match values.iter().find(|v| !allowed.is_empty() && !allowed.contains(&v.as_str())) {
        Some(bad) => Err(bad_enum(name, &Value::String(bad.clone()))),
        None => Ok(()),
    }
}

fn bits(states: &[String]) -> u8 {
    states.iter().filter_map(|s| State::bit(s)).fold(0, |all, bit| all | bit) & ALL
}

fn bad_enum(name: &str, value: &Value) -> Refusal {
    Refusal::input(
        "rangeError",
        "INVALID_ENUM_VALUE",
        name,
        format!("{value} is not a valid value of {name}."),
    )
}

fn malformed(name: &str, message: impl Into<String>) -> Refusal {
    Refusal::input("malformedValueError", "PATTERN_NOT_MATCHED", name, message)
}

fn unknown(name: &str) -> Refusal {
    Refusal::input("otherError", "OTHER_ERROR", name, format!("{name} is not a member of this request."))
}
