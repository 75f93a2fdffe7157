//! Causes: what makes the failures of many profiles one thing to mend.
//!
//! A fingerprint is made of the code and of what [`Same`] says counts for it: the login, the host, the request's path
//! without ids, the status, what was said without numbers and names. Nothing of it is one profile's own, and what fails
//! as a whole is one cause, whatever was asked of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::Same;
use super::id::RunId;
use super::profile::Profile;
use super::report::{ErrorReport, RequestReport};
use super::time::Timestamp;

/// Names a cause, the same on every machine and in every build: eight hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CauseId(String);

impl CauseId {
    /// The cause of a profile's failure.
    pub fn of(report: &ErrorReport, profile: &Profile) -> Self {
        let id = profile.id.to_string();
        Self::new(report, &profile.login, &[&profile.name, &id, &profile.account_id])
    }

    /// The cause for which a login cannot be asked for its profiles: the same as of a sync that fails of it.
    pub fn of_login(report: &ErrorReport, login: &str) -> Self {
        Self::new(report, login, &[login])
    }

    /// A cause as it was stored.
    pub(crate) const fn stored(digits: String) -> Self {
        Self(digits)
    }

    fn new(report: &ErrorReport, login: &str, own: &[&str]) -> Self {
        let request = report.request.as_ref();
        let status = request.and_then(|r| r.status).map_or_else(String::new, |status| status.to_string());
        let said = normalised(report.causes.first().unwrap_or(&report.summary), own);
        let parts: Vec<String> = match report.code.same() {
            Same::Login => vec![login.to_owned()],
            Same::LoginAndMessage => vec![login.to_owned(), status, said],
            Same::Host => vec![request.map_or_else(String::new, host), said],
            Same::Request => vec![request.map_or_else(String::new, path), status, said],
            // The summary names the list.
            Same::Service if report.causes.is_empty() => vec![status],
            Same::Service => vec![status, said],
            Same::Message => vec![normalised(&report.summary, own), said],
        };
        let text = format!("{}\n{}", report.code, parts.join("\n"));
        Self(format!("{:08x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()) >> 32))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The present failure of a profile: its latest run that ended, when that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentFailure {
    /// The run.
    pub run: RunId,
    /// Its cause.
    pub cause: CauseId,
    /// When the profile first failed of this cause since its last completed run.
    pub since: Timestamp,
    /// When the run ended.
    pub at: Timestamp,
    /// What happened.
    pub report: Box<ErrorReport>,
}

/// The present failure of a login: it could not be asked for its profiles when it last was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginFailure {
    /// Its name in the configuration.
    pub login: String,
    /// The cause.
    pub cause: CauseId,
    /// When it began to fail of this cause.
    pub since: Timestamp,
    /// When it last did.
    pub at: Timestamp,
    /// What happened.
    pub report: Box<ErrorReport>,
}

impl LoginFailure {
    /// A failure that has just happened.
    pub fn new(login: &str, report: ErrorReport) -> Self {
        let (cause, at) = (CauseId::of_login(&report, login), report.at);
        Self { login: login.to_owned(), cause, since: at, at, report: Box::new(report) }
    }
}

fn rest_of(request: &RequestReport) -> &str {
    request.url.split_once("://").map_or(request.url.as_str(), |(_, rest)| rest)
}

fn host(request: &RequestReport) -> String {
    rest_of(request).split(['/', '?', '#']).next().unwrap_or_default().to_lowercase()
}

/// The path, with `*` for whatever looks like an id.
fn path(request: &RequestReport) -> String {
    let rest = rest_of(request).split(['?', '#']).next().unwrap_or_default();
    let segments = rest.split('/').skip(1).map(|segment| {
        let digits = segment.chars().filter(char::is_ascii_digit).count();
        let long = segment.len() > 2 && (digits * 2 > segment.len() || segment.len() > 16);
        let is_id = digits > 0 && (long || digits == segment.len());
        if is_id { "*" } else { segment }
    });
    format!("{} /{}", request.method, segments.collect::<Vec<_>>().join("/"))
}

/// What was said, without case, without the profile's own names, and with `#` for each word that has a digit in it:
/// ids, counts, times, request ids.
fn normalised(text: &str, own: &[&str]) -> String {
    let mut text = text.to_owned();
    for name in own.iter().filter(|name| name.chars().count() >= 2) {
        text = text.replace(name, "#");
    }
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '#' | '-' | '_' | '.' | ':' | '+' | '@');
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| !in_word(c)).filter(|word| !word.is_empty()) {
        let varies = word.contains('#') || word.chars().any(|c| c.is_ascii_digit());
        let word = if varies { "#".to_owned() } else { word.trim_matches(['.', ':']).to_lowercase() };
        if !(varies && words.last().is_some_and(|last| last == "#")) {
            words.push(word);
        }
    }
    let said = words.join(" ");
    // Where an answer was cut says nothing about why.
    match said.split_once(CUT) {
        Some((before, _)) => format!("{before}{CUT}"),
        None => said,
    }
}

