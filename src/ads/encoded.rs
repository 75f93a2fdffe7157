//! Finds secrets in what was encoded as a whole: base64 of a request that is echoed, in either alphabet, at any
//! alignment, percent-encoded or folded over lines; and percent-encoded text of any mixture.
//!
//! A text is read as what it stands for, with the place of each character in the original: so one search finds all
//! spellings, and what is hidden is the original.

use super::redact::{HIDDEN, MARKS, spellings};

/// Fewer characters than this could be anything.
const LEAST: usize = 6;

/// A text as what it stands for, and where each of its bytes was.
struct Folded {
    text: Vec<u8>,
    /// Begin and end of each byte in the original.
    places: Vec<(usize, usize)>,
}

/// `text` without secrets that are encoded in it.
pub(super) fn hide_encoded(text: &str, secrets: &[&str]) -> String {
    let secrets: Vec<&str> = secrets.iter().copied().filter(|secret| secret.len() >= LEAST).collect();
    let mut hidden: Vec<(usize, usize)> = Vec::new();
    let folded = Folded::of(text, false);
    for secret in &secrets {
        let found = folded.find(secret.as_bytes()).into_iter();
        hidden.extend(found.map(|at| folded.original(at, at + secret.len())));
    }
    let folded = Folded::of(text, true);
    for secret in secrets.iter().copied().chain(MARKS) {
        let spelled = spellings(secret);
        for plain in std::iter::once(secret).chain(spelled.iter().map(String::as_str)) {
            for pattern in in_base64(plain.as_bytes()) {
                // Its neighbours hold the first and last bits of the secret, and the rest of what was encoded.
                hidden.extend(folded.find(&pattern).into_iter().map(|at| {
                    let (from, to) = folded.run_around(at);
                    folded.original(from, to)
                }));
            }
        }
    }
    if hidden.is_empty() { text.to_owned() } else { cut_out(text, hidden) }
}

fn cut_out(text: &str, mut hidden: Vec<(usize, usize)>) -> String {
    hidden.sort_unstable();
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (from, to) in hidden {
        if from >= done {
            out.push_str(&text[done..from]);
            out.push_str(HIDDEN);
        }
        done = done.max(to);
    }
    out + &text[done..]
}

impl Folded {
    /// Undoes percent-encoding, also of what was encoded twice. `base64` also undoes JSON's escapes of slashes and line
    /// ends, leaves line ends out, and takes the alphabet for URLs for the other one.
    fn of(text: &str, base64: bool) -> Self {
        let bytes = text.as_bytes();
        let mut folded =
            Self { text: Vec::with_capacity(bytes.len()), places: Vec::with_capacity(bytes.len()) };
        let mut at = 0;
        while at < bytes.len() {
            let (byte, len) = match unescaped(&bytes[at..], base64) {
                Some((None, len)) => {
                    at += len;
                    continue;
                }
                Some((Some(byte), len)) => (byte, len),
                None => (bytes[at], 1),
            };
            folded.text.push(match byte {
                b'-' if base64 => b'+',
                b'_' if base64 => b'/',
                other => other,
            });
            folded.places.push((at, at + len));
            at += len;
        }
        folded
    }

    /// Where a pattern begins, each time.
    fn find(&self, pattern: &[u8]) -> Vec<usize> {
        let Some(first) = pattern.first() else { return Vec::new() };
        let begins = self.text.iter().enumerate().filter(|(_, byte)| *byte == first);
        begins.map(|(at, _)| at).filter(|at| self.text[*at..].starts_with(pattern)).collect()
    }

    /// Begin and end of the base64 around a place.
    fn run_around(&self, at: usize) -> (usize, usize) {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let before = self.text[..at].iter().rev().take_while(|byte| is_base64(byte)).count();
        let after = self.text[at..].iter().take_while(|byte| is_base64(byte)).count();
        (at - before, at + after)
    }

    /// Where a part was in the original. Parts end at characters of it, for what is decoded is ASCII there.
    fn original(&self, from: usize, to: usize) -> (usize, usize) {
        let begin = self.places.get(from).map_or(0, |place| place.0);
        let end = to.checked_sub(1).and_then(|last| self.places.get(last)).map_or(begin, |place| place.1);
        (begin, end)
    }
}

