//! The machine's clock. Whatever is stored or compared uses the database's; this one only dates what is shown
//! before the database answered, and carries the database's forward between two looks at it.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::time::Timestamp;

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn machine_now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

/// The database's clock, carried forward by the machine's.
#[derive(Debug, Default)]
pub struct SharedClock {
    /// Database minus machine, in microseconds.
    offset: AtomicI64,
}

impl SharedClock {
    /// Learns the difference from a reading of the database's clock.
    pub fn set(&self, database: Timestamp) {
        self.offset.store(database.0 - machine_now().0, Ordering::Relaxed);
    }

    /// The database's clock, as well as it is known.
    pub fn now(&self) -> Timestamp {
        Timestamp(machine_now().0 + self.offset.load(Ordering::Relaxed))
    }
}
