//! Faults that pass: the request is made again, or the list followed as it is, and no row is lost.

use super::harness::{Bench, SB_KEYWORDS, SD_TARGETS, SP_KEYWORDS, all_roles, one_profile};
use crate::support::on_both_databases;

on_both_databases!(
    a_passing_failure_in_the_middle_of_a_list_costs_no_row,
    an_odd_but_complete_list_costs_no_row,
    a_list_that_falls_short_is_listed_once_more,
    a_refused_page_token_starts_the_list_over,
    a_list_that_lacks_rows_which_the_api_still_has_is_listed_once_more,
    one_empty_answer_ends_no_list,
);

/// Profiles of the world of all roles that use every product.
const FULL: [usize; 12] = [0, 1, 3, 4, 10, 12, 14, 15, 17, 20, 21, 22];

async fn a_passing_failure_in_the_middle_of_a_list_costs_no_row(url: &str) {
    // Path, effect on its second page, and the status that the simulator logs for it.
    let cases = [
        (SB_KEYWORDS, "status = 429", 429),
        (SD_TARGETS, "status = 429", 429),
        (SP_KEYWORDS, "status = 429, body = 'gateway'", 429),
        (SP_KEYWORDS, "status = 500", 500),
        (SD_TARGETS, "status = 500", 500),
        (SP_KEYWORDS, "status = 502, body = 'html'", 502),
        (SB_KEYWORDS, "status = 503, retry_after = 0", 503),
        (SD_TARGETS, "body = 'truncated'", 200),
        (SP_KEYWORDS, "body = 'wrong_shape'", 200),
        (SD_TARGETS, "status = 200, body = 'ads'", 200),
        (SB_KEYWORDS, "cut = 'before_headers'", 0),
        (SP_KEYWORDS, "cut = 'mid_body'", 200),
    ];
    let bench = Bench::start(url, all_roles()).await;
    for ((path, effect, status), n) in cases.into_iter().zip(FULL) {
        let fault =
            format!("[[fault]]\nmatch = {{ path = '{path}', from_request = 2 }}\neffect = {{ {effect} }}");
        bench.faults(&fault);
        let mark = bench.mark();
        let run = bench.sync_to_truth(n).await;
        assert!(bench.answers_since(mark, path, status) > 0, "{path} {effect}: the fault struck");
        let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
        let pages: u32 = certificates.iter().map(|c| c.certificate.as_ref().unwrap().pages).sum();
        assert_eq!(run.requests, i64::from(pages) + 1, "{path} {effect}: one request was made again");
        assert_eq!(run.throttled, i64::from(status == 429), "{path} {effect}");
        assert_eq!(run.throttled_us > 0, status == 429, "{path} {effect}");
    }
}

async fn an_odd_but_complete_list_costs_no_row(url: &str) {
    let cases = [
        ("*", "times = 'forever'", "cap_count = 1"),
        (SD_TARGETS, "times = 'forever'", "cap_count = 3"),
        (SB_KEYWORDS, "times = 'forever'", "cap_count = 3"),
        ("*", "times = 'forever'", "body = 'short_page'"),
        // Without a total, rows that are left out of a page are simply the next ones to ask for.
        (SD_TARGETS, "times = 1", "drop_rows = 1"),
    ];
    let bench = Bench::start(url, all_roles()).await;
    for ((path, times, effect), n) in cases.into_iter().zip(FULL) {
        let fault = format!("[[fault]]\nmatch = {{ path = '{path}', {times} }}\neffect = {{ {effect} }}");
        bench.faults(&fault);
        bench.sync_to_truth(n).await;
    }
}

async fn a_list_that_falls_short_is_listed_once_more(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    for (path, effect) in [
        (SP_KEYWORDS, "body = 'empty_page'"),
        (SP_KEYWORDS, "drop_rows = 2"),
        ("/sb/v4/adGroups/list", "drop_rows = 1"),
    ] {
        let from = if path == SP_KEYWORDS { 2 } else { 1 };
        let fault = format!(
            "[[fault]]\nmatch = {{ path = '{path}', from_request = {from} }}\neffect = {{ {effect} }}"
        );
        bench.faults(&fault);
        let mark = bench.mark();
        let run = bench.sync_to_truth(0).await;
        let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
        let relisted = certificates.iter().filter(|c| c.certificate.as_ref().unwrap().relisted);
        let units: Vec<_> = relisted.map(|c| c.unit).collect();
        assert_eq!(units, [super::harness::unit_of(path)], "{path} {effect}");
        let pages = bench.truth(0).count(path).div_ceil(4);
        assert!(bench.requests_since(mark)[path] > pages, "{path} {effect}");
    }
}

async fn a_refused_page_token_starts_the_list_over(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let refusal = r#"{"code":"INVALID_ARGUMENT","message":"x","errors":[{"errorType":"invalidInputError","errorValue":{"invalidInputError":{"reason":"INVALID_TOKEN","message":"x"}}}]}"#;
    let third = format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', from_request = 3 }}\n\
         effect = {{ status = 400, body = '{refusal}' }}\n"
    );
    bench.faults(&third);
    bench.sync_to_truth(0).await;
    let pages = bench.truth(0).count(SP_KEYWORDS).div_ceil(4);
    assert_eq!(bench.requests_since(0)[SP_KEYWORDS], 3 + pages, "two pages, the refusal, and all over again");
    // Over and over is no way to prove anything.
    let sixth = third.replace("from_request = 3", "from_request = 6");
    bench.faults(&format!("{third}{sixth}"));
    super::harness::failed(&bench.sync(0).await, "api.cursor_refused");
}

async fn a_list_that_lacks_rows_which_the_api_still_has_is_listed_once_more(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    let before = bench.database.committed().await;
    // The list ends after its first page, as far as anybody can tell by listing it.
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SD_TARGETS}', from_request = 2, times = 2 }}\neffect = {{ body = 'empty_page' }}"
    ));
    let run = bench.sync_to_truth(0).await;
    assert_eq!(run.counts.written(), 0);
    let after = bench.database.committed().await;
    assert_eq!((&before["targets"], &before["changes"]), (&after["targets"], &after["changes"]));
    let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
    let unit = super::harness::unit_of(SD_TARGETS);
    let proof = certificates.iter().find(|c| c.unit == unit).and_then(|c| c.certificate.clone()).unwrap();
    assert!(bench.truth(0).count(SD_TARGETS) > 4);
    assert_eq!((proof.relisted, proof.rechecked, proof.rechecked_found), (true, 0, 0));
}

async fn one_empty_answer_ends_no_list(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    for path in [SD_TARGETS, SB_KEYWORDS] {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '{path}', from_request = 2 }}\neffect = {{ body = 'empty_page' }}"
        ));
        // The first of the two syncs has nothing stored that could show what is lacking.
        let run = bench.sync_to_truth(0).await;
        let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
        assert!(certificates.iter().all(|c| c.certificate.as_ref().is_some_and(|c| !c.relisted)), "{path}");
    }
}
