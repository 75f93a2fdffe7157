//! The simulated API as a client meets it: over HTTP, from the specification alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/harness.rs"]
mod harness;
#[path = "simulator/lists.rs"]
mod lists;
#[path = "simulator/login.rs"]
mod login;
#[path = "simulator/refusals.rs"]
mod refusals;
#[path = "simulator/vocabulary.rs"]
mod vocabulary;
#[path = "simulator/world.rs"]
mod world;
