//! Next tokens: opaque to clients, bound to a profile, a list, its filters and its page size.

use xxhash_rust::xxh3::xxh3_64;

const PREFIX: &str = "AQ";

/// Writes the token for the page at `offset`. The nonce only makes tokens differ.
pub(crate) fn write(seed: u64, bound: u64, offset: u64, nonce: u64) -> String {
    let body = format!("{offset:016x}{nonce:016x}{bound:016x}");
    format!("{PREFIX}{body}{:016x}", check(seed, &body))
}

/// Reads the offset from a token that was written for the same request.
pub(crate) fn read(seed: u64, bound: u64, token: &str) -> Option<u64> {
    let body = token.strip_prefix(PREFIX).filter(|rest| rest.len() == 64 && rest.is_ascii())?;
    let (body, sum) = body.split_at(48);
    let field = |text: &str| u64::from_str_radix(text, 16).ok();
    (field(sum)? == check(seed, body) && field(&body[32..])? == bound).then(|| field(&body[..16]))?
}

fn check(seed: u64, body: &str) -> u64 {
    xxh3_64(format!("{seed}/{body}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_request_only() {
        let token = write(1, 2, 300, 4);
        assert_eq!(read(1, 2, &token), Some(300));
        assert_eq!(read(1, 3, &token), None, "other filters");
        assert_eq!(read(9, 2, &token), None, "other simulator");
        assert_eq!(read(1, 2, &token.replace("AQ0", "AQ1")), None, "tampered");
        assert_eq!(read(1, 2, "AQé"), None);
        assert_eq!(read(1, 2, ""), None);
    }
}
