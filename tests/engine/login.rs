//! Tokens that end in the middle of a sync, and consents that are withdrawn.

use adsync::sync::Carries;

use super::harness::{Bench, SP_KEYWORDS, ended, failed, one_profile, operator, pages_stored, unit_of};
use crate::support::on_both_databases;

on_both_databases!(
    a_token_that_ends_in_the_middle_of_a_sync_is_refreshed_once,
    a_withdrawn_consent_fails_the_run_and_changes_nothing,
    a_login_that_cannot_be_asked_keeps_its_profiles,
);

const TOKEN: &str = "/auth/o2/token";

async fn a_token_that_ends_in_the_middle_of_a_sync_is_refreshed_once(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    // The second page is long under way when the token ends: it is refused when it arrives.
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', from_request = 2 }}\neffect = {{ latency = '300ms' }}"
    ));
    let tokens = |mark| bench.requests_since(mark).get(TOKEN).copied().unwrap_or(0);
    let mark = bench.mark();
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 1).await;
    bench.control.expire_tokens();
    let run = ended(&bench.engine, &run).await;
    bench.expect_truth(0, &run).await;
    assert!(bench.answers_since(mark, SP_KEYWORDS, 401) > 0, "the token was refused in the middle");
    assert_eq!(tokens(mark), 1, "whoever was refused shares the new token");
}

async fn a_withdrawn_consent_fails_the_run_and_changes_nothing(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    bench.churn(0);
    let before = bench.database.committed().await;
    bench.control.revoke_consent();
    // Access tokens live on until they end.
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', from_request = 2 }}\neffect = {{ latency = '300ms' }}"
    ));
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 1).await;
    bench.control.expire_tokens();
    let run = ended(&bench.engine, &run).await;
    failed(&run, "auth.invalid_grant");
    let report = run.error.unwrap();
    assert!(!report.retryable && report.summary.contains("test") && report.hint.contains("consent"));
    assert_eq!(bench.database.committed().await, before);
    assert!(bench.database.pages(run.id.0).await > 0, "what was fetched is kept");

    // A consent that was refused stays refused for this process; the next one reads it anew.
    bench.control.restore_consent();
    bench.no_faults();
    let other = bench.another_engine(Carries::Requested).await;
    let retry = other.retry(bench.profile(0), &operator()).await.unwrap().unwrap();
    bench.expect_truth(0, &ended(&other, &retry).await).await;
}

async fn a_login_that_cannot_be_asked_keeps_its_profiles(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.control.revoke_consent();
    bench.control.expire_tokens();
    let failures = bench.engine.refresh_profiles().await.unwrap_err();
    assert_eq!((failures.len(), failures[0].1.code.as_str()), (1, "auth.invalid_grant"));
    let stored = bench.engine.store().profiles().await.unwrap();
    assert!(stored.len() == 1 && stored[0].gone_at.is_none());
    bench.control.restore_consent();
    let other = bench.another_engine(Carries::Requested).await;
    other.refresh_profiles().await.unwrap();
    assert!(other.store().profiles().await.unwrap()[0].gone_at.is_none());
}
