//! What fails now, by cause: how many profiles, since when, whether it recovers by itself, what to do.

use super::args::ErrorsArgs;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::{Align, plural, table, time};
use super::report::{recovery, report_lines};
use crate::domain::code::Code;
use crate::store::Store;
use crate::sync::Policy;
use crate::sync::causes::{Affected, Cause, causes};
use crate::sync::overview::Overview;

/// Lists the causes of the present failures with their profiles, or shows one cause with its whole report. Profiles
/// that the policy leaves out are counted and not listed.
///
/// # Errors
/// When the database cannot be read, or no present failure has the cause.
pub async fn errors(
    store: &Store,
    policy: &Policy,
    args: &ErrorsArgs,
    out: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let overview = Overview::read_by(store, policy).await?;
    let all = causes(&overview);
    if let Some(word) = &args.cause {
        return show(cause_named(&all, word)?, out);
    }
    if out.json {
        for cause in &all {
            out.object(cause)?;
        }
        return Ok(Exit::Ok);
    }
    left_out(&overview, out);
    let failing: usize = all.iter().map(|cause| cause.profiles.len()).sum();
    let mut who = Vec::new();
    if failing > 0 {
        who.push(plural(failing, "profile fails", "profiles fail"));
    }
    let logins: usize = all.iter().map(|cause| cause.logins.len()).sum();
    if logins > 0 {
        who.push(plural(
            logins,
            "login cannot be asked for its profiles",
            "logins cannot be asked for their profiles",
        ));
    }
    if who.is_empty() {
        out.say("no profile fails");
        return Ok(Exit::Ok);
    }
    out.line(&format!("{}, {}", who.join(", "), plural(all.len(), "cause", "causes")))?;
    for cause in &all {
        out.line("")?;
        head(cause, out)?;
        profiles(cause, out)?;
    }
    Ok(Exit::Ok)
}

/// Tells of failures that nobody can mend by a retry, for the configuration leaves their profiles out.
fn left_out(overview: &Overview, out: &mut Output<'_>) {
    let is_left_out = |id: &&_| overview.profiles.get(id).is_some_and(|p| p.barred.is_some());
    let many = overview.failures.keys().filter(is_left_out).count();
    if many > 0 {
        let failed = plural(many, "profile", "profiles");
        out.say(&format!(
            "{failed} failed before and the configuration leaves out: adsync profiles says why"
        ));
    }
}

/// The cause that a word names: all its digits, or enough of the first ones.
pub(super) fn cause_named<'a>(all: &'a [Cause], word: &str) -> Result<&'a Cause, Failure> {
    let lower = word.to_lowercase();
    let mut found = all.iter().filter(|cause| !lower.is_empty() && cause.cause.as_str().starts_with(&lower));
    match (found.next(), found.next()) {
        (Some(cause), None) => Ok(cause),
        (Some(_), Some(_)) => Err(Failure::new(
            Code::CauseUnknown,
            format!("several causes begin with {word:?}"),
            "Write more of its digits: adsync errors lists the causes.",
        )),
        (None, _) => Err(Failure::new(
            Code::CauseUnknown,
            format!("no present failure has the cause {word:?}"),
            "List the causes with: adsync errors",
        )),
    }
}

fn head(cause: &Cause, out: &mut Output<'_>) -> Result<(), Failure> {
    let utc = out.utc;
    out.line(&format!("{}  {}  {} [{}]", cause.cause, cause.who(), cause.summary, cause.code))?;
    out.line(&format!("  since {}  last seen {}", time(cause.since, utc), time(cause.last, utc)))?;
    out.line(&format!("  {}", recovery(&cause.report, utc)))?;
    out.line(&format!("  {}", cause.hint))?;
    let waiting = cause.retryable_profiles().len();
    if waiting > 0 {
        let again = plural(waiting, "profile", "profiles");
        out.line(&format!("  adsync retry --cause {} tries {again} again", cause.cause))?;
    } else if !cause.logins.is_empty() {
        let logins: Vec<&str> = cause.logins.iter().map(|login| login.login.as_str()).collect();
        out.line(&format!("  adsync retry --cause {} asks login {} again", cause.cause, logins.join(", ")))?;
    }
    Ok(())
}

fn profiles(cause: &Cause, out: &mut Output<'_>) -> Result<(), Failure> {
    if cause.profiles.is_empty() {
        return Ok(());
    }
    let row = |p: &Affected| {
        vec![
            String::new(),
            p.profile_id.to_string(),
            format!("{} {}", p.name, p.country),
            p.login.clone(),
            p.run.to_string(),
            time(p.since, out.utc),
            if p.live { "being tried again".to_owned() } else { String::new() },
        ]
    };
    let columns = [
        ("", Align::Left),
        ("PROFILE", Align::Right),
        ("NAME", Align::Left),
        ("LOGIN", Align::Left),
        ("RUN", Align::Right),
        ("SINCE", Align::Left),
        ("", Align::Left),
    ];
    let rows: Vec<Vec<String>> = cause.profiles.iter().map(row).collect();
    for line in table(&columns, &rows) {
        out.line(&line)?;
    }
    Ok(())
}

fn show(cause: &Cause, out: &mut Output<'_>) -> Result<Exit, Failure> {
    if out.json {
        let mut object = serde_json::to_value(cause).map_err(std::io::Error::from)?;
        object["report"] = serde_json::to_value(&cause.report).map_err(std::io::Error::from)?;
        out.object(&object)?;
        return Ok(Exit::Ok);
    }
    head(cause, out)?;
    profiles(cause, out)?;
    out.line("")?;
    out.line("the last report:")?;
    for line in report_lines(&cause.report, out.utc) {
        out.line(&line)?;
    }
    Ok(Exit::Ok)
}
