//! The log: the layer that feeds it, and the pane that shows it. Nothing else touches tui-logger, whose buffer
//! is global; a pane is drawn from that buffer and not from the model, which only keeps size and level.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use tokio::sync::Notify;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;
use tui_logger::{
    ExtLogRecord, LevelFilter, LogFormatter, TuiLoggerWidget, TuiTracingSubscriberLayer, TuiWidgetState,
};

use super::logbook::{PROFILE, Recorder};
use super::text::{Align, fit, pad};
use super::theme::Theme;

/// How much of the screen the log takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogSize {
    /// A few lines.
    #[default]
    Normal,
    /// Nearly half of the screen.
    Large,
    /// None.
    Hidden,
}

/// The least severe level that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Errors alone.
    Error,
    /// Warnings too.
    Warn,
    /// What operators want to see.
    #[default]
    Info,
    /// What developers want to see.
    Debug,
}

impl LogLevel {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Info => Self::Warn,
            Self::Warn => Self::Error,
            Self::Error => Self::Debug,
            Self::Debug => Self::Info,
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Error => "errors",
            Self::Warn => "warnings and errors",
            Self::Info => "info and above",
            Self::Debug => "everything",
        }
    }

    /// True when lines of a level are shown.
    pub(super) fn shows(self, level: tracing::Level) -> bool {
        level
            <= match self {
                Self::Error => tracing::Level::ERROR,
                Self::Warn => tracing::Level::WARN,
                Self::Info => tracing::Level::INFO,
                Self::Debug => tracing::Level::TRACE,
            }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::Error,
            Self::Warn => LevelFilter::Warn,
            Self::Info => LevelFilter::Info,
            Self::Debug => LevelFilter::Trace,
        }
    }
}

/// The pane's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPane {
    /// Its size.
    pub size: LogSize,
    /// Its filter.
    pub level: LogLevel,
}

impl LogPane {
    pub(super) fn cycle_size(&mut self) {
        self.size = match self.size {
            LogSize::Normal => LogSize::Large,
            LogSize::Large => LogSize::Hidden,
            LogSize::Hidden => LogSize::Normal,
        };
    }
}

/// Wakes the console when a line was logged.
static LOGGED: Notify = Notify::const_new();

/// Completes when a line was logged since the last call.
pub(super) async fn logged() {
    LOGGED.notified().await;
}

struct Pulse;

impl<S: tracing::Subscriber> Layer<S> for Pulse {
    fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        LOGGED.notify_one();
    }
}

/// The layer that keeps what is logged for the pane. Goes beside the layer that writes the log file.
pub fn layer<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| tui_logger::set_default_level(LevelFilter::Debug));
    TuiTracingSubscriberLayer.and_then(Recorder).and_then(Pulse)
}

struct Aligned {
    theme: Theme,
    used: Arc<AtomicBool>,
    zone: TimeZone,
}

impl LogFormatter for Aligned {
    fn min_width(&self) -> u16 {
        20
    }

    fn format(&self, width: usize, record: &ExtLogRecord) -> Vec<Line<'_>> {
        self.used.store(true, Ordering::Relaxed);
        let theme = self.theme;
        let level = record.level.as_str();
        let style = match level {
            "ERROR" => theme.bad(),
            "WARN" => theme.warn(),
            "INFO" => Style::new(),
            _ => theme.dim(),
        };
        let time = record.timestamp.with_time_zone(self.zone.clone()).strftime("%H:%M:%S").to_string();
        let rest = width.saturating_sub(17);
        vec![Line::from(vec![
            Span::styled(format!(" {time}  "), theme.dim()),
            Span::styled(pad(level, 5, Align::Left, ""), style),
            Span::raw(" "),
            Span::styled(
                fit(without_profile(record.msg().trim()), rest, theme.ellipsis()),
                style.remove_modifier(Modifier::BOLD),
            ),
        ])]
    }
}

/// A message without the number of the profile that it names anyway; fields stand in it in the order of their names.
fn without_profile(message: &str) -> &str {
    match message.rsplit_once(PROFILE) {
        Some((rest, id)) if id.trim_start_matches(": ").bytes().all(|b| b.is_ascii_digit()) => {
            rest.trim_end()
        }
        _ => message,
    }
}

/// Draws the newest lines that pass the filter.
pub(super) fn draw(pane: LogPane, zone: &TimeZone, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    // Lines wait in a small buffer until somebody moves them, and are lost when it overflows.
    tui_logger::move_events();
    if area.is_empty() {
        return;
    }
    let state = TuiWidgetState::new().set_default_display_level(pane.level.filter());
    let used = Arc::new(AtomicBool::new(false));
    let formatter = Aligned { theme: *theme, used: Arc::clone(&used), zone: zone.clone() };
    let widget = TuiLoggerWidget::default().formatter(Box::new(formatter)).state(&state);
    frame.render_widget(widget, area);
    if !used.load(Ordering::Relaxed) {
        let text = format!(" nothing was logged yet ({})", pane.level.label());
        frame.buffer_mut().set_stringn(area.x, area.y, text, usize::from(area.width), theme.dim());
    }
}
