//! Canonical JSON: one text for each value, whatever order its fields and whatever form its numbers came in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::decimal::Decimal;

/// Reads a value. An escape of half a surrogate pair, which JSON allows and no text can hold, is read as U+FFFD.
///
/// # Errors
/// When the text is no JSON.
pub fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| match whole_pairs(text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// The text with each half of a surrogate pair that stands alone replaced; `None` when there is none.
fn whole_pairs(text: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(text.get(copied..at)?);
                out.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            (Some(_), _) => 6,
            // The backslash and the character that it escapes; a backslash escapes no other escape.
            (None, _) => 2,
        };
    }
    (copied > 0).then(|| out + text.get(copied..).unwrap_or_default())
}

/// The canonical text of a value: sorted fields, no blanks, one form for each number.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            match Decimal::parse(&text) {
                Some(decimal) => out.push_str(&decimal.canonical()),
                None => out.push_str(&text),
            }
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            // Sorted here as well, so that the hash does not hang on how a dependency orders its maps.
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            out.push('{');
            for (i, (name, item)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::String(name.clone()));
                write_canonical(item, out);
            }
            out.push('}');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A stable 128-bit hash of a value's canonical text.
pub fn hash(value: &Value) -> u128 {
    xxhash_rust::xxh3::xxh3_128(canonical(value).as_bytes())
}

/// The value at a dotted path, such as `budget.budget`; `None` when a step is missing.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| value.get(step))
}

/// The fields that differ between two objects, as two flat objects of dotted paths: before and after.
///
/// Objects are compared field by field, everything else as a whole. A field that one side lacks is absent
/// from that side's result. Numbers that only differ in form are equal.
pub fn difference(before: &Value, after: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let mut out = (Map::new(), Map::new());
    walk(before, after, String::new(), &mut out);
    out
}

fn walk(before: &Value, after: &Value, path: String, out: &mut (Map<String, Value>, Map<String, Value>)) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => walk(old, new, path, out),
                    (Some(old), None) => {
                        out.0.insert(path, old.clone());
                    }
                    (None, Some(new)) => {
                        out.1.insert(path, new.clone());
                    }
                    (None, None) => {}
                }
            }
        }
        (old, new) if canonical(old) == canonical(new) => {}
        (old, new) => {
            out.0.insert(path.clone(), old.clone());
            out.1.insert(path, new.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value {
        super::parse(text).unwrap()
    }

    #[test]
    fn half_a_surrogate_pair_is_read_as_the_replacement_character() {
        for (text, read) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""a\ud83d b\uDE00c""#, "a\u{fffd} b\u{fffd}c"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}\u{1f600}\u{fffd}"),
            (r#""\ud83d\n\ud83d\\ude00""#, "\u{fffd}\n\u{fffd}\\ude00"),
            (r#""\\ud83d\ud83dü""#, "\\ud83d\u{fffd}ü"),
            (r#""\ud83d\ude00""#, "\u{1f600}"),
        ] {
            assert_eq!(parse(text), Value::from(read), "{text}");
        }
        assert_eq!(parse(r#"{"\udfff":1}"#), serde_json::json!({"\u{fffd}": 1}));
        assert_eq!(hash(&parse(r#"{"a":"\ud83d"}"#)), hash(&parse(r#"{ "a":"\uD83D" }"#)));
        for text in ["", r#""\ud83d"#, r#""\ud8"#, r#"{"a":"\ud83d"#, r#""\ud83dü\"#, r#""\ud8zz""#] {
            assert!(super::super::json::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn order_blanks_and_number_forms_do_not_matter() {
        let a = parse(r#"{"b":1.10,"a":[{"y":null,"x":"ü"}]}"#);
        let b = parse(r#"{ "a" : [ {"x":"\u00fc","y":null} ], "b" : 1.1 }"#);
        assert_eq!(canonical(&a), canonical(&b));
        assert_eq!(hash(&a), hash(&b));
        assert_eq!(canonical(&a), r#"{"a":[{"x":"ü","y":null}],"b":11e-1}"#);
    }

    #[test]
    fn the_hash_is_stable_across_builds() {
        // Stored in databases: if this changes, MAPPING_VERSION must change with it.
        assert_eq!(
            hash(&parse(r#"{"id":"1","bid":0.75}"#)),
            258_890_312_702_825_816_332_628_573_112_412_390_308_u128
        );
    }

    #[test]
    fn the_difference_names_only_what_changed() {
        let (before, after) = difference(
            &parse(r#"{"state":"ENABLED","budget":{"budget":50,"type":"DAILY"},"end":"x","n":1.0}"#),
            &parse(r#"{"state":"PAUSED","budget":{"budget":80,"type":"DAILY"},"new":1,"n":1}"#),
        );
        assert_eq!(Value::Object(before), parse(r#"{"budget.budget":50,"state":"ENABLED","end":"x"}"#));
        assert_eq!(Value::Object(after), parse(r#"{"budget.budget":80,"state":"PAUSED","new":1}"#));
    }
}
