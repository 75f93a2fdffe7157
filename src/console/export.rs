//! The rows of the present list as plain values, and files of them: CSV by RFC 4180, or JSON.
//!
//! One function gives heads and rows of every screen; `y` copies one row of them, `X` writes them all.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::errors::Row;
use super::limits::LimitsScreen;
use super::matrix;
use super::model::{Model, Review};
use super::screen::Screen;
use crate::domain::entity::DESCRIPTORS;
use crate::domain::run::{ChangeView, HoldSummary, RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Comma-separated values, with a line of heads.
    #[default]
    Csv,
    /// A list of objects.
    Json,
}

impl Format {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Csv => Self::Json,
            Self::Json => Self::Csv,
        }
    }

    /// Its word, which is also how its files end.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// There is none.
    Nothing,
    /// A word or an id of ours.
    Word(String),
    /// Text from outside, which may be anything.
    Text(String),
    /// A count.
    Number(i64),
    /// An instant.
    At(Timestamp),
    /// Fields of an object.
    Fields(BTreeMap<String, Value>),
}

impl Cell {
    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Word(text) | Self::Text(text) => Value::from(text.as_str()),
            Self::Number(number) => Value::from(*number),
            Self::At(at) => Value::from(at.to_rfc3339()),
            Self::Fields(fields) => Value::Object(fields.clone().into_iter().collect()),
        }
    }

    /// The value as one text.
    fn text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Word(text) | Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::At(at) => at.to_rfc3339(),
            Self::Fields(_) => self.json().to_string(),
        }
    }

    /// The value for a spreadsheet, which takes some beginnings for formulas: text from outside must not become one.
    fn csv(&self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            other => other.text(),
        }
    }
}

/// A list as it is filtered and ordered, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the rows are, for the file's name.
    pub(super) name: &'static str,
    /// What stands in each column.
    pub(super) heads: Vec<String>,
    /// The rows.
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The bytes of a file.
    ///
    /// # Errors
    /// When a row cannot be written, which only a full memory can cause.
    pub(super) fn bytes(&self, format: Format) -> std::io::Result<Vec<u8>> {
        match format {
            Format::Csv => {
                let mut out =
                    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
                out.write_record(&self.heads)?;
                for row in &self.rows {
                    out.write_record(row.iter().map(Cell::csv))?;
                }
                out.into_inner().map_err(csv::IntoInnerError::into_error)
            }
            Format::Json => {
                let mut out = String::from("[");
                for (i, row) in self.rows.iter().enumerate() {
                    out.push_str(if i == 0 { "\n" } else { ",\n" });
                    let heads = self.heads.iter().cloned();
                    let object: Map<String, Value> = heads.zip(row.iter().map(Cell::json)).collect();
                    out.push_str(&Value::Object(object).to_string());
                }
                out.push_str("\n]\n");
                Ok(out.into_bytes())
            }
        }
    }

    /// A row as text between tabs, on one line.
    pub(super) fn line(row: &[Cell]) -> String {
        let cells: Vec<String> =
            row.iter().map(|cell| cell.text().replace(['\t', '\n', '\r'], " ")).collect();
        cells.join("\t")
    }
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Where; from the current folder on.
    pub path: PathBuf,
    /// How.
    pub format: Format,
    /// What.
    pub table: Table,
}

/// The name that is proposed for a file: `adsync-profiles-2026-11-22T143205.csv`, in UTC.
pub(super) fn proposed(name: &str, format: Format, now: Timestamp) -> String {
    let at: String = now.to_rfc3339().chars().filter(|c| !matches!(c, ':' | 'Z')).collect();
    format!("adsync-{name}-{at}.{}", format.word())
}

/// Writes a file that only its owner can read; gives its full path. Nothing is ever overwritten.
///
/// # Errors
/// When the file exists or cannot be written; what was begun is removed.
pub(super) fn write(export: &Export) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(&export.path)?;
    let bytes = export.table.bytes(export.format)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_all()) {
        // Half a file would look like a whole one.
        let _ = std::fs::remove_file(&path);
        return Err(error);
    }
    Ok(path)
}

/// The path that was typed.
pub(super) fn path_of(typed: &str) -> PathBuf {
    Path::new(typed.trim()).to_path_buf()
}

