//! Writes that the database refuses: the run ends with the database's error.

use adsync::domain::run::RunState;

use super::harness::{Bench, one_profile};
use crate::support::on_both_databases;

on_both_databases!(a_refused_write_of_one_unit_ends_the_run_with_the_databases_error);

async fn a_refused_write_of_one_unit_ends_the_run_with_the_databases_error(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let sb = "new.ad_product = 'SB' and new.entity = 'campaign'";
    for (event, table, condition) in [
        ("insert", "sync_pages", sb.to_owned()),
        ("update", "sync_units", format!("{sb} and new.state = 'proved'")),
    ] {
        bench.database.refuse(event, table, &condition).await;
        let run = bench.sync(0).await;
        let report = run.error.as_ref().unwrap();
        assert_eq!(
            (run.state, report.code.as_str()),
            (RunState::Failed, "store.sql"),
            "{table}: {report:#?}"
        );
        bench.database.accept(table).await;
        let retry = bench.retry(0).await;
        bench.expect_truth(0, &retry).await;
    }
}
