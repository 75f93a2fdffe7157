//! A console that really runs: its event loop on a terminal in memory, an engine that is played, and a hand that
//! waits for what it sees.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use futures::FutureExt;
use futures::future::BoxFuture;
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use super::fixture::{NOW, key_event, options, report, text};
use crate::console::{Actions, Answer, ConsoleError, Costs, Data, Effect, Outcome, Query, Signal, drive};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;

/// Longer than any test machine is slow; nothing ever waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// The engine as played by a test.
pub(super) struct Engine {
    overview: Mutex<Overview>,
    events: broadcast::Sender<SyncEvent>,
    asked: mpsc::UnboundedSender<Effect>,
    /// Which requests fail or panic.
    refuses: AtomicBool,
    panics: AtomicBool,
}

impl Engine {
    fn ask(&self, effect: Effect) {
        let _ = self.asked.send(effect);
    }

    fn say(&self, effect: Effect, message: &str) -> Answer<Outcome> {
        let at_once = matches!(effect, Effect::Retry(_));
        self.ask(effect);
        let (refuses, panics) = (self.refuses.load(Ordering::SeqCst), self.panics.load(Ordering::SeqCst));
        assert!(!panics || !at_once, "played by the test");
        let message = message.to_owned();
        async move {
            assert!(!panics, "played by the test");
            if refuses { Err(report()) } else { Ok(Outcome { message }) }
        }
        .boxed()
    }

    /// Tells every console, and keeps the state for a snapshot.
    pub(super) fn tell(&self, event: SyncEvent) {
        self.overview.lock().unwrap().apply(event.clone());
        let _ = self.events.send(event);
    }

    pub(super) fn refuse(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    pub(super) fn panic(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

impl Actions for Engine {
    fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        (self.snapshot(), self.events.subscribe())
    }

    fn snapshot(&self) -> Overview {
        self.overview.lock().unwrap().clone()
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn refresh_profiles(&self) -> Answer<()> {
        let answer = self.say(Effect::RefreshProfiles, "");
        async move {
            answer.await?;
            Ok(())
        }
        .boxed()
    }

    fn sync(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        self.say(Effect::Sync(profiles), "the sync was queued")
    }

    fn retry(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        self.say(Effect::Retry(profiles), "the retry was queued")
    }

    fn cancel(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        self.say(Effect::Cancel(profiles), "the syncs will stop")
    }

    fn approve(&self, run: RunId) -> Answer<Outcome> {
        self.say(Effect::Approve(run), "the run is being committed")
    }

    fn discard(&self, run: RunId) -> Answer<Outcome> {
        self.say(Effect::Discard(run), "the run was discarded")
    }

    fn load(&self, query: Query) -> Answer<Data> {
        let data = match query {
            Query::Costs => Data::Costs(Costs { runs: Default::default(), slots: 4 }),
            Query::Units(_) => Data::Units(Vec::new()),
            Query::Runs(_) => Data::Runs(Vec::new()),
            Query::Changes(_) => Data::Changes(Vec::new()),
            Query::Run(_) => Data::Run(None),
            Query::Held(_) => Data::Held(None),
            Query::Proofs(_) => Data::Proofs(Vec::new(), Vec::new()),
        };
        self.ask(Effect::Load(query));
        async { Ok::<_, ErrorReport>(data) }.boxed()
    }

    fn release(&self) -> BoxFuture<'static, ()> {
        self.ask(Effect::Release);
        async {}.boxed()
    }
}

/// A terminal in memory that tells what stands on it after every frame.
struct Glass {
    inner: TestBackend,
    shown: watch::Sender<String>,
    frames: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
}

impl Backend for Glass {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("the terminal went away"));
        }
        self.inner.draw(content).map_err(io::Error::other)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor().map_err(io::Error::other)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor().map_err(io::Error::other)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position().map_err(io::Error::other)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position).map_err(io::Error::other)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear().map_err(io::Error::other)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type).map_err(io::Error::other)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size().map_err(io::Error::other)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size().map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frames.fetch_add(1, Ordering::SeqCst);
        self.shown.send_replace(text(self.inner.buffer()));
        Ok(())
    }
}

