//! A row of a page becomes a key, typed columns, the raw text and a hash.

use serde_json::Value;

use super::descriptor::{Descriptor, Key};
use super::table::{ColumnType, SqlValue};
use crate::domain::decimal::Decimal;
use crate::domain::drift::RowDrift;
use crate::domain::id::EntityId;
use crate::domain::unit::{AdProduct, Level};
use crate::domain::{json, time};

/// Grows whenever the mapping from rows to columns changes, so that stored rows are mapped anew.
pub const MAPPING_VERSION: i64 = 2;

/// What identifies a row within a profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityKey {
    /// The ad product.
    pub ad_product: AdProduct,
    /// What it hangs on.
    pub level: Level,
    /// Its id.
    pub id: EntityId,
}

/// A row ready for its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityRow {
    /// Its key within the profile.
    pub key: EntityKey,
    /// The values of the table's own columns, in the table's order.
    pub columns: Vec<SqlValue>,
    /// The whole object as it came.
    pub raw: String,
    /// Hash of the canonical object.
    pub hash: u128,
    /// What did not fit.
    pub notes: RowNotes,
    /// What is not known to adsync; `raw` has it all.
    pub drift: RowDrift,
}

/// What mapping a row could not keep in its columns; `raw` has it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowNotes {
    /// Values of a type that the column cannot hold: NULL in the column.
    pub unmapped: u32,
    /// Amounts finer than a millionth: rounded in the column.
    pub rounded: u32,
    /// 1 for a row that came without an id and is known by its parents.
    pub keyed_by_parents: u32,
}

/// Why something in a page is no row of its entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// No JSON, or nested too deeply to be read.
    #[error("a row cannot be read: {0}")]
    Unreadable(String),
    /// JSON, but not an object.
    #[error("what stands in the place of a row is {found}, and no object")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
    /// Without an id there is no key, and without a key a row would be lost.
    #[error("a row has no usable {field}")]
    NoId {
        /// The field that should hold it.
        field: &'static str,
    },
}

impl Descriptor {
    /// Reads one row's object.
    pub fn parse_row(&self, text: &str) -> Result<Value, RowError> {
        let value = json::parse(text).map_err(|error| RowError::Unreadable(error.to_string()))?;
        let found = match value {
            Value::Object(_) => return Ok(value),
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "an array",
        };
        Err(RowError::NotAnObject { found })
    }

    /// What identifies the row within its unit: its own id, or those of its parents with a slash between them.
    pub fn id_of(&self, row: &Value) -> Result<EntityId, RowError> {
        let field = self.key.field();
        let own = row.get(field).and_then(EntityId::from_json);
        own.or_else(|| self.id_by_parents(row)).ok_or(RowError::NoId { field })
    }

    /// The id of a row that came without its own. One that came with something unusable has none at all.
    fn id_by_parents(&self, row: &Value) -> Option<EntityId> {
        let Key::FieldOrParents(field, parents) = self.key else { return None };
        if !matches!(row.get(field), None | Some(Value::Null)) {
            return None;
        }
        let ids = parents.iter().map(|parent| row.get(*parent).and_then(EntityId::from_json));
        let ids: Vec<String> = ids.map(|id| id.map(EntityId::into_string)).collect::<Option<_>>()?;
        EntityId::from_text(&ids.join("/"))
    }

    /// Maps a row to its table. Values that do not fit their column never fail the row: they are counted.
    pub fn map_row(&self, text: &str) -> Result<EntityRow, RowError> {
        let row = self.parse_row(text)?;
        let id = self.id_of(&row)?;
        let own = row.get(self.key.field()).is_some_and(|id| !id.is_null());
        let mut notes = RowNotes { keyed_by_parents: u32::from(!own), ..RowNotes::default() };
        let columns = self
            .table
            .columns
            .iter()
            .map(|column| {
                let source = self.columns.iter().find(|s| s.column == column.name);
                match source.and_then(|s| json::at(&row, s.path)) {
                    None | Some(Value::Null) => column.kind.null(),
                    Some(value) => map_value(column.kind, value, &mut notes),
                }
            })
            .collect();
        Ok(EntityRow {
            key: EntityKey { ad_product: self.unit.ad_product, level: self.level, id },
            columns,
            raw: text.to_owned(),
            hash: json::hash(&row),
            notes,
            drift: self.drift_of(&row),
        })
    }
}

