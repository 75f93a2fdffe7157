//! What integration tests share: throwaway databases, both backends for one test, and a program in a terminal.
//!
//! Included with `mod support;`. Each test binary uses some of it, so what one leaves out is no dead code.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test binary uses another part of this module"
)]

pub(crate) mod adsync;
pub(crate) mod api;
pub(crate) mod backends;
pub(crate) mod inspect;
pub(crate) mod postgres;
pub(crate) mod pty;
pub(crate) mod sqlite;

pub(crate) use backends::on_both_databases;
