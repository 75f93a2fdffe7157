//! An answer as it came, and what its error body says.
//!
//! All of Amazon's families of error bodies are read as text first and as JSON second; nothing here decides
//! what an answer means for a request.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::redact;
use super::retry_after::RetryAfter;
use crate::telemetry::clock::machine_now;

/// The most that a page may weigh; far above anything seen, and below what would hurt.
const LARGEST_PAGE: usize = 256 * 1024 * 1024;
/// The most that is read of an answer that is no page.
const LARGEST_ERROR: usize = 64 * 1024;
/// The most that a request id has.
const LONGEST_ID: usize = 128;
/// Parts of a refusal that are kept beside its line.
const MOST_DETAILS: usize = 5;

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_ids: Vec<String>,
    pub(super) retry_after: RetryAfter,
    pub(super) body: Vec<u8>,
}

/// Why no whole answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lost {
    /// Not within the time that one attempt has.
    Timeout,
    /// The connection could not be made, or broke.
    Connection(String),
    /// More than any page weighs.
    TooLarge,
}

/// An answer of which at most the head came.
#[derive(Debug)]
pub(super) struct Broken {
    /// What became of it.
    pub(super) lost: Lost,
    /// Its status, when the head came.
    pub(super) status: Option<u16>,
    /// The ids that its head named.
    pub(super) request_ids: Vec<String>,
}

impl From<reqwest::Error> for Broken {
    fn from(error: reqwest::Error) -> Self {
        Self { lost: Lost::from_reqwest(&error.without_url()), status: None, request_ids: Vec::new() }
    }
}

impl Answer {
    /// Reads an answer to its end.
    pub(super) async fn read(mut response: reqwest::Response) -> Result<Self, Broken> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let asked = headers.get_all("retry-after").iter().filter_map(|value| value.to_str().ok());
        let retry_after = RetryAfter::longest(asked, text(headers, "date"), machine_now());
        let mut request_ids = Vec::new();
        for name in ["x-amz-request-id", "x-amzn-requestid", "x-amz-rid"] {
            push_id(&mut request_ids, text(headers, name));
        }
        let limit = if status == 200 { LARGEST_PAGE } else { LARGEST_ERROR };
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                    if status == 200 {
                        return Err(Broken { lost: Lost::TooLarge, status: Some(status), request_ids });
                    }
                    body.extend_from_slice(&chunk[..limit - body.len()]);
                    break;
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                // What an error says is worth less than its status.
                Err(_) if status != 200 => break,
                Err(error) => {
                    let lost = Lost::from_reqwest(&error);
                    return Err(Broken { lost, status: Some(status), request_ids });
                }
            }
        }
        if status != 200 {
            let said = ErrorBody::parse(&body);
            push_id(&mut request_ids, said.request_id.as_deref());
        }
        Ok(Self { status, request_ids, retry_after, body })
    }
}

/// Hides secrets of ours where request ids should be, and cuts what is too long for one.
pub(super) fn hide_in_ids(ids: &mut [String], secrets: &[&str]) {
    for id in ids {
        *id = redact::cut(&redact::redact(id, secrets), LONGEST_ID).to_owned();
    }
}

