//! Decoding of `application/x-www-form-urlencoded`, for queries and for the token endpoint.

/// The names and values of a query or form. Bytes that are not UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut n = 0;
    while let Some(&byte) = bytes.get(n) {
        n += 1;
        let coded =
            bytes.get(n..n + 2).filter(|_| byte == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match (byte, coded.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (_, Some(decoded)) => {
                out.push(decoded);
                n += 2;
            }
            (b'+', None) => out.push(b' '),
            (other, None) => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_escapes_blanks_and_leaves_broken_escapes_alone() {
        let pairs = decode("a=Atzr%7Cx%2By+z&b&c=%4&=d&e=%C3%A9");
        let expected = [("a", "Atzr|x+y z"), ("b", ""), ("c", "%4"), ("", "d"), ("e", "é")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
