//! Which profiles an operator means: by number, by name with wildcards, by country or by login.
//!
//! Knows no configuration file: an entry carries the place where it stands as a text.

use std::fmt;

use super::profile::{Barred, Profile};

/// One entry of `include` or `exclude`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    text: String,
    place: String,
    pattern: Pattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Number(i64),
    /// The name, or the name with a blank and the country; in lower case.
    Name(String),
    Country(String),
    Login(String),
}

/// The forms of an entry, for messages.
pub const FORMS: &str =
    "a profile number, a name with or without *, \"NAME CC\", name:…, country:CC or login:…";

impl Entry {
    /// Reads an entry; `place` is where it stands.
    ///
    /// # Errors
    /// In words, when it has none of the forms.
    pub fn parse(text: &str, place: String) -> Result<Self, String> {
        let trimmed = text.trim();
        let (form, rest) = match trimmed.split_once(':') {
            Some((form, rest)) if !form.is_empty() && form.bytes().all(|b| b.is_ascii_lowercase()) => {
                (form, rest.trim())
            }
            _ => ("", trimmed),
        };
        if rest.is_empty() {
            return Err(format!("{text:?} names no profile: write {FORMS}"));
        }
        let pattern = match form {
            "" if rest.bytes().all(|b| b.is_ascii_digit()) => Pattern::Number(
                rest.parse().map_err(|_| format!("{rest} is too large for a profile number"))?,
            ),
            "" | "name" => Pattern::Name(rest.to_lowercase()),
            "country" if rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Pattern::Country(rest.to_uppercase())
            }
            "country" => {
                return Err(format!("{rest:?} is no country: write its two letters, such as country:DE"));
            }
            "login" => Pattern::Login(rest.to_owned()),
            unknown => {
                return Err(format!(
                    "{unknown:?} is no kind of entry: write {FORMS} (a name that has a colon is name:…)"
                ));
            }
        };
        Ok(Self { text: trimmed.to_owned(), place, pattern })
    }

    /// True when the profile is meant.
    pub fn matches(&self, profile: &Profile) -> bool {
        match &self.pattern {
            Pattern::Number(id) => profile.id.0 == *id,
            Pattern::Name(pattern) => {
                let name = profile.name.to_lowercase();
                let full = format!("{name} {}", profile.country.to_lowercase());
                matches(pattern, &name) || matches(pattern, &full)
            }
            Pattern::Country(country) => profile.country.eq_ignore_ascii_case(country),
            Pattern::Login(login) => profile.login == *login,
        }
    }

    /// The entry as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it stands.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// True when a text is what a pattern says, `*` standing for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        // A part is matched as early as possible, so that the later ones have the most left; the last one must
        // stand at the end.
        if let Some(part) = last.replace(part) {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

/// Which profiles are synced: those that `include` names, or all where it is empty, without those in `exclude`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only these; all when empty.
    pub include: Vec<Entry>,
    /// Never these.
    pub exclude: Vec<Entry>,
}

impl Selection {
    /// Why a profile is left out; `None` when it is not.
    pub fn bars(&self, profile: &Profile) -> Option<Barred> {
        if let Some(entry) = self.exclude.iter().find(|entry| entry.matches(profile)) {
            return Some(Barred::Excluded { entry: entry.text.clone(), place: entry.place.clone() });
        }
        let first = self.include.first()?;
        let included = self.include.iter().any(|entry| entry.matches(profile));
        (!included).then(|| Barred::NotIncluded { place: first.place.clone() })
    }

    /// Entries that mean none of the profiles.
    pub fn unmatched<'a>(
        &'a self,
        profiles: impl Iterator<Item = &'a Profile> + Clone,
    ) -> impl Iterator<Item = &'a Entry> {
        let entries = self.include.iter().chain(&self.exclude);
        entries.filter(move |entry| !profiles.clone().any(|profile| entry.matches(profile)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ProfileId;
    use crate::domain::profile::{Access, Region};

    fn profile(id: i64, name: &str, country: &str) -> Profile {
        Profile {
            id: ProfileId(id),
            login: "acme-eu".to_owned(),
            region: Region::Eu,
            access: Access::Edit,
            name: name.to_owned(),
            country: country.to_owned(),
            currency: "EUR".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            account_type: "seller".to_owned(),
            account_sub_type: None,
            account_id: String::new(),
            marketplace_id: None,
            simulated: false,
            raw: String::new(),
        }
    }

    fn entry(text: &str) -> Entry {
        Entry::parse(text, "config.toml:3".to_owned()).unwrap()
    }

    #[test]
    fn an_entry_means_a_number_a_name_a_country_or_a_login() {
        let aurora = profile(3_312_910_465_837_761, "Aurora Pets", "DE");
        for (text, meant) in [
            ("3312910465837761", true),
            ("331291046583776", false),
            ("Aurora Pets", true),
            ("aurora pets", true),
            ("Aurora", false),
            ("Aurora*", true),
            ("*pets", true),
            ("*ora*et*", true),
            ("*pets*pets", false),
            ("*", true),
            ("Aurora Pets DE", true),
            ("Aurora Pets UK", false),
            ("Aurora* DE", true),
            ("Aurora* UK", false),
            ("country:de", true),
            ("country:UK", false),
            ("login:acme-eu", true),
            ("login:acme-na", false),
            ("name:Aurora Pets", true),
        ] {
            assert_eq!(entry(text).matches(&aurora), meant, "{text}");
        }
        // A name that looks like something else is still a name where it is told to be one.
        assert!(entry("name:4711").matches(&profile(1, "4711", "DE")));
        assert!(entry("name:login: us").matches(&profile(1, "login: US", "DE")));
        assert!(entry("Acme: Outdoor").matches(&profile(1, "Acme: Outdoor", "DE")));
    }

    #[test]
    fn wildcards_match_from_both_ends_and_never_overlap() {
        for (pattern, text, hit) in [
            ("ab*ba", "aba", false),
            ("ab*ba", "abba", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("**", "", true),
            ("", "", true),
            ("", "a", false),
            ("é*", "été", true),
        ] {
            assert_eq!(matches(pattern, text), hit, "{pattern} {text}");
        }
    }

    #[test]
    fn what_has_no_known_form_is_refused_in_words() {
        for (text, part) in [
            ("", "names no profile"),
            ("  ", "names no profile"),
            ("name:", "names no profile"),
            ("country:Germany", "two letters"),
            ("region:EU", "\"region\" is no kind of entry"),
            ("99999999999999999999", "too large"),
        ] {
            let error = Entry::parse(text, String::new()).unwrap_err();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn exclude_goes_before_include_and_an_empty_include_is_everybody() {
        let (aurora, kestrel) = (profile(1, "Aurora", "DE"), profile(2, "Kestrel", "UK"));
        let none = Selection::default();
        assert_eq!(none.bars(&aurora), None);
        let only = Selection { include: vec![entry("Aurora"), entry("nobody")], exclude: Vec::new() };
        assert_eq!(only.bars(&aurora), None);
        assert!(matches!(only.bars(&kestrel), Some(Barred::NotIncluded { .. })));
        let both = Selection { include: vec![entry("*")], exclude: vec![entry("country:UK")] };
        let barred = both.bars(&kestrel).unwrap();
        assert_eq!(
            barred.to_string(),
            "excluded by the configuration: \"country:UK\" in exclude, config.toml:3"
        );
        assert_eq!(both.bars(&aurora), None);
        let unmatched: Vec<&str> = only.unmatched([&aurora, &kestrel].into_iter()).map(Entry::text).collect();
        assert_eq!(unmatched, ["nobody"]);
    }
}