impl Lost {
    pub(super) fn from_reqwest(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        // The innermost cause is the one that tells: "connection refused", "connection reset by peer".
        let mut cause: &dyn std::error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let what = if error.is_connect() {
            "cannot connect"
        } else if error.is_body() || error.is_decode() {
            "the answer was cut off"
        } else {
            "the connection broke"
        };
        Self::Connection(redact::redact(&format!("{what}: {cause}"), &[]))
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Timeout => f.write_str("timeout"),
            Self::Connection(cause) => f.write_str(cause),
            Self::TooLarge => write!(f, "an answer larger than {} MiB", LARGEST_PAGE >> 20),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn push_id(ids: &mut Vec<String>, id: Option<&str>) {
    if let Some(id) = id.map(str::trim).filter(|id| !id.is_empty())
        && !ids.iter().any(|known| known == id)
    {
        ids.push(id.to_owned());
    }
}

/// What an error body says, whichever family it is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ErrorBody {
    /// `code`, `error` or `errorCode`.
    pub(super) code: Option<String>,
    /// `message`, `details`, `detail` or `error_description`; for a body that is no JSON, its text.
    pub(super) message: Option<String>,
    /// `requestId`.
    pub(super) request_id: Option<String>,
    /// Reasons of SP's nested errors, such as `INVALID_TOKEN`.
    pub(super) reasons: Vec<String>,
    /// Those errors in a line each: `INVALID_TOKEN: bad token, at $.nextToken`.
    pub(super) details: Vec<String>,
}

impl ErrorBody {
    /// Reads a body. Never fails: an empty one says nothing, an HTML page says its title.
    pub(super) fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else {
            return Self { message: plain(text), ..Self::default() };
        };
        let first = |names: &[&str]| {
            names.iter().find_map(|name| match fields.get(*name)? {
                Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let (mut reasons, mut details) = (Vec::new(), Vec::new());
        let mut nested = None;
        for error in fields.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let kinds = error.get("errorValue").and_then(Value::as_object);
            for kind in kinds.into_iter().flat_map(serde_json::Map::values) {
                let text = |at: &str| kind.pointer(at).and_then(Value::as_str);
                reasons.extend(text("/reason").map(str::to_owned));
                nested = nested.or_else(|| text("/message").map(str::to_owned));
                let said = [text("/reason"), text("/message")].into_iter().flatten().collect::<Vec<_>>();
                let place = text("/cause/location").or_else(|| text("/location"));
                let place = place.map(|place| format!("at {place}"));
                let line = [Some(said.join(": ")).filter(|said| !said.is_empty()), place];
                let line = line.into_iter().flatten().collect::<Vec<_>>().join(", ");
                if !line.is_empty() && details.len() < MOST_DETAILS && !details.contains(&line) {
                    details.push(line);
                }
            }
        }
        let message = first(&["message", "details", "detail", "error_description", "Message"]).or(nested);
        details.retain(|detail| Some(detail) != message.as_ref());
        Self {
            code: first(&["code", "error", "errorCode"]),
            message,
            request_id: first(&["requestId"]),
            reasons,
            details,
        }
    }

    /// Hides secrets of ours in the details.
    pub(super) fn hide(&mut self, secrets: &[&str]) {
        for detail in &mut self.details {
            *detail = redact::line(detail, secrets);
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => format!("{message} ({code})"),
            (None, Some(message)) => message.clone(),
            (Some(code), None) => code.clone(),
            (None, None) => "the answer says nothing more".to_owned(),
        }
    }
}

/// The text of a body that is no JSON object: an HTML page's title or headline, or the first line.
fn plain(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let between = |open: &str, close: &str| {
        let start = lower.find(open)? + open.len();
        let end = start + lower[start..].find(close)?;
        Some(text[start..end].trim())
    };
    let line = if lower.starts_with('<') {
        between("<title>", "</title>").or_else(|| between("<h1>", "</h1>")).unwrap_or("an HTML page")
    } else {
        text.lines().next().unwrap_or_default().trim()
    };
    // Cut when it is redacted: half a secret would not be recognised.
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_family_of_error_bodies_is_understood() {
        for (body, line) in [
            (
                r#"{"code":"UNAUTHORIZED","details":"HTTP 401 Unauthorized","requestId":"R1"}"#,
                "HTTP 401 Unauthorized (UNAUTHORIZED)",
            ),
            (r#"{"code":"400","details":"bad"}"#, "bad (400)"),
            (r#"{"code":429,"details":"slow down"}"#, "slow down (429)"),
            (r#"{"code":"INTERNAL_ERROR","message":"Service Error"}"#, "Service Error (INTERNAL_ERROR)"),
            (r#"{"code":"X","detail":"singular"}"#, "singular (X)"),
            (r#"{"errorCode":"TIMED_OUT","message":"m"}"#, "m (TIMED_OUT)"),
            (r#"{"message":"Too Many Requests"}"#, "Too Many Requests"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, "expired (invalid_grant)"),
            ("<html><head><title>504 Gateway Time-out</title></head></html>", "504 Gateway Time-out"),
            ("<HTML><H1>Bad</H1></HTML>", "Bad"),
            ("<html></html>", "an HTML page"),
            ("upstream connect error\nmore", "upstream connect error"),
            ("", "the answer says nothing more"),
            ("{}", "the answer says nothing more"),
            (r#"{"code":"","message":null}"#, "the answer says nothing more"),
        ] {
            assert_eq!(ErrorBody::parse(body.as_bytes()).line(), line, "{body}");
        }
    }

    #[test]
    fn reasons_of_nested_errors_and_the_request_id_are_found() {
        let body = br#"{"code":"INVALID_ARGUMENT","errors":[{"errorType":"invalidInputError","errorValue":
            {"invalidInputError":{"reason":"INVALID_TOKEN","message":"bad token","cause":{"location":"$.nextToken"}}}}],"requestId":"R2"}"#;
        let said = ErrorBody::parse(body);
        assert_eq!(
            (said.reasons, said.message.as_deref()),
            (vec!["INVALID_TOKEN".to_owned()], Some("bad token"))
        );
        assert_eq!(said.request_id.as_deref(), Some("R2"));
        assert_eq!(said.details, ["INVALID_TOKEN: bad token, at $.nextToken"]);
        let many = r#"{"errorValue":{"x":{"reason":"R","message":"m"}}},{"errorValue":{"x":{"location":"$.a"}}},{"errorValue":{"x":{}}}"#;
        let said = ErrorBody::parse(format!("{{\"code\":\"C\",\"errors\":[{many},{many}]}}").as_bytes());
        assert_eq!(said.details, ["R: m", "at $.a"]);
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200), text in ".*") {
            let _ = ErrorBody::parse(&body).line();
            let _ = ErrorBody::parse(format!("<{text}<title>{text}").as_bytes()).line();
        }
    }
}
