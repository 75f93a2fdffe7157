//! Finds secrets in what was encoded as a whole: base64 of a request that is echoed, in either alphabet, at any
//! alignment, or folded over lines; its bytes in hexadecimal; and text that is escaped as URLs, HTML or JSON escape it,
//! in any mixture and several times over.
//!
//! A text is read as what it stands for, with the place of each character in the original: so one search finds all
//! spellings, and what is hidden is the original.

use super::redact::{HIDDEN, MARKS, ends_token, spellings};

/// Fewer characters than this could be anything.
const LEAST: usize = 6;
/// How often escapes are undone of what was escaped before.
const LAYERS: usize = 4;
/// What HTML has names for, of what secrets are made of.
const NAMED: [(&[u8], u8); 12] = [
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&quot;", b'"'),
    (b"&apos;", b'\''),
    (b"&sol;", b'/'),
    (b"&plus;", b'+'),
    (b"&equals;", b'='),
    (b"&vert;", b'|'),
    (b"&verbar;", b'|'),
    (b"&VerticalLine;", b'|'),
    (b"&percnt;", b'%'),
];

/// What is looked for.
struct Patterns<'a> {
    secrets: &'a [&'a str],
    /// Secrets and marks of tokens in base64, and in hexadecimal of small letters.
    base64: Vec<Vec<u8>>,
    hex: Vec<Vec<u8>>,
}

impl<'a> Patterns<'a> {
    fn of(secrets: &'a [&'a str]) -> Self {
        let (mut base64, mut hex) = (Vec::new(), Vec::new());
        for secret in secrets.iter().copied().chain(MARKS) {
            for plain in spellings(secret).into_iter().chain([secret.to_owned()]) {
                base64.extend(in_base64(plain.as_bytes()));
                hex.push(plain.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
            }
        }
        for all in [&mut base64, &mut hex] {
            all.sort_unstable();
            all.dedup();
        }
        Self { secrets, base64, hex }
    }
}

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
    let patterns = Patterns::of(&secrets);
    let mut layer = Folded::plain(text);
    for _ in 0..=LAYERS {
        layer.search(&patterns, &mut hidden);
        let next = layer.unescaped();
        if next.text == layer.text {
            break;
        }
        layer = next;
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
    fn plain(text: &str) -> Self {
        // A character of several bytes is hidden whole, wherever a pattern ends.
        let places = text.char_indices().flat_map(|(at, c)| {
            let end = at + c.len_utf8();
            std::iter::repeat_n((at, end), c.len_utf8())
        });
        Self { text: text.as_bytes().to_vec(), places: places.collect() }
    }

    /// Undoes one layer of escapes, and all layers of percent signs that are spelled `%25`.
    fn unescaped(&self) -> Self {
        self.rewritten(unescaped)
    }

    /// As base64 in one alphabet, without its line ends, escaped ones too.
    fn as_base64(&self) -> Self {
        self.rewritten(|rest| match rest {
            [b'\\', b'n' | b'r', ..] => Some((Vec::new(), 2)),
            [b'\n' | b'\r', ..] => Some((Vec::new(), 1)),
            [b'-', ..] => Some((vec![b'+'], 1)),
            [b'_', ..] => Some((vec![b'/'], 1)),
            _ => None,
        })
    }

    /// Puts other bytes in place of some: `change` gives them for the beginning of what is left, and how much of it they
    /// stand for.
    fn rewritten(&self, change: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>) -> Self {
        let mut out =
            Self { text: Vec::with_capacity(self.text.len()), places: Vec::with_capacity(self.text.len()) };
        let mut at = 0;
        while at < self.text.len() {
            let (bytes, len) = change(&self.text[at..]).unwrap_or_else(|| (vec![self.text[at]], 1));
            let place = self.original(at, at + len);
            out.places.extend(std::iter::repeat_n(place, bytes.len()));
            out.text.extend(bytes);
            at += len;
        }
        out
    }

    /// Where the text has secrets, as it is, in hexadecimal or in base64.
    fn search(&self, patterns: &Patterns<'_>, hidden: &mut Vec<(usize, usize)>) {
        let text = Searched::of(&self.text);
        for secret in patterns.secrets {
            let found = text.find(secret.as_bytes()).into_iter();
            hidden.extend(found.map(|at| self.original(at, at + secret.len())));
        }
        for mark in MARKS {
            hidden.extend(text.find(mark.as_bytes()).into_iter().map(|at| {
                let rest = &self.text[at + mark.len()..];
                let token = rest.iter().take_while(|byte| !ends_token(char::from(**byte))).count();
                self.original(at, at + mark.len() + token)
            }));
        }
        let lower = Self { text: self.text.to_ascii_lowercase(), places: self.places.clone() };
        lower.search_whole(&patterns.hex, |byte| byte.is_ascii_hexdigit(), hidden);
        self.as_base64().search_whole(&patterns.base64, is_base64, hidden);
    }

    /// Where the text has a pattern, with all that belongs to it: its neighbours hold the first and last bits of the
    /// secret, and the rest of what was encoded.
    fn search_whole(&self, patterns: &[Vec<u8>], belongs: fn(u8) -> bool, hidden: &mut Vec<(usize, usize)>) {
        let text = Searched::of(&self.text);
        for at in patterns.iter().flat_map(|pattern| text.find(pattern)) {
            let (from, to) = self.run_around(at, belongs);
            hidden.push(self.original(from, to));
        }
    }

    /// Begin and end of what belongs together around a place.
    fn run_around(&self, at: usize, belongs: fn(u8) -> bool) -> (usize, usize) {
        let before = self.text[..at].iter().rev().take_while(|byte| belongs(**byte)).count();
        let after = self.text[at..].iter().take_while(|byte| belongs(**byte)).count();
        (at - before, at + after)
    }

    /// Where a part was in the original.
    fn original(&self, from: usize, to: usize) -> (usize, usize) {
        let begin = self.places.get(from).map_or(0, |place| place.0);
        let end = to.checked_sub(1).and_then(|last| self.places.get(last)).map_or(begin, |place| place.1);
        (begin, end)
    }
}

