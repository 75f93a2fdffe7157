//! An error report in full, as lines: what happened, whether it recovers, what to do, and the request behind it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::model::Model;
use crate::console::text::{absolute, ago, plural, width, wrap};
use crate::console::theme::Theme;
use crate::domain::report::{ErrorReport, RequestReport};

/// Labels stand in one column.
const LABEL: usize = 13;

/// A text under a label, broken into lines that begin in one column.
pub(super) fn labelled(
    label: &str,
    text: &str,
    style: Style,
    theme: &Theme,
    columns: usize,
) -> Vec<Line<'static>> {
    let lines = wrap(text, columns.saturating_sub(LABEL).max(8));
    let heads = std::iter::once(label).chain(std::iter::repeat(""));
    lines
        .into_iter()
        .zip(heads)
        .map(|(line, head)| {
            let blank = " ".repeat(LABEL.saturating_sub(width(head)));
            Line::from(vec![Span::styled(format!("{head}{blank}"), theme.dim()), Span::styled(line, style)])
        })
        .collect()
}

/// The lines of a report; `note` says what the failure means for the data.
pub(super) fn lines(
    model: &Model,
    report: &ErrorReport,
    note: Option<&str>,
    theme: &Theme,
    columns: usize,
) -> Vec<Line<'static>> {
    let plain = Style::new();
    let mut out: Vec<Line<'static>> =
        wrap(&report.summary, columns).into_iter().map(|line| Line::styled(line, theme.bad())).collect();
    out.extend(note.into_iter().flat_map(|note| wrap(note, columns)).map(Line::raw));
    out.push(Line::default());
    out.extend(labelled("what to do", &report.hint, plain, theme, columns));
    let style = if report.retryable { plain } else { theme.warn() };
    let recovery = match report.again_at.filter(|_| report.retryable) {
        Some(at) => format!("{}: {}", report.recovery(), absolute(at, model.now, &model.zone)),
        None => report.recovery().to_owned(),
    };
    out.extend(labelled("recovery", &recovery, style, theme, columns));
    for (i, cause) in report.causes.iter().enumerate() {
        out.extend(labelled(if i == 0 { "because" } else { "" }, cause, plain, theme, columns));
    }
    for also in &report.also {
        out.extend(labelled("also", also, plain, theme, columns));
    }
    out.push(Line::default());
    let when =
        format!("{} ({})", absolute(report.at, model.now, &model.zone), ago(model.now.since(report.at)).0);
    out.extend(labelled("code", report.code.as_str(), plain, theme, columns));
    out.extend(labelled("at", &when, plain, theme, columns));
    if let Some(request) = &report.request {
        out.extend(request_lines(request, theme, columns));
    }
    out
}

fn request_lines(request: &RequestReport, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let plain = Style::new();
    let mut out = Vec::new();
    let sent = format!("{} {}", request.method, request.url);
    out.extend(labelled("request", &sent, plain, theme, columns));
    let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    out.extend(labelled("answer", &status, plain, theme, columns));
    if !request.request_ids.is_empty() {
        out.extend(labelled("request ids", &request.request_ids.join(", "), plain, theme, columns));
    }
    for (i, attempt) in request.attempts.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds, shown to a tenth of a second")]
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let (after, took) = (seconds(attempt.after_ms), seconds(attempt.took_ms));
        let number = format!("{:>1$}", i + 1, request.attempts.len().to_string().len());
        let text = format!("{number}. after {after:.1} s, in {took:.1} s: {}", attempt.outcome);
        let head = if i == 0 { plural(request.attempts.len(), "try", "tries") } else { String::new() };
        out.extend(labelled(&head, &text, plain, theme, columns));
    }
    if let Some(body) = request.body_excerpt.as_ref().filter(|body| !body.trim().is_empty()) {
        out.push(Line::default());
        out.extend(labelled("body", body, theme.dim(), theme, columns));
    }
    out
}