/// A running console.
pub(super) struct Stage {
    pub(super) engine: Arc<Engine>,
    keyboard: Option<mpsc::UnboundedSender<io::Result<TerminalEvent>>>,
    signals: mpsc::UnboundedSender<Signal>,
    asked: mpsc::UnboundedReceiver<Effect>,
    shown: watch::Receiver<String>,
    frames: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
    console: JoinHandle<Result<(), ConsoleError>>,
}

impl Stage {
    /// Opens a console on what an engine knows; the channel of events holds a few.
    pub(super) fn open(overview: Overview) -> Self {
        let (asked_in, asked) = mpsc::unbounded_channel();
        let engine = Arc::new(Engine {
            overview: Mutex::new(overview),
            events: broadcast::channel(16).0,
            asked: asked_in,
            refuses: AtomicBool::new(false),
            panics: AtomicBool::new(false),
        });
        let (keyboard, mut keys) = mpsc::unbounded_channel();
        let (signals, mut signalled) = mpsc::unbounded_channel();
        let (shown_in, shown) = watch::channel(String::new());
        let (frames, broken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let glass = Glass {
            inner: TestBackend::new(80, 24),
            shown: shown_in,
            frames: Arc::clone(&frames),
            broken: Arc::clone(&broken),
        };
        let actions: Arc<dyn Actions> = Arc::clone(&engine) as Arc<dyn Actions>;
        let console = tokio::spawn(async move {
            let mut terminal = Terminal::new(glass).map_err(|e| ConsoleError::Terminal(Box::new(e)))?;
            // As the real source does, it keeps the waker of whoever asked first, until there is something to read.
            let mut asked = false;
            let input = futures::stream::poll_fn(move |context| match keys.try_recv() {
                Err(mpsc::error::TryRecvError::Empty) if asked => Poll::Pending,
                Err(_) => {
                    let event = keys.poll_recv(context);
                    asked = event.is_pending();
                    event
                }
                Ok(event) => {
                    asked = false;
                    Poll::Ready(Some(event))
                }
            });
            let signals = futures::stream::poll_fn(move |context| signalled.poll_recv(context));
            drive(&mut terminal, input, signals, actions, options()).await
        });
        Self { engine, keyboard: Some(keyboard), signals, asked, shown, frames, broken, console }
    }

    /// Presses keys without looking at the screen in between.
    pub(super) fn press(&self, keys: &str) {
        for key in keys.split(' ') {
            self.input(TerminalEvent::Key(key_event(key)));
        }
    }

    pub(super) fn input(&self, event: TerminalEvent) {
        self.keyboard.as_ref().unwrap().send(Ok(event)).unwrap();
    }

    /// Closes the source of keys, as a terminal does that goes away.
    pub(super) fn hang_up(&mut self) {
        self.keyboard = None;
    }

    pub(super) fn signal(&self) {
        self.signals.send(Signal).unwrap();
    }

    /// Makes every further frame fail.
    pub(super) fn break_glass(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub(super) fn frames(&self) -> usize {
        self.frames.load(Ordering::SeqCst)
    }

    /// Waits until something stands on the screen.
    pub(super) async fn shows(&mut self, wanted: &str) {
        let waited =
            tokio::time::timeout(PATIENCE, self.shown.wait_for(|screen| screen.contains(wanted))).await;
        let found = waited.is_ok_and(|screen| screen.is_ok());
        assert!(found, "{wanted:?} never stood on\n{}", *self.shown.borrow());
    }

    /// Waits until something no longer stands on the screen.
    pub(super) async fn hides(&mut self, unwanted: &str) {
        let waited =
            tokio::time::timeout(PATIENCE, self.shown.wait_for(|screen| !screen.contains(unwanted))).await;
        let gone = waited.is_ok_and(|screen| screen.is_ok());
        assert!(gone, "{unwanted:?} still stands on\n{}", *self.shown.borrow());
    }

    /// What the engine was asked for next.
    pub(super) async fn asked(&mut self) -> Effect {
        tokio::time::timeout(PATIENCE, self.asked.recv()).await.unwrap().unwrap()
    }

    /// Everything that was asked for and not looked at.
    pub(super) fn all_asked(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.asked.try_recv().ok()).collect()
    }

    /// Waits until the console has closed.
    pub(super) async fn closed(&mut self) -> Result<(), ConsoleError> {
        tokio::time::timeout(PATIENCE, &mut self.console).await.unwrap().unwrap()
    }
}
