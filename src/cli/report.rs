//! An error report in full, as lines of plain text.

use super::plain::{plural, time};
use crate::domain::report::{ErrorReport, RequestReport};

/// Everything that a report says.
pub(super) fn report_lines(report: &ErrorReport, utc: bool) -> Vec<String> {
    let mut lines = vec![format!("error  {} [{}]", report.summary, report.code)];
    lines.extend(report.causes.iter().map(|cause| format!("  because {cause}")));
    lines.extend(report.also.iter().map(|also| format!("  {also}")));
    lines.push(format!("  {}", report.hint));
    lines.push(format!("  {}", recovery(report, utc)));
    if let Some(request) = &report.request {
        lines.extend(request_lines(report, request, utc));
    }
    lines
}

/// Whether it recovers by itself, and when.
pub(super) fn recovery(report: &ErrorReport, utc: bool) -> String {
    let mut text = report.recovery().to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match report.again_at {
        Some(at) if report.retryable => format!("{text}: {}.", time(at, utc)),
        _ => text + ".",
    }
}

fn request_lines(report: &ErrorReport, request: &RequestReport, utc: bool) -> Vec<String> {
    let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let mut lines =
        vec![format!("  {} {}  {status}  at {}", request.method, request.url, time(report.at, utc))];
    if !request.request_ids.is_empty() {
        lines.push(format!("  request ids {}", request.request_ids.join(", ")));
    }
    if !request.attempts.is_empty() {
        lines.push(format!("  {}", plural(request.attempts.len(), "attempt", "attempts")));
    }
    for attempt in &request.attempts {
        #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let (after, took) = (seconds(attempt.after_ms), seconds(attempt.took_ms));
        lines.push(format!("  after {after:>6.1} s, in {took:>5.1} s  {}", attempt.outcome));
    }
    if let Some(body) = &request.body_excerpt {
        lines.push("  the answer began".to_owned());
        lines.extend(body.lines().map(|line| format!("  | {line}")));
    }
    lines
}
