//! Every failure's code, once: its word, what it means, whether it is tried again, how a command ends with it, what
//! makes two failures of it the same, and what an operator can do.
//!
//! A report holds a [`Code`], so a failure without a line here does not compile. The errors' page of the documentation
//! is written from this table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a failure is tried again, by whom and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The request is repeated with growing pauses; when that is used up, a later retry may succeed.
    Within,
    /// The sync waits, or is put off and goes on by itself.
    ByItself,
    /// Not by adsync; a later retry may succeed without anybody changing anything.
    Later,
    /// Somebody has to change something first.
    Never,
}

/// How a command ends that has no other failure than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It is no failure.
    Well,
    /// Failed.
    Failed,
    /// Wrong usage or configuration, or a database that cannot be used as it is.
    Usage,
    /// Failed, and trying again later may help.
    Retryable,
}

/// What two failures of one code must have in common to be the same cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// The login.
    Login,
    /// The login and what the API said.
    LoginAndMessage,
    /// The host and what went wrong on the way to it.
    Host,
    /// The request, its status and what the API said.
    Request,
    /// The status and what the API said, whatever was asked of it: the service fails as a whole.
    Service,
    /// What it says.
    Message,
}

/// Declares the codes, one entry for each.
macro_rules! codes {
    ($($variant:ident = $word:literal, $again:ident, $ends:ident, $same:ident, $meaning:literal, $remedy:literal;)+) => {
        /// The stable, machine-readable name of a kind of failure.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $word)] $variant,)+
            /// A code of another version of adsync, read from the database.
            #[serde(other, rename = "other")]
            Other,
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+ Self::Other];

            /// The word that is stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ Self::Other => "other" }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                    Self::Other => "A failure that another version of adsync stored.",
                }
            }

            /// What an operator can do about it, in general; a report's hint says it for the case at hand.
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)+
                    Self::Other => "Look at it with the version that stored it, or sync the profile anew with `adsync sync PROFILE`.",
                }
            }

            /// Whether it is tried again.
            pub const fn again(self) -> Again {
                match self { $(Self::$variant => Again::$again,)+ Self::Other => Again::Never }
            }

            /// How a command ends with it.
            pub const fn ends(self) -> Ends {
                match self { $(Self::$variant => Ends::$ends,)+ Self::Other => Ends::Failed }
            }

            /// What makes two failures of it the same.
            pub const fn same(self) -> Same {
                match self { $(Self::$variant => Same::$same,)+ Self::Other => Same::Message }
            }
        }
    };
}