fn map_value(kind: ColumnType, value: &Value, notes: &mut RowNotes) -> SqlValue {
    let mapped = match kind {
        ColumnType::Text => match value {
            Value::String(text) => Some(SqlValue::Text(Some(storable(text)))),
            Value::Number(_) | Value::Bool(_) => Some(SqlValue::Text(Some(value.to_string()))),
            _ => None,
        },
        ColumnType::Id => EntityId::from_json(value).map(|id| SqlValue::Text(Some(id.into_string()))),
        ColumnType::Micros => {
            money_text(value).and_then(|text| Decimal::parse(&text)?.to_micros()).map(|m| {
                notes.rounded += u32::from(!m.exact);
                SqlValue::Int(Some(m.value))
            })
        }
        ColumnType::Instant => time::parse_instant(value).map(|at| SqlValue::Int(Some(at.0))),
        ColumnType::Bool => value.as_bool().map(|yes| SqlValue::Bool(Some(yes))),
        ColumnType::Date => value.as_str().and_then(time::parse_date).map(|d| SqlValue::Text(Some(d))),
        ColumnType::Json => Some(SqlValue::Text(Some(storable(&value.to_string())))),
    };
    mapped.unwrap_or_else(|| {
        notes.unmapped += 1;
        kind.null()
    })
}

