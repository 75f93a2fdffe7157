//! What filter and orders look at of a change.

use std::cmp::Ordering;

use super::{Shown, name_of, names, plain};
use crate::console::filter::{ALSO, Kind, Row, Schema, Texts, Value, field};
use crate::domain::id::RunId;
use crate::domain::run::{ChangeKind, ChangeView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::sync::overview::Overview;

/// What the filter can ask of a change.
pub(super) const SCHEMA: Schema = &[
    field("profile", Kind::Text, "any part of the profile's name"),
    field("country", Kind::Word, "its marketplace"),
    field("product", Kind::OneOf(&["sp", "sb", "sd", "all"]), "the ad product"),
    field("entity", Kind::Word, "campaigns, keywords, ..."),
    field("kind", Kind::OneOf(&KINDS), "what happened"),
    field("id", Kind::Text, "any part of the row's id"),
    field("name", Kind::Text, "any part of what the row is called"),
    field("field", Kind::Word, "a field that differs"),
    field("run", Kind::Number, "the run that found it"),
    field("when", Kind::Within, "how long ago it was committed"),
];

/// The fields of [`SCHEMA`] that are text: the first so many. The unit and the values stand behind them, for plain words.
const TEXTS: usize = 8;

const KINDS: [&str; ChangeKind::ALL.len()] = {
    let mut words = [""; ChangeKind::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = ChangeKind::ALL[i].as_str();
        i += 1;
    }
    words
};

/// What filter and order look at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    texts: Texts,
    at: Timestamp,
    pub(super) unit: Unit,
    pub(super) kind: ChangeKind,
    run: RunId,
}

impl Row for Entry {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0..TEXTS => Value::Text(self.texts.get(field)),
            8 => Value::Number(self.run.0),
            _ => Value::At(Some(self.at)),
        }
    }

    fn words(&self) -> &str {
        self.texts.first(TEXTS + 2)
    }
}

impl Entry {
    pub(super) fn of(change: &ChangeView, overview: &Overview) -> Self {
        /// Bytes of values in which plain words are looked for: some lists of a row are very long.
        const LONGEST: usize = 1_000;
        let profile = overview.profiles.get(&change.profile_id).map(|stored| &stored.profile);
        let number = change.profile_id.to_string();
        let fields: Vec<&str> = names(change).map(String::as_str).collect();
        let mut values = String::new();
        for (_, before, after) in super::fields(change) {
            for value in [before, after].into_iter().flatten() {
                values.push_str(&plain(Some(value)));
                values.push(ALSO);
            }
            if values.len() > LONGEST {
                break;
            }
        }
        Self {
            texts: Texts::new([
                profile.map_or(number.as_str(), |p| p.name.as_str()),
                profile.map_or("", |p| p.country.as_str()),
                change.unit.ad_product.as_str(),
                change.unit.entity.plural(),
                change.kind.as_str(),
                &change.entity_id,
                name_of(change).unwrap_or_default(),
                &fields.join(&ALSO.to_string()),
                &change.unit.to_string(),
                &values,
            ]),
            at: change.at,
            unit: change.unit,
            kind: change.kind,
            run: change.run_id,
        }
    }

    /// Which of two rows is less by a column.
    pub(super) fn compare(&self, other: &Self, column: Shown) -> Ordering {
        let (a, b) = (self, other);
        let text = |place: usize| a.texts.get(place).cmp(b.texts.get(place));
        match column {
            Shown::When => a.at.cmp(&b.at),
            Shown::Profile => text(0).then_with(|| text(1)),
            Shown::Unit => a.unit.cmp(&b.unit),
            // Canonical decimal: the longer number is the greater one.
            Shown::Id => a.texts.get(5).len().cmp(&b.texts.get(5).len()).then_with(|| text(5)),
            Shown::Name => text(6),
            Shown::Kind => a.kind.cmp(&b.kind),
            Shown::Fields => text(7),
        }
    }
}
