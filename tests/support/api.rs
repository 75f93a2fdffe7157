//! A simulated API in a process of its own, steered over HTTP: what the program under test syncs from.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::adsync::{DEADLINE, Home, Running};

/// A running `adsync simulate`; it is killed on drop.
pub(crate) struct Api {
    process: Running,
    announced: Value,
}

impl Api {
    /// Starts one on a free port with these options besides; nothing changes in it unless told to.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut all =
            vec!["simulate", "--listen", "127.0.0.1:0", "--json", "--rate", "0", "--churn-after", "1h"];
        all.extend(args);
        // It needs no files: a folder that is gone again is as good as any.
        let mut command = Home::new().command(&all);
        let process = Running::of({
            command.current_dir("/");
            command
        });
        let line = process.wait_for_line("the simulator said where it is", |line| line.starts_with('{'));
        Self { process, announced: serde_json::from_str(&line).expect("JSON") }
    }

    /// What it announced: `api_url`, `client_secret` and so on.
    pub(crate) fn announced(&self, field: &str) -> &str {
        self.announced[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.announced))
    }

    /// A configuration with one login, which this API serves, and no limits of our own.
    pub(crate) fn config(&self, database: &str) -> String {
        format!("[database]\nurl = {database:?}\n[rate_limit]\nenabled = false\n{}", self.login("acme"))
    }

    /// A login that this API serves.
    pub(crate) fn login(&self, name: &str) -> String {
        let fields = ["client_id", "client_secret", "refresh_token", "api_url", "token_url"]
            .map(|field| format!("{field} = {:?}\n", self.announced(field)));
        format!("[[login]]\nname = {name:?}\nregion = \"EU\"\n{}", fields.concat())
    }

    /// Changes the data of all profiles.
    pub(crate) fn churn(&self) {
        self.ask("POST", "churn", "");
    }

    /// Scripts faults, in place of those before; empty for none.
    pub(crate) fn scenario(&self, toml: &str) {
        self.ask("POST", "scenario", toml);
    }

    /// The rows that a profile holds, by the path of their list.
    pub(crate) fn truth(&self, profile: &str) -> BTreeMap<String, Vec<Value>> {
        let truth = self.ask("GET", &format!("truth?profile={profile}"), "");
        let lists = truth["lists"].as_object().expect("lists");
        lists.iter().map(|(path, rows)| (path.clone(), rows.as_array().expect("rows").clone())).collect()
    }

    /// How often each path was asked for so far.
    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        let summary = self.ask("GET", "requests", "");
        let paths = summary["byPath"].as_object().expect("paths");
        paths.iter().map(|(path, n)| (path.clone(), n.as_u64().expect("a number"))).collect()
    }

    /// Requests to the advertising API so far, and the time from the first to the last of them.
    pub(crate) fn seen(&self) -> (u64, Duration) {
        let summary = self.ask("GET", "requests", "");
        let number = |name: &str| summary[name].as_u64().expect("a number");
        (number("api"), Duration::from_millis(number("apiSpanMs")))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.process.pid()
    }

    fn ask(&self, method: &str, action: &str, body: &str) -> Value {
        let (status, answer) = self.http(method, &format!("/_sim/{action}"), body);
        assert_eq!(status, 200, "{method} {action}: {answer}");
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{action}: {e}: {answer}"))
    }

    /// One request, in the plainest HTTP there is.
    fn http(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let address = self.announced("api_url").strip_prefix("http://").expect("plain HTTP");
        let mut stream = TcpStream::connect(address).expect("the simulator listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer comes");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        (status, body.to_owned())
    }
}
