//! Deterministic chance: hashes of (seed, place) instead of a shared generator, so that the data
//! does not depend on the order in which it is asked for. Knows nothing of what is rolled for.

/// Mixes two words into one (the finaliser of SplitMix64).
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number in `0..n`; 0 when `n` is 0.
pub(crate) const fn below(hash: u64, n: u64) -> u64 {
    ((hash as u128 * n as u128) >> 64) as u64
}

/// True for `share` (0 to 1) of all hashes.
pub(crate) fn chance(hash: u64, share: f64) -> bool {
    unit(hash) < share
}

/// The hash as a number in `0.0..1.0`.
pub(crate) fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// One element of a non-empty slice.
pub(crate) fn pick<T: Copy>(hash: u64, from: &[T]) -> T {
    from[below(hash, from.len() as u64) as usize]
}

/// The number of independent trials with probability `p` until the first success, from one
/// hash; `None` when it would never come.
pub(crate) fn first_success(hash: u64, p: f64) -> Option<u64> {
    if p <= 0.0 {
        return None;
    }
    if p >= 1.0 {
        return Some(1);
    }
    let trials = ((1.0 - unit(hash)).ln() / (1.0 - p).ln()).ceil();
    Some((trials as u64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_stays_below_and_reaches_the_ends() {
        assert_eq!(below(0, 7), 0);
        assert_eq!(below(u64::MAX, 7), 6);
        assert_eq!(below(u64::MAX, 0), 0);
    }

    #[test]
    fn first_success_has_the_expected_mean() {
        let n = 20_000u64;
        let sum: u64 = (0..n).filter_map(|i| first_success(mix(1, i), 0.1)).sum();
        let mean = sum as f64 / n as f64;
        assert!((9.0..11.0).contains(&mean), "mean {mean}");
        assert_eq!(first_success(1, 0.0), None);
    }
}
