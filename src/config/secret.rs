//! Secrets and where they come from. A secret never prints.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::ConfigError;

/// A secret's value. `Debug` shows nothing of it, and there is no `Display`.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value itself; for the one request that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Env(String),
    /// In a file, without its trailing line break.
    File(PathBuf),
    /// Printed by a command, run by `sh -c`.
    Command(String),
    /// In the configuration file itself.
    Inline(Secret),
}

impl SecretSource {
    /// Fetches the secret. `what` names it in errors: `login "acme": client_secret`.
    ///
    /// # Errors
    /// When the variable is unset, the file unreadable, the command fails, or the value is empty.
    pub fn resolve(&self, what: &str) -> Result<Secret, ConfigError> {
        let missing = |reason: String| ConfigError::MissingSecret { what: what.to_owned(), reason };
        let value = match self {
            Self::Inline(secret) => secret.expose().to_owned(),
            #[expect(clippy::disallowed_methods, reason = "this is the configuration layer")]
            Self::Env(name) => std::env::var(name)
                .map_err(|_| missing(format!("the environment variable {name} is not set")))?,
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|e| missing(format!("cannot read {}: {e}", path.display())))?,
            Self::Command(command) => {
                let output = std::process::Command::new("sh")
                    .args(["-c", command])
                    .stdin(std::process::Stdio::null())
                    .output()
                    .map_err(|e| missing(format!("cannot run its command: {e}")))?;
                if !output.status.success() {
                    // Neither the command's output nor its errors are shown: they may hold the secret.
                    return Err(missing(format!("its command ended with {}", output.status)));
                }
                String::from_utf8(output.stdout)
                    .map_err(|_| missing("its command printed something that is not text".to_owned()))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(missing(format!("{self} is empty")));
        }
        Ok(Secret::new(value))
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(_) => write!(f, "a command"),
            Self::Inline(_) => write!(f, "written in the configuration"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let source = SecretSource::Inline(Secret::new("hunter2"));
        assert!(!format!("{source:?} {source}").contains("hunter2"));
    }

    #[test]
    fn a_missing_secret_says_which_and_where() {
        let error = SecretSource::Env("ADSYNC_TEST_SURELY_UNSET".to_owned())
            .resolve("login \"acme\": client_secret")
            .unwrap_err()
            .to_string();
        assert!(error.contains("login \"acme\": client_secret"), "{error}");
        assert!(error.contains("ADSYNC_TEST_SURELY_UNSET"), "{error}");
    }

    #[test]
    fn a_command_gives_its_output_without_the_line_break_and_hides_it_on_failure() {
        let secret = SecretSource::Command("echo s3cr3t".to_owned()).resolve("x").unwrap();
        assert_eq!(secret.expose(), "s3cr3t");
        let error = SecretSource::Command("echo s3cr3t; exit 3".to_owned()).resolve("x").unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"));
        assert!(SecretSource::Command("true".to_owned()).resolve("x").is_err());
    }
}
