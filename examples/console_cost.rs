//! What the console costs: ten thousand profiles, two hundred live runs, two thousand events a second, and a hand on
//! the keyboard. The real event loop on the real backend, once into memory and once into a pseudo-terminal.
//!
//! `cargo run --release --example console_cost [SECONDS]`; it tells the time from a key to the frame that answers it,
//! and what is drawn and computed while nothing happens.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures, and stops where it cannot"
)]

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use adsync::console::{Actions, Answer, ConsoleOptions, Data, Outcome, Query, Signal, drive};
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::{Access, Profile, Region, StoredProfile};
use adsync::domain::run::{ChangeCounts, Origin, RunState, RunView, UnitState, UnitView};
use adsync::domain::time::Timestamp;
use adsync::sync::event::SyncEvent;
use adsync::sync::overview::Overview;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use portable_pty::{PtySize, native_pty_system};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::{broadcast, mpsc};

const PROFILES: i64 = 10_000;
const LIVE: i64 = 200;
const EVENTS_PER_SECOND: u32 = 2_000;
const SIZE: (u16, u16) = (160, 50);

#[expect(clippy::disallowed_methods, reason = "this plays the engine, whose clock is the machine's here")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_micros()).unwrap())
}

fn profile(id: i64) -> StoredProfile {
    StoredProfile {
        profile: Profile {
            id: ProfileId(id),
            login: format!("login-{}", id % 7),
            region: Region::Eu,
            access: Access::Edit,
            name: format!("Shop {:05} of the {} kind", (id * 7_919) % PROFILES, id % 13),
            country: ["DE", "UK", "FR", "IT", "ES"][usize::try_from(id % 5).unwrap()].to_owned(),
            currency: "EUR".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            account_type: "seller".to_owned(),
            account_sub_type: None,
            account_id: format!("A{id}"),
            marketplace_id: None,
            simulated: true,
            raw: "{\"profileId\":1,\"countryCode\":\"DE\",\"currencyCode\":\"EUR\"}".repeat(4),
        },
        // More than a day ago: no age on screen changes while this measures.
        last_synced_at: Some(now().minus(Duration::from_secs(90_000 + u64::try_from(id).unwrap() % 3_000))),
        data_as_of: None,
        rows: id * 31 % 90_000,
        last_counts: Some(ChangeCounts { changed: 3, ..ChangeCounts::default() }),
        gone_at: None,
        access_lost: None,
        listed_at: None,
        barred: None,
    }
}

fn run(id: i64, state: RunState) -> RunView {
    RunView {
        id: RunId(id),
        profile_id: ProfileId(id),
        state,
        priority: 10,
        requested_by: "ops@lab".to_owned(),
        requested_from: Origin::Console,
        retry_of: None,
        epoch: 1,
        attempt: 1,
        owner: Some("lab pid 4711".to_owned()),
        cancel_requested: false,
        not_before: None,
        parks: 0,
        requested_at: now(),
        started_at: Some(now()),
        finished_at: None,
        data_as_of: None,
        requests: 1,
        throttled: 0,
        throttled_us: 0,
        counts: ChangeCounts::default(),
        rows: 0,
        error: None,
        hold: None,
        approved_by: None,
        state_since: None,
        lease_until: None,
        waits: adsync::domain::wait::RunWaits::default(),
    }
}

fn units(id: i64) -> Vec<UnitView> {
    let of = |d: &&adsync::domain::entity::Descriptor| UnitView {
        run_id: RunId(id),
        unit: d.unit,
        state: UnitState::Fetching,
        pages: 0,
        rows: 0,
        expected: Some(100_000),
        expected_is_reported: true,
        reused_pages: 0,
        certificate: None,
        outcome: None,
        error: None,
        refusal: None,
        started_at: Some(now()),
        settled_at: None,
    };
    adsync::domain::entity::DESCRIPTORS.iter().map(of).collect()
}

fn overview(live: bool) -> Overview {
    let mut overview = Overview::default();
    for id in 1..=PROFILES {
        overview.profiles.insert(ProfileId(id), profile(id));
        let is_live = live && id <= LIVE;
        overview
            .runs
            .insert(ProfileId(id), run(id, if is_live { RunState::Fetching } else { RunState::Completed }));
        if is_live {
            overview.units.insert(RunId(id), units(id));
        }
    }
    overview
}

/// The engine, as far as this needs one.
struct Engine {
    overview: Mutex<Overview>,
    events: broadcast::Sender<SyncEvent>,
    snapshots: AtomicUsize,
}

impl Engine {
    /// Passes an event on as the real hub does.
    fn tell(&self, event: SyncEvent) {
        let mut overview = self.overview.lock().unwrap();
        overview.apply(event.clone());
        let _ = self.events.send(event);
    }
}