/// How the JSON parser begins to tell that an answer ended too soon; what it names then is only where.
const CUT: &str = "eof while parsing";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;
    use crate::domain::id::ProfileId;
    use crate::domain::profile::{Access, Region};

    fn profile(id: i64, login: &str, name: &str) -> Profile {
        Profile {
            id: ProfileId(id),
            login: login.to_owned(),
            region: Region::Eu,
            access: Access::Edit,
            name: name.to_owned(),
            country: "DE".to_owned(),
            currency: "EUR".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            account_type: "seller".to_owned(),
            account_sub_type: None,
            account_id: format!("ENTITY{id}"),
            marketplace_id: None,
            simulated: false,
            raw: String::new(),
        }
    }

    fn report(code: Code, url: &str, status: Option<u16>, said: &str) -> ErrorReport {
        let mut report = ErrorReport::new(code, "SP campaigns: it failed", "Do this.", Timestamp(7));
        report.causes = vec![said.to_owned()];
        report.request = Some(RequestReport {
            method: "POST".to_owned(),
            url: url.to_owned(),
            status,
            request_ids: vec![format!("rid-{}", said.len())],
            attempts: Vec::new(),
            body_excerpt: None,
        });
        report
    }

    const LIST: &str = "https://api.example/sp/campaigns/list";
    const TARGETS: &str = "https://api.example/sd/targets";

    #[test]
    fn what_differs_only_by_profile_is_one_cause() {
        use Code::*;
        for (code, first, second) in [
            // The same answer about two accounts, with their names, ids, counts, times and request ids.
            (
                BadRequest,
                (LIST, "Advertiser Haus Linden (ENTITY1) has 12 errors, request 3f9c-77"),
                (LIST, "Advertiser Kestrel (ENTITY2) has 7 errors, request 99aa-1"),
            ),
            (BadRequest, (LIST, "No such filter: 144327786111035249."), (LIST, "no such filter:  8")),
            (
                ServerError,
                (LIST, "Internal error at 2026-11-22T14:32:05Z"),
                (LIST, "Internal error at 2025-01-01T00:00:00Z"),
            ),
            (
                BadRequest,
                ("https://api.example/v2/profiles/3312910465837761", "x"),
                ("https://api.example/v2/profiles/77?a=b", "x"),
            ),
            // The host that a request goes to says nothing about what is wrong with it.
            (BadRequest, (LIST, "x"), ("https://api-eu.example/sp/campaigns/list", "x")),
            // The service fails as a whole, whatever was asked of it.
            (ServerError, (LIST, "Service Unavailable"), (TARGETS, "service unavailable")),
            (Timeout, (LIST, "x"), (TARGETS, "x")),
            // An answer that was cut, wherever that was.
            (
                Malformed,
                (LIST, "the body is no complete JSON: EOF while parsing a string at line 1 column 4096"),
                (LIST, "the body is no complete JSON: EOF while parsing a value at line 1 column 9"),
            ),
            // No way to a host is one cause, whatever was asked of it.
            (
                Connection,
                (LIST, "cannot connect: Connection refused (os error 111)"),
                (
                    "https://api.example/sd/targets?startIndex=5",
                    "cannot connect: Connection refused (os error 111)",
                ),
            ),
            // A login's matter, whatever was said and asked.
            (
                InvalidGrant,
                ("https://api.amazon.co.uk/auth/o2/token", "expired"),
                ("https://api.amazon.co.uk/auth/o2/token", "revoked by the user"),
            ),
            (
                Throttled,
                (LIST, "throttled, Retry-After 7 s"),
                ("https://api.example/sd/targets", "throttled, no Retry-After"),
            ),
            (
                TokenRefused,
                (LIST, "HTTP 401 Unauthorized"),
                ("https://api.example/sd/targets", "token expired"),
            ),
        ] {
            let a =
                CauseId::of(&report(code, first.0, Some(400), first.1), &profile(1, "acme", "Haus Linden"));
            let b = CauseId::of(&report(code, second.0, Some(400), second.1), &profile(2, "acme", "Kestrel"));
            assert_eq!(a, b, "{code}: {first:?} {second:?}");
        }
    }

    #[test]
    fn what_must_be_mended_apart_is_not_grouped() {
        use Code::*;
        let of = |code, url, status, said, login: &str| {
            CauseId::of(&report(code, url, Some(status), said), &profile(1, login, "Haus Linden"))
        };
        for (what, a, b) in [
            ("codes", of(BadRequest, LIST, 400, "x", "acme"), of(ServerError, LIST, 400, "x", "acme")),
            ("statuses", of(BadRequest, LIST, 400, "x", "acme"), of(BadRequest, LIST, 422, "x", "acme")),
            ("paths", of(BadRequest, LIST, 400, "x", "acme"), of(BadRequest, TARGETS, 400, "x", "acme")),
            (
                "messages",
                of(BadRequest, LIST, 400, "bad filter", "acme"),
                of(BadRequest, LIST, 400, "bad state", "acme"),
            ),
            ("logins", of(InvalidGrant, LIST, 400, "x", "acme"), of(InvalidGrant, LIST, 400, "x", "other")),
            ("logins' rights", of(NoAccess, LIST, 403, "x", "acme"), of(NoAccess, LIST, 403, "x", "other")),
            (
                "hosts",
                of(Connection, LIST, 0, "x", "acme"),
                of(Connection, "https://api-eu.example/a", 0, "x", "acme"),
            ),
            ("lists", of(Malformed, LIST, 200, "x", "acme"), of(Malformed, TARGETS, 200, "x", "acme")),
            ("failures", of(ServerError, LIST, 503, "x", "acme"), of(ServerError, LIST, 500, "x", "acme")),
        ] {
            assert_ne!(a, b, "{what}");
        }
        // What is no login's matter is one cause over all logins.
        assert_eq!(of(ServerError, LIST, 503, "x", "acme"), of(ServerError, LIST, 503, "x", "other"));
    }

    #[test]
    fn a_list_that_does_not_answer_is_no_cause_of_its_own() {
        let of = |summary: &str, url: &str| {
            let mut report = report(Code::Timeout, url, None, "");
            report.causes.clear();
            summary.clone_into(&mut report.summary);
            CauseId::of(&report, &profile(1, "acme", "Haus Linden"))
        };
        assert_eq!(of("SP campaigns: no answer in time", LIST), of("SD targets: no answer in time", TARGETS));
    }

    #[test]
    fn without_a_request_the_summary_tells_causes_apart() {
        let of = |summary: &str| {
            CauseId::of(
                &ErrorReport::new(Code::IncompleteList, summary, "", Timestamp(1)),
                &profile(1, "a", "Haus"),
            )
        };
        assert_eq!(
            of("SP keywords: the list ended after 11 of 12 rows, twice"),
            of("SP keywords: the list ended after 4,001 of 5,000 rows, twice")
        );
        assert_ne!(
            of("SP keywords: the list ended after 1 of 2 rows, twice"),
            of("SD targets: the list ended after 1 of 2 rows, twice")
        );
    }

    #[test]
    fn a_fingerprint_is_stable_across_builds() {
        let report = report(Code::BadRequest, LIST, Some(400), "bad filter");
        // Stored with runs: "since when" would begin anew for all that fails.
        assert_eq!(CauseId::of(&report, &profile(1, "acme", "Haus")).as_str(), "5b411477");
    }
}
