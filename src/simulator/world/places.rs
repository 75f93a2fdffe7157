//! Marketplaces: country, currency, time zone and how large amounts are there.

use crate::simulator::options::Region;

/// One marketplace.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) country: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) timezone: &'static str,
    pub(crate) marketplace: &'static str,
    /// What a dollar's worth is in this currency, in hundredths.
    pub(crate) hundredths_per_dollar: u64,
    /// Whether amounts have no fraction.
    pub(crate) whole: bool,
    pub(crate) language: Language,
}

/// Language of keywords and product lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Japanese,
    Portuguese,
    Dutch,
}

impl Place {
    /// Converts hundredths of a dollar into this currency's hundredths.
    pub(crate) fn amount(&self, dollar_hundredths: u64) -> u64 {
        let local = dollar_hundredths * self.hundredths_per_dollar / 100;
        if self.whole { (local / 100).max(1) * 100 } else { local.max(2) }
    }
}

macro_rules! places {
    ($($country:literal $currency:literal $tz:literal $market:literal $rate:literal $whole:literal $language:ident;)*) => {
        &[$(Place {
            country: $country, currency: $currency, timezone: $tz, marketplace: $market,
            hundredths_per_dollar: $rate, whole: $whole, language: Language::$language,
        }),*]
    };
}

const NA: &[Place] = places! {
    "US" "USD" "America/Los_Angeles" "ATVPDKIKX0DER" 100 false English;
    "CA" "CAD" "America/Los_Angeles" "A2EUQ1WTGCTBG2" 135 false English;
    "MX" "MXN" "America/Los_Angeles" "A1AM78C64UM0Y8" 1800 false Spanish;
    "BR" "BRL" "America/Sao_Paulo" "A2Q3Y263D00KWC" 540 false Portuguese;
};

const EU: &[Place] = places! {
    "DE" "EUR" "Europe/Paris" "A1PA6795UKMFR9" 90 false German;
    "UK" "GBP" "Europe/London" "A1F83G8C2ARO7P" 78 false English;
    "FR" "EUR" "Europe/Paris" "A13V1IB3VIYZZH" 90 false French;
    "IT" "EUR" "Europe/Paris" "APJ6JRA9NG5V4" 90 false Italian;
    "ES" "EUR" "Europe/Paris" "A1RKKUPIHCS9HS" 90 false Spanish;
    "NL" "EUR" "Europe/Amsterdam" "A1805IZSGTT6HS" 90 false Dutch;
    "PL" "PLN" "Europe/Warsaw" "A1C3SOZRARQ6R3" 390 false German;
    "SE" "SEK" "Europe/Stockholm" "A2NODRKZP88ZB9" 1030 false English;
    "BE" "EUR" "Europe/Brussels" "AMEN7PMS3EDWL" 90 false French;
    "TR" "TRY" "Europe/Istanbul" "A33AVAJ2PDY3EV" 3300 false English;
    "AE" "AED" "Asia/Dubai" "A2VIGQ35RCS4UG" 367 false English;
    "IN" "INR" "Asia/Kolkata" "A21TJRUUN4KGV" 8400 false English;
};

const FE: &[Place] = places! {
    "JP" "JPY" "Asia/Tokyo" "A1VC38T7YXB528" 15000 true Japanese;
    "AU" "AUD" "Australia/Sydney" "A39IBJ37TRP1C6" 150 false English;
    "SG" "SGD" "Asia/Singapore" "A19VAU5U5O7RUS" 134 false English;
};

/// The marketplaces of a region, the commonest first.
pub(crate) const fn of(region: Region) -> &'static [Place] {
    match region {
        Region::Na => NA,
        Region::Eu => EU,
        Region::Fe => FE,
    }
}
