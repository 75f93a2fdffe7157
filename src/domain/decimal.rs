//! Exact decimals read from JSON number text: money in micros, ids written as numbers, canonical numbers.

/// A decimal number: `digits` times ten to the power of `exponent`, without trailing zeros in `digits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Significant digits without leading or trailing zeros; empty for zero.
    digits: String,
    exponent: i64,
}

/// An amount in millionths of the currency's unit, and whether the number was finer than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Micros {
    /// Millionths, rounded half to even where the number was finer.
    pub value: i64,
    /// False when rounding lost something, which then only `raw` still has.
    pub exact: bool,
}

impl Decimal {
    /// Parses the text of a JSON number; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let stripped = all.trim_start_matches('0');
        let digits = stripped.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = i64::try_from(stripped.len() - digits.len()).ok()?;
        Some(Self { negative, digits: digits.to_owned(), exponent: exponent.checked_add(zeros)? })
    }

    /// The number as plain digits, when it is a non-negative integer of at most 64 digits.
    pub fn to_integer_text(&self) -> Option<String> {
        if self.digits.is_empty() {
            return Some("0".to_owned());
        }
        if self.negative || self.exponent < 0 {
            return None;
        }
        let zeros = usize::try_from(self.exponent).ok().filter(|z| z + self.digits.len() <= 64)?;
        Some(format!("{}{}", self.digits, "0".repeat(zeros)))
    }

    /// The amount in micros; `None` when it does not fit 64 bits.
    pub fn to_micros(&self) -> Option<Micros> {
        if self.digits.is_empty() {
            return Some(Micros { value: 0, exact: true });
        }
        let shift = self.exponent.checked_add(6)?;
        let (magnitude, exact) = if shift >= 0 {
            let zeros = usize::try_from(shift).ok().filter(|z| z + self.digits.len() <= 19)?;
            (format!("{}{}", self.digits, "0".repeat(zeros)).parse::<i64>().ok()?, true)
        } else {
            let cut = usize::try_from(shift.unsigned_abs()).ok()?;
            let (kept, lost) = if cut >= self.digits.len() {
                (0, format!("{}{}", "0".repeat((cut - self.digits.len()).min(2)), self.digits))
            } else {
                let (kept, lost) = self.digits.split_at(self.digits.len() - cut);
                (kept.parse::<i64>().ok()?, lost.to_owned())
            };
            // `digits` has no trailing zeros, so what is cut off is never nothing.
            let up = match lost.as_bytes() {
                [b'5'] => kept % 2 == 1,
                [first, ..] => *first >= b'5',
                [] => false,
            };
            (kept.checked_add(i64::from(up))?, false)
        };
        Some(Micros { value: if self.negative { -magnitude } else { magnitude }, exact })
    }

    /// One text for each value, whatever way it was written: `1.10`, `1.1` and `11e-1` are all `11e-1`.
    pub fn canonical(&self) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let sign = if self.negative { "-" } else { "" };
        if self.exponent == 0 {
            format!("{sign}{}", self.digits)
        } else {
            format!("{sign}{}e{}", self.digits, self.exponent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<(i64, bool)> {
        Decimal::parse(text)?.to_micros().map(|m| (m.value, m.exact))
    }

    #[test]
    fn money_is_exact_where_a_float_would_not_be() {
        assert_eq!(micros("1.12"), Some((1_120_000, true)));
        assert_eq!(micros("0.1"), Some((100_000, true)));
        assert_eq!(micros("999999999.0"), Some((999_999_999_000_000, true)));
        assert_eq!(micros("4503599627370.497"), Some((4_503_599_627_370_497_000, true)));
        assert_eq!(micros("1e3"), Some((1_000_000_000, true)));
        assert_eq!(micros("-0.02"), Some((-20_000, true)));
        assert_eq!(micros("0.00"), Some((0, true)));
    }

    #[test]
    fn finer_than_micros_is_rounded_half_to_even_and_says_so() {
        assert_eq!(micros("0.0000015"), Some((2, false)));
        assert_eq!(micros("0.0000025"), Some((2, false)));
        assert_eq!(micros("0.00000251"), Some((3, false)));
        assert_eq!(micros("0.0000005"), Some((0, false)));
        assert_eq!(micros("0.00000005"), Some((0, false)));
        assert_eq!(micros("1.2345678"), Some((1_234_568, false)));
    }

    #[test]
    fn what_does_not_fit_or_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e", "abc", "1e400", "9223372036855", "0x1", "1e9223372036854775807"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn one_value_has_one_canonical_text() {
        for text in ["1.10", "1.1", "11e-1", "0.11E+1", "01.100"] {
            assert_eq!(Decimal::parse(text).unwrap().canonical(), "11e-1", "{text}");
        }
        assert_eq!(Decimal::parse("-0.0").unwrap().canonical(), "0");
        assert_eq!(Decimal::parse("100").unwrap().canonical(), "1e2");
    }
}
