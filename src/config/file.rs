//! The file's own shape, and how it becomes a checked `Config`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::profiles::Profiles;
use super::secret::{Secret, SecretSource};
use super::{
    AmazonLogin, Config, ConfigError, DEFAULT_DATABASE, DEMO_DATABASE, LoginConfig, LoginKind,
    RateLimitConfig, SyncConfig,
};
use crate::domain::entity::descriptors_of;
use crate::domain::profile::Region;
use crate::domain::unit::{AdProduct, Entity};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    database: Database,
    #[serde(default)]
    sync: Sync,
    #[serde(default)]
    profiles: Profiles,
    #[serde(default)]
    rate_limit: RateLimit,
    login: Option<Vec<toml::Spanned<Login>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Database {
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sync {
    ad_products: toml::Spanned<Vec<AdProduct>>,
    entities: toml::Spanned<Vec<Entity>>,
    extended: bool,
    concurrent_profiles: toml::Spanned<usize>,
    #[serde(deserialize_with = "duration")]
    reuse_pages_for: Duration,
    max_removed_rows: u64,
    max_removed_percent: toml::Spanned<u64>,
    #[serde(deserialize_with = "duration")]
    ask_again_after: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RateLimit {
    enabled: bool,
    start_per_second: toml::Spanned<f64>,
    max_per_second: toml::Spanned<f64>,
    min_per_second: toml::Spanned<f64>,
    burst: toml::Spanned<u32>,
    #[serde(deserialize_with = "duration")]
    patience: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: toml::Spanned<String>,
    #[serde(default)]
    simulator: bool,
    region: Option<Region>,
    client_id: Option<String>,
    client_secret: Option<SecretEntry>,
    refresh_token: Option<SecretEntry>,
    api_url: Option<toml::Spanned<String>>,
    token_url: Option<toml::Spanned<String>>,
}

struct SecretEntry(SecretSource);

impl Default for Sync {
    fn default() -> Self {
        let d = SyncConfig::default();
        Self {
            ad_products: toml::Spanned::new(0..0, d.ad_products),
            entities: toml::Spanned::new(0..0, d.entities),
            extended: d.extended,
            concurrent_profiles: toml::Spanned::new(0..0, d.concurrent_profiles),
            reuse_pages_for: d.reuse_pages_for,
            max_removed_rows: d.max_removed_rows,
            max_removed_percent: toml::Spanned::new(0..0, d.max_removed_percent),
            ask_again_after: d.ask_again_after,
        }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        let d = RateLimitConfig::default();
        Self {
            enabled: d.enabled,
            start_per_second: toml::Spanned::new(0..0, d.start_per_second),
            max_per_second: toml::Spanned::new(0..0, d.max_per_second),
            min_per_second: toml::Spanned::new(0..0, d.min_per_second),
            burst: toml::Spanned::new(0..0, d.burst),
            patience: d.patience,
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(input)?;
    humantime::parse_duration(&text)
        .map_err(|e| D::Error::custom(format!("{text:?} is no duration such as \"6h\" or \"90s\": {e}")))
}

impl<'de> Deserialize<'de> for SecretEntry {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sources {
            env: Option<String>,
            file: Option<PathBuf>,
            command: Option<String>,
        }
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = SecretEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("{ env = \"…\" }, { file = \"…\" }, { command = \"…\" } or a string")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretEntry, E> {
                Ok(SecretEntry(SecretSource::Inline(Secret::new(text))))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<SecretEntry, A::Error> {
                let s = Sources::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                match (s.env, s.file, s.command) {
                    (Some(name), None, None) => Ok(SecretEntry(SecretSource::Env(name))),
                    (None, Some(path), None) => Ok(SecretEntry(SecretSource::File(path))),
                    (None, None, Some(command)) => Ok(SecretEntry(SecretSource::Command(command))),
                    _ => Err(A::Error::custom("a secret has exactly one of env, file and command")),
                }
            }
        }
        input.deserialize_any(Visitor)
    }
}

/// Points at a place in the text that is being parsed.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> ConfigError {
        ConfigError::Invalid { path: self.path.to_owned(), line: self.line(offset), message: message.into() }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        #[expect(clippy::naive_bytecount, reason = "a configuration is small")]
        let newlines = before.iter().filter(|b| **b == b'\n').count();
        1 + newlines
    }
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let place = Place { path, text };
    let file: File = toml::from_str(text).map_err(|e| {
        let offset = e.span().map_or(0, |span| span.start);
        place.error(offset, with_nearest_key(e.message()))
    })?;
    let logins = match file.login {
        Some(logins) => {
            let names: Vec<usize> = logins.iter().map(|l| l.as_ref().name.span().start).collect();
            let logins = logins.into_iter().map(|l| login(l, &place)).collect::<Result<Vec<_>, _>>()?;
            check_logins(&logins, &names, &place)?;
            logins
        }
        None => Config::default().logins,
    };
    let simulated = logins.iter().all(|l| l.kind == LoginKind::Simulator);
    let database_url = match file.database.url {
        Some(url) => {
            if let Err(e) = super::check_database_url(&url) {
                let at = text.find("url").unwrap_or(0);
                return Err(place.error(at, e.to_string()));
            }
            anchor_url(&url, path)
        }
        None => anchor_url(if simulated { DEMO_DATABASE } else { DEFAULT_DATABASE }, path),
    };
    Ok(Config {
        path: Some(path.to_owned()),
        database_url,
        sync: sync(file.sync, &place)?,
        profiles: file.profiles.select(&place)?,
        rate_limit: rate_limit(&file.rate_limit, &place)?,
        logins,
    })
}

/// Relative SQLite files are relative to the configuration's folder.
fn anchor_url(url: &str, config: &Path) -> String {
    let dir = config.parent().filter(|dir| !dir.as_os_str().is_empty());
    match (url.strip_prefix("sqlite:"), dir) {
        (Some(file), Some(dir)) => {
            let file = file.strip_prefix("//").unwrap_or(file);
            if file.starts_with(':') || Path::new(file).is_absolute() {
                return url.to_owned();
            }
            format!("sqlite:{}", dir.join(file).display())
        }
        _ => url.to_owned(),
    }
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
fn with_nearest_key(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (true, [wrong, known @ ..]) =
        (message.starts_with("unknown field") || message.starts_with("unknown variant"), quoted.as_slice())
    {
        let what = if message.starts_with("unknown field") { "unknown key" } else { "unknown value" };
        let nearest = known
            .iter()
            .map(|k| (strsim::damerau_levenshtein(wrong, k), k))
            .min()
            .filter(|(distance, k)| *distance <= k.len().max(wrong.len()) / 2);
        return match nearest {
            Some((_, k)) => {
                format!("{what} {wrong:?}: did you mean {k:?}? (known here: {})", known.join(", "))
            }
            None => format!("{what} {wrong:?} (known here: {})", known.join(", ")),
        };
    }
    message.lines().next().unwrap_or(message).to_owned()
}

fn sync(from: Sync, place: &Place<'_>) -> Result<SyncConfig, ConfigError> {
    if !(1..=16).contains(from.concurrent_profiles.get_ref()) {
        return Err(place.error(from.concurrent_profiles.span().start, "concurrent_profiles must be 1 to 16"));
    }
    if *from.max_removed_percent.get_ref() > 100 {
        return Err(place.error(from.max_removed_percent.span().start, "max_removed_percent is at most 100"));
    }
    let at = from.ad_products.span().start;
    let mut ad_products = from.ad_products.into_inner();
    ad_products.sort_unstable();
    ad_products.dedup();
    if ad_products.is_empty() || ad_products.contains(&AdProduct::Any) {
        return Err(place.error(at, "ad_products must name at least one of SP, SB, SD, and nothing else"));
    }
    let at = from.entities.span().start;
    let mut entities = from.entities.into_inner();
    entities.sort_unstable();
    entities.dedup();
    let chosen: Vec<_> = descriptors_of(&ad_products, &entities).collect();
    if chosen.is_empty() {
        return Err(place.error(at, "entities must name at least one entity of the ad_products"));
    }
    for d in &chosen {
        if let Some(needed) = d.depends_on.filter(|needed| !entities.contains(&needed.entity)) {
            let message =
                format!("entities must name \"{}\" too: {} are listed by {needed}", needed.entity, d.unit);
            return Err(place.error(at, message));
        }
    }
    Ok(SyncConfig {
        ad_products,
        entities,
        extended: from.extended,
        concurrent_profiles: from.concurrent_profiles.into_inner(),
        reuse_pages_for: from.reuse_pages_for,
        max_removed_rows: from.max_removed_rows,
        max_removed_percent: from.max_removed_percent.into_inner(),
        ask_again_after: from.ask_again_after,
    })
}

fn rate_limit(from: &RateLimit, place: &Place<'_>) -> Result<RateLimitConfig, ConfigError> {
    let (min, start, max) = (&from.min_per_second, &from.start_per_second, &from.max_per_second);
    for (name, value) in [("min_per_second", min), ("start_per_second", start), ("max_per_second", max)] {
        if !(value.get_ref().is_finite() && *value.get_ref() >= 0.001 && *value.get_ref() <= 10_000.0) {
            return Err(place.error(value.span().start, format!("{name} must be between 0.001 and 10000")));
        }
    }
    if min.get_ref() > start.get_ref() || start.get_ref() > max.get_ref() {
        return Err(place.error(
            start.span().start.max(max.span().start),
            "min_per_second, start_per_second and max_per_second must not descend",
        ));
    }
    if *from.burst.get_ref() < 5 {
        return Err(place.error(
            from.burst.span().start,
            "burst must be at least 5: a list with extended data weighs that much",
        ));
    }
    Ok(RateLimitConfig {
        enabled: from.enabled,
        start_per_second: *start.get_ref(),
        max_per_second: *max.get_ref(),
        min_per_second: *min.get_ref(),
        burst: *from.burst.get_ref(),
        patience: from.patience,
    })
}

fn login(from: toml::Spanned<Login>, place: &Place<'_>) -> Result<LoginConfig, ConfigError> {
    let at = from.span().start;
    let from = from.into_inner();
    let name = from.name.get_ref().clone();
    if name.trim().is_empty() {
        return Err(place.error(at, "a login needs a name"));
    }
    if from.simulator {
        let real = from.client_id.is_some()
            || from.client_secret.is_some()
            || from.refresh_token.is_some()
            || from.api_url.is_some();
        if real {
            return Err(place.error(
                at,
                format!("login {name:?} is simulated: remove its credentials, or remove simulator = true"),
            ));
        }
        return Ok(LoginConfig { name, kind: LoginKind::Simulator });
    }
    let need = |field: &str| place.error(at, format!("login {name:?} lacks {field}"));
    let secret = |entry: SecretEntry| match entry.0 {
        SecretSource::File(path) => {
            SecretSource::File(place.path.parent().map_or_else(|| path.clone(), |dir| dir.join(&path)))
        }
        other => other,
    };
    for (field, url) in [("api_url", &from.api_url), ("token_url", &from.token_url)] {
        let Some(url) = url else { continue };
        let refuse =
            |reason: &str| place.error(url.span().start, format!("login {name:?}: {field} must {reason}"));
        let text = url.get_ref();
        if !(text.starts_with("http://") || text.starts_with("https://")) {
            return Err(refuse("start with http:// or https://"));
        }
        // The paths of the lists, and their own queries, are put behind it.
        if field == "api_url" && text.contains(['?', '#']) {
            return Err(refuse("not have a query"));
        }
    }
    Ok(LoginConfig {
        kind: LoginKind::Amazon(Box::new(AmazonLogin {
            region: from.region.ok_or_else(|| need("region (NA, EU or FE)"))?,
            client_id: from.client_id.filter(|id| !id.trim().is_empty()).ok_or_else(|| need("client_id"))?,
            client_secret: secret(from.client_secret.ok_or_else(|| need("client_secret"))?),
            refresh_token: secret(from.refresh_token.ok_or_else(|| need("refresh_token"))?),
            api_url: from.api_url.map(|url| url.get_ref().trim_end_matches('/').to_owned()),
            token_url: from.token_url.map(toml::Spanned::into_inner),
        })),
        name,
    })
}

/// Checks logins against each other; `names` are the places of their names.
fn check_logins(logins: &[LoginConfig], names: &[usize], place: &Place<'_>) -> Result<(), ConfigError> {
    let at = place.text.find("[[login]]").unwrap_or(0);
    for (i, login) in logins.iter().enumerate() {
        if let Some(first) = logins[..i].iter().position(|other| other.name == login.name) {
            let (first, second) = (names.get(first).copied(), names.get(i).copied().unwrap_or(at));
            let first = place.line(first.unwrap_or(at));
            let message = format!("two logins are named {:?}: the other one is in line {first}", login.name);
            return Err(place.error(second, message));
        }
    }
    let simulated = logins.iter().filter(|l| l.kind == LoginKind::Simulator).count();
    if simulated > 0 && simulated < logins.len() {
        return Err(place.error(
            at,
            "simulated and real logins never share a database: remove the login with simulator = true, or keep it in a configuration of its own",
        ));
    }
    if simulated > 1 {
        return Err(place.error(at, "one simulated login is enough: each would serve the same profiles"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text, Path::new("/etc/ads/config.toml")).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_names_file_line_and_the_nearest_key() {
        let e = error("[sync]\nconcurent_profiles = 3\n");
        assert!(e.starts_with("/etc/ads/config.toml:2:"), "{e}");
        assert!(e.contains("did you mean \"concurrent_profiles\"?"), "{e}");
        let e = error("[synk]\n");
        assert!(e.contains(":1:") && e.contains("did you mean \"sync\"?"), "{e}");
        let e = error("[[login]]\nname='a'\nregion='XX'\n");
        assert!(e.contains(":3:") && e.contains("XX"), "{e}");
    }

    #[test]
    fn values_out_of_range_are_refused_with_their_line() {
        for (text, part) in [
            ("[sync]\nconcurrent_profiles = 0", ":2: concurrent_profiles"),
            ("[sync]\nreuse_pages_for = \"soon\"", ":2:"),
            ("[sync]\nmax_removed_percent = 200", ":2:"),
            ("[sync]\nad_products = []", ":2: ad_products"),
            ("[rate_limit]\nburst = 1", ":2: burst"),
            ("[rate_limit]\nstart_per_second = 50.0", "must not descend"),
            ("[rate_limit]\nmax_per_second = nan", ":2: max_per_second"),
            ("[database]\nurl = \"mysql://u:pw@h/d\"", ":2:"),
        ] {
            let e = error(text);
            assert!(e.contains(part), "{text}: {e}");
            assert!(!e.contains("pw"), "{e}");
        }
    }

    #[test]
    fn simulated_and_real_logins_never_mix() {
        let real = "[[login]]\nname='a'\nregion='EU'\nclient_id='c'\nclient_secret={env='S'}\nrefresh_token={file='t'}\n";
        assert!(error(&format!("{real}[[login]]\nname='demo'\nsimulator=true\n")).contains("never share"));
        let twice = error(&format!("{real}{real}"));
        assert!(
            twice.contains("config.toml:8: two logins are named \"a\": the other one is in line 2"),
            "{twice}"
        );
        let config = parse(real, Path::new("/etc/ads/config.toml")).unwrap();
        assert_eq!(config.database_url, "sqlite:/etc/ads/adsync.db");
        let LoginKind::Amazon(login) = &config.logins[0].kind else { panic!("real") };
        assert_eq!(login.refresh_token, SecretSource::File("/etc/ads/t".into()));
    }

    #[test]
    fn an_incomplete_login_names_what_it_lacks() {
        assert!(error("[[login]]\nname='a'\nregion='EU'\n").contains("lacks client_id"));
        assert!(error("[[login]]\nname='a'\nclient_secret={env='A',file='b'}\n").contains("exactly one"));
    }

    #[test]
    fn relative_database_files_are_relative_to_the_configuration() {
        let url = |u: &str| {
            parse(&format!("[database]\nurl=\"{u}\""), Path::new("/etc/x/c.toml")).unwrap().database_url
        };
        assert_eq!(url("sqlite:a.db"), "sqlite:/etc/x/a.db");
        assert_eq!(url("sqlite:/abs/a.db"), "sqlite:/abs/a.db");
        assert_eq!(url("postgres://h/d"), "postgres://h/d");
    }
}
