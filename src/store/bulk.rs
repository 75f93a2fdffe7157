//! Bulk statements for the entity tables: the only SQL text that is built, and only from descriptors.

use std::fmt::Write as _;

use crate::domain::entity::{EntityRow, MAPPING_VERSION, SqlValue, Table};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::time::Timestamp;

/// Rows for each statement: well below both databases' limits on parameters.
pub(super) const CHUNK: usize = 100;
/// Ids for each `in (…)`.
pub(super) const IDS: usize = 500;

const KEY: &[&str] = &["profile_id", "ad_product", "level", "id"];
const KEEPING: &[&str] =
    &["raw", "row_hash", "mapping_version", "first_seen_at", "changed_at", "removed_at", "run_id"];

/// The columns of an entity table in the order in which rows are bound.
pub(super) fn columns(table: &Table) -> Vec<&'static str> {
    let own = table.columns.iter().map(|c| c.name);
    KEY.iter().copied().chain(own).chain(KEEPING.iter().copied()).collect()
}

/// One parameter of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Param<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes([u8; 16]),
}

/// How a dialect writes parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    /// `?`: SQLite looks named parameters up one by one, which costs it more than the rows themselves.
    Sqlite,
    /// `$1`, and a cast for JSON.
    Postgres,
}

impl Flavor {
    fn param(self, out: &mut String, n: usize) {
        match self {
            Self::Sqlite => out.push('?'),
            Self::Postgres => {
                let _ = write!(out, "${n}");
            }
        }
    }

    const fn json(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "::json",
        }
    }
}

/// What every row of one commit has in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) profile: ProfileId,
    pub(super) run: RunId,
    pub(super) now: Timestamp,
}

/// A row's parameters in the order of [`columns`].
pub(super) fn params<'a>(row: &'a EntityRow, stamp: Stamp) -> Vec<Param<'a>> {
    let mut out = Vec::with_capacity(row.columns.len() + KEY.len() + KEEPING.len());
    out.push(Param::Int(Some(stamp.profile.0)));
    out.push(Param::Text(Some(row.key.ad_product.as_str())));
    out.push(Param::Text(Some(row.key.level.as_str())));
    out.push(Param::Text(Some(row.key.id.as_str())));
    out.extend(row.columns.iter().map(|value| match value {
        SqlValue::Text(text) => Param::Text(text.as_deref()),
        SqlValue::Int(int) => Param::Int(*int),
        SqlValue::Bool(yes) => Param::Bool(*yes),
    }));
    out.push(Param::Text(Some(&row.raw)));
    out.push(Param::Bytes(row.hash.to_be_bytes()));
    out.push(Param::Int(Some(MAPPING_VERSION)));
    out.push(Param::Int(Some(stamp.now.0)));
    out.push(Param::Int(Some(stamp.now.0)));
    out.push(Param::Int(None));
    out.push(Param::Int(Some(stamp.run.0)));
    out
}

/// `insert into T (…) values (…), (…)`.
pub(super) fn insert(table: &Table, rows: usize, flavor: Flavor) -> String {
    let columns = columns(table);
    let mut sql = format!("insert into {} ({}) values ", table.name, columns.join(", "));
    let mut n = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (i, column) in columns.iter().enumerate() {
            n += 1;
            sql.push_str(if i == 0 { "" } else { ", " });
            flavor.param(&mut sql, n);
            sql.push_str(if *column == "raw" { flavor.json() } else { "" });
        }
        sql.push(')');
    }
    sql
}

/// The same, replacing rows that are there. A row that only a newer mapping rewrites keeps its `changed_at`.
pub(super) fn upsert(table: &Table, rows: usize, flavor: Flavor) -> String {
    let t = table.name;
    let set: Vec<String> = columns(table)
        .into_iter()
        .filter(|column| !KEY.contains(column) && *column != "first_seen_at")
        .map(|column| match column {
            "changed_at" => format!(
                "changed_at = case when {t}.row_hash = excluded.row_hash and {t}.removed_at is null \
                 then {t}.changed_at else excluded.changed_at end"
            ),
            _ => format!("{column} = excluded.{column}"),
        })
        .collect();
    format!(
        "{} on conflict ({}) do update set {}",
        insert(table, rows, flavor),
        KEY.join(", "),
        set.join(", ")
    )
}

/// Marks rows as removed; the parameters are now, run, profile, product, level, then the ids.
///
/// PostgreSQL takes the ids as one array that it joins with: a long `in (…)` over a table without statistics
/// yet makes it filter the whole profile instead of probing the primary key.
pub(super) fn remove(table: &Table, ids: usize, flavor: Flavor) -> String {
    let t = table.name;
    match flavor {
        Flavor::Sqlite => format!(
            "update {t} set removed_at = ?, run_id = ? where profile_id = ? and ad_product = ? and level = ? \
             and id in ({})",
            marks(ids)
        ),
        Flavor::Postgres => format!(
            "update {t} t set removed_at = $1, run_id = $2 from unnest($6::text[]) as wanted (id) \
             where t.profile_id = $3 and t.ad_product = $4 and t.level = $5 and t.id = wanted.id"
        ),
    }
}

/// The stored objects of some rows; the parameters are profile, product, level, then the ids.
pub(super) fn raws(table: &Table, ids: usize, flavor: Flavor) -> String {
    let t = table.name;
    match flavor {
        Flavor::Sqlite => {
            let ids = marks(ids);
            format!(
                "select id, raw from {t} where profile_id = ? and ad_product = ? and level = ? and id in ({ids})"
            )
        }
        Flavor::Postgres => format!(
            "select t.id, cast(t.raw as text) from unnest($4::text[]) as wanted (id) join {t} t on t.id = wanted.id \
             where t.profile_id = $1 and t.ad_product = $2 and t.level = $3"
        ),
    }
}

