//! The official specification, standing between client and simulator: every request and every answer that passes is
//! held against what Amazon documents. Neither side is believed because the other one agrees with it.
//!
//! `tests/spec` is what `scripts/specification.py` leaves of Amazon's files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod support;

#[path = "specification/exceptions.rs"]
mod exceptions;
#[path = "specification/finds.rs"]
mod finds;
#[path = "specification/lists.rs"]
mod lists;
#[path = "specification/proxy.rs"]
mod proxy;
#[path = "specification/syncs.rs"]
mod syncs;
#[path = "specification/validator.rs"]
mod validator;
