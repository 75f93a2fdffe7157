//! Keeps secrets out of whatever is shown: bodies, messages and URLs.
//!
//! Knows what Amazon's tokens look like and which secrets this process holds.

use reqwest::Url;

use super::encoded::hide_encoded;
use crate::config::Secret;
use crate::domain::text::turns_direction;

/// The most of a body that an error keeps.
pub(super) const EXCERPT: usize = 2048;
/// The most of a line that an answer says.
const LINE: usize = 600;
pub(super) const HIDDEN: &str = "***";
/// What Amazon's own secrets begin with: access token, refresh token, client secret, in that order.
pub(super) const MARKS: [&str; 4] = ["Atza|", "Atzr|", "Atzc|", "amzn1.oa2-cs."];

/// `text` without the given secrets, without anything that looks like a token, and without control
/// characters and marks of direction that could reach a terminal.
pub(super) fn redact(text: &str, secrets: &[&str]) -> String {
    // Before anything is looked for: a mark within a secret would hide it from the search, and not from people.
    let mut out: String = text.chars().filter(|c| !turns_direction(*c)).collect();
    for secret in secrets.iter().filter(|s| s.len() >= 4) {
        out = out.replace(secret, HIDDEN);
        // A form or a URL that is echoed spells it in one of these ways.
        for spelled in spellings(secret) {
            out = out.replace(&spelled, HIDDEN);
        }
    }
    for mark in MARKS {
        out = hide_after(&out, mark, ends_token);
        for spelled in spellings(mark) {
            out = hide_after(&out, &spelled, ends_token);
        }
    }
    out = hide_encoded(&out, secrets);
    for key in ["access_token", "refresh_token", "client_secret", "Bearer", "Basic"] {
        out = hide_value(&out, key);
    }
    out.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c }).collect()
}

/// True for what stands behind a token and is none of it.
pub(super) fn ends_token(c: char) -> bool {
    c.is_whitespace() || "\"'<>,;&\\".contains(c)
}

/// A line that an answer says, redacted and then cut.
pub(super) fn line(text: &str, secrets: &[&str]) -> String {
    cut(&redact(text, secrets), LINE).to_owned()
}

/// `text` without anything that looks like a token, and without control characters; for text from anywhere.
pub fn redacted(text: &str) -> String {
    redact(text, &[])
}

/// A text as forms, URLs and JSON spell it, where that differs from the text itself.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let encode = |lower: bool| {
        let byte = |b: u8| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b if lower => format!("%{b:02x}"),
            b => format!("%{b:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    let json = serde_json::Value::from(text).to_string();
    let json = json.trim_matches('"').to_owned();
    let form = encode(false).replace("%20", "+");
    let mut all = vec![encode(false), encode(true), form, json];
    all.retain(|spelled| spelled != text);
    all.dedup();
    all
}

/// The start of a redacted body, cut at a character; `None` for a blank one.
pub(super) fn excerpt(body: &[u8], secrets: &[&str]) -> Option<String> {
    excerpt_of(body, 16 * EXCERPT, secrets)
}

/// The same for bodies of which most are never shown: less of it is looked at.
pub(super) fn quick_excerpt(body: &[u8], secrets: &[&str]) -> Option<String> {
    excerpt_of(body, 2 * EXCERPT, secrets)
}

fn excerpt_of(body: &[u8], looked_at: usize, secrets: &[&str]) -> Option<String> {
    // Redacted before it is cut: half a secret at the cut would no longer be recognised. A body may be huge,
    // so only a generous start of it is looked at, and the end of that, where one may be cut, is not shown.
    let start = String::from_utf8_lossy(&body[..body.len().min(looked_at)]);
    let start = start.as_ref();
    let mut redacted = redact(start, secrets);
    if body.len() > looked_at {
        let longest = secrets.iter().map(|secret| secret.len()).max().unwrap_or(0);
        let margin = (16 * longest).min(looked_at / 2);
        redacted.truncate(cut(&redacted, redacted.len().saturating_sub(margin)).len());
    }
    let mut text = cut(redacted.trim(), EXCERPT).to_owned();
    if text.is_empty() {
        return None;
    }
    if text.len() < start.trim().len() && start.len() > EXCERPT {
        while text.len() + '…'.len_utf8() > EXCERPT {
            text.pop();
        }
        text.push('…');
    }
    Some(text)
}

/// At most `limit` bytes of `text`, cut at a character.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a URL hides: its password, and the values of its query.
pub(super) fn secrets_of(url: &Url) -> Vec<Secret> {
    let password = url.password().map(str::to_owned);
    let raw = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| Some(pair.split_once('=')?.1.to_owned()));
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    password.into_iter().chain(raw).chain(decoded).filter(|text| !text.is_empty()).map(Secret::new).collect()
}

/// A URL as it may be shown: no user, no password, no fragment.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Neither can fail for a URL with a host, and one without has nothing to hide.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url.to_string()
}

