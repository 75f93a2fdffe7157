//! What an answer other than 200 means for a list: decided by its status first, then by documented words.
//!
//! Pure. Only documented answers make a profile "not eligible": the words that Amazon has for it, and 403 with the
//! error body that its specification describes. Every other refusal is a failure.

use super::answer::ErrorBody;
use crate::domain::unit::AdProduct;

/// What was asked, as far as the meaning of an answer depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The ad product of the list; `None` for the list of profiles.
    pub(super) product: Option<AdProduct>,
    /// True when a `nextToken` was sent.
    pub(super) token_cursor: bool,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The access token is not accepted: refresh it once.
    TokenRefused,
    /// 429.
    Throttled,
    /// The API's own failure; `again` when another attempt is worth it.
    ServerError { again: bool },
    /// The login may not read this profile.
    NoAccess,
    /// The profile does not take part in the ad product.
    NotEligible,
    /// The list has to start over.
    CursorRefused,
    /// The request itself is refused.
    BadRequest,
    /// 2xx other than 200, 1xx, 3xx: not an answer to a list.
    Unexpected,
}

impl Meaning {
    /// The meaning of a status other than 200 and of what its body says.
    pub(super) fn of(status: u16, said: &ErrorBody, asked: Asked) -> Self {
        match status {
            429 => Self::Throttled,
            408 | 500 | 502 | 503 | 504 => Self::ServerError { again: true },
            500..=599 => Self::ServerError { again: false },
            401 if is_scope_problem(said) => Self::NoAccess,
            401 => Self::TokenRefused,
            400 | 403 if is_not_eligible(said, asked.product) => Self::NotEligible,
            403 if asked.product.is_some() && is_own_refusal(said) => Self::NotEligible,
            400 if asked.token_cursor && is_cursor_problem(said) => Self::CursorRefused,
            403 => Self::NoAccess,
            400..=499 => Self::BadRequest,
            _ => Self::Unexpected,
        }
    }
}

