//! Several profiles that fail of one cause: told once, and tried again together.

use crate::support::pty::keys;
use crate::{answer, of_profiles, profiles, states, sync_all};

#[test]
fn three_failures_of_one_cause_are_one_line_and_one_retry() {
    let (api, home) = of_profiles("3");
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/campaigns/list', times = 'forever' }\neffect = { status = 400 }",
    );
    let console = home.terminal().size(100, 30).start();
    console.wait_for_text("never");
    sync_all(&console, 3);
    console.wait_for("all failed", |screen| screen.contents().matches("✗ failed").count() == 3);
    console.send("3");
    let all = profiles(&home);
    let names_all = |text: String| all.iter().all(|(_, title)| text.contains(title.as_str()));
    let screen = console.wait_for("the cause was told", |screen| {
        screen.contents().contains("api.bad_request") && names_all(screen.contents())
    });
    let screen = screen.contents();
    assert!(screen.contains("3 profiles, 1 cause"), "{screen}");
    assert_eq!(screen.lines().filter(|line| line.contains("✗ 3 profiles")).count(), 1, "{screen}");

    // A refusal first: nothing is asked for.
    console.send("r");
    answer(&console, "Retry 3 profiles?", "n");
    console.wait_until_gone("Retry 3 profiles?");
    assert_eq!(states(&home), ["failed"; 3]);
    api.scenario("");
    let before = api.requests();
    console.send("r");
    let question = |text: String| {
        let box_lines: Vec<&str> = text.lines().filter(|line| line.matches('│').count() == 2).collect();
        names_all(box_lines.join("\n"))
    };
    console.wait_for("the question names all of them", |screen| question(screen.contents()));
    answer(&console, "Retry 3 profiles?", "y");
    console.wait_for_text("no profile fails");
    console.send(keys::ESC);
    console.wait_for("all were proved", |screen| screen.contents().matches("● proved").count() == 3);
    assert_eq!(states(&home), ["completed", "completed", "completed", "failed", "failed", "failed"]);
    let after = api.requests();
    assert_eq!(after.get("/sp/adGroups/list"), before.get("/sp/adGroups/list"), "they were proved already");
}
