//! Whether a SQLite file is still where it was opened. One that was moved or deleted stays open, and takes writes that
//! nobody finds afterwards: no proof may be committed to it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// A file that was opened.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: PathBuf,
    file: (u64, u64),
}

/// What tells a file from any other one on this machine.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl Place {
    /// Where a file is that was just opened; `None` for one that only lives in memory.
    pub(super) fn of(path: &Path) -> Option<Self> {
        // From the root: whoever opened it by a relative path may stand elsewhere later.
        let path = std::path::absolute(path).ok()?;
        let file = identity(&std::fs::metadata(&path).ok()?);
        Some(Self { path, file })
    }

    fn is_kept(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|now| identity(&now) == self.file)
    }
}

impl Store {
    /// Makes sure that what is written is written where others look for it.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when the SQLite file is no longer where it was opened.
    pub async fn in_place(&self) -> Result<(), StoreError> {
        let Some(place) = self.place.clone() else { return Ok(()) };
        let path = place.path.clone();
        // A disk may take its time. Whatever goes wrong with asking is no answer.
        let kept = tokio::task::spawn_blocking(move || place.is_kept()).await.unwrap_or(true);
        if kept { Ok(()) } else { Err(StoreError::Moved { path }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_was_moved_replaced_or_deleted_is_noticed_and_one_that_is_back_as_well() {
        let dir = tempfile::tempdir().unwrap();
        let (here, away) = (dir.path().join("a.db"), dir.path().join("b.db"));
        let store = Store::open(&format!("sqlite:{}", here.display())).await.unwrap();
        store.in_place().await.unwrap();
        std::fs::rename(&here, &away).unwrap();
        let error = store.in_place().await.unwrap_err();
        assert!(matches!(&error, StoreError::Moved { path } if path.ends_with("a.db")), "{error:?}");
        std::fs::write(&here, "another").unwrap();
        store.in_place().await.unwrap_err();
        std::fs::rename(&away, &here).unwrap();
        store.in_place().await.unwrap();
        std::fs::remove_file(&here).unwrap();
        store.in_place().await.unwrap_err();
        store.close().await;
    }
}
