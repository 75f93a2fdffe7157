//! Identifiers: profiles and runs are 64-bit integers, entities are text in canonical decimal.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One advertiser account in one marketplace, as `GET /v2/profiles` numbers it.
///
/// In JSON it is a string, for many of them are beyond 2^53, where readers of JSON numbers lose digits; a number is read
/// as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(pub i64);

impl Serialize for ProfileId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProfileId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(Self(number)),
            Written::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One sync of one profile, numbered by the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An entity's id in canonical decimal: digits without sign or leading zeros, of any length.
///
/// The API writes the same kind of id as a JSON string in one product and as a JSON number in another,
/// beyond 2^53 in both; neither ever passes through a float. A string that is no number is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityId(String);

impl EntityId {
    /// Reads an id from a JSON string or number; `None` for anything else, and for a number with a fraction.
    pub fn from_json(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(text) => Self::from_text(text),
            serde_json::Value::Number(number) => {
                super::decimal::Decimal::parse(&number.to_string())?.to_integer_text().map(Self)
            }
            _ => None,
        }
    }

    /// Reads an id from text; `None` when it is blank.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            let digits = text.trim_start_matches('0');
            return Some(Self(if digits.is_empty() { "0" } else { digits }.to_owned()));
        }
        Some(Self(text.to_owned()))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The canonical text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> Option<String> {
        EntityId::from_json(&serde_json::from_str(json).unwrap()).map(EntityId::into_string)
    }

    #[test]
    fn ids_beyond_two_to_the_53rd_are_exact_in_both_wire_forms() {
        assert_eq!(id("144327786111035249").as_deref(), Some("144327786111035249"));
        assert_eq!(id("\"144327786111035249\"").as_deref(), Some("144327786111035249"));
        assert_eq!(id("18446744073709551615").as_deref(), Some("18446744073709551615"));
        assert_eq!(id("99999999999999999999999").as_deref(), Some("99999999999999999999999"));
    }

    #[test]
    fn a_profiles_number_is_written_so_that_no_reader_of_json_loses_a_digit() {
        let beyond = ProfileId(368_711_543_977_070_628);
        let written = serde_json::to_string(&beyond).unwrap();
        assert_eq!(written, "\"368711543977070628\"");
        for text in [written.as_str(), "368711543977070628"] {
            assert_eq!(serde_json::from_str::<ProfileId>(text).unwrap(), beyond);
        }
        assert!(serde_json::from_str::<ProfileId>("\"acme\"").is_err());
        let by_profile = std::collections::BTreeMap::from([(beyond, 1)]);
        let text = serde_json::to_string(&by_profile).unwrap();
        assert_eq!(
            serde_json::from_str::<std::collections::BTreeMap<ProfileId, i32>>(&text).unwrap(),
            by_profile
        );
    }

    #[test]
    fn both_wire_forms_of_one_id_are_equal() {
        assert_eq!(id("\"00120\""), id("120"));
        assert_eq!(id("1.2e2"), id("120"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for json in ["null", "true", "{}", "[1]", "\"  \"", "1.5", "-3"] {
            assert_eq!(id(json), None, "{json}");
        }
    }
}
