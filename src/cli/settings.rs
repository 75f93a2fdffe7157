//! Commands about the configuration.

use super::failure::{Exit, Failure};
use super::output::Output;
use crate::config::{Config, LoginConfig, LoginKind, redact_endpoint, redact_url};
use crate::domain::selection::Entry;
use crate::store::Store;

/// Checks secrets, logins and the database of a configuration that has been read already; `usable` makes of a login what
/// every command makes of it, and sends nothing.
///
/// # Errors
/// For the first thing that is wrong.
pub async fn config_check(
    config: &Config,
    usable: impl Fn(&LoginConfig) -> Result<(), Failure>,
    out: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let from =
        config.path.as_ref().map_or_else(|| "the defaults".to_owned(), |path| path.display().to_string());
    let mut checked = Vec::new();
    let mut ok = |what: &str, which: &str, out: &mut Output<'_>| -> Result<(), Failure> {
        checked.push(serde_json::json!({ "checked": what, "name": which, "ok": true }));
        if out.json { Ok(()) } else { out.line(&format!("ok  {what:<14} {which}")) }
    };
    ok("configuration", &from, out)?;
    for login in &config.logins {
        usable(login)?;
        ok("login", &login.name, out)?;
    }
    let store = Store::open(&config.database_url).await?;
    store.check_source(config.is_simulated()).await?;
    ok("database", &redact_url(&config.database_url), out)?;
    if out.json {
        for object in &checked {
            out.object(object)?;
        }
    }
    store.close().await;
    Ok(Exit::Ok)
}

/// Shows every setting that holds; no secret is shown.
///
/// # Errors
/// When the output cannot be written.
pub fn config_show(config: &Config, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let (sync, rate) = (&config.sync, &config.rate_limit);
    let entities: Vec<&str> = sync.entities.iter().map(|e| e.as_str()).collect();
    let products: Vec<&str> = sync.ad_products.iter().map(|p| p.as_str()).collect();
    let logins: Vec<serde_json::Value> = config
        .logins
        .iter()
        .map(|login| match &login.kind {
            LoginKind::Simulator => serde_json::json!({ "name": login.name, "simulator": true }),
            LoginKind::Amazon(amazon) => serde_json::json!({
                "name": login.name,
                "region": amazon.region,
                "client_id": amazon.client_id,
                "client_secret": amazon.client_secret.to_string(),
                "refresh_token": amazon.refresh_token.to_string(),
                "api_url": amazon.api_url.as_deref().map(redact_endpoint),
                "token_url": amazon.token_url.as_deref().map(redact_endpoint),
            }),
        })
        .collect();
    let path = config.path.as_ref().map(|path| path.display().to_string());
    let settings = serde_json::json!({
        "file": path,
        "database": { "url": redact_url(&config.database_url) },
        "sync": {
            "ad_products": products,
            "entities": entities,
            "extended": sync.extended,
            "concurrent_profiles": sync.concurrent_profiles,
            "reuse_pages_for": humantime::format_duration(sync.reuse_pages_for).to_string(),
            "max_removed_rows": sync.max_removed_rows,
            "max_removed_percent": sync.max_removed_percent,
            "ask_again_after": humantime::format_duration(sync.ask_again_after).to_string(),
        },
        "profiles": {
            "include": config.profiles.include.iter().map(Entry::text).collect::<Vec<_>>(),
            "exclude": config.profiles.exclude.iter().map(Entry::text).collect::<Vec<_>>(),
        },
        "rate_limit": {
            "enabled": rate.enabled,
            "start_per_second": rate.start_per_second,
            "max_per_second": rate.max_per_second,
            "min_per_second": rate.min_per_second,
            "burst": rate.burst,
            "patience": humantime::format_duration(rate.patience).to_string(),
        },
        "login": logins,
    });
    if out.json {
        out.object(&settings)?;
        return Ok(Exit::Ok);
    }
    out.line(&format!("# {}", path.unwrap_or_else(|| "no file was found: the defaults hold".to_owned())))?;
    for section in ["database", "sync", "profiles", "rate_limit"] {
        out.line(&format!("[{section}]"))?;
        show_fields(&settings[section], out)?;
        out.line("")?;
    }
    for login in settings["login"].as_array().into_iter().flatten() {
        out.line("[[login]]")?;
        show_fields(login, out)?;
        out.line("")?;
    }
    Ok(Exit::Ok)
}

fn show_fields(object: &serde_json::Value, out: &mut Output<'_>) -> Result<(), Failure> {
    for (name, value) in object.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        out.line(&format!("{name} = {value}"))?;
    }
    Ok(())
}