/// The list of the present screen.
pub(super) fn table(model: &Model) -> Table {
    let (name, heads) = heads(&model.screen);
    let rows = (0..model.list_size().0).filter_map(|place| row(model, place)).collect();
    let mut heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    if matches!(model.screen, Screen::Matrix(_)) {
        heads.extend(units().map(|unit| unit.to_string()));
    }
    Table { name, heads, rows }
}

/// What the rows are that the commit of a held run would remove.
pub(super) const REMOVALS: &str = "removals";

/// Every row that the commit of a held run would remove.
pub(super) fn removals(review: &Review, summary: &HoldSummary) -> Table {
    let heads = ["run_id", "profile_id", "ad_product", "entity", "entity_id", "state", "name"];
    let rows = summary.units.iter().flat_map(|unit| {
        unit.removes.iter().map(move |row| {
            vec![
                word(review.run),
                word(review.profile),
                word(unit.unit.ad_product.as_str()),
                word(unit.unit.entity.as_str()),
                Cell::Text(row.id.clone()),
                Cell::Text(row.state.clone()),
                Cell::Text(row.name.clone()),
            ]
        })
    });
    Table { name: REMOVALS, heads: heads.map(str::to_owned).into(), rows: rows.collect() }
}

/// The units of the matrix, each a column of its own.
fn units() -> impl Iterator<Item = Unit> {
    DESCRIPTORS.iter().map(|descriptor| descriptor.unit)
}

