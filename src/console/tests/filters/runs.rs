//! The filter of runs.

use super::*;

#[test]
fn runs_are_found_by_every_field() {
    let cause = {
        let model = model();
        let aurora = crate::domain::cause::CauseId::of(&report(), &model.overview.profiles[&HAUS].profile);
        aurora.to_string()
    };
    let by_cause = format!("cause:{cause}");
    for (text, found) in [
        ("state:failed", &[100][..]),
        ("state:fetching,held", &[105, 101]),
        ("state:discarded", &[98]),
        ("-name:haus", &[105, 101]),
        ("country:uk", &[105]),
        ("by:night", &[100]),
        ("note:\"retry of run 99\"", &[100]),
        ("note:approved", &[86]),
        ("revoked", &[100]),
        ("nord", &[101]),
        ("106", &[106]),
        ("run:105..106", &[106, 105]),
        ("when:15m", &[106, 105, 101]),
        ("state:proved when:<26h", &[106]),
        ("took:>4m", &[79]),
        ("took:230s", &[80, 79]),
        ("requests:>198", &[100]),
        ("429:>12", &[81]),
        ("rows:>6k", &[106, 90]),
        ("rows:0", &[]),
        ("changed:0", &[106, 90]),
        (by_cause.as_str(), &[100]),
    ] {
        let mut model = history::all((120, 40), "");
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        assert_eq!(history::ids(&model), found, "{text}");
    }
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:completed");
    assert!(screen(&model).contains("! no state is completed:"), "{}", screen(&model));
    assert_eq!(history::ids(&model).len(), 17, "what cannot be understood hides nothing");
}

#[test]
fn runs_that_the_engine_tells_of_are_filtered_as_they_are_now() {
    let tell_run = |model: &mut Model, id: i64, profile, state| {
        tell(model, SyncEvent::Run { run: Box::new(run_view(id, profile, state)) });
    };
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:fetching");
    assert_eq!(history::ids(&model), [101]);
    tell_run(&mut model, 300, HAUS, RunState::Fetching);
    assert_eq!(history::ids(&model), [300, 101]);
    tell_run(&mut model, 101, NORDLICHT, RunState::Completed);
    assert_eq!(history::ids(&model), [300]);
    // A throttle is told of the run's requests, not of the run.
    let throttled = SyncEvent::Waiting {
        run_id: RunId(300),
        profile_id: HAUS,
        wait: wait(SP_KEYWORDS, WaitReason::Throttled, 9),
    };
    tell(&mut model, throttled);
    assert_eq!(history::ids(&model), [0; 0]);
    filter(&mut model, "state:throttled");
    assert_eq!(history::ids(&model), [300]);
    tell(&mut model, SyncEvent::Resumed { run_id: RunId(300), profile_id: HAUS, unit: SP_KEYWORDS });
    assert_eq!(history::ids(&model), [0; 0]);
    filter(&mut model, "name:renamed");
    let renamed = profile(FJORD.0, "Renamed Fjord", "UK", "seller");
    tell(&mut model, SyncEvent::Profile { profile: Box::new(renamed) });
    assert_eq!(history::ids(&model), [105]);
}

#[test]
fn a_filter_of_runs_goes_by_the_clock() {
    let mut parked = run_view(300, HAUS, RunState::Queued);
    parked.not_before = Some(ahead(50));
    for (text, before, after) in [
        ("state:parked", &[300][..], &[][..]),
        ("state:queued", &[], &[300]),
        // Of the live ones this one has begun 134 s ago.
        ("-state:proved,failed took:>3m", &[], &[101]),
        ("state:proved when:<15m", &[106], &[]),
    ] {
        let mut model = history::all((120, 40), "");
        // Another run that moves would have all of them looked at anew.
        if text.starts_with("state:") {
            tell(&mut model, SyncEvent::Run { run: Box::new(parked.clone()) });
        }
        filter(&mut model, text);
        assert_eq!(history::ids(&model), before, "{text}");
        update(&mut model, Event::Tick(ahead(60)));
        assert_eq!(history::ids(&model), after, "{text}");
    }
}

#[test]
fn trends_are_those_of_all_proved_runs_whatever_the_filter_shows() {
    let numbers = |model: &Model| -> Vec<String> {
        let text = screen(model);
        text.lines().filter(|line| line.contains("max ")).map(str::to_owned).collect()
    };
    let mut model = history::of_haus((120, 40), "");
    let before = numbers(&model);
    assert_eq!(before.len(), 3);
    filter(&mut model, "state:failed");
    assert_eq!(history::ids(&model), [100]);
    assert_eq!(numbers(&model), before);
    filter(&mut model, "state:held");
    assert_eq!(numbers(&model), before);
    assert!(screen(&model).contains("no run matches \"state:held\""), "{}", screen(&model));
}

#[test]
fn runs_are_copied_and_written_as_they_are_shown() {
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:failed,discarded");
    press(&mut model, "S j");
    assert_eq!(history::ids(&model), [98, 100], "oldest first");
    assert!(copied(&mut model).starts_with("100\t"));
    let ids: Vec<Cell> = exported(&mut model).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids, ["98", "100"].map(|id| Cell::Word(id.to_owned())));
    filter(&mut model, "zzz");
    assert_eq!(press(&mut model, "X"), []);
    assert_eq!(model.modal, None);
    assert!(screen(&model).contains("nothing to write: the list has no rows"), "{}", screen(&model));
}
