//! The engine against the simulated API over real HTTP, on real SQLite and real PostgreSQL.
//!
//! Every test asks for syncs as the console would and then looks at the database and at the simulator's own
//! log. What the simulator holds is the truth; green with anything less than it is the failure that matters.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod support;

#[path = "engine/accounts.rs"]
mod accounts;
#[path = "engine/brake.rs"]
mod brake;
#[path = "engine/changes.rs"]
mod changes;
#[path = "engine/commit.rs"]
mod commit;
#[path = "engine/database.rs"]
mod database;
#[path = "engine/drift.rs"]
mod drift;
#[path = "engine/eligibility.rs"]
mod eligibility;
#[path = "engine/entities.rs"]
mod entities;
#[path = "engine/first_sync.rs"]
mod first_sync;
#[path = "engine/harness.rs"]
mod harness;
#[path = "engine/lasting_faults.rs"]
mod lasting_faults;
#[path = "engine/listing_server.rs"]
mod listing_server;
#[path = "engine/listings.rs"]
mod listings;
#[path = "engine/login.rs"]
mod login;
#[path = "engine/passing_faults.rs"]
mod passing_faults;
#[path = "engine/queue.rs"]
mod queue;
#[path = "engine/rates.rs"]
mod rates;
#[path = "engine/refused_writes.rs"]
mod refused_writes;
#[path = "engine/retry.rs"]
mod retry;
#[path = "engine/takeover.rs"]
mod takeover;
#[path = "engine/truth.rs"]
mod truth;
#[path = "engine/truth_columns.rs"]
mod truth_columns;