codes! {
    Usage = "usage", Never, Usage, Message,
        "The command line asks for something that there is not.",
        "`adsync --help` lists the commands, and `adsync COMMAND --help` their arguments.";
    Config = "config", Never, Usage, Message,
        "The configuration cannot be read, has a mistake, or a secret is not where it says.",
        "Correct the line that is named, then `adsync config check`.";
    LoginUnknown = "config.login_unknown", Never, Usage, Login,
        "A profile belongs to a login that the configuration does not have.",
        "Put the login back under its name (`adsync config show`); after a change of its name, `adsync profiles` assigns its profiles anew.";
    LoginUnusable = "config.login_unusable", Never, Usage, Message,
        "A login's URL, client id or secret cannot be sent as it is written.",
        "Correct it, then `adsync config check`.";
    InvalidGrant = "auth.invalid_grant", Never, Failed, Login,
        "The consent of a login ended: it was revoked, expired, or the client secret was reset.",
        "Have the accounts' owner authorise the application again, put the new refresh token where the login reads it, `adsync config check`, then `adsync retry --all`; an open console reads it when it is started again.";
    InvalidClient = "auth.invalid_client", Never, Failed, Login,
        "The application of a login is not known to Amazon, or its secret is wrong.",
        "Compare client id and secret with the security profile in the Amazon developer console; `adsync config show` says where they come from.";
    TokenRefused = "auth.refused", Never, Failed, Login,
        "The API refuses an access token that was just fetched.",
        "Check that the application has API access, and that region and api_url of the login belong together (`adsync config show`).";
    AuthUnreachable = "auth.unreachable", Within, Retryable, Host,
        "The token endpoint does not answer, or asks to come back later.",
        "Check the network, and token_url if it is set (`adsync config show`); then `adsync retry --all`.";
    AuthMalformed = "auth.malformed", Never, Failed, Login,
        "The token endpoint answers something that is no token.",
        "Look for a proxy that answers in its place, and check token_url (`adsync config show`).";
    NoAccess = "profile.no_access", Never, Failed, LoginAndMessage,
        "The login may not read the profile, or no part of it.",
        "Check the rights of the login's user in Amazon's account settings; `adsync profiles` lists what the logins see now.";
    ProfileUnknown = "profile.unknown", Never, Usage, Message,
        "No profile has this number or name.",
        "`adsync profiles` lists what is known.";
    NotSyncable = "profile.not_syncable", Never, Usage, Message,
        "The profile is shown and never synced: it holds no sponsored ads, or its login no longer lists it.",
        "Leave it out; `adsync why PROFILE` says more.";
    Excluded = "profile.excluded", Never, Usage, Message,
        "The configuration leaves the profile out.",
        "Take it into the configuration's selection of profiles, then `adsync config check`.";
    NoneListed = "profile.none_listed", Later, Retryable, Login,
        "A login that had profiles lists none at all, which is not believed.",
        "Check that the login still has access to its accounts, then `adsync profiles`. What is stored is kept.";
    NotEligible = "product.not_eligible", Never, Well, LoginAndMessage,
        "The account does not take part in an ad product. This is no failure, and what is stored stays.",
        "Nothing, unless it should take part.";
    AccessLost = "product.access_lost", Never, Well, LoginAndMessage,
        "The account no longer takes part in an ad product of which rows are stored. They stay as they were.",
        "Check the login's permissions, and whether the account still takes part in the ad product.";
    BadRequest = "api.bad_request", Never, Failed, Request,
        "The API refuses a request that would be refused again.",
        "Note the request ids; if the API has changed, a newer adsync may know how.";
    Unauthorized = "api.unauthorized", Never, Failed, Request,
        "The API refuses one list with 401, and takes the same token for others.",
        "Check what the login's user may do with the account, and for which products the application was approved; then `adsync retry --all`.";
    CursorRefused = "api.cursor_refused", Later, Retryable, Request,
        "The API no longer accepts the token of a list's next page.",
        "`adsync retry --all` starts the list over and reuses the finished ones.";
    Throttled = "api.throttled", ByItself, Retryable, Login,
        "Amazon limits the requests of the account, and did so for longer than a sync waits.",
        "Nothing while it is put off; after a failure `adsync retry --all`. Lower `max_per_second` if other tools use the same accounts.";
    ServerError = "api.server_error", Within, Retryable, Service,
        "The API failed, again and again.",
        "`adsync retry --all` goes on from what was fetched.";
    Timeout = "api.timeout", Within, Retryable, Service,
        "The API did not answer in time, again and again.",
        "`adsync retry --all` goes on from what was fetched.";
    Connection = "api.connection", Within, Retryable, Host,
        "There is no connection to the API, or it broke, again and again.",
        "Check the network, then `adsync retry --all`.";
    Malformed = "api.malformed", Within, Retryable, Request,
        "The API answered with success, and with something that is no page of the list.",
        "`adsync retry --all` asks again; if it stays, note the request ids and look for a proxy in between.";
    RepeatedToken = "list.repeated_token", Later, Retryable, Message,
        "A list repeated the token of a page: following it would never end.",
        "`adsync retry --all` lists it anew; nothing was removed or half written.";
    NoProgress = "list.no_progress", Later, Retryable, Message,
        "A list served only rows that it had served before.",
        "`adsync retry --all` lists it anew; nothing was removed or half written.";
    Endless = "list.endless", Later, Retryable, Message,
        "A list went on over empty pages.",
        "`adsync retry --all` lists it anew; nothing was removed or half written.";
    RepeatedRows = "list.repeated_rows", Later, Retryable, Message,
        "A page had a row twice, so that nobody can tell where the next one begins.",
        "`adsync retry --all` lists it anew; nothing was removed or half written.";
    Shrank = "list.shrank", Later, Retryable, Message,
        "A list shrank while it was read, twice: rows may have slipped past.",
        "`adsync retry --all` when the account is at rest; nothing was removed or half written.";
    IncompleteList = "list.incomplete_list", Later, Retryable, Message,
        "A list ended with fewer rows than the API itself counts or has, twice.",
        "`adsync retry --all` lists it anew; nothing was removed or half written.";
    RunUnknown = "run.unknown", Never, Usage, Message,
        "No sync has this number.",
        "`adsync runs` lists the syncs.";
    NotHeld = "run.not_held", Never, Usage, Message,
        "The sync to be approved or discarded is not held, or was fetched too long ago.",
        "`adsync runs --state held` lists those that are.";
    KillsOwner = "run.kills_owner", Never, Failed, Message,
        "The sync ended the process that carried it, again and again.",
        "Look at it with `adsync run show RUN`, and sync the profile anew with `adsync sync PROFILE` when the cause is mended.";
    CauseUnknown = "cause.unknown", Never, Usage, Message,
        "No present failure has this cause.",
        "`adsync errors` lists the causes.";
    Unreachable = "store.unreachable", Later, Retryable, Message,
        "The database does not answer.",
        "Check that the server runs and that the URL is right (`adsync config show`), then try again.";
    Refused = "store.refused", Never, Usage, Message,
        "The database refuses the user, there is no such database, or the file is none.",
        "Check user, password and database name, or the file, in the URL (`adsync config show`).";
    ReadOnly = "store.read_only", Never, Usage, Message,
        "The database's file or folder cannot be written.",
        "Give this user the right to write both, or choose another with --database.";
    DiskFull = "store.disk_full", Later, Retryable, Message,
        "The database's disk is full.",
        "Free some space, then `adsync retry --all`; nothing that was committed is lost.";
    Moved = "store.moved", Never, Failed, Message,
        "The SQLite file was moved, replaced or deleted while adsync had it open.",
        "Put the file back, or start adsync again: until then nothing is committed.";
    NewerSchema = "store.newer_schema", Never, Usage, Message,
        "A newer adsync has changed the database's schema.",
        "Use that version, or a newer one.";
    NeedsMigration = "store.needs_migration", Never, Usage, Message,
        "A shared database has an older schema, and is only changed when somebody says so.",
        "Stop other adsync processes that use it, then `adsync migrate`.";
    Migration = "store.migration", Never, Failed, Message,
        "The schema could not be changed, or was changed by hand.",
        "Nothing of the failed change was kept; the causes say what stood in the way.";
    MixedSources = "store.mixed_sources", Never, Usage, Message,
        "Simulated and real profiles would share a database.",
        "Set another database with --database or [database] url.";
    Fenced = "store.fenced", Later, Retryable, Message,
        "Another process has taken the sync over.",
        "Nothing: that process goes on with it.";
    Sql = "store.sql", Never, Failed, Message,
        "The database refused an operation for another reason.",
        "This is a defect of adsync or a damaged database; the causes say what the database said.";
    StoredPage = "store.page", Never, Failed, Message,
        "A page that was kept cannot be read back.",
        "`adsync sync PROFILE` fetches the profile anew.";
    Terminal = "console.terminal", Never, Failed, Message,
        "The terminal cannot be used, or went away.",
        "Use the commands instead; `adsync --help` lists them.";
    Output = "output", Never, Failed, Message,
        "Standard output cannot be written.",
        "Check where it goes.";
    Panic = "internal.panic", Never, Failed, Message,
        "adsync itself failed. Nothing was written, and everything else goes on.",
        "Report it as a defect, with the log.";
}

