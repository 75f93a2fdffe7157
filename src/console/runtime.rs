//! The event loop: the only place that awaits. It feeds `update`, starts effects, and draws.
//!
//! Input is drawn at once, what the engine tells at most thirty times a second, and nothing when nothing changed.

use std::future::ready;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures::{Stream, StreamExt as _};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;

use super::actions::Actions;
use super::copy;
use super::effects;
use super::event::{Effect, Event};
use super::model::{ConsoleOptions, Model};
use super::terminal::{self, TerminalGuard, marked};
use super::theme::Theme;
use super::update::update;
use super::view::view;
use super::{logbook, logs};
use crate::sync::event::SyncEvent;

/// The shortest time between two frames that only the engine asked for.
const FRAME: Duration = Duration::from_millis(33);
/// Engine events folded before input is looked at again.
const BATCH: usize = 512;
/// How long a console that lost its terminal waits for its runs to be given back.
const LAST_RELEASE: Duration = Duration::from_secs(5);

/// Why the console could not be opened or kept open.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The terminal could not be switched, or refused what was drawn.
    #[error("the terminal cannot be used")]
    Terminal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Keys can no longer be read.
    #[error("the keyboard cannot be read")]
    Input(#[source] io::Error),
    /// The handlers that give the terminal back could not be installed.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
}

impl ConsoleError {
    fn terminal(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Terminal(Box::new(source))
    }
}

/// Somebody outside asks the console to end: SIGTERM, SIGINT, SIGHUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal;

/// Opens the console on this terminal and returns when it was closed. Live runs are given back to the queue.
///
/// The caller makes sure that stdout is a terminal.
///
/// # Errors
/// When the terminal cannot be used or is lost; it is given back in any case.
pub async fn run(actions: Arc<dyn Actions>, options: ConsoleOptions) -> Result<(), ConsoleError> {
    let (signals, sizes) = (signals()?, sizes()?);
    let guard = TerminalGuard::take().map_err(ConsoleError::terminal)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout())).map_err(ConsoleError::terminal)?;
    // crossterm loses a change of size that comes together with a key.
    let keys = EventStream::new()
        .filter(|event| ready(cfg!(not(unix)) || !matches!(event, Ok(TerminalEvent::Resize(..)))));
    let input = futures::stream::select(keys, sizes);
    let result = drive(&mut terminal, input, signals, actions, options).await;
    drop(guard);
    result
}

/// Runs the console on any terminal, with any source of input and signals.
///
/// # Errors
/// When the terminal refuses what is drawn, or the input fails.
pub async fn drive<B, I, S>(
    terminal: &mut Terminal<B>,
    input: I,
    signals: S,
    actions: Arc<dyn Actions>,
    options: ConsoleOptions,
) -> Result<(), ConsoleError>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    I: Stream<Item = io::Result<TerminalEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
{
    let asked = Arc::clone(&actions);
    // All of it, from the first call: a panic outside would be taken for one of a background task and end in the log.
    let result = marked(async move {
        let theme = Theme::of(&options);
        let zone = if options.utc { TimeZone::UTC } else { TimeZone::system() };
        let size = terminal.size().map_err(ConsoleError::terminal)?;
        let (overview, engine) = asked.subscribe();
        let model = Model::new(options, zone, overview, asked.now(), (size.width, size.height));
        let (answers, answered) = mpsc::unbounded_channel();
        let console = Console {
            terminal,
            input: Some(input),
            signals: Some(signals),
            engine: Some(engine),
            actions: asked,
            answers,
            answered,
            theme,
            model,
            drawn_at: None,
            urgent: true,
            blank: true,
        };
        console.turn().await
    })
    .await;
    if result.is_err() {
        // Nobody is left to watch or to press a key, but the runs must not wait for their leases to expire.
        let _ = tokio::time::timeout(LAST_RELEASE, actions.release()).await;
    }
    result
}

struct Console<'t, B: Backend, I, S> {
    terminal: &'t mut Terminal<B>,
    input: Option<I>,
    signals: Option<S>,
    engine: Option<broadcast::Receiver<SyncEvent>>,
    actions: Arc<dyn Actions>,
    answers: mpsc::UnboundedSender<Event>,
    answered: mpsc::UnboundedReceiver<Event>,
    theme: Theme,
    model: Model,
    drawn_at: Option<Instant>,
    /// True when what changed must be drawn at once.
    urgent: bool,
    /// True when the terminal may show something else than what was drawn: it is cleared before the next frame.
    blank: bool,
}

