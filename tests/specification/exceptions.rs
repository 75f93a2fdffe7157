//! Where the documented reality differs from the specification. Each exception says why, allows no more than it must,
//! and has to be needed by what passes: one that is not is a failure.

use serde_json::Value;

use super::validator::{Message, Side, Specification, Violation};

/// A known difference.
pub(crate) struct Exception {
    /// Operations: one by name, or the beginning of several followed by `*`.
    pub(crate) operations: &'static [&'static str],
    pub(crate) side: Side,
    /// The violation's place, or the beginning of it followed by `*`.
    pub(crate) place: &'static str,
    pub(crate) allows: Allows,
    pub(crate) why: &'static str,
}

/// What an exception lets pass.
pub(crate) enum Allows {
    /// A violation whose words end with this.
    Words(&'static str),
    /// A list of values, each of which the specification has, separated by commas in another way than it writes them.
    CommaList,
    /// An answer of this media type whose body has exactly these members, all of them text.
    Error(&'static [&'static str], &'static str),
    /// A value of this shape, at the place of the violation.
    Shape(fn(&Value) -> bool),
}

use Allows::{CommaList, Error, Shape, Words};
use Side::{Answer, Request};

/// All known differences.
pub(crate) const EXCEPTIONS: &[Exception] = &[
    Exception {
        operations: &["GET /sb/keywords"],
        side: Request,
        place: "query stateFilter",
        allows: CommaList,
        why: "described as a comma-delimited list whose default is one, while the enum has single values only",
    },
    Exception {
        operations: &["POST /sb/targets/list", "POST /sb/negativeTargets/list"],
        side: Request,
        place: "header amazon-advertising-api-*",
        allows: Words("not declared"),
        why: "the guides ask everything but the list of profiles for these headers; only these two declare none at all",
    },
    Exception {
        operations: &[
            "GET /sb/keywords",
            "GET /sb/negativeKeywords",
            "POST /sb/targets/list",
            "POST /sb/negativeTargets/list",
            "POST /sb/themes/list",
        ],
        side: Answer,
        place: "status *",
        allows: Error(&["code", "details"], "application/vnd.sberror.v3.0+json"),
        why: "Sponsored Brands v3 declares success and little else, and its errors have one form where it does",
    },
    Exception {
        operations: &["GET /sd/*"],
        side: Answer,
        place: "body ",
        allows: Words("('requestId' was unexpected)"),
        why: "recorded errors carry the request's id as well",
    },
    Exception {
        operations: &["POST /sb/v4/campaigns/list"],
        side: Answer,
        place: "body /campaigns/*/bidding",
        allows: Words("('bidOptimizationStrategy' was unexpected)"),
        why: "Amazon's own sample of an answer has it, and so have live ones",
    },
    Exception {
        operations: &["POST /sb/v4/campaigns/list"],
        side: Answer,
        place: "body /campaigns/*/bidding/bidAdjustmentsByPlacement",
        allows: Shape(|list| list.as_array().is_some_and(|list| list.len() == 4)),
        why: "live rows have one for each of the four placements, the specification allows three",
    },
    Exception {
        operations: &["POST /sb/negativeTargets/list"],
        side: Answer,
        place: "body /negativeTargets/*/expressions",
        allows: Shape(predicates),
        why: "typed as one predicate, while the schema beside it and the member's name have a list of them",
    },
    Exception {
        operations: &["POST /sb/negativeTargets/list"],
        side: Answer,
        place: "body /negativeTargets/*/resolvedExpressions",
        allows: Shape(predicates),
        why: "as with expressions",
    },
    Exception {
        operations: &["GET /sd/targets", "GET /sd/targets/extended"],
        side: Answer,
        place: "body /*/resolvedExpression/*",
        allows: Shape(deprecated),
        why: "a known issue of Amazon's own list: predicates of deprecated targets are resolved to a text",
    },
];

/// A list of the predicates that the specification has for one.
fn predicates(list: &Value) -> bool {
    list.as_array().is_some_and(|list| {
        list.iter().all(|one| {
            let members = one.as_object().map_or(0, serde_json::Map::len);
            members == 2
                && one["value"].is_string()
                && matches!(one["type"].as_str(), Some("asinSameAs" | "asinBrandSameAs"))
        })
    })
}

/// `category="12345678" lookback=30` in place of a list of predicates.
fn deprecated(predicate: &Value) -> bool {
    predicate.as_object().is_some_and(|members| members.len() == 2)
        && matches!(predicate["type"].as_str(), Some("views" | "audience" | "purchases"))
        && predicate["value"].as_str().is_some_and(|text| text.contains("lookback="))
}

fn fits(pattern: &str, text: &str) -> bool {
    pattern == text || pattern.strip_suffix('*').is_some_and(|start| text.starts_with(start))
}

/// True when an exception lets a violation pass.
pub(crate) fn excepts<'a>(
    exception: &Exception,
    violation: &Violation,
    specification: &Specification,
    query: &dyn Fn(&str) -> Option<&'a str>,
    answer: &Message,
) -> bool {
    let body = || serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    exception.operations.iter().any(|operation| fits(operation, &violation.operation))
        && exception.side == violation.side
        && fits(exception.place, &violation.place)
        && match exception.allows {
            Words(words) => violation.what.ends_with(words),
            CommaList => {
                let name = violation.place.trim_start_matches("query ");
                let values: Vec<&str> =
                    specification.values(&violation.operation, name).iter().flat_map(|v| split(v)).collect();
                query(name).is_some_and(|text| split(text).all(|one| values.contains(&one)))
            }
            Error(members, media) => {
                let body = body();
                let names: Vec<&str> =
                    body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                names == members
                    && members.iter().all(|name| body[name].is_string())
                    && answer.headers.get("content-type").is_some_and(|given| given == media)
            }
            Shape(shape) => violation.at.as_ref().and_then(|at| body().pointer(at).map(shape)) == Some(true),
        }
}

fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}
