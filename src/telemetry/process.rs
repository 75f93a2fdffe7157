//! Which process this is, and whether another one on this machine is still alive.

use std::fmt;
use std::path::Path;

/// Identifies a process so well that its death can be told from afar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The machine's name.
    pub host: String,
    /// Changes with every boot.
    pub boot: String,
    /// The process-id namespace: the same number means another process in another container.
    pub namespace: String,
    /// Process id.
    pub pid: u32,
    /// When it started, in the system's own unit; a reused process id has another.
    pub started: String,
    /// Tells apart several engines of one process.
    pub nonce: String,
}

/// True when the terminal is one of tmux.
pub fn in_tmux() -> bool {
    std::env::var_os("TMUX").is_some_and(|value| !value.is_empty())
}

impl Identity {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            host: hostname(),
            boot: boot_id(),
            namespace: namespace(),
            pid,
            started: start_of(pid).unwrap_or_default(),
            nonce: format!("{:08x}", fastrand::u32(..)),
        }
    }

    /// Reads an identity back from its text; `None` when it was written by something else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('|');
        let mut next = || fields.next().map(str::to_owned);
        Some(Self {
            host: next()?,
            pid: next()?.parse().ok()?,
            started: next()?,
            boot: next()?,
            namespace: next()?,
            nonce: next()?,
        })
    }

    /// True when `other` certainly no longer runs: it was on this machine, in this boot and namespace, and its
    /// process is gone. `local` says that whoever wrote it must have been on this machine (an SQLite file), so
    /// that another boot means death as well.
    pub fn knows_dead(&self, other: &Self, local: bool) -> bool {
        if self.boot.is_empty() || other.boot.is_empty() || self.host != other.host {
            return false;
        }
        if self.boot != other.boot {
            return local;
        }
        if self.namespace != other.namespace {
            return false;
        }
        match start_of(other.pid) {
            None => true,
            Some(started) => !other.started.is_empty() && started != other.started,
        }
    }

    /// Host and process id, for people.
    pub fn short(&self) -> String {
        format!("{} pid {}", self.host, self.pid)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}|{}|{}|{}|{}|{}",
            self.host, self.pid, self.started, self.boot, self.namespace, self.nonce
        )
    }
}

/// `user@host`, for the record of who asked.
pub fn operator() -> String {
    #[expect(clippy::disallowed_methods, reason = "the user's name is only known from the environment")]
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|u| !u.is_empty()).or_else(|| command("id", &["-un"]));
    format!("{}@{}", user.unwrap_or_else(|| "unknown".to_owned()), hostname())
}

fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.replace('|', "_"))
}

/// Runs a system tool where the kernel has no file to read (macOS).
fn command(program: &str, args: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program)
        .args(args)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.replace('|', "_"))
}

fn hostname() -> String {
    read("/proc/sys/kernel/hostname")
        .or_else(|| command("hostname", &[]))
        .unwrap_or_else(|| "localhost".to_owned())
}

fn boot_id() -> String {
    read("/proc/sys/kernel/random/boot_id")
        .or_else(|| command("sysctl", &["-n", "kern.bootsessionuuid"]))
        .unwrap_or_default()
}

fn namespace() -> String {
    std::fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default()
}

/// When a process started; `None` when there is none with this id, or only its remains.
fn start_of(pid: u32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        let stat = read(&format!("/proc/{pid}/stat"))?;
        // The name in parentheses may contain anything, blanks and parentheses too.
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        // A killed process that its parent has not collected yet is dead all the same.
        return (!matches!(fields.first(), Some(&("Z" | "X" | "x"))))
            .then(|| fields.get(19).map(|started| (*started).to_owned()))
            .flatten();
    }
    let line = command("ps", &["-o", "state=,lstart=", "-p", &pid.to_string()])?;
    let (state, started) = line.split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_being_stored() {
        let me = Identity::current();
        assert_eq!(Identity::parse(&me.to_string()), Some(me));
        assert_eq!(Identity::parse("someone else"), None);
    }

    #[test]
    fn a_process_knows_itself_alive_and_a_killed_child_dead_before_it_is_collected() {
        let me = Identity::current();
        assert!(!me.knows_dead(&me, true));
        let mut child = std::process::Command::new("sh")
            .args(["-c", "echo up; exec cat"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let other = Identity { pid: child.id(), started: start_of(child.id()).unwrap(), ..me.clone() };
        assert!(!me.knows_dead(&other, false));
        child.kill().unwrap();
        // Standard output closes when the process is gone, though nobody has waited for it yet.
        let mut out = child.stdout.take().unwrap();
        std::io::Read::read_to_end(&mut out, &mut Vec::new()).unwrap();
        while !me.knows_dead(&other, false) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(me.knows_dead(&other, false));
    }

    #[test]
    fn a_reused_process_id_another_boot_and_another_container_are_told_apart() {
        let me = Identity::current();
        assert!(me.knows_dead(&Identity { started: "1".to_owned(), ..me.clone() }, false));
        let rebooted = Identity { boot: "before".to_owned(), ..me.clone() };
        assert!(me.knows_dead(&rebooted, true));
        assert!(!me.knows_dead(&rebooted, false));
        assert!(!me.knows_dead(&Identity { namespace: "pid:[1]".to_owned(), pid: 1, ..me.clone() }, true));
        assert!(!me.knows_dead(&Identity { host: "elsewhere".to_owned(), pid: 1, ..me.clone() }, true));
    }
}
