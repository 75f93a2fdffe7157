//! Faults that stay: the run fails with the right code, nothing that was committed changes, and a retry after
//! the fault goes on from what was fetched.

use std::collections::BTreeSet;

use adsync::domain::run::UnitState;

use super::harness::{
    Bench, PATHS, SB_KEYWORDS, SD_TARGETS, SP_KEYWORDS, completed, failed, one_profile, pages_of, unit_of,
};
use crate::support::on_both_databases;

on_both_databases!(
    a_lasting_failure_changes_nothing_and_a_retry_goes_on_from_what_was_fetched,
    a_list_that_proves_nothing_changes_nothing_and_is_listed_anew,
    a_first_sync_that_fails_leaves_nothing_but_its_pages,
);

/// A bench whose profile was synced before.
async fn synced(url: &str) -> Bench {
    let options = adsync::simulator::SimulatorOptions { churn: 0.1, ..one_profile() };
    let bench = Bench::start(url, options).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    bench
}

/// A failing run after a good one, then a retry: gives the pages that the retry asked for on the faulty path.
async fn fail_and_retry(bench: &Bench, path: &str, effect: &str, code: &str) -> usize {
    let about = format!("{path} {effect}");
    // A commit would have something to write now.
    bench.churn(0);
    let before = bench.database.committed().await;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{path}', from_request = 2, times = 'forever' }}\neffect = {{ {effect} }}"
    ));
    let run = bench.sync(0).await;
    failed(&run, code);
    assert_eq!(bench.database.committed().await, before, "{about}");
    let report = run.error.clone().unwrap();
    assert!(report.summary.starts_with(&unit_of(path).to_string()), "{about}: {}", report.summary);

    let units = bench.engine.store().units(run.id).await.unwrap();
    let finished: BTreeSet<&str> = PATHS
        .iter()
        .filter(|(unit, _)| units.iter().any(|u| u.unit == *unit && u.state == UnitState::Proved))
        .map(|(_, path)| *path)
        .collect();
    assert_eq!(finished.len(), PATHS.len() - 1, "{about}: the other units were finished");
    let kept: i64 = units.iter().map(|u| u.pages).sum();
    assert_eq!(bench.database.pages(run.id.0).await, kept, "{about}");
    assert!(kept > 10, "{about}: pages are kept");

    bench.no_faults();
    let mark = bench.mark();
    let retry = bench.retry(0).await;
    bench.expect_truth(0, &retry).await;
    assert_eq!(retry.retry_of, Some(run.id));
    let requests = bench.requests_since(mark);
    for path in finished {
        assert!(!requests.contains_key(path), "{about}: {path} was finished and is asked for again");
    }
    let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
    for certificate in certificates.iter().filter(|c| c.unit != unit_of(path)) {
        let unit = units.iter().find(|u| u.unit == certificate.unit).unwrap();
        assert_eq!(certificate.certificate, unit.certificate, "{about}: the proof is the one given then");
    }
    // Rows that are really gone are asked for by id; the answer is an empty page, twice where it is a list's end.
    let proof = certificates.iter().find(|c| c.unit == unit_of(path)).and_then(|c| c.certificate.as_ref());
    let asked = if proof.unwrap().rechecked > 0 { pages_of(path, 0).max(1) } else { 0 };
    requests[path] - asked
}

/// Pages that a list has without faults.
fn pages(bench: &Bench, path: &str) -> usize {
    pages_of(path, bench.truth(0).count(path))
}

async fn a_lasting_failure_changes_nothing_and_a_retry_goes_on_from_what_was_fetched(url: &str) {
    let bench = synced(url).await;
    for (path, effect, code) in [
        (SP_KEYWORDS, "status = 500", "api.server_error"),
        (SD_TARGETS, "status = 502, body = 'html'", "api.server_error"),
        (SP_KEYWORDS, "body = 'wrong_shape'", "api.malformed"),
        (SD_TARGETS, "body = 'wrong_shape'", "api.malformed"),
        (SB_KEYWORDS, "status = 200, body = 'html'", "api.malformed"),
        (SP_KEYWORDS, "body = 'truncated'", "api.malformed"),
        (SD_TARGETS, "status = 200, body = 'ads'", "api.malformed"),
        (SP_KEYWORDS, "status = 200, body = 'gateway'", "api.malformed"),
        (SB_KEYWORDS, "body = 'empty'", "api.malformed"),
        (SD_TARGETS, "cut = 'before_headers'", "api.connection"),
        (SP_KEYWORDS, "cut = 'mid_body'", "api.connection"),
        (SP_KEYWORDS, "status = 403, body = 'gateway'", "profile.no_access"),
        (SD_TARGETS, "status = 404", "api.bad_request"),
    ] {
        let again = fail_and_retry(&bench, path, effect, code).await;
        // The first page was stored, and a list of tokens goes on behind it; half an index list is listed anew.
        let kept = usize::from(path.starts_with("/sp/"));
        assert_eq!(again, pages(&bench, path) - kept, "{path} {effect}");
    }
}

async fn a_list_that_proves_nothing_changes_nothing_and_is_listed_anew(url: &str) {
    let bench = synced(url).await;
    for (path, effect, code) in [
        (SP_KEYWORDS, "body = 'repeat_token'", "list.repeated_token"),
        (SP_KEYWORDS, "body = 'repeat_page'", "list.no_progress"),
        (SD_TARGETS, "body = 'repeat_page'", "list.no_progress"),
        (SB_KEYWORDS, "body = 'repeat_page'", "list.no_progress"),
        (SP_KEYWORDS, "body = 'empty_page'", "list.incomplete_list"),
        (SP_KEYWORDS, "drop_rows = 1", "list.incomplete_list"),
    ] {
        let again = fail_and_retry(&bench, path, effect, code).await;
        // What did not prove now would not prove later either.
        assert_eq!(again, pages(&bench, path), "{path} {effect}");
    }
}

async fn a_first_sync_that_fails_leaves_nothing_but_its_pages(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SB_KEYWORDS}', from_request = 2, times = 'forever' }}\neffect = {{ status = 500 }}"
    ));
    let run = bench.sync(0).await;
    failed(&run, "api.server_error");
    let committed = bench.database.committed().await;
    assert_eq!(super::database::entity_rows(&committed), 0);
    assert!(committed["changes"].is_empty() && committed["certificates"].is_empty());
    assert!(committed["profiles"].iter().all(|p| p["last_synced_at"].is_null()));
    assert!(bench.database.pages(run.id.0).await > 0);
    // The report has all that a support case needs, and no secret.
    let report = run.error.unwrap();
    let request = report.request.as_ref().unwrap();
    assert_eq!((request.status, request.method.as_str(), request.attempts.len()), (Some(500), "GET", 4));
    assert!(request.url.contains(SB_KEYWORDS) && !request.request_ids.is_empty() && report.retryable);
    let text = format!("{report:?}");
    let credentials = bench.sim.credentials();
    for secret in [&credentials.client_secret, &credentials.refresh_token] {
        assert!(!text.contains(secret.as_str()));
    }
    assert!(!text.contains("Atza|"), "no access token either");

    // A plain sync starts from the beginning.
    bench.no_faults();
    let mark = bench.mark();
    let run = bench.sync(0).await;
    completed(&run);
    bench.expect_truth(0, &run).await;
    assert!(PATHS.iter().all(|(_, path)| bench.requests_since(mark).contains_key(*path)));
}
