//! The bodies of refusals: each product family answers in a shape of its own. Knows which shape
//! belongs to which family, and nothing of why something was refused.

use serde_json::{Value, json};

/// The families of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// SP v3, SB v4 and portfolios: `code`, `message` and nested `errors`.
    Nested,
    /// SB v3: `code` and `details`, with a media type of its own.
    BrandsV3,
    /// SD, profiles and whatever has no family: `code`, `details`, `requestId`.
    Flat,
}

/// A refused request.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// What was wrong with the request, for families that say so.
    pub(crate) fault: Option<InputFault>,
    /// Seconds to wait, for families that say so.
    pub(crate) retry_after: Option<u64>,
}

/// What was wrong with a part of a request.
#[derive(Debug, Clone)]
pub(crate) struct InputFault {
    /// `invalidInputError`, `rangeError`, …
    pub(crate) kind: &'static str,
    pub(crate) reason: &'static str,
    /// JSON path of the part.
    pub(crate) location: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), fault: None, retry_after: None }
    }

    /// A part of the request is not what it should be.
    pub(crate) fn input(
        kind: &'static str,
        reason: &'static str,
        location: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            fault: Some(InputFault { kind, reason, location: format!("$.{location}") }),
            ..Self::new(400, message)
        }
    }

    /// A next token that does not belong to this request.
    pub(crate) fn invalid_token() -> Self {
        Self::input(
            "invalidInputError",
            "INVALID_TOKEN",
            "nextToken",
            "The nextToken is invalid, expired, or was issued for a different request.",
        )
    }

    /// The same refusal in a family that has no error of this kind: only its words tell what was wrong then.
    pub(crate) fn within(mut self, kinds: Option<&[&str]>) -> Self {
        if let (Some(fault), Some(kinds)) = (&mut self.fault, kinds)
            && !kinds.contains(&fault.kind)
        {
            (fault.kind, fault.reason) = ("otherError", "OTHER_ERROR");
        }
        self
    }

    /// The body in a family's shape.
    pub(crate) fn body(&self, family: Family, request_id: &str) -> String {
        match family {
            Family::Nested => {
                let mut body = json!({"code": nested_code(self.status), "message": self.message});
                if let (Some(fault), Value::Object(members)) = (&self.fault, &mut body) {
                    let cause = json!({"location": fault.location});
                    let value = json!({"reason": fault.reason, "message": self.message, "cause": cause});
                    let error = json!({"errorType": fault.kind, "errorValue": {fault.kind: value}});
                    members.insert("errors".to_owned(), json!([error]));
                }
                body.to_string()
            }
            Family::BrandsV3 => json!({"code": flat_code(self.status), "details": self.message}).to_string(),
            Family::Flat => {
                json!({"code": flat_code(self.status), "details": self.message, "requestId": request_id})
                    .to_string()
            }
        }
    }
}

/// The code that the nested family gives a status.
pub(crate) fn nested_code(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHORIZED",
        403 => "ACCESS_DENIED",
        404 => "NOT_FOUND",
        406 => "NOT_ACCEPTABLE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        429 => "THROTTLED",
        503 => "SERVICE_UNAVAILABLE_EXCEPTION",
        500.. => "INTERNAL_ERROR",
        _ => "INVALID_ARGUMENT",
    }
}

/// The code that the flat families give a status: a word for some, the number for the rest.
pub(crate) fn flat_code(status: u16) -> String {
    match status {
        401 => "UNAUTHORIZED".to_owned(),
        404 => "NOT_FOUND".to_owned(),
        500 => "INTERNAL_ERROR".to_owned(),
        other => other.to_string(),
    }
}