/// A text that is searched often: the search of strings is much faster than one of bytes.
struct Searched<'a> {
    bytes: &'a [u8],
    ascii: String,
}

impl<'a> Searched<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{1a}' };
        Self { bytes, ascii: bytes.iter().map(ascii).collect() }
    }

    /// Where a pattern begins, each time.
    fn find(&self, pattern: &[u8]) -> Vec<usize> {
        match std::str::from_utf8(pattern) {
            Ok(text) if text.is_ascii() => self.ascii.match_indices(text).map(|(at, _)| at).collect(),
            _ => (0..self.bytes.len()).filter(|at| self.bytes[*at..].starts_with(pattern)).collect(),
        }
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// What an escape at the beginning stands for, and how long it is; `None` when there is none.
fn unescaped(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |digits: Option<&[u8]>, radix: u32| {
        let digits =
            std::str::from_utf8(digits?).ok().filter(|d| d.bytes().all(|b| b.is_ascii_alphanumeric()))?;
        u32::from_str_radix(digits, radix).ok()
    };
    let byte = |at: usize| number(bytes.get(at..at + 2), 16).and_then(|value| u8::try_from(value).ok());
    let character = |value: u32, len: usize| {
        let c = char::from_u32(value)?;
        Some((c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), len))
    };
    match bytes {
        [b'%', ..] => {
            let mut len = 3;
            let mut value = byte(1)?;
            // Encoded twice, or more often: the percent sign itself is spelled %25.
            while value == b'%' {
                match byte(len) {
                    Some(next) => (value, len) = (next, len + 2),
                    None => break,
                }
            }
            Some((vec![value], len))
        }
        [b'\\', b'u', ..] => character(number(bytes.get(2..6), 16)?, 6),
        [b'\\', b'x', ..] => Some((vec![byte(2)?], 4)),
        [b'\\', escaped @ (b'/' | b'"' | b'\\'), ..] => Some((vec![*escaped], 2)),
        [b'&', b'#', rest @ ..] => {
            let (radix, skip) = if matches!(rest.first(), Some(b'x' | b'X')) { (16, 1) } else { (10, 0) };
            let digits = rest.get(skip..)?.iter().take(8).take_while(|b| b.is_ascii_hexdigit()).count();
            let value = number(rest.get(skip..skip + digits).filter(|d| !d.is_empty()), radix)?;
            let end = skip + digits;
            character(value, 2 + end + usize::from(rest.get(end) == Some(&b';')))
        }
        [b'&', ..] => {
            let (name, c) = NAMED.iter().find(|(name, _)| bytes.starts_with(name))?;
            Some((vec![*c], name.len()))
        }
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
    fn a_secret_is_hidden_however_often_and_in_whatever_way_it_was_escaped() {
        let each = |text: &str, spell: &dyn Fn(u32) -> String| -> String {
            text.chars().map(|c| spell(c as u32)).collect()
        };
        let percent = |text: &str| each(text, &|c| format!("%{c:02X}"));
        let html = |text: &str| each(text, &|c| format!("&#x{c:X};"));
        let json = |text: &str| each(text, &|c| format!("\\u{c:04x}"));
        for secret in SECRETS {
            let few = secret.replace('/', "&#x2F;").replace('=', "&equals;").replace('|', "&#124;");
            for text in [
                percent(secret),
                percent(&percent(secret)),
                percent(&percent(&percent(secret))),
                few.clone(),
                few.replace('&', "&amp;"),
                html(secret),
                html(&percent(secret)),
                json(secret),
                json(secret).replace('\\', "\\\\"),
                percent(&json(&html(secret))),
                secret.bytes().map(|b| format!("{b:02x}")).collect(),
                secret.bytes().map(|b| format!("{b:02X}")).collect(),
            ] {
                assert_eq!(hide_encoded(&format!("a <{text}> b"), &SECRETS), "a <***> b", "{text}");
            }
        }
        let form: String = FORM.bytes().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hide_encoded(&format!("0x{form}."), &SECRETS), "0x***.");
        let unknown = percent(&percent("Atza|nobody-knows"));
        assert_eq!(hide_encoded(&format!("a={unknown}&b"), &[]), "a=***&b");
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let page = r#"{"campaignId":"144327786111035249","name":"100% Cotton_ü &amp; \u00fc\n","next":"aGVsbG8gd29ybGQ="}"#;
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