impl Code {
    /// True when trying again later may succeed without anybody changing anything.
    pub const fn retryable(self) -> bool {
        !matches!(self.again(), Again::Never)
    }

    /// True when it is about a login, and so befalls all its profiles.
    pub const fn is_of_login(self) -> bool {
        matches!(self.same(), Same::Login)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Code> for &str {
    fn eq(&self, other: &Code) -> bool {
        *self == other.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable() {
        let words: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(
            words.join(" "),
            "usage config config.login_unknown config.login_unusable auth.invalid_grant auth.invalid_client \
             auth.refused auth.unreachable auth.malformed profile.no_access profile.unknown profile.not_syncable \
             profile.excluded profile.none_listed product.not_eligible product.access_lost api.bad_request api.unauthorized api.cursor_refused api.throttled \
             api.server_error api.timeout api.connection api.malformed list.repeated_token list.no_progress \
             list.endless list.repeated_rows list.shrank list.incomplete_list run.unknown run.not_held \
             run.kills_owner cause.unknown store.unreachable store.refused store.read_only store.disk_full \
             store.moved store.newer_schema store.needs_migration store.migration store.mixed_sources store.fenced store.sql \
             store.page console.terminal output internal.panic other"
        );
    }

    #[test]
    fn a_code_is_stored_as_its_word_and_one_of_another_version_can_be_read() {
        for code in Code::ALL {
            let stored = serde_json::to_string(code).unwrap();
            assert_eq!(stored, format!("{:?}", code.as_str()));
            assert_eq!(serde_json::from_str::<Code>(&stored).unwrap(), *code);
        }
        assert_eq!(serde_json::from_str::<Code>("\"auth.from_the_future\"").unwrap(), Code::Other);
    }

    #[test]
    fn what_may_pass_ends_a_command_as_retryable_and_nothing_else_does() {
        for code in Code::ALL {
            assert_eq!(code.retryable(), code.ends() == Ends::Retryable, "{code}");
        }
    }
}