fn money_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// PostgreSQL's text cannot hold U+0000; `raw` keeps it, as the escape that came.
fn storable(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::{DESCRIPTORS, Descriptor};
    use super::*;

    fn of(path: &str) -> &'static Descriptor {
        DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap()
    }

    fn column(d: &Descriptor, row: &EntityRow, name: &str) -> SqlValue {
        let at = d.table.columns.iter().position(|c| c.name == name).unwrap();
        row.columns[at].clone()
    }

    fn text(value: &str) -> SqlValue {
        SqlValue::Text(Some(value.to_owned()))
    }

    #[test]
    fn an_sp_campaign_keeps_nested_money_and_absent_fields_as_null() {
        let d = of("/sp/campaigns/list");
        let row = d
            .map_row(
                r#"{"campaignId":"39413387973397","name":"x","state":"PAUSED","targetingType":"MANUAL","startDate":"2022-07-05",
                "budget":{"budget":10.0,"budgetType":"DAILY"},"endDate":null,"tags":{}}"#,
            )
            .unwrap();
        assert_eq!(row.key.id.as_str(), "39413387973397");
        assert_eq!(column(d, &row, "budget_micros"), SqlValue::Int(Some(10_000_000)));
        assert_eq!(column(d, &row, "end_date"), SqlValue::Text(None));
        assert_eq!(column(d, &row, "portfolio_id"), SqlValue::Text(None));
        assert_eq!(row.notes, RowNotes::default());
    }

    #[test]
    fn an_sd_target_keeps_predicates_in_every_documented_form() {
        let d = of("/sd/targets");
        for expression in [
            r#"[{"type":"similarProduct"}]"#,
            r#"[{"type":"views","value":[{"type":"lookback","value":"30"}]}]"#,
            r#"[{"type":"asinCategorySameAs","value":"category=\"12345678\" lookback=30"}]"#,
        ] {
            let row = d
                .map_row(&format!(
                    r#"{{"targetId":144158449488730278,"adGroupId":2,"campaignId":3,"bid":0.4,"state":"enabled","expression":{expression}}}"#
                ))
                .unwrap();
            assert_eq!(row.key.id.as_str(), "144158449488730278");
            assert_eq!(column(d, &row, "expression"), text(expression));
            assert_eq!(column(d, &row, "ad_group_id"), text("2"));
        }
    }

    #[test]
    fn unknown_enum_values_and_fields_are_kept() {
        let d = of("/sp/keywords/list");
        let raw = r#"{"keywordId":"1","adGroupId":"2","campaignId":"3","keywordText":"a","matchType":"TELEPATHIC","state":"DREAMING","zeta":[1]}"#;
        let row = d.map_row(raw).unwrap();
        assert_eq!(column(d, &row, "match_type"), text("TELEPATHIC"));
        assert_eq!(column(d, &row, "state"), text("DREAMING"));
        assert_eq!(row.raw, raw);
    }

    #[test]
    fn a_value_that_does_not_fit_is_counted_and_never_fails_the_row() {
        let d = of("/sp/keywords/list");
        let row = d
            .map_row(r#"{"keywordId":"1","adGroupId":{"a":1},"bid":"cheap","keywordText":"a\u0000b","campaignId":"3"}"#)
            .unwrap();
        assert_eq!(row.notes, RowNotes { unmapped: 2, ..RowNotes::default() });
        assert_eq!(column(d, &row, "keyword_text"), text("a\u{fffd}b"));
        let row = d.map_row(r#"{"keywordId":"1","bid":0.12345678}"#).unwrap();
        assert_eq!(row.notes, RowNotes { rounded: 1, ..RowNotes::default() });
    }

    #[test]
    fn half_a_surrogate_pair_fails_no_row_and_stays_as_it_came_in_raw() {
        let d = of("/sp/keywords/list");
        let raw = r#"{"keywordId":"1","keywordText":"shoes \ud83d","state":"ENABLED"}"#;
        let row = d.map_row(raw).unwrap();
        assert_eq!(column(d, &row, "keyword_text"), text("shoes \u{fffd}"));
        assert_eq!((row.raw.as_str(), row.notes), (raw, RowNotes::default()));
        assert_eq!(row.hash, d.map_row(raw).unwrap().hash);
    }

    #[test]
    fn a_row_without_an_id_is_an_error_and_never_dropped() {
        let d = of("/sb/keywords");
        assert_eq!(d.map_row(r#"{"bid":1}"#), Err(RowError::NoId { field: "keywordId" }));
        assert_eq!(d.map_row(r#"{"keywordId":null}"#), Err(RowError::NoId { field: "keywordId" }));
        assert_eq!(d.map_row("[1]"), Err(RowError::NotAnObject { found: "an array" }));
        assert_eq!(
            d.map_row("null").unwrap_err().to_string(),
            "what stands in the place of a row is null, and no object"
        );
        let deep = format!(r#"{{"keywordId":1,"x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let error = d.map_row(&deep).unwrap_err().to_string();
        assert!(error.starts_with("a row cannot be read: recursion limit exceeded"), "{error}");
    }

    #[test]
    fn an_sb_ad_of_the_old_kind_is_known_by_its_parents() {
        let d = of("/sb/v4/ads/list");
        let old =
            d.map_row(r#"{"campaignId":"1","adGroupId":"144158449488730279","state":"ENABLED"}"#).unwrap();
        assert_eq!((old.key.id.as_str(), old.notes.keyed_by_parents), ("1/144158449488730279", 1));
        let new = d.map_row(r#"{"adId":"7","campaignId":"1","adGroupId":"2"}"#).unwrap();
        assert_eq!((new.key.id.as_str(), new.notes.keyed_by_parents), ("7", 0));
        for unusable in [r#"{"campaignId":"1"}"#, r#"{"adId":{},"campaignId":"1","adGroupId":"2"}"#] {
            assert_eq!(d.map_row(unusable), Err(RowError::NoId { field: "adId" }), "{unusable}");
        }
    }

    #[test]
    fn instants_and_booleans_become_what_sql_compares() {
        let d = of("/portfolios/list");
        let row = d
            .map_row(
                r#"{"portfolioId":"1","inBudget":false,"extendedData":{"creationDateTime":"2022-02-08T15:08:39.536Z"}}"#,
            )
            .unwrap();
        assert_eq!(column(d, &row, "in_budget"), SqlValue::Bool(Some(false)));
        assert_eq!(column(d, &row, "api_created_at"), SqlValue::Int(Some(1_644_332_919_536_000)));
        let d = of("/sd/campaigns");
        let row =
            d.map_row(r#"{"campaignId":1,"creationDate":1597331635000,"lastUpdatedDate":"soon"}"#).unwrap();
        assert_eq!(column(d, &row, "api_created_at"), SqlValue::Int(Some(1_597_331_635_000_000)));
        assert_eq!((column(d, &row, "api_updated_at"), row.notes.unmapped), (SqlValue::Int(None), 1));
    }

    #[test]
    fn the_hash_ignores_form_and_sees_every_field() {
        let d = of("/sp/keywords/list");
        let hash = |text: &str| d.map_row(text).unwrap().hash;
        assert_eq!(hash(r#"{"keywordId":"1","bid":1.10}"#), hash(r#"{ "bid":1.1, "keywordId":"1" }"#));
        assert_ne!(hash(r#"{"keywordId":"1","bid":1.1}"#), hash(r#"{"keywordId":"1","bid":1.1,"new":0}"#));
    }
}
