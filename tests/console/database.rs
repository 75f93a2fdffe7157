//! The database goes away while the console is open, and comes back: both are told, and nothing has to be started again.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::support::postgres;

/// A way to the real server that can be cut: what is connected breaks, and nothing new is let through.
struct Way {
    port: u16,
    open: Arc<AtomicBool>,
    live: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to(socket: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (open, live) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let (is_open, known) = (Arc::clone(&open), Arc::clone(&live));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_open.load(Ordering::SeqCst) {
                    known
                        .lock()
                        .expect("no thread panicked")
                        .push(client.try_clone().expect("a second handle"));
                    join(client, UnixStream::connect(&socket).expect("the server's socket"));
                }
            }
        });
        Self { port, open, live }
    }

    fn cut(&self) {
        self.open.store(false, Ordering::SeqCst);
        for stream in self.live.lock().expect("no thread panicked").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

/// The socket of the server that `scripts/with-postgres` starts, out of `postgres://USER@localhost:PORT/NAME?host=FOLDER`.
fn socket_of(url: &str) -> String {
    let (address, folder) = url.split_once("?host=").expect("a URL with the folder of the socket");
    let port = address.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/')).expect("a port").0;
    format!("{folder}/.s.PGSQL.{port}")
}

/// The same database by another way.
fn over_tcp(url: &str, port: u16) -> String {
    let address = url.split_once('?').expect("a query").0;
    let (user, rest) = address.split_once('@').expect("a user");
    let name = rest.rsplit_once('/').expect("a database").1;
    format!("{user}@127.0.0.1:{port}/{name}")
}

/// Carries bytes both ways until either end is closed.
fn join(client: TcpStream, server: UnixStream) {
    let (mut from_client, mut from_server) =
        (client.try_clone().expect("a second handle"), server.try_clone().expect("a second handle"));
    let (mut client, mut server) = (client, server);
    std::thread::spawn(move || {
        carry(&mut from_client, &mut server);
        let _ = server.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        carry(&mut from_server, &mut client);
        let _ = client.shutdown(Shutdown::Both);
    });
}

fn carry(from: &mut impl Read, to: &mut impl Write) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
}

#[test]
fn a_database_that_goes_away_is_told_with_since_when_and_so_is_its_return() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(postgres::fresh_database());
    let way = Way::to(socket_of(&database.url));
    let url = over_tcp(&database.url, way.port);
    let api = Api::start(&["--profiles", "1", "--campaigns", "4", "--latency", "0ms"]);
    let home = Home::with_config(&api.config(&url));
    home.ok(&["profiles"]);
    let console = home.terminal().size(120, 30).start();
    console.wait_for_text("never");
    way.cut();
    let screen = console.wait_for_text("the database is lost since").contents();
    assert!(screen.contains("tried again every second"), "{screen}");
    // What was read before is still there, and keys are heard.
    assert!(screen.contains("never") && screen.contains("1 profile"), "{screen}");
    console.send("?");
    console.wait_for_text("Keys");
    console.wait_until_still(std::time::Duration::from_millis(200));
    console.send("\x1b");
    console.wait_until_gone("Keys");
    way.mend();
    console.wait_for_text("the database answers again");
    console.wait_until_gone("the database is lost since");
    console.send("s");
    console.wait_for_text("● proved");
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}