fn nothing<T: Send + 'static>(value: T) -> Answer<T> {
    async move { Ok(value) }.boxed()
}

fn said() -> Answer<Outcome> {
    nothing(Outcome { message: String::new() })
}

impl Actions for Engine {
    fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        (self.overview.lock().unwrap().clone(), self.events.subscribe())
    }
    fn snapshot(&self) -> Overview {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        self.overview.lock().unwrap().clone()
    }
    fn now(&self) -> Timestamp {
        now()
    }
    fn refresh_profiles(&self) -> Answer<()> {
        nothing(())
    }
    fn sync(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        said()
    }
    fn retry(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        said()
    }
    fn cancel(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        said()
    }
    fn approve(&self, _: RunId) -> Answer<Outcome> {
        said()
    }
    fn discard(&self, _: RunId) -> Answer<Outcome> {
        said()
    }
    fn load(&self, _: Query) -> Answer<Data> {
        nothing(Data::Runs(Vec::new()))
    }
    fn release(&self) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }
}

/// Where frames go.
struct Sink {
    into: Box<dyn Write + Send>,
    bytes: Arc<AtomicUsize>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        self.into.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// A console that runs in a thread of its own, as the real one does.
struct Bench {
    engine: Arc<Engine>,
    keys: mpsc::UnboundedSender<io::Result<Event>>,
    drawn: mpsc::UnboundedReceiver<Instant>,
    /// When the last key was taken out of the keyboard's queue.
    taken: Arc<Mutex<Option<Instant>>>,
    bytes: Arc<AtomicUsize>,
}

impl Bench {
    async fn open(live: bool, into: Box<dyn Write + Send>) -> Self {
        let engine = Arc::new(Engine {
            overview: Mutex::new(overview(live)),
            events: broadcast::channel(2_048).0,
            snapshots: AtomicUsize::new(0),
        });
        let (keys, mut pressed) = mpsc::unbounded_channel();
        let (told, drawn) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        let sink = Sink { into, bytes: Arc::clone(&bytes) };
        let taken = Arc::new(Mutex::new(None));
        let taking = Arc::clone(&taken);
        let actions: Arc<dyn Actions> = Arc::clone(&engine) as Arc<dyn Actions>;
        tokio::spawn(async move {
            // A fixed size: what is written to is no terminal that could be asked for it.
            let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
            let backend = Sized(CrosstermBackend::new(sink), told);
            let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
            let input = futures::stream::poll_fn(move |context| {
                let key = pressed.poll_recv(context);
                if key.is_ready() {
                    *taking.lock().unwrap() = Some(Instant::now());
                }
                key
            });
            let signals = futures::stream::pending::<Signal>();
            let options = ConsoleOptions { utc: true, ..ConsoleOptions::default() };
            drive(&mut terminal, input, signals, actions, options).await.unwrap();
        });
        let mut bench = Self { engine, keys, drawn, taken, bytes };
        bench.drawn.recv().await.unwrap();
        bench
    }

    /// Presses a key and gives the time until a frame that knows of it was written.
    async fn press(&mut self, code: KeyCode) -> Duration {
        *self.taken.lock().unwrap() = None;
        let began = Instant::now();
        self.keys.send(Ok(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))).unwrap();
        loop {
            let drawn = self.drawn.recv().await.unwrap();
            // A frame that was under way when the key came is written first, and is not the answer.
            if self.taken.lock().unwrap().is_some_and(|taken| taken < drawn) {
                return drawn.duration_since(began);
            }
        }
    }
}

/// A backend whose size is known.
struct Sized(CrosstermBackend<Sink>, mpsc::UnboundedSender<Instant>);

mod backend {
    use super::{Instant, SIZE, Sized};
    use ratatui::backend::{Backend, ClearType, WindowSize};
    use ratatui::buffer::Cell;
    use ratatui::layout::{Position, Size};
    use std::io;

    impl Backend for Sized {
        type Error = io::Error;
        fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
            self.0.draw(content)
        }
        fn hide_cursor(&mut self) -> io::Result<()> {
            self.0.hide_cursor()
        }
        fn show_cursor(&mut self) -> io::Result<()> {
            self.0.show_cursor()
        }
        fn get_cursor_position(&mut self) -> io::Result<Position> {
            Ok(Position::new(0, 0))
        }
        fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
            self.0.set_cursor_position(position)
        }
        fn clear(&mut self) -> io::Result<()> {
            self.0.clear()
        }
        fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
            self.0.clear_region(clear_type)
        }
        fn size(&self) -> io::Result<Size> {
            Ok(Size::new(SIZE.0, SIZE.1))
        }
        fn window_size(&mut self) -> io::Result<WindowSize> {
            Ok(WindowSize { columns_rows: Size::new(SIZE.0, SIZE.1), pixels: Size::new(0, 0) })
        }
        fn flush(&mut self) -> io::Result<()> {
            // Not through the writer's trait of the same name.
            Backend::flush(&mut self.0)?;
            let _ = self.1.send(Instant::now());
            Ok(())
        }
    }
}

