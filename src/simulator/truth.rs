//! What a profile really holds, for tests to compare with. Knows nothing of requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::lists;
use super::world::World;
use super::world::table::Table;

/// Everything that exists in a profile, archived and hidden rows included.
#[derive(Debug, Clone)]
pub struct Truth {
    /// The profile.
    pub profile_id: u64,
    /// How often the profile has changed.
    pub generation: u32,
    lists: BTreeMap<&'static str, Arc<Table>>,
}

impl Truth {
    pub(crate) fn of(world: &World, n: usize, extended: bool) -> Self {
        loop {
            let generation = world.generation(n);
            let lists = lists::all()
                .map(|list| (list.path, world.table(n, list.kind, extended || list.always_extended())))
                .collect();
            // A change in between would mix two generations.
            if world.generation(n) == generation {
                return Self { profile_id: world.profiles()[n].id, generation, lists };
            }
        }
    }

    /// The paths of all lists.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.lists.keys().copied()
    }

    /// The number of rows of a list; 0 for an unknown path.
    pub fn count(&self, path: &str) -> usize {
        self.lists.get(path).map_or(0, |table| table.rows.len())
    }

    /// The ids of a list's rows, in the list's order.
    pub fn ids(&self, path: &str) -> Vec<u64> {
        self.lists.get(path).map(|table| table.rows.iter().map(|row| row.id).collect()).unwrap_or_default()
    }

    /// The text of each row of a list, exactly as it is served.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        let Some(table) = self.lists.get(path) else { return Vec::new() };
        table.rows.iter().map(|row| std::str::from_utf8(table.text(row)).unwrap_or_default()).collect()
    }

    /// The rows of a list, parsed.
    pub fn rows(&self, path: &str) -> Vec<Value> {
        self.texts(path).into_iter().map(|text| serde_json::from_str(text).unwrap_or_default()).collect()
    }

    /// All of it as JSON: `profileId`, `generation`, and `lists` by path.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out =
            format!("{{\"profileId\":{},\"generation\":{},\"lists\":{{", self.profile_id, self.generation)
                .into_bytes();
        for (n, (path, table)) in self.lists.iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            out.extend_from_slice(format!("\"{path}\":[").as_bytes());
            out.extend_from_slice(&table.bytes);
            out.push(b']');
        }
        out.extend_from_slice(b"}}");
        out
    }
}
