//! What is stored is on the screen at once, whether logins answer or not; and how each login stands is told.

use crate::one_profile;
use crate::support::adsync::Home;
use crate::support::api::Api;

/// Lets the login of a home go somewhere else.
fn redirect(api: &Api, home: &Home, to: &str) {
    let config = api.config("sqlite:test.db").replace(api.announced("api_url"), to);
    assert!(config.contains(to));
    home.write("config.toml", &config);
}

#[test]
fn stored_profiles_are_shown_while_the_api_never_answers() {
    let (api, home) = one_profile();
    home.ok(&["sync", "--all"]);
    let name = home.ok(&["profiles", "--json", "--stored"]).objects()[0]["profile"]["name"].clone();
    // The system takes connections for it, and nobody ever reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    redirect(&api, &home, &format!("http://{}", silent.local_addr().unwrap()));
    let console = home.console();
    let screen = console.wait_for_text(name.as_str().unwrap()).contents();
    assert!(screen.contains("proved"), "{screen}");
    console.wait_for_text("asking acme");
    // It can be worked with, and left, meanwhile.
    console.send("?");
    console.wait_for_text("Keys");
    console.wait_until_still(std::time::Duration::from_millis(200));
    console.send("\x1b");
    console.wait_for_text("PROFILE");
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}

#[test]
fn a_refused_connection_is_told_at_once_and_the_profiles_stay() {
    let (api, home) = one_profile();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    redirect(&api, &home, &format!("http://{address}"));
    let console = home.terminal().size(120, 24).start();
    let screen = console.wait_for_text("login acme does not answer").contents();
    for part in ["Connection refused", "it is being asked again", "1 profile"] {
        assert!(screen.contains(part), "{part:?}: {screen}");
    }
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
}
