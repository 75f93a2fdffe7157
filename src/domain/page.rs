//! A list's answer, accepted as a page only when its body has the expected shape.

use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;

use super::entity::{Descriptor, RowError, RowsAt};
use super::id::EntityId;

/// A page: the body as it came, and where its rows are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    body: String,
    rows: Vec<Range<usize>>,
    ids: Vec<EntityId>,
    /// The token of the next page; `None` at the end (missing, null and empty are the same).
    pub next_token: Option<String>,
    /// Rows over all pages, as the API counts them.
    pub total: Option<u64>,
}

/// Why a body is no page. An error body, an HTML page or half a page must never pass for an empty list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not UTF-8.
    #[error("the body is not UTF-8 text")]
    NotText,
    /// Not JSON, or cut off.
    #[error("the body is no complete JSON: {0}")]
    NotJson(String),
    /// JSON of another shape.
    #[error("the body has another shape: expected {expected}")]
    Shape {
        /// What a page of this list looks like.
        expected: String,
    },
    /// The array holds something that is no row.
    #[error("row {index}: {source}")]
    Row {
        /// Position in the page, from 0.
        index: usize,
        /// What is wrong with it.
        source: RowError,
    },
}

impl Page {
    /// Reads a body as a page of a descriptor's list, rows and ids included.
    pub fn parse(descriptor: &Descriptor, body: Vec<u8>) -> Result<Self, PageError> {
        let body = String::from_utf8(body).map_err(|_| PageError::NotText)?;
        let (rows, next_token, total) = match descriptor.list.rows {
            RowsAt::Root => (elements(&body, &body, "a JSON array")?, None, None),
            RowsAt::Field(field) => {
                let expected = || format!("an object with the array {field:?}");
                let fields: HashMap<&str, &RawValue> = serde_json::from_str(&body).map_err(|e| {
                    if e.is_data() {
                        PageError::Shape { expected: expected() }
                    } else {
                        PageError::NotJson(e.to_string())
                    }
                })?;
                let array = fields.get(field).ok_or_else(|| PageError::Shape { expected: expected() })?;
                let rows = elements(&body, array.get(), &expected())?;
                let next_token = match fields.get("nextToken").map(|raw| raw.get()) {
                    None | Some("null") => None,
                    Some(raw) => Some(
                        serde_json::from_str::<String>(raw)
                            .map_err(|_| PageError::Shape { expected: "nextToken as text".to_owned() })?,
                    )
                    .filter(|token| !token.is_empty()),
                };
                let total = descriptor
                    .list
                    .total
                    .and_then(|name| fields.get(name))
                    .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok())
                    .and_then(|value| EntityId::from_json(&value))
                    .and_then(|digits| digits.as_str().parse().ok());
                (rows, next_token, total)
            }
        };
        let ids = rows
            .iter()
            .enumerate()
            .map(|(index, range)| {
                let row = descriptor.parse_row(&body[range.clone()]);
                row.and_then(|row| descriptor.id_of(&row)).map_err(|source| PageError::Row { index, source })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { body, rows, ids, next_token, total })
    }

    /// The body as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True for a page without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows' own ids, in page order.
    pub fn ids(&self) -> &[EntityId] {
        &self.ids
    }

    /// The rows' JSON texts, in page order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.rows.iter().map(|range| &self.body[range.clone()])
    }
}

/// The byte ranges, within `body`, of the elements of the array `text`, which is a part of `body`.
fn elements(body: &str, text: &str, expected: &str) -> Result<Vec<Range<usize>>, PageError> {
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| {
        if e.is_data() {
            PageError::Shape { expected: expected.to_owned() }
        } else {
            PageError::NotJson(e.to_string())
        }
    })?;
    let base = body.as_ptr() as usize;
    Ok(items
        .into_iter()
        .map(|raw| {
            let start = raw.get().as_ptr() as usize - base;
            start..start + raw.get().len()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::entity::DESCRIPTORS;
    use super::*;

    fn of(path: &str) -> &'static Descriptor {
        DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap()
    }

    fn parse(path: &str, body: &str) -> Result<Page, PageError> {
        Page::parse(of(path), body.as_bytes().to_vec())
    }

    #[test]
    fn a_page_gives_its_rows_token_and_total() {
        let page = parse(
            "/sp/keywords/list",
            r#"{"totalResults":"7","keywords":[ {"keywordId":"1","x":"}"} , {"keywordId":2}],"nextToken":"a"}"#,
        )
        .unwrap();
        assert_eq!(page.rows().collect::<Vec<_>>(), [r#"{"keywordId":"1","x":"}"}"#, r#"{"keywordId":2}"#]);
        assert_eq!(page.ids().iter().map(EntityId::as_str).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((page.next_token.as_deref(), page.total), (Some("a"), Some(7)));
    }

    #[test]
    fn missing_null_and_empty_tokens_are_all_the_end() {
        for tail in ["", r#","nextToken":null"#, r#","nextToken":"""#] {
            let page = parse("/sp/campaigns/list", &format!(r#"{{"campaigns":[]{tail}}}"#)).unwrap();
            assert_eq!(page.next_token, None, "{tail}");
        }
    }

    #[test]
    fn sb_campaigns_count_in_another_field() {
        let page = parse("/sb/v4/campaigns/list", r#"{"campaigns":[],"totalCount":3.0}"#).unwrap();
        assert_eq!(page.total, Some(3));
    }

    #[test]
    fn nothing_but_a_page_is_taken_for_an_empty_page() {
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "<html></html>",
            r#"{"code":"429","details":"Too Many Requests"}"#,
            r#"{"message":"Too Many Requests"}"#,
            r#"{"keywords":null}"#,
            r#"{"keywords":{}}"#,
            r#"{"keywords":[],"nextToken":5}"#,
            r#"{"keywords":[{"keywordId":"1"}"#,
            r#"{"keywords":[{"keywordId":"1"},null]}"#,
            r#"{"keywords":[{"id":"1"}]}"#,
        ] {
            assert!(parse("/sp/keywords/list", body).is_err(), "{body}");
        }
        for body in
            ["", "{}", "null", r#"{"code":"429","details":"x"}"#, "[1]", "[{}]", r#"[{"campaignId":1}"#]
        {
            assert!(parse("/sd/campaigns", body).is_err(), "{body}");
        }
        assert!(Page::parse(of("/sd/campaigns"), vec![0xff, 0xfe]).is_err());
        assert!(parse("/sd/campaigns", " [ ] ").unwrap().is_empty());
    }
}