/// What an escape at the beginning stands for, and how long it is; `None` when there is none.
fn unescaped(bytes: &[u8], base64: bool) -> Option<(Option<u8>, usize)> {
    let hex = |at: usize| {
        let digits = bytes.get(at..at + 2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok()
    };
    match bytes.first()? {
        b'%' => {
            let mut len = 3;
            let mut byte = hex(1)?;
            // Encoded twice, or more often: the percent sign itself is spelled %25.
            while byte == b'%' {
                match hex(len) {
                    Some(next) => (byte, len) = (next, len + 2),
                    None => break,
                }
            }
            Some((Some(byte), len))
        }
        b'\\' if base64 => match bytes.get(1)? {
            b'/' => Some((Some(b'/'), 2)),
            b'n' | b'r' => Some((None, 2)),
            _ => None,
        },
        b'\n' | b'\r' if base64 => Some((None, 1)),
        _ => None,
    }
}

/// What base64 makes of a secret in the middle of something, at each of the three alignments: without the characters at
/// both ends that also hold bits of what is beside it.
fn in_base64(secret: &[u8]) -> Vec<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let patterns = (0..3_usize).map(|before| {
        let bits = |at: usize| -> Option<u8> {
            // Six bits of which all are the secret's.
            let first = (at * 6).checked_sub(before * 8)?;
            let value = (0..6).try_fold(0_u8, |value, i| {
                let bit = first + i;
                let byte = secret.get(bit / 8)?;
                Some((value << 1) | ((byte >> (7 - bit % 8)) & 1))
            })?;
            ALPHABET.get(usize::from(value)).copied()
        };
        let begin = (before * 8).div_ceil(6);
        (begin..).map_while(bits).collect::<Vec<u8>>()
    });
    patterns.filter(|pattern| pattern.len() + 1 >= LEAST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORM: &str = "grant_type=refresh_token&client_id=amzn1.x&client_secret=cs%2Fvery%3Dsecret&refresh_token=Atzr%7Crefresh-7Q";
    const SECRETS: [&str; 2] = ["cs/very=secret", "Atzr|refresh-7Q"];

    /// Base64 as the standard says, with padding: written apart from what is tested.
    fn encode(bytes: &[u8], url: bool) -> String {
        let alphabet: Vec<char> = ('A'..='Z')
            .chain('a'..='z')
            .chain('0'..='9')
            .chain(if url { ['-', '_'] } else { ['+', '/'] })
            .collect();
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let word = chunk.iter().fold(0_u32, |w, b| (w << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
            for i in 0..4 {
                let six = (word >> (18 - 6 * i)) & 63;
                out.push(if i <= chunk.len() { alphabet[six as usize] } else { '=' });
            }
        }
        out
    }

    fn percent(text: &str) -> String {
        let one =
            |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("%{:02X}", c as u32) };
        text.chars().map(one).collect()
    }

    #[test]
    fn a_form_that_is_echoed_in_base64_is_hidden_whole() {
        let spelled: [fn(String) -> String; 5] = [
            |text| text,
            |text| percent(&text),
            |text| percent(&percent(&text)),
            |text| text.replace('/', "\\/"),
            |text| {
                text.as_bytes()
                    .chunks(20)
                    .map(|c| String::from_utf8_lossy(c).into_owned())
                    .collect::<Vec<_>>()
                    .join("\r\n")
            },
        ];
        for (url, before) in [(false, ""), (false, "x"), (true, "xy"), (true, "")] {
            for spell in spelled {
                let echoed = spell(encode(format!("{before}{FORM}").as_bytes(), url));
                let text = format!(r#"{{"code":"400","details":"you sent {echoed} to us"}}"#);
                assert_eq!(
                    hide_encoded(&text, &SECRETS),
                    r#"{"code":"400","details":"you sent *** to us"}"#,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn tokens_that_nobody_told_of_are_known_by_their_marks() {
        let echoed = encode(b"token Atza|nobody-knows", false);
        assert_eq!(hide_encoded(&format!("<{echoed}>"), &[]), "<***>");
    }

    #[test]
    fn a_secret_is_hidden_however_much_of_it_is_percent_encoded() {
        for text in ["cs%2Fvery=secret", "%63s%2fver%79%3Dsecret", "cs%252Fvery%253Dsecret"] {
            assert_eq!(hide_encoded(&format!("a={text}&b"), &SECRETS), "a=***&b", "{text}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let page =
            r#"{"campaignId":"144327786111035249","name":"100% Cotton_ü\n","next":"aGVsbG8gd29ybGQ="}"#;
        assert_eq!(hide_encoded(page, &SECRETS), page);
    }

    proptest! {
        #[test]
        fn wherever_a_secret_stands_in_what_is_encoded_nothing_of_it_is_left(
            before in proptest::collection::vec(any::<u8>(), 0..40),
            after in proptest::collection::vec(any::<u8>(), 0..40),
            url in any::<bool>(),
        ) {
            let whole = [&before[..], SECRETS[0].as_bytes(), &after].concat();
            let shown = hide_encoded(&format!("ü {} ü", encode(&whole, url)), &SECRETS);
            prop_assert_eq!(shown, "ü *** ü");
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", secret in ".{6,20}") {
            let _ = hide_encoded(&text, &[&secret]);
        }
    }
}
