//! The lists of the API. Each is described by data; reading requests and writing pages is common
//! to all. Knows nothing of connections, tokens of access, limits or faults.

mod asked;
mod body;
pub(crate) mod page;
mod portfolios;
mod query;
mod sb;
mod sd;
mod selection;
mod sp;
pub(crate) mod spec;
mod token;

pub(crate) use self::asked::Asked;
use self::spec::{ListSpec, Paging};
use crate::simulator::errors::Refusal;
use crate::simulator::world::dice::mix;
use xxhash_rust::xxh3::xxh3_64;

/// All lists.
pub(crate) fn all() -> impl Iterator<Item = &'static ListSpec> {
    [portfolios::LISTS, sp::LISTS, sb::LISTS, sd::LISTS].into_iter().flatten()
}

/// The list that a path serves.
pub(crate) fn find(path: &str) -> Option<&'static ListSpec> {
    all().find(|list| list.path == path)
}

/// What a list request consists of, once its permission is settled.
#[derive(Debug)]
pub(crate) struct ListRequest<'a> {
    pub(crate) content_type: Option<&'a str>,
    pub(crate) accept: Option<&'a str>,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
    pub(crate) profile: u64,
    pub(crate) seed: u64,
}

/// Checks the media types and reads the request; also gives the media type to answer in.
pub(crate) fn read(list: &ListSpec, request: &ListRequest<'_>) -> Result<(Asked, &'static str), Refusal> {
    let place = mix(request.profile, xxh3_64(list.path.as_bytes()));
    match &list.paging {
        Paging::Token(paging) => {
            if !request.content_type.is_some_and(|given| same_type(given, paging.content_type)) {
                let given = request.content_type.unwrap_or("none");
                return Err(Refusal::new(
                    415,
                    format!("Unsupported media type {given}; expected {}.", paging.content_type),
                ));
            }
            let version = agreed(request.accept, paging.accepts).ok_or_else(|| {
                Refusal::new(paging.wrong_accept, not_acceptable(request.accept, paging.accepts))
            })?;
            if let Some((name, _)) = request.query.first() {
                return Err(Refusal::new(400, format!("Unknown parameter '{name}'")));
            }
            let mut asked = body::read(paging, request.body, request.seed, place)?;
            if version != 0 {
                asked.older_version();
            }
            Ok((asked, paging.accepts[version]))
        }
        Paging::Index(paging) => {
            let version = agreed(request.accept, paging.accepts)
                .ok_or_else(|| Refusal::new(406, not_acceptable(request.accept, paging.accepts)))?;
            Ok((query::read(paging, request.query, version == 0, place)?, paging.accepts[version]))
        }
    }
}

/// The number of the media type to answer in. Without `Accept`, or when anything goes, the oldest:
/// whoever wants the latest must say so.
fn agreed(accept: Option<&str>, offered: &[&str]) -> Option<usize> {
    let Some(accept) = accept else { return Some(offered.len() - 1) };
    let wanted: Vec<&str> = accept.split(',').map(str::trim).collect();
    if let Some(exact) = offered.iter().position(|offer| wanted.iter().any(|want| same_type(want, offer))) {
        return Some(exact);
    }
    let any = |want: &&str| same_type(want, "*/*") || same_type(want, "application/*");
    wanted.iter().any(any).then_some(offered.len() - 1)
}

fn same_type(given: &str, wanted: &str) -> bool {
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

fn not_acceptable(accept: Option<&str>, offered: &[&str]) -> String {
    format!("Cannot answer in {}; available: {}.", accept.unwrap_or("none"), offered.join(", "))
}