/// Tells events at a steady pace until it is dropped: pages, counters, and now and then a run that ends and another one.
fn busy(engine: Arc<Engine>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        let mut n = 0_i64;
        loop {
            tick.tick().await;
            for _ in 0..EVENTS_PER_SECOND / 200 {
                n += 1;
                let id = n % LIVE + 1;
                let event = if n % 10 == 0 {
                    let state = if n % 100 == 0 { RunState::Committing } else { RunState::Fetching };
                    SyncEvent::Run { run: Box::new(RunView { requests: n, ..run(id, state) }) }
                } else {
                    let mut unit = units(id).swap_remove(usize::try_from(n % 5).unwrap());
                    (unit.pages, unit.rows) = (n / LIVE, n);
                    SyncEvent::Unit { profile_id: ProfileId(id), unit: Box::new(unit) }
                };
                engine.tell(event);
            }
        }
    })
}

fn percentile(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * share / 100).min(times.len() - 1)]
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    // A tick is a hundredth of a second on every Linux.
    Duration::from_millis(ticks * 10)
}

async fn measure(title: &str, bench: &mut Bench, seconds: u64) {
    use KeyCode::{Char, Down, End, Home, PageDown};
    println!("{title}");
    let cases: [(&str, &[KeyCode]); 5] = [
        ("scroll by a line", &[Down]),
        ("page down", &[PageDown]),
        ("to the end and back", &[End, Home]),
        ("change the order", &[Char('S')]),
        (
            "type a filter",
            &[Char('/'), Char('k'), Char('i'), Char('n'), Char('d'), Char(' '), Char('7'), KeyCode::Esc],
        ),
    ];
    for (what, keys) in cases {
        let mut times = Vec::new();
        let until = Instant::now() + Duration::from_millis(seconds * 200);
        while Instant::now() < until {
            for key in keys {
                times.push(bench.press(*key).await);
                // Somebody who types fast.
                tokio::time::sleep(Duration::from_millis(23)).await;
            }
        }
        let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
        println!(
            "  {what:<22} {:>4} keys   p50 {:>6.2} ms   p99 {:>6.2} ms",
            times.len(),
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3
        );
    }
    println!("  snapshots after falling behind: {}", bench.engine.snapshots.load(Ordering::Relaxed));
}

/// A pseudo-terminal that somebody reads: the end to write to.
fn terminal() -> (Box<dyn Write + Send>, Box<dyn portable_pty::MasterPty + Send>, File) {
    let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    std::thread::spawn(move || io::copy(&mut reader, &mut io::sink()));
    let path = pair.master.tty_name().unwrap();
    let open = || std::fs::OpenOptions::new().write(true).read(true).open(&path).unwrap();
    (Box::new(io::BufWriter::new(open())), pair.master, open())
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10);
    println!(
        "{PROFILES} profiles, {LIVE} live runs, {EVENTS_PER_SECOND} events a second, {} by {}",
        SIZE.0, SIZE.1
    );
    for busy_engine in [false, true] {
        let engine = if busy_engine { "busy engine" } else { "engine at rest" };
        let (pty, _master, _slave) = terminal();
        for (where_to, into) in
            [("memory", Box::new(io::sink()) as Box<dyn Write + Send>), ("a terminal", pty)]
        {
            let mut bench = Bench::open(busy_engine, into).await;
            let busy = busy_engine.then(|| busy(Arc::clone(&bench.engine)));
            let (began, worked) = (Instant::now(), cpu());
            measure(&format!("{engine}, into {where_to}"), &mut bench, seconds).await;
            if let Some(busy) = busy {
                busy.abort();
            }
            let share = (cpu() - worked).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
            println!("  CPU {share:.0} % of one core, {} bytes", bench.bytes.load(Ordering::Relaxed));
        }
    }
    let mut bench = Bench::open(false, Box::new(io::sink())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    while bench.drawn.try_recv().is_ok() {}
    let (worked, minutes) = (cpu(), now().0 / 60_000_000);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let frames = std::iter::from_fn(|| bench.drawn.try_recv().ok()).count();
    println!(
        "idle for {seconds} s: {frames} frames ({} minutes began), CPU {} ms",
        now().0 / 60_000_000 - minutes,
        (cpu() - worked).as_millis()
    );
}