/// What woke the loop.
enum Woken {
    Signal(Option<Signal>),
    Input(Option<io::Result<TerminalEvent>>),
    Answer(Option<Event>),
    Engine(Result<SyncEvent, RecvError>),
    Logged,
    Frame,
    Time,
}

/// The next item of a source that may be used up.
async fn next<T: Stream + Unpin>(source: &mut Option<T>) -> Option<T::Item> {
    match source {
        Some(source) => source.next().await,
        None => std::future::pending().await,
    }
}

impl<B, I, S> Console<'_, B, I, S>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
    I: Stream<Item = io::Result<TerminalEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
{
    async fn turn(mut self) -> Result<(), ConsoleError> {
        loop {
            if self.urgent || self.frame_due() {
                if self.draw().await? {
                    return Ok(());
                }
                self.urgent = false;
            }
            let event = match self.wait().await {
                Woken::Signal(Some(Signal)) => Some(Event::Terminate),
                Woken::Signal(None) => {
                    self.signals = None;
                    None
                }
                Woken::Input(Some(Ok(event))) => {
                    self.urgent = true;
                    self.blank |= matches!(event, TerminalEvent::Resize(..));
                    self.feed(Event::Tick(self.actions.now()));
                    translate(event)
                }
                Woken::Input(Some(Err(error))) => return Err(ConsoleError::Input(error)),
                // The terminal went away.
                Woken::Input(None) => {
                    self.input = None;
                    Some(Event::Terminate)
                }
                Woken::Answer(event) => {
                    self.urgent = true;
                    event
                }
                Woken::Engine(told) => {
                    self.fold(told);
                    None
                }
                Woken::Logged => Some(Event::Logged(logbook::taken())),
                Woken::Frame => None,
                Woken::Time => Some(Event::Tick(self.actions.now())),
            };
            if event.is_some_and(|event| self.feed(event)) {
                return Ok(());
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let frame_at = self.drawn_at.map_or_else(Instant::now, |at| at + FRAME);
        let dirty = self.model.dirty;
        let pause = self.model.due.map(|due| due.since(self.actions.now()));
        let engine = async {
            match &mut self.engine {
                Some(engine) => engine.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = next(&mut self.signals) => Woken::Signal(signal),
            event = next(&mut self.input) => Woken::Input(event),
            event = self.answered.recv() => Woken::Answer(event),
            // A frame that is due goes before more news, or a busy engine would never be seen.
            () = tokio::time::sleep_until(frame_at), if dirty => Woken::Frame,
            told = engine => Woken::Engine(told),
            () = logs::logged() => Woken::Logged,
            () = tokio::time::sleep(pause.unwrap_or_default()), if !dirty && pause.is_some() => Woken::Time,
        }
    }

    fn frame_due(&self) -> bool {
        self.model.dirty && self.drawn_at.is_none_or(|at| at.elapsed() >= FRAME)
    }

    /// Folds one event of the engine, and those that wait behind it.
    fn fold(&mut self, first: Result<SyncEvent, RecvError>) {
        let at = self.actions.now();
        let mut told = Some(first);
        let mut left = BATCH;
        while let Some(result) = told.take() {
            match result {
                Ok(event) => {
                    self.feed(Event::Engine { event: Box::new(event), at });
                }
                Err(RecvError::Lagged(_)) => {
                    let overview = Box::new(self.actions.snapshot());
                    self.feed(Event::Engine { event: Box::new(SyncEvent::Snapshot { overview }), at });
                }
                Err(RecvError::Closed) => {
                    self.engine = None;
                    self.feed(Event::EngineStopped);
                    return;
                }
            }
            left -= 1;
            if left == 0 {
                return;
            }
            told = match self.engine.as_mut().map(broadcast::Receiver::try_recv) {
                Some(Ok(event)) => Some(Ok(event)),
                Some(Err(TryRecvError::Lagged(n))) => Some(Err(RecvError::Lagged(n))),
                Some(Err(TryRecvError::Closed)) => Some(Err(RecvError::Closed)),
                Some(Err(TryRecvError::Empty)) | None => None,
            };
        }
    }

    /// Updates the model and starts what must be done; true when the console is to be left.
    fn feed(&mut self, event: Event) -> bool {
        for effect in update(&mut self.model, event) {
            match effect {
                Effect::Exit => return true,
                Effect::Redraw => self.blank = true,
                effect => self.start(effect),
            }
        }
        false
    }

    /// Draws until nothing is outdated and an open modal is armed; true when the console is to be left.
    async fn draw(&mut self) -> Result<bool, ConsoleError> {
        while self.model.take_dirty() {
            if std::mem::take(&mut self.blank) {
                // What was drawn may have been cut or wrapped, even when the size is by now what it was before. (A
                // plain clear would ask the terminal for its cursor, whose answer the keyboard's reader takes.)
                let size = self.terminal.size().map_err(ConsoleError::terminal)?;
                self.terminal.resize(size.into()).map_err(ConsoleError::terminal)?;
            }
            let (model, theme) = (&self.model, &self.theme);
            self.terminal.draw(|frame| view(model, theme, frame)).map_err(ConsoleError::terminal)?;
            self.drawn_at = Some(Instant::now());
            if self.model.modal.as_ref().is_none_or(|opened| opened.armed) {
                continue;
            }
            // Whatever waits to be read now was typed before this frame could be seen.
            while let Some(event) = self.typed_ahead().await {
                match event {
                    Some(Ok(event)) => {
                        self.blank |= matches!(event, TerminalEvent::Resize(..));
                        if translate(event).is_some_and(|event| self.feed(event)) {
                            return Ok(true);
                        }
                    }
                    Some(Err(error)) => return Err(ConsoleError::Input(error)),
                    None => {
                        self.input = None;
                        self.feed(Event::Terminate);
                    }
                }
            }
            if !self.model.dirty {
                self.feed(Event::Drawn);
            }
        }
        Ok(false)
    }

    /// What can be read without waiting. The console's own waker is left with the source: it remembers the first
    /// one it is polled with, and another one would leave the next key unread until something else happens.
    async fn typed_ahead(&mut self) -> Option<Option<io::Result<TerminalEvent>>> {
        let input = self.input.as_mut()?;
        std::future::poll_fn(|context| match input.poll_next_unpin(context) {
            Poll::Ready(event) => Poll::Ready(Some(event)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    fn start(&self, effect: Effect) {
        if let Effect::Copy(text) = &effect {
            // Between two frames, so that it tears none. A terminal that is gone is noticed by the next one.
            let _ = terminal::send(&copy::sequence(text, self.model.options.tmux));
            return;
        }
        let Some(task) = effects::task(&*self.actions, effect) else { return };
        let answers = self.answers.clone();
        tokio::spawn(async move {
            // The console may be gone; then nobody wants the answer.
            let _ = answers.send(task.await);
        });
    }
}

fn translate(event: TerminalEvent) -> Option<Event> {
    match event {
        TerminalEvent::Key(key) => Some(Event::Key(key)),
        TerminalEvent::Paste(text) => Some(Event::Paste(text)),
        TerminalEvent::Resize(width, height) => Some(Event::Resize { width, height }),
        TerminalEvent::FocusGained | TerminalEvent::FocusLost | TerminalEvent::Mouse(_) => None,
    }
}

#[cfg(unix)]
fn signals() -> Result<impl Stream<Item = Signal> + Unpin, ConsoleError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut kinds = Vec::new();
    for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()] {
        kinds.push(signal(kind).map_err(ConsoleError::Signals)?);
    }
    Ok(futures::stream::poll_fn(move |context| {
        let ready = kinds.iter_mut().any(|kind| kind.poll_recv(context).is_ready());
        if ready { Poll::Ready(Some(Signal)) } else { Poll::Pending }
    }))
}

/// Every change of the terminal's size.
#[cfg(unix)]
fn sizes() -> Result<impl Stream<Item = io::Result<TerminalEvent>> + Unpin, ConsoleError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut changed = signal(SignalKind::window_change()).map_err(ConsoleError::Signals)?;
    Ok(futures::stream::poll_fn(move |context| {
        changed.poll_recv(context).map(|changed| {
            changed.map(|()| {
                crossterm::terminal::size().map(|(width, height)| TerminalEvent::Resize(width, height))
            })
        })
    }))
}

#[cfg(not(unix))]
fn sizes() -> Result<impl Stream<Item = io::Result<TerminalEvent>> + Unpin, ConsoleError> {
    Ok(futures::stream::pending())
}

#[cfg(not(unix))]
fn signals() -> Result<impl Stream<Item = Signal> + Unpin, ConsoleError> {
    Ok(futures::stream::pending())
}