fn message(said: &ErrorBody) -> String {
    let text = said.message.as_deref().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The 401s that no new token can cure.
fn is_scope_problem(said: &ErrorBody) -> bool {
    let message = message(said);
    ["not authorized to access scope", "no matching advertiser found for scope", "scope header is missing"]
        .iter()
        .any(|words| message.contains(words))
}

fn is_not_eligible(said: &ErrorBody, product: Option<AdProduct>) -> bool {
    let Some(product) = product else { return false };
    let message = message(said);
    if message.contains("advertiser id cannot be decrypted") {
        return true;
    }
    let name = match product {
        AdProduct::Any => return false,
        AdProduct::Sp => "sponsored products",
        AdProduct::Sb => "sponsored brands",
        AdProduct::Sd => "sponsored display",
    };
    let refusals = ["not authorized for", "not registered for", "not eligible for", "do not have access to"];
    refusals.iter().any(|refusal| message.contains(&format!("{refusal} {name}")))
}

/// True for the API's own error body, which has a code and a message. What stands before the API, such as a gateway or
/// a firewall, refuses in other forms.
fn is_own_refusal(said: &ErrorBody) -> bool {
    said.code.is_some() && said.message.is_some()
}

fn is_cursor_problem(said: &ErrorBody) -> bool {
    let is_token = |word: &str| word.eq_ignore_ascii_case("INVALID_TOKEN");
    if said.reasons.iter().any(|r| is_token(r)) || said.code.as_deref().is_some_and(is_token) {
        return true;
    }
    let message = message(said).replace(['_', '-'], " ");
    let names = ["nexttoken", "next token", "paginationtoken", "pagination token"];
    let faults = ["invalid", "expired", "not valid", "malformed", "unknown", "no longer"];
    names.iter().any(|n| message.contains(n)) && faults.iter().any(|f| message.contains(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str, product: AdProduct, token_cursor: bool) -> Meaning {
        let asked = Asked { product: Some(product), token_cursor };
        Meaning::of(status, &ErrorBody::parse(body.as_bytes()), asked)
    }

    #[test]
    fn the_status_decides_before_the_body_is_believed() {
        let body = r#"{"code":"403","details":"Advertiser is not authorized for Sponsored Display"}"#;
        assert_eq!(of(429, body, AdProduct::Sd, true), Meaning::Throttled);
        assert_eq!(of(503, body, AdProduct::Sd, true), Meaning::ServerError { again: true });
        assert_eq!(of(501, body, AdProduct::Sd, true), Meaning::ServerError { again: false });
        assert_eq!(of(404, body, AdProduct::Sd, true), Meaning::BadRequest);
        assert_eq!(of(207, body, AdProduct::Sd, true), Meaning::Unexpected);
    }

    #[test]
    fn only_the_documented_answers_make_a_profile_not_eligible() {
        use AdProduct::{Sb, Sd, Sp};
        for (status, message, product, eligible) in [
            (403, "Advertiser is not authorized for Sponsored Display", Sd, false),
            (403, "ADVERTISER  is not authorized for sponsored brands.", Sb, false),
            (400, "Advertiser is not authorized for Sponsored Products", Sp, false),
            (400, "Advertiser ID cannot be decrypted", Sp, false),
            (400, "KDP authors do not have access to Sponsored Brands functionality", Sb, false),
            (400, "KDP authors do not have access to Sponsored Brands functionality", Sp, true),
            (400, "Advertiser is not authorized for Sponsored Display", Sp, true),
            (400, "Advertiser is not authorized", Sd, true),
            // 403 in the API's own form is documented whatever it says.
            (403, "Advertiser is not authorized", Sd, false),
            (403, "Forbidden", Sd, false),
            (403, "", Sd, true),
            (401, "Advertiser is not authorized for Sponsored Display", Sd, true),
            (404, "Advertiser ID cannot be decrypted", Sp, true),
        ] {
            for field in ["details", "message", "detail"] {
                let body = format!(r#"{{"code":"X","{field}":"{message}"}}"#);
                let meaning = of(status, &body, product, false);
                assert_eq!(meaning != Meaning::NotEligible, eligible, "{status} {body} {meaning:?}");
            }
        }
        for other in ["<html>Forbidden</html>", r#"{"message":"Forbidden"}"#, "", "{}"] {
            assert_eq!(of(403, other, Sd, false), Meaning::NoAccess, "{other}");
        }
    }

    #[test]
    fn scope_problems_are_no_token_problems() {
        for (message, expected) in [
            ("Not authorized to access scope 123", Meaning::NoAccess),
            ("No matching advertiser found for scope: 123", Meaning::NoAccess),
            ("Scope header is missing", Meaning::NoAccess),
            ("HTTP 401 Unauthorized", Meaning::TokenRefused),
        ] {
            let body = format!(r#"{{"code":"UNAUTHORIZED","details":"{message}"}}"#);
            assert_eq!(of(401, &body, AdProduct::Sp, false), expected, "{message}");
        }
        assert_eq!(of(401, "", AdProduct::Sp, false), Meaning::TokenRefused);
    }

    #[test]
    fn a_refused_cursor_is_recognised_only_where_one_was_sent() {
        let sp = r#"{"code":"INVALID_ARGUMENT","message":"x","errors":[{"errorValue":{"invalidInputError":{"reason":"INVALID_TOKEN"}}}]}"#;
        let sb = r#"{"code":"400","details":"The nextToken is expired"}"#;
        let other = r#"{"code":"400","details":"Id filter has invalid value"}"#;
        assert_eq!(of(400, sp, AdProduct::Sp, true), Meaning::CursorRefused);
        assert_eq!(of(400, sb, AdProduct::Sb, true), Meaning::CursorRefused);
        assert_eq!(
            of(400, r#"{"message":"Invalid next_token"}"#, AdProduct::Sb, true),
            Meaning::CursorRefused
        );
        assert_eq!(of(400, sp, AdProduct::Sp, false), Meaning::BadRequest);
        assert_eq!(of(400, other, AdProduct::Sb, true), Meaning::BadRequest);
    }
}
