//! Plays a scene: in a folder of its own, with a simulator of its own, in a terminal of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::Connection as _;
use vt100::Screen;

use crate::Failure;
use crate::normalise::normalise;
use crate::pty::{Pty, Spawn};
use crate::scenes::{SIZES, Scene, Step, file_name};

/// What one picture shows.
pub(crate) struct Shot {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// The screen, with colours.
    pub(crate) screen: Screen,
    /// Its text as it is compared.
    pub(crate) text: String,
}

/// Plays a scene to its end; gives the pictures in the order in which they were taken.
pub(crate) fn play(scene: &Scene) -> Result<Vec<Shot>, Failure> {
    let program = program()?;
    let dir = tempfile::Builder::new().prefix("adsync-").tempdir()?;
    let home = dir.path().canonicalize()?;
    let simulator = scene.simulator.map(|args| Simulator::start(&program, args, &home)).transpose()?;
    let login = simulator.as_ref().map_or("", |simulator| &simulator.login);
    for (name, content) in scene.files {
        std::fs::write(home.join(name), content.replace("{login}", login))?;
    }
    let mut console: Option<Pty> = None;
    let mut shots = Vec::new();
    for step in scene.steps {
        match (step, &console, &simulator) {
            (Step::Run(args), ..) => run(&program, args, &home)?,
            (Step::Sql(statement), ..) => execute(&home, statement)?,
            (Step::Tell(path, body), _, Some(simulator)) => simulator.tell(path, body)?,
            (Step::Open(args), ..) => {
                let spawn = Spawn::new(&program).args(*args).dir(&home).size(SIZES[0].0, SIZES[0].1);
                console = Some(environment(&home).iter().fold(spawn, |s, (k, v)| s.env(k, v)).start());
            }
            (Step::WaitFor(text), Some(pty), _) => drop(pty.wait_for_text(text)),
            (Step::WaitUntilSteady, Some(pty), _) => drop(pty.wait_until_steady(Duration::from_secs(1))),
            (Step::WaitUntilGone(text), Some(pty), _) => drop(pty.wait_until_gone(text)),
            (Step::Type(keys), Some(pty), _) => pty.send(keys),
            (Step::Picture(name), Some(pty), _) => {
                for size in SIZES {
                    let screen = picture(pty, size);
                    let text = text_of(&screen, &home);
                    shots.push(Shot { name: file_name(name, size), screen, text });
                }
                // Keys that come together with a change of size may wait for the next key.
                let _ = picture(pty, SIZES[0]);
            }
            (Step::Tell(..), _, None) => return Err("the scene has no simulator to tell anything".into()),
            (_, None, _) => return Err("the scene opens no console".into()),
        }
    }
    Ok(shots)
}

fn picture(pty: &Pty, size: (u16, u16)) -> Screen {
    resize(pty, size);
    pty.wait_until_steady(Duration::from_millis(250))
}

/// Gives the console another size and waits until it has drawn all of that. The emulator's screen is blank until then,
/// and the last row is drawn last.
fn resize(pty: &Pty, (cols, rows): (u16, u16)) {
    let same = pty.screen().size() == (rows, cols);
    if !same {
        pty.blank();
        pty.resize(cols, rows);
    }
    pty.wait_for("the last row was drawn", |screen| {
        screen.rows(0, cols).last().is_some_and(|row| !row.trim().is_empty())
    });
}

fn text_of(screen: &Screen, home: &Path) -> String {
    let mut text = String::new();
    for row in screen.rows(0, screen.size().1) {
        text.push_str(row.trim_end());
        text.push('\n');
    }
    normalise(&text, &home.display().to_string())
}

fn run(program: &Path, args: &[&str], home: &Path) -> Result<(), Failure> {
    let mut command = Command::new(program);
    command.args(args).current_dir(home).env_clear().envs(environment(home)).stdin(Stdio::null());
    let output = command.output()?;
    match output.status.code() {
        // Wrong usage is the scene's own mistake.
        None | Some(2) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("adsync {} ended with {}: {said}", args.join(" "), output.status).into())
        }
        Some(_) => Ok(()),
    }
}

fn execute(home: &Path, statement: &'static str) -> Result<(), Failure> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.join("adsync.db"));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut database = sqlx::SqliteConnection::connect_with(&options).await?;
        sqlx::raw_sql(statement).execute(&mut database).await?;
        Ok(database.close().await?)
    })
}

/// Nothing of the developer's own: a home that holds only the scene, and a name that is nobody's.
fn environment(home: &Path) -> [(&'static str, String); 6] {
    [
        ("HOME", home.display().to_string()),
        ("USER", "operator".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("COLORTERM", "truecolor".to_owned()),
        ("PATH", "/usr/bin:/bin".to_owned()),
    ]
}

/// The `adsync` of the same build.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let program = own.ancestors().nth(2).ok_or("no folder of the build")?.join("adsync");
    if program.is_file() {
        Ok(program)
    } else {
        Err("run cargo build first: there is no adsync to show".into())
    }
}

/// An `adsync simulate` of the scene's own. It is killed on drop.
struct Simulator {
    child: Child,
    login: String,
    address: String,
}

impl Simulator {
    fn start(program: &Path, args: &[&str], home: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(program)
            .args(["simulate", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(home)
            .env_clear()
            .envs(environment(home))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().ok_or("no output of the simulator")?;
        let mut simulator = Self { child, login: String::new(), address: String::new() };
        for line in BufReader::new(out).lines() {
            let line = line?;
            if let Some(url) = line.strip_prefix("api_url = \"http://") {
                simulator.address = url.trim_end_matches('"').to_owned();
            }
            simulator.login += &(line.replace("\"simulated\"", "\"acme-eu\"") + "\n");
            if line.starts_with("token_url") {
                return Ok(simulator);
            }
        }
        Err("the simulator did not start".into())
    }

    fn tell(&self, path: &str, body: &str) -> Result<(), Failure> {
        let mut connection = TcpStream::connect(&self.address)?;
        write!(
            connection,
            "POST /_sim/{path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") {
            Ok(())
        } else {
            Err(format!("the simulator did not take {path}: {answer}").into())
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
