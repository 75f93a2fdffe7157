//! The section `[profiles]`: entries with their lines.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::ConfigError;
use super::file::Place;
use crate::domain::selection::{Entry, Selection};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Profiles {
    include: Vec<toml::Spanned<Text>>,
    exclude: Vec<toml::Spanned<Text>>,
}

/// An entry as a string, or a profile's number as such.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a profile's number, or a string such as \"Acme*\" or \"country:DE\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                if number < 0 {
                    return Err(E::custom("a profile's number is not negative"));
                }
                Ok(Text(number.to_string()))
            }
        }
        input.deserialize_any(Visitor)
    }
}

impl Profiles {
    /// The checked entries.
    pub(super) fn select(self, place: &Place<'_>) -> Result<Selection, ConfigError> {
        let file = place.path.display();
        let read = |entries: Vec<toml::Spanned<Text>>| {
            entries
                .into_iter()
                .map(|entry| {
                    let at = entry.span().start;
                    let whereabouts = format!("{file}:{}", place.line(at));
                    Entry::parse(&entry.get_ref().0, whereabouts).map_err(|message| place.error(at, message))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Selection { include: read(self.include)?, exclude: read(self.exclude)? })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("/etc/ads/config.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn every_entry_knows_its_own_line() {
        let config = parse(
            "[profiles]\ninclude = [\n  \"Acme*\",\n  3312910465837761,\n]\nexclude = [\"country:UK\"]\n",
        );
        let selection = config.unwrap().profiles;
        let entries = selection.include.iter().chain(&selection.exclude);
        let places: Vec<(&str, &str)> = entries.map(|e| (e.text(), e.place())).collect();
        assert_eq!(
            places,
            [
                ("Acme*", "/etc/ads/config.toml:3"),
                ("3312910465837761", "/etc/ads/config.toml:4"),
                ("country:UK", "/etc/ads/config.toml:6"),
            ]
        );
    }

    #[test]
    fn entries_that_nobody_can_mean_are_refused_with_their_line() {
        for (text, parts) in [
            ("[profiles]\nexclude = [\"Acme\",\n\"region:EU\"]", [":3:", "\"region\" is no kind of entry"]),
            ("[profiles]\ninclude = [\"country:Germany\"]", [":2:", "two letters"]),
            ("[profiles]\ninclude = [\"\"]", [":2:", "names no profile"]),
            ("[profiles]\ninclude = [-4]", [":2:", "negative"]),
            ("[profiles]\ninclude = [1.5]", [":2:", "a profile's number"]),
            ("[profiles]\ninclude = \"Acme\"", [":2:", "sequence"]),
            ("[profiles]\nexlude = []", [":2:", "did you mean \"exclude\"?"]),
        ] {
            let error = parse(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{part:?} in {error}");
            }
        }
    }
}