fn hide_after(text: &str, mark: &str, ends: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        out.push_str(&rest[..at]);
        out.push_str(HIDDEN);
        let tail = &rest[at + mark.len()..];
        rest = tail.find(&ends).map_or("", |end| &tail[end..]);
    }
    out + rest
}

/// Hides the word that follows a key, whatever stands between: `"key": "word"`, `key=word`, `key word`.
fn hide_value(text: &str, key: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(key) {
        let (before, tail) = rest.split_at(at + key.len());
        out.push_str(before);
        let separator = tail.find(|c: char| !"\"' \t:=\\".contains(c)).unwrap_or(tail.len());
        out.push_str(&tail[..separator]);
        let tail = &tail[separator..];
        let word = tail.find(|c: char| c.is_whitespace() || "\"'<>,;&\\}".contains(c)).unwrap_or(tail.len());
        // "invalid refresh_token parameter" names the key and holds no value.
        if separator == 0
            || word == 0
            || (word < 20 && !rest[at + key.len()..].starts_with(['"', '=', ':', '\\']))
        {
            out.push_str(&tail[..word]);
        } else {
            out.push_str(HIDDEN);
        }
        rest = &tail[word..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_and_known_secrets_are_hidden_wherever_they_stand() {
        for text in [
            r#"{"access_token":"Atza|abc.def","x":1}"#,
            "Bearer Atza|abc.def",
            "refresh_token=Atzr|abc.def&grant_type=x",
            r#"{"error":"hunter2hunter2"}"#,
            r#"{"access_token" : "abc.def-without-a-mark"}"#,
            "client_secret=abc.def",
            r#"{\"access_token\":\"abc.def\"}"#,
            "Authorization: Bearer eyJabc.def.ghijklmnop",
            "you posted Atzr%7Cabc.def&x=1",
            "authorization: Basic abc.defbWU6aHVudGVyMg==",
            "you posted atza: Atza%7cabc.def",
            "a form with hunter2%21+hunter2 in it",
            r#"a text with \"hunter2\" in it"#,
        ] {
            let shown = redact(text, &["hunter2hunter2", "hunter2! hunter2", "\"hunter2\""]);
            assert!(!shown.contains("abc.def") && !shown.contains("hunter2"), "{shown}");
            assert!(shown.contains(HIDDEN), "{shown}");
        }
        assert_eq!(redact("the refresh_token is missing", &[]), "the refresh_token is missing");
        assert_eq!(redact("a\u{1b}[31mred\u{202e}", &[]), "a [31mred");
        assert_eq!(redact("hunter2\u{202e}hunter2", &["hunter2hunter2"]), HIDDEN);
    }

    #[test]
    fn half_a_secret_where_a_body_was_cut_is_not_shown() {
        let secret = "Zq9-secret-value-Zq9-secret-value";
        // All that stands before it is hidden, so that what follows moves into the part that is shown.
        for looked_at in [2 * EXCERPT, 16 * EXCERPT] {
            for inside in 1..secret.len() {
                let mut text = format!("{secret} ").repeat(looked_at / (secret.len() + 1));
                text.push_str(&" ".repeat(looked_at - inside - text.len().min(looked_at - inside)));
                text.truncate(looked_at - inside);
                let text = format!("{text}{secret} and so on");
                let shown = excerpt_of(text.as_bytes(), looked_at, &[secret]).unwrap_or_default();
                assert!(!shown.contains("Zq9"), "{inside}: {shown}");
            }
        }
        let long = format!("{}{secret}", "x".repeat(LINE - 5));
        assert!(!line(&long, &[secret]).contains("Zq"));
    }

    #[test]
    fn an_excerpt_is_at_most_two_kibibytes_and_shows_that_it_was_cut() {
        assert_eq!(excerpt(b"  \n", &[]), None);
        assert_eq!(excerpt(b" short ", &[]).as_deref(), Some("short"));
        let long = excerpt("ü".repeat(5000).as_bytes(), &[]).unwrap();
        assert!(long.len() <= EXCERPT && long.ends_with('…'), "{}", long.len());
    }

    #[test]
    fn a_url_is_shown_without_its_user() {
        let url = Url::parse("http://me:pw@127.0.0.1:9000/v2/profiles?accessLevel=edit#x").unwrap();
        assert_eq!(shown(&url), "http://127.0.0.1:9000/v2/profiles?accessLevel=edit");
    }

    proptest! {
        #[test]
        fn a_secret_never_survives_in_an_excerpt(before in ".{0,40}", pad in 0_usize..3000, after in ".{0,40}") {
            let secret = "Zq9-secret-value-Zq9";
            let text = format!("{before}{}{secret}{after}", "x".repeat(pad));
            let shown = excerpt(text.as_bytes(), &[secret]).unwrap_or_default();
            prop_assert!(!shown.contains("Zq9-sec"));
            prop_assert!(shown.len() <= EXCERPT);
        }
    }
}
