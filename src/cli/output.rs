//! Where a command writes: data to one writer, narration to the other.

use std::io::Write;

use serde::Serialize;

use super::failure::Failure;
use crate::domain::report::ErrorReport;
use crate::domain::text::one_line;

/// The writers of one command, and how they are to be used.
pub struct Output<'a> {
    /// Data: tables, or JSON lines.
    pub data: &'a mut (dyn Write + Send),
    /// Narration: progress, warnings, errors.
    pub narration: &'a mut (dyn Write + Send),
    /// One JSON object a line instead of tables.
    pub json: bool,
    /// Narration goes to a terminal: progress bars may be drawn.
    pub terminal: bool,
    /// Times in UTC instead of the local zone.
    pub utc: bool,
}

impl Output<'_> {
    /// Writes one JSON object as a line of data.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn object(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let line = serde_json::to_string(value).map_err(std::io::Error::from)?;
        writeln!(self.data, "{line}")?;
        self.data.flush()?;
        Ok(())
    }

    /// Writes a line of data for people: names and what the API says come from anywhere, and a terminal obeys what it
    /// is sent.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.data, "{}", one_line(text))?;
        Ok(())
    }

    /// Writes a line of narration, cleaned in the same way. A narration that nobody can read stops no work.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.narration, "{}", one_line(text));
    }

    /// Tells of a failure: one message with its causes and what to do; in JSON mode as data too.
    pub fn failure(&mut self, failure: &Failure) {
        if self.json {
            let _ = self.object(&serde_json::json!({ "event": "error", "error": failure.report }));
        }
        self.report("error", &failure.report);
    }

    /// Writes a report as narration.
    pub fn report(&mut self, label: &str, report: &ErrorReport) {
        self.say(&format!("{label}: {} [{}]", report.summary, report.code));
        for cause in &report.causes {
            self.say(&format!("  because {cause}"));
        }
        for also in &report.also {
            self.say(&format!("  {also}"));
        }
        if let Some(request) = &report.request {
            let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let ids = request.request_ids.first().map_or_else(String::new, |id| format!(", request {id}"));
            self.say(&format!("  {} {}: {status}{ids}", request.method, request.url));
        }
        if !report.hint.is_empty() {
            self.say(&format!("  {}", report.hint));
        }
    }
}