type Heads = (&'static str, &'static [&'static str]);

/// What the rows of a screen are, and what stands in each of their columns.
pub(super) const fn heads(screen: &Screen) -> Heads {
    const PROFILES: &[&str] = &[
        "profile_id",
        "name",
        "country",
        "status",
        "login",
        "account_type",
        "rows",
        "last_synced_at",
        "data_as_of",
        "added",
        "changed",
        "removed",
        "returned",
    ];
    const UNITS: &[&str] = &[
        "run_id",
        "ad_product",
        "entity",
        "state",
        "pages",
        "rows",
        "expected",
        "expected_is_reported",
        "reused_pages",
        "started_at",
        "settled_at",
        "error",
    ];
    const RUNS: &[&str] = &[
        "run_id",
        "profile_id",
        "name",
        "country",
        "state",
        "requested_by",
        "requested_at",
        "started_at",
        "finished_at",
        "data_as_of",
        "requests",
        "throttled",
        "rows",
        "added",
        "changed",
        "removed",
        "returned",
        "error",
    ];
    const ERRORS: &[&str] = &[
        "cause",
        "code",
        "summary",
        "retryable",
        "profile_id",
        "name",
        "country",
        "login",
        "run_id",
        "since",
    ];
    const CHANGES: &[&str] = &[
        "changed_at",
        "run_id",
        "profile_id",
        "name",
        "country",
        "ad_product",
        "entity",
        "entity_id",
        "kind",
        "before",
        "after",
    ];
    const MATRIX: &[&str] = &["profile_id", "name", "country", "status"];
    const LIMITS: &[&str] = &[
        "account",
        "profile_id",
        "name",
        "country",
        "learned_per_second",
        "in_flight",
        "waiting",
        "next_in_ms",
        "paused_ms",
        "throttled_5m",
        "retries_5m",
        "answered_5m",
        "refused_in_a_row",
    ];
    const LOGS: &[&str] = &["at", "level", "target", "profile_id", "name", "message"];
    match screen {
        Screen::Profiles => ("profiles", PROFILES),
        Screen::Matrix(_) => ("matrix", MATRIX),
        Screen::Run(_) => ("units", UNITS),
        Screen::History(_) => ("runs", RUNS),
        Screen::Errors(_) => ("errors", ERRORS),
        Screen::Changes(_) => ("changes", CHANGES),
        Screen::Limits(_) => ("limits", LIMITS),
        Screen::Logs(_) => ("logs", LOGS),
    }
}

fn word(word: impl ToString) -> Cell {
    Cell::Word(word.to_string())
}

fn at(at: Option<Timestamp>) -> Cell {
    at.map_or(Cell::Nothing, Cell::At)
}

fn number(number: u64) -> Cell {
    Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A profile's name and country.
fn named(model: &Model, id: crate::domain::id::ProfileId) -> [Cell; 2] {
    model.overview.profiles.get(&id).map_or([Cell::Nothing, Cell::Nothing], |p| {
        [Cell::Text(p.profile.name.clone()), Cell::Text(p.profile.country.clone())]
    })
}

/// The row at a place of the present list, in its order.
pub(super) fn row(model: &Model, place: usize) -> Option<Vec<Cell>> {
    match &model.screen {
        Screen::Matrix(screen) => {
            let id = *model.home.rows().get(place)?;
            let mut row = vec![word(id)];
            row.extend(named(model, id));
            row.push(word(model.home.status(id).word()));
            row.extend(units().map(|unit| word(matrix::cell(model, screen, id, unit).state.word())));
            Some(row)
        }
        Screen::Profiles => {
            let id = *model.home.rows().get(place)?;
            let p = model.overview.profiles.get(&id)?;
            let counts =
                p.last_counts.map_or([Cell::Nothing, Cell::Nothing, Cell::Nothing, Cell::Nothing], |c| {
                    [number(c.added), number(c.changed), number(c.removed), number(c.returned)]
                });
            let mut row = vec![word(id)];
            row.extend(named(model, id));
            row.extend([
                word(model.home.status(id).word()),
                Cell::Text(p.profile.login.clone()),
                Cell::Text(p.profile.account_type.clone()),
                Cell::Number(p.rows),
                at(p.last_synced_at),
                at(p.data_as_of),
            ]);
            row.extend(counts);
            Some(row)
        }
        Screen::Run(screen) => model.units(screen).get(place).map(unit),
        Screen::History(screen) => screen.run(place).map(|view| run(model, view)),
        Screen::Errors(screen) => failure(screen.rows().nth(place)?),
        Screen::Changes(screen) => screen.change(place).map(|view| change(model, view)),
        Screen::Limits(screen) => limit(model, screen, place),
        Screen::Logs(screen) => {
            let line = screen.line(&model.log, place)?;
            let name = line.profile.map_or(Cell::Nothing, |id| Cell::Text(model.name(id)));
            let profile = line.profile.map_or(Cell::Nothing, word);
            Some(vec![
                Cell::At(line.at),
                word(line.level),
                word(&line.target),
                profile,
                name,
                Cell::Text(line.message.clone()),
            ])
        }
    }
}

/// Accounts come first, and then the profiles that are shown.
fn limit(model: &Model, screen: &LimitsScreen, place: usize) -> Option<Vec<Cell>> {
    let limits = &model.overview.limits;
    let rate = |per_second: f64| word(format!("{per_second:.3}"));
    if let Some(b) = limits.buckets.get(place) {
        let mut row = vec![Cell::Text(b.name.clone()), Cell::Nothing, Cell::Nothing, Cell::Nothing];
        row.push(rate(b.learned_per_second));
        row.extend([u64::from(b.in_flight), u64::from(b.waiting), b.next_in_ms, b.paused_ms].map(number));
        row.extend([b.throttled_5m, b.retries_5m, b.answered_5m].map(|n| number(u64::from(n))));
        row.push(Cell::Nothing);
        return Some(row);
    }
    let p = screen.profile(place - limits.buckets.len())?;
    let mut row = vec![Cell::Text(p.account.clone()), p.profile.map_or(Cell::Nothing, word)];
    row.extend(p.profile.map_or([Cell::Nothing, Cell::Nothing], |id| named(model, id)));
    row.extend([rate(p.learned_per_second), Cell::Nothing, number(u64::from(p.waiting)), Cell::Nothing]);
    row.extend(std::iter::repeat_n(Cell::Nothing, 4));
    row.push(number(u64::from(p.refused_in_a_row)));
    Some(row)
}

fn unit(view: &UnitView) -> Vec<Cell> {
    vec![
        word(view.run_id),
        word(view.unit.ad_product),
        word(view.unit.entity),
        word(view.state),
        Cell::Number(view.pages),
        Cell::Number(view.rows),
        view.expected.map_or(Cell::Nothing, Cell::Number),
        word(view.expected_is_reported),
        Cell::Number(view.reused_pages),
        at(view.started_at),
        at(view.settled_at),
        view.error.as_ref().map_or(Cell::Nothing, |report| Cell::Text(report.summary.clone())),
    ]
}

fn run(model: &Model, view: &RunView) -> Vec<Cell> {
    let mut row = vec![word(view.id), word(view.profile_id)];
    row.extend(named(model, view.profile_id));
    row.extend([
        word(view.state),
        Cell::Text(view.requested_by.clone()),
        Cell::At(view.requested_at),
        at(view.started_at),
        at(view.finished_at),
        at(view.data_as_of),
        Cell::Number(view.requests),
        Cell::Number(view.throttled),
        Cell::Number(view.rows),
    ]);
    let c = view.counts;
    row.extend([c.added, c.changed, c.removed, c.returned].map(number));
    row.push(view.error.as_ref().map_or(Cell::Nothing, |report| Cell::Text(report.summary.clone())));
    row
}

/// A cause alone, or one of the profiles that fail of it.
fn failure(row: Row<'_>) -> Option<Vec<Cell>> {
    let (cause, profile) = match row {
        Row::Cause(cause) => (cause, None),
        Row::Profile(cause, profile) => (cause, Some(profile)),
    };
    let mut cells = vec![
        word(&cause.cause),
        word(cause.code.as_str()),
        Cell::Text(cause.summary.clone()),
        word(cause.retryable),
    ];
    match profile {
        Some(p) => cells.extend([
            word(p.profile_id),
            Cell::Text(p.name.clone()),
            Cell::Text(p.country.clone()),
            Cell::Text(p.login.clone()),
            word(p.run),
            Cell::At(p.since),
        ]),
        None => {
            cells.extend(std::iter::repeat_n(Cell::Nothing, 5));
            cells.push(Cell::At(cause.since));
        }
    }
    Some(cells)
}

fn change(model: &Model, view: &ChangeView) -> Vec<Cell> {
    let fields = |side: &Option<BTreeMap<String, Value>>| side.clone().map_or(Cell::Nothing, Cell::Fields);
    let mut row = vec![Cell::At(view.at), word(view.run_id), word(view.profile_id)];
    row.extend(named(model, view.profile_id));
    row.extend([
        word(view.unit.ad_product),
        word(view.unit.entity),
        word(&view.entity_id),
        word(view.kind),
        fields(&view.before),
        fields(&view.after),
    ]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let rows = vec![
            vec![
                word(5),
                Cell::Text("=1+1, \"said\"".to_owned()),
                Cell::Number(-1_234),
                Cell::At(Timestamp(0)),
            ],
            vec![word(6), Cell::Text("two\nlines".to_owned()), Cell::Nothing, Cell::Nothing],
        ];
        Table { name: "profiles", heads: ["id", "name", "rows", "at"].map(str::to_owned).to_vec(), rows }
    }

    #[test]
    fn csv_quotes_what_must_be_quoted_and_never_makes_a_formula_of_text_from_outside() {
        let csv = String::from_utf8(table().bytes(Format::Csv).unwrap()).unwrap();
        let expected = "id,name,rows,at\r\n5,\"'=1+1, \"\"said\"\"\",-1234,1970-01-01T00:00:00Z\r\n6,\"two\nlines\",,\r\n";
        assert_eq!(csv, expected);
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(Cell::Text(format!("{start}x")).csv(), format!("'{start}x"));
        }
    }

    #[test]
    fn json_keeps_ids_as_text_and_counts_as_numbers() {
        let json = table().bytes(Format::Json).unwrap();
        let rows: Vec<Value> = serde_json::from_slice(&json).unwrap();
        let expected = serde_json::json!(
            {"id": "5", "name": "=1+1, \"said\"", "rows": -1_234, "at": "1970-01-01T00:00:00Z"}
        );
        assert_eq!(rows[0], expected);
        assert_eq!(rows[1]["at"], Value::Null);
    }

    #[test]
    fn a_row_is_one_line_between_tabs() {
        assert_eq!(Table::line(&table().rows[1]), "6\ttwo lines\t\t");
    }

    #[test]
    fn a_file_is_for_its_owner_alone_and_none_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(proposed("profiles", Format::Csv, Timestamp(1_795_357_925_000_000)));
        assert!(path.ends_with("adsync-profiles-2026-11-22T143205.csv"), "{}", path.display());
        let export = Export { path: path.clone(), format: Format::Csv, table: table() };
        assert_eq!(write(&export).unwrap(), path);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(write(&export).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
