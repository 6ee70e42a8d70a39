//! `tables/manifest.json`: which files are the tables, right now.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the manifest's form that this code writes, and the newest that it reads.
pub const MANIFEST_VERSION: u32 = 1;

/// The list of all current files, and how far the raw log is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file, [`MANIFEST_VERSION`].
    pub version: u32,
    /// Counts up by one with every change.
    pub commit: u64,
    /// The offset of the raw log from which the next load reads.
    pub next_offset: u64,
    /// The files of each table, by table name.
    pub tables: BTreeMap<String, Vec<FileEntry>>,
    /// What the tables after `events` were derived from; `None` before the first derive.
    pub derived: Option<Derived>,
}

/// One file of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the `tables` folder.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Length, bytes.
    pub bytes: u64,
    /// CRC32C of the Parquet footer. The checksums of the rest are in it.
    pub footer_crc32c: u32,
}

/// What the derived tables show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// Rows of `events` that were derived.
    pub events: u64,
    /// `next_offset` at that time.
    pub next_offset: u64,
    /// The options that rows depend on, as text.
    pub options: String,
    /// People.
    pub people: u64,
    /// Sessions.
    pub sessions: u64,
    /// Profiles.
    pub profiles: u64,
    /// Links that were refused.
    pub refused_merges: u64,
    /// Events that name nobody.
    pub unattributed_events: u64,
}

impl Default for Manifest {
    fn default() -> Self {
        Self { version: MANIFEST_VERSION, commit: 0, next_offset: 0, tables: BTreeMap::new(), derived: None }
    }
}

impl Manifest {
    /// The files of a table; none when it was never written.
    pub fn files(&self, table: &str) -> &[FileEntry] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        self.files(table).iter().map(|file| file.rows).sum()
    }

    /// Every current path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.tables.values().flatten().map(|file| file.path.as_str())
    }
}
