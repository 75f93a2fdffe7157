//! The simulated API as a client meets it: over HTTP, from the specification alone.

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
#[path = "simulator/world.rs"]
mod world;
