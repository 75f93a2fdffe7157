//! The filter over profiles: words that must all occur, each anywhere or in one field.
//!
//! `de proved` asks for both words; `country:de,uk` and `status:failed` ask one field for one of several values.

use crate::domain::profile::Profile;
use crate::sync::overview::ProfileStatus;

/// The fields that can be asked by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Country,
    Status,
    Kind,
    Login,
    Id,
}

const FIELDS: [(&str, Field); 6] = [
    ("name", Field::Name),
    ("country", Field::Country),
    ("status", Field::Status),
    ("type", Field::Kind),
    ("login", Field::Login),
    ("id", Field::Id),
];

/// A profile's searchable texts, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Haystack {
    fields: [String; 6],
}

impl Haystack {
    /// The texts of a profile in a status.
    pub(super) fn new(profile: &Profile, status: ProfileStatus) -> Self {
        Self {
            fields: [
                profile.name.to_lowercase(),
                profile.country.to_lowercase(),
                status.word().to_owned(),
                profile.account_type.to_lowercase(),
                profile.login.to_lowercase(),
                profile.id.to_string(),
            ],
        }
    }

    /// The name, in lower case.
    pub(super) fn name(&self) -> &str {
        &self.fields[Field::Name as usize]
    }

    /// The country, in lower case.
    pub(super) fn country(&self) -> &str {
        &self.fields[Field::Country as usize]
    }

    /// The type of account, in lower case.
    pub(super) fn kind(&self) -> &str {
        &self.fields[Field::Kind as usize]
    }

    /// The login, in lower case.
    pub(super) fn login(&self) -> &str {
        &self.fields[Field::Login as usize]
    }
}

/// A parsed filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filter {
    terms: Vec<(Option<Field>, Vec<String>)>,
}

impl Filter {
    /// Reads a filter; any text is one.
    pub(super) fn parse(text: &str) -> Self {
        let terms = text
            .to_lowercase()
            .split_whitespace()
            .map(|word| match word.split_once(':') {
                Some((key, values)) if FIELDS.iter().any(|(name, _)| *name == key) => {
                    let field = FIELDS.iter().find(|(name, _)| *name == key).map(|(_, field)| *field);
                    (field, values.split(',').filter(|v| !v.is_empty()).map(str::to_owned).collect())
                }
                _ => (None, vec![word.to_owned()]),
            })
            .filter(|(_, values): &(_, Vec<String>)| !values.is_empty())
            .collect();
        Self { terms }
    }

    /// True when every term occurs.
    pub(super) fn matches(&self, haystack: &Haystack) -> bool {
        self.terms.iter().all(|(field, values)| match field {
            Some(field) => values.iter().any(|v| haystack.fields[*field as usize].contains(v.as_str())),
            None => values.iter().any(|v| haystack.fields.iter().any(|f| f.contains(v.as_str()))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn haystack() -> Haystack {
        let fields = ["aurora pets", "de", "failed", "seller", "acme-eu", "123"].map(str::to_owned);
        Haystack { fields }
    }

    #[test]
    fn every_word_must_occur_somewhere_or_in_the_field_it_names() {
        for (filter, hit) in [
            ("", true),
            ("AURORA", true),
            ("aurora failed", true),
            ("aurora proved", false),
            ("country:de,uk", true),
            ("country:uk", false),
            ("country:", true),
            ("status:fail type:seller", true),
            ("name:de", false),
            ("12", true),
            ("a:b", false),
        ] {
            assert_eq!(Filter::parse(filter).matches(&haystack()), hit, "{filter}");
        }
    }
}
