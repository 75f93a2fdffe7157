//! The simulator alone, and the signals that end a command.

use crate::cli::{Exit, Failure, Output, SimulateArgs};
use crate::domain::profile::Region;
use crate::simulator::{Region as Marketplaces, Scenario, Simulator, SimulatorOptions};

/// Resolves on Ctrl-C, SIGTERM or SIGHUP.
pub(super) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => signal.recv().await,
            // Without a handler the signal ends the process by itself.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = wait(SignalKind::interrupt()) => {}
        _ = wait(SignalKind::terminate()) => {}
        _ = wait(SignalKind::hangup()) => {}
    }
}

fn options(args: &SimulateArgs) -> Result<SimulatorOptions, Failure> {
    let mut options = SimulatorOptions::default();
    macro_rules! take {
        ($($field:ident),+) => { $(if let Some(value) = args.$field { options.$field = value; })+ };
    }
    take!(profiles, campaigns, ad_groups, keywords, seed, latency, churn_after, burst, token_ttl);
    if let Some(churn) = args.churn {
        if !(0.0..=1.0).contains(&churn) {
            return Err(Failure::usage(format!("--churn {churn} is no share"), "Give a number from 0 to 1."));
        }
        options.churn = churn;
    }
    if let Some(region) = args.region {
        options.region = match region {
            Region::Na => Marketplaces::Na,
            Region::Eu => Marketplaces::Eu,
            Region::Fe => Marketplaces::Fe,
        };
    }
    if let Some(rate) = args.rate {
        options.throttle = rate > 0.0;
        options.rate_per_second = rate.max(0.001);
    }
    if let Some(path) = &args.scenario {
        let scenario = Scenario::load(path).map_err(|error| {
            Failure::usage(error.to_string(), "Correct the scenario file; the message names the place.")
        })?;
        options.scenario = Some(scenario);
    }
    Ok(options)
}

/// Serves until a signal comes.
pub(super) async fn serve(args: &SimulateArgs, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let running = Simulator::start(options(args)?, args.listen)
        .await
        .map_err(|error| Failure::usage(error.to_string(), "Choose another address with --listen."))?;
    let credentials = running.credentials();
    if out.json {
        out.object(&serde_json::json!({
            "api_url": running.base_url(),
            "token_url": running.token_url(),
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "refresh_token": credentials.refresh_token,
        }))?;
    } else {
        // A login that can be pasted into a config.toml; none of it is a secret of anybody.
        for line in [
            "[[login]]".to_owned(),
            "name = \"simulated\"".to_owned(),
            format!("region = \"{}\"", args.region.unwrap_or(Region::Eu)),
            format!("client_id = \"{}\"", credentials.client_id),
            format!("client_secret = \"{}\"", credentials.client_secret),
            format!("refresh_token = \"{}\"", credentials.refresh_token),
            format!("api_url = \"{}\"", running.base_url()),
            format!("token_url = \"{}\"", running.token_url()),
        ] {
            out.line(&line)?;
        }
    }
    out.say("serving; Ctrl-C ends it");
    interrupted().await;
    running.shutdown().await;
    Ok(Exit::Ok)
}