/// Keys and hashes of a profile's rows, removed ones too: `$1` profile, `$2` product, `$3` level.
pub(super) fn stored(table: &Table) -> String {
    format!(
        "select id, row_hash, mapping_version, removed_at from {} where profile_id = $1 and ad_product = $2 and level = $3",
        table.name
    )
}

/// Ids of a profile's live rows, each with one of the table's columns: `$1` profile, `$2` product, `$3` level.
pub(super) fn live(table: &Table, column: Option<&'static str>) -> String {
    format!(
        "select id, {} from {} where profile_id = $1 and ad_product = $2 and level = $3 and removed_at is null",
        column.unwrap_or("cast(null as text)"),
        table.name
    )
}

/// Columns of a change log row, as they are bound.
const CHANGE: &[&str] = &[
    "run_id",
    "profile_id",
    "ad_product",
    "entity",
    "level",
    "entity_id",
    "kind",
    "changed_at",
    "before",
    "after",
];

/// Rows of the change log.
pub(super) fn changes(rows: usize, flavor: Flavor) -> String {
    let mut sql = format!("insert into changes ({}) values ", CHANGE.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (i, column) in CHANGE.iter().enumerate() {
            sql.push_str(if i == 0 { "" } else { ", " });
            flavor.param(&mut sql, row * CHANGE.len() + i + 1);
            sql.push_str(if matches!(*column, "before" | "after") { flavor.json() } else { "" });
        }
        sql.push(')');
    }
    sql
}

/// Profiles for each statement: five of them store the longest list that the API gives.
pub(super) const PROFILES: usize = 1_000;

/// Columns of a profile that a listing knows, as they are bound.
const PROFILE: &[&str] = &[
    "profile_id",
    "login",
    "region",
    "access",
    "name",
    "country",
    "currency",
    "timezone",
    "account_type",
    "account_sub_type",
    "account_id",
    "marketplace_id",
    "simulated",
    "raw",
    "listed_at",
];

/// Profiles as listed, over those that are there; whatever was gone is back.
pub(super) fn profiles(rows: usize, flavor: Flavor) -> String {
    let mut sql = format!("insert into profiles ({}) values ", PROFILE.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for i in 0..PROFILE.len() {
            sql.push_str(if i == 0 { "" } else { ", " });
            flavor.param(&mut sql, row * PROFILE.len() + i + 1);
        }
        sql.push(')');
    }
    let kept = |column: &&&str| !matches!(**column, "profile_id" | "simulated");
    let set: Vec<String> =
        PROFILE.iter().filter(kept).map(|column| format!("{column} = excluded.{column}")).collect();
    sql + &format!(" on conflict (profile_id) do update set {}, gone_at = null", set.join(", "))
}

/// PostgreSQL's bulk loader, in its text format.
pub(super) fn copy(table: &Table) -> String {
    format!("copy {} ({}) from stdin", table.name, columns(table).join(", "))
}

/// Appends a row in the loader's text format.
pub(super) fn copy_row(out: &mut String, params: &[Param<'_>]) {
    for (i, param) in params.iter().enumerate() {
        if i > 0 {
            out.push('\t');
        }
        match param {
            Param::Text(None) | Param::Int(None) | Param::Bool(None) => out.push_str("\\N"),
            Param::Bool(Some(yes)) => out.push(if *yes { 't' } else { 'f' }),
            Param::Int(Some(int)) => {
                let _ = write!(out, "{int}");
            }
            Param::Bytes(bytes) => {
                out.push_str("\\\\x");
                for byte in bytes {
                    let _ = write!(out, "{byte:02x}");
                }
            }
            Param::Text(Some(text)) => {
                for c in text.chars() {
                    match c {
                        '\\' => out.push_str("\\\\"),
                        '\t' => out.push_str("\\t"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        c => out.push(c),
                    }
                }
            }
        }
    }
    out.push('\n');
}

/// `?, ?, ?`
fn marks(count: usize) -> String {
    let mut out = "?, ".repeat(count);
    out.truncate(out.len().saturating_sub(2));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::table::TABLES;

    #[test]
    fn a_full_chunk_stays_below_the_parameter_limits() {
        for table in TABLES {
            assert!(columns(table).len() * CHUNK < 32_766, "{}", table.name);
        }
        assert!(PROFILE.len() * PROFILES < 32_766);
    }

    #[test]
    fn the_migrations_have_the_tables_of_the_descriptors_column_by_column() {
        for dialect in ["sqlite", "postgres"] {
            let folder = format!("{}/migrations/{dialect}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
            files.sort();
            let sql: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
            for table in TABLES {
                let start = sql.find(&format!("create table {} (", table.name)).unwrap();
                let body = &sql[start..start + sql[start..].find("\n);").unwrap()];
                let created = body.lines().skip(1).filter_map(|line| line.split_whitespace().next());
                let added = format!("alter table {} add column ", table.name);
                let added =
                    sql.lines().filter_map(|line| line.strip_prefix(&added)?.split_whitespace().next());
                let mut names: Vec<&str> = created.filter(|word| *word != "primary").chain(added).collect();
                let mut expected = columns(table);
                names.sort_unstable();
                expected.sort_unstable();
                assert_eq!(names, expected, "{dialect} {}", table.name);
            }
        }
    }

    #[test]
    fn the_loader_format_escapes_what_would_break_a_row() {
        let mut out = String::new();
        copy_row(&mut out, &[Param::Text(Some("a\tb\\n\r\nc")), Param::Text(None), Param::Int(Some(-3))]);
        assert_eq!(out, "a\\tb\\\\n\\r\\nc\t\\N\t-3\n");
    }
}
