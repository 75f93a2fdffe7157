//! What is known of each list's rows: the fields that Amazon documents or is known to send, and the values of those that
//! have fixed ones. Whatever a row has beyond that is drift.
//!
//! `known/*.txt` is written by `scripts/specification.py`: one field a line, as a dotted path with `[]` for the elements
//! of a list and `*` for any name, then its values, if they are fixed.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde_json::Value;

use super::descriptor::Descriptor;
use crate::domain::drift::{DriftKind, Finding, RowDrift};

macro_rules! files {
    ($($path:literal = $file:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("known/", $file, ".txt")))),+]
    };
}

/// Each list, without the `/extended` of its extended form, with what is known of its rows in either form.
const FILES: &[(&str, &str)] = files![
    "/portfolios/list" = "portfolios",
    "/sp/campaigns/list" = "sp_campaigns",
    "/sp/adGroups/list" = "sp_ad_groups",
    "/sp/productAds/list" = "sp_product_ads",
    "/sp/keywords/list" = "sp_keywords",
    "/sp/negativeKeywords/list" = "sp_negative_keywords",
    "/sp/campaignNegativeKeywords/list" = "sp_campaign_negative_keywords",
    "/sp/targets/list" = "sp_targets",
    "/sp/negativeTargets/list" = "sp_negative_targets",
    "/sp/campaignNegativeTargets/list" = "sp_campaign_negative_targets",
    "/sb/v4/campaigns/list" = "sb_campaigns",
    "/sb/v4/adGroups/list" = "sb_ad_groups",
    "/sb/v4/ads/list" = "sb_ads",
    "/sb/keywords" = "sb_keywords",
    "/sb/negativeKeywords" = "sb_negative_keywords",
    "/sb/targets/list" = "sb_targets",
    "/sb/negativeTargets/list" = "sb_negative_targets",
    "/sb/themes/list" = "sb_themes",
    "/sd/campaigns" = "sd_campaigns",
    "/sd/adGroups" = "sd_ad_groups",
    "/sd/productAds" = "sd_product_ads",
    "/sd/targets" = "sd_targets",
    "/sd/negativeTargets" = "sd_negative_targets",
];

/// The longest path that is told, in characters.
const LONGEST_PATH: usize = 160;
/// The longest value that is told.
const LONGEST_VALUE: usize = 60;

/// What is known below one place of a row.
#[derive(Debug, Default)]
struct Node {
    fields: HashMap<&'static str, Node>,
    /// For fields of any name.
    any: Option<Box<Node>>,
    /// For the elements of a list.
    item: Option<Box<Node>>,
    /// The values that it may have; empty when they are not fixed.
    values: HashSet<&'static str>,
}

impl Node {
    fn read(text: &'static str) -> Self {
        let mut root = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (path, values) = line.split_once(": ").unwrap_or((line, ""));
            let node = path.split('.').fold(&mut root, |node, step| {
                let name = step.trim_end_matches("[]");
                let node = match name {
                    "*" => &mut **node.any.get_or_insert_default(),
                    name => node.fields.entry(name).or_default(),
                };
                (0..(step.len() - name.len()) / 2).fold(node, |node, _| node.item.get_or_insert_default())
            });
            node.values.extend(values.split('|').filter(|value| !value.is_empty()));
        }
        root
    }
}

/// A place in a row, without a text until one is needed.
struct At<'a> {
    above: Option<&'a At<'a>>,
    step: &'a str,
}

impl At<'_> {
    fn text(&self) -> String {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(At { above, step }) = at {
            steps.push(*step);
            at = *above;
        }
        let mut text = String::new();
        for step in steps.into_iter().rev() {
            if !text.is_empty() && step != "[]" {
                text.push('.');
            }
            // Whatever an API calls a field ends up on a terminal.
            text.extend(
                step.chars().take(LONGEST_PATH + 1).map(|c| if c.is_control() { '\u{fffd}' } else { c }),
            );
        }
        if text.chars().count() > LONGEST_PATH {
            text = text.chars().take(LONGEST_PATH - 1).chain(['…']).collect();
        }
        text
    }
}

/// A value that can be told: a word as enums have them. Anything else may be somebody's text, and is not repeated.
fn word(text: &str) -> String {
    let is_word = !text.is_empty()
        && text.len() <= LONGEST_VALUE
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/'));
    if is_word { text.to_owned() } else { "(another text)".to_owned() }
}

fn walk(node: &Node, value: &Value, at: &At<'_>, out: &mut RowDrift) {
    match value {
        Value::Null => {}
        Value::Object(fields) => members(node, fields, Some(at), out),
        Value::Array(items) => {
            let below = At { above: Some(at), step: "[]" };
            match &node.item {
                Some(item) => items.iter().for_each(|value| walk(item, value, &below, out)),
                None if items.is_empty() => {}
                None => out.add(Finding { kind: DriftKind::Field, path: below.text(), value: None }),
            }
        }
        _ if node.values.is_empty() => {}
        Value::String(text) if node.values.contains(text.as_str()) => {}
        other => {
            let told = match other {
                Value::String(text) => word(text),
                Value::Bool(truth) => truth.to_string(),
                _ => "(a number)".to_owned(),
            };
            out.add(Finding { kind: DriftKind::Value, path: at.text(), value: Some(told) });
        }
    }
}

