//! Reads the query of a list that is paged by a start index, and refuses what Amazon would
//! refuse. A count beyond the cap is cut down quietly, as Amazon does.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use super::asked::{Asked, id};
use super::selection::Selection;
use super::spec::{By, IndexPaging, Param};
use crate::simulator::errors::Refusal;
use crate::simulator::world::churn::State;
use crate::simulator::world::dice::mix;

/// Reads a query. `latest` tells whether the latest version was asked for: older ones do not know
/// video ad groups.
pub(crate) fn read(
    paging: &IndexPaging,
    query: &[(String, String)],
    latest: bool,
    place: u64,
) -> Result<Asked, Refusal> {
    let bad = |message: String| Refusal::new(paging.invalid, message);
    let mut selection = Selection::default();
    for (_, param) in paging.params {
        if let Param::States { default, .. } = param {
            selection.only_states(*default);
        }
    }
    if !latest {
        selection.only_video(false);
    }
    let (mut offset, mut size) = (0, paging.cap);
    let mut filters = String::new();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in query {
        if seen.contains(&name.as_str()) {
            return Err(bad(format!("Parameter {name} was given twice")));
        }
        seen.push(name);
        let number = || {
            value
                .parse::<u32>()
                .map_err(|_| bad(format!("{name} must be a non-negative integer, got '{value}'")))
        };
        match name.as_str() {
            "startIndex" => offset = number()? as usize,
            "count" => match number()? {
                0 => return Err(bad("count must be at least 1".to_owned())),
                n => size = (n as usize).min(paging.cap),
            },
            _ => {
                let param = paging.params.iter().find(|(known, _)| known == name);
                let (_, param) = param.ok_or_else(|| bad(format!("Unknown parameter '{name}'")))?;
                apply(&mut selection, param, value, latest)
                    .map_err(|why| bad(format!("Invalid {name}: {why}")))?;
                filters.push_str(&format!("{name}={value}&"));
            }
        }
    }
    let filters = mix(place, mix(xxh3_64(filters.as_bytes()), u64::from(latest)));
    Ok(Asked { selection, filters, bound: filters, offset, size, extended: paging.extended })
}

fn apply(selection: &mut Selection, param: &Param, value: &str, latest: bool) -> Result<(), String> {
    // Lists are written with and without blanks after the comma.
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let known = |allowed: &[&str]| match parts.iter().find(|part| !allowed.contains(part)) {
        Some(bad) => Err(format!("'{bad}' is not one of {}", allowed.join(", "))),
        None => Ok(()),
    };
    match param {
        Param::Ids(by) => {
            let ids: Option<_> = parts.iter().map(|part| id(part)).collect();
            selection.only_ids(*by, ids.ok_or_else(|| format!("'{value}' is not a list of ids"))?);
        }
        Param::States { allowed, single, .. } => {
            known(allowed)?;
            if *single && parts.len() > 1 {
                return Err("takes a single state".to_owned());
            }
            selection
                .only_states(parts.iter().filter_map(|part| State::bit(part)).fold(0, |all, bit| all | bit));
        }
        Param::Text(member) => selection.only_texts(member, vec![value.to_owned()], false),
        Param::Values { member, allowed } => {
            known(allowed)?;
            selection.only_texts(member, parts.iter().map(|&part| part.to_owned()).collect(), false);
        }
        Param::Creative => match value {
            "video" if latest => selection.only_video(true),
            // There is nothing to find for a version that does not know video.
            "video" => selection.only_ids(By::Own, HashSet::from([0])),
            "productCollection" => selection.only_video(false),
            _ => return Err(format!("'{value}' is not one of productCollection, video")),
        },
        Param::Locale => selection.only_texts("nativeLanguageLocale", vec![value.to_owned()], false),
    }
    Ok(())
}