fn members(node: &Node, fields: &serde_json::Map<String, Value>, above: Option<&At<'_>>, out: &mut RowDrift) {
    for (name, value) in fields {
        match (node.fields.get(name.as_str()), &node.any) {
            (Some(known), _) => walk(known, value, &At { above, step: name }, out),
            (None, Some(any)) => walk(any, value, &At { above, step: "*" }, out),
            // What is below an unknown field is not known either: the field says it all.
            (None, None) => {
                let path = At { above, step: name }.text();
                out.add(Finding { kind: DriftKind::Field, path, value: None });
            }
        }
    }
}

fn known(path: &str) -> Option<&'static Node> {
    static KNOWN: OnceLock<HashMap<&'static str, Node>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| FILES.iter().map(|(path, text)| (*path, Node::read(text))).collect());
    known.get(path.strip_suffix("/extended").unwrap_or(path))
}

impl Descriptor {
    /// What a row has that is not known.
    pub fn drift_of(&self, row: &Value) -> RowDrift {
        let mut out = RowDrift::default();
        if let (Some(node), Value::Object(fields)) = (known(self.list.request.path()), row) {
            members(node, fields, None, &mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::DESCRIPTORS;
    use super::*;
    use crate::domain::drift::MOST;

    fn drift(path: &str, row: &str) -> Vec<String> {
        let descriptor = DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap();
        let found = descriptor.drift_of(&serde_json::from_str(row).unwrap());
        found.findings.iter().map(|f| format!("{} {f}", f.kind)).collect()
    }

    #[test]
    fn something_is_known_of_every_list() {
        for d in DESCRIPTORS {
            let node = known(d.list.request.path()).unwrap_or_else(|| panic!("{}", d.unit));
            assert!(node.fields.contains_key(d.key.field()), "{}: {}", d.unit, d.key.field());
            for path in d.columns.iter().map(|column| column.path).chain(d.parents.iter().map(|p| p.field)) {
                let mut steps = path.split('.');
                let found = steps.try_fold(node, |node, step| node.fields.get(step));
                assert!(found.is_some(), "{}: {path}", d.unit);
            }
        }
    }

    #[test]
    fn every_file_is_used_and_holds_fields() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/entity/known");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
        for (path, text) in FILES {
            assert!(text.starts_with(&format!("# What is known of the rows of {path}. ")), "{path}");
            assert!(known(path).unwrap().fields.len() > 4, "{path}");
        }
    }

    #[test]
    fn fields_and_values_of_documented_rows_are_known() {
        for (path, row) in [
            (
                "/sp/campaigns/list",
                r#"{"campaignId":"1","state":"PAUSED","endDate":null,"tags":{"PONumber":"x"},"dynamicBidding":{"placementBidding":[],"strategy":"LEGACY_FOR_SALES"},"siteRestrictions":["AMAZON_BUSINESS"],"extendedData":{"servingStatus":"ENDED","servingStatusDetails":[{"name":"ENDED_DETAIL"}]}}"#,
            ),
            ("/sb/v4/campaigns/list", r#"{"campaignId":"1","bidding":{"bidOptimizationStrategy":"ANY"}}"#),
            (
                "/sd/targets",
                r#"{"targetId":1,"expression":[{"type":"views","value":[{"type":"lookback","value":"30"}]},{"type":"similarProduct"}],"resolvedExpression":[{"type":"views","value":"category"}],"servingStatus":"TARGET_STATUS_LIVE"}"#,
            ),
        ] {
            assert_eq!(drift(path, row), Vec::<String>::new(), "{path}");
        }
    }

    #[test]
    fn unknown_fields_and_values_are_told_with_their_place() {
        let row = r#"{"campaignId":"1","name":"My secret name","state":"DREAMING","zeta":{"deep":{"er":1}},
            "budget":{"budget":1,"carry":true,"budgetType":7},
            "dynamicBidding":{"strategy":"My own words","placementBidding":[{"placement":"A"},{"placement":"A","q":1}]},
            "siteRestrictions":["AMAZON_HAUL","AMAZON_MOON"],"targetingType":["AUTO"],"startDate":{"day":1}}"#;
        assert_eq!(
            drift("/sp/campaigns/list", row),
            [
                "value budget.budgetType = (a number)",
                "field budget.carry",
                "value dynamicBidding.placementBidding[].placement = A",
                "field dynamicBidding.placementBidding[].q",
                "value dynamicBidding.strategy = (another text)",
                "value siteRestrictions[] = AMAZON_MOON",
                "field startDate.day",
                "value state = DREAMING",
                "field targetingType[]",
                "field zeta",
            ]
        );
    }

    #[test]
    fn what_is_told_is_bounded_and_printable() {
        let long = "x".repeat(5_000);
        let row = format!(r#"{{"{long}":1,"a\u001b[2Jb":1,"state":"{long}"}}"#);
        let told = drift("/sp/campaigns/list", &row);
        assert!(told.iter().all(|text| text.chars().count() < 200 && !text.contains('\u{1b}')), "{told:?}");
        assert!(told.contains(&"value state = (another text)".to_owned()), "{told:?}");
        let fields: Vec<String> = (0..1_000).map(|n| format!(r#""f{n}":1"#)).collect();
        let row: Value = serde_json::from_str(&format!("{{{}}}", fields.join(","))).unwrap();
        let found = DESCRIPTORS[0].drift_of(&row);
        assert_eq!((found.findings.len(), found.more), (MOST, 950));
    }
}
