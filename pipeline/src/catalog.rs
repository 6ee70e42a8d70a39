//! The tables of one data folder: reads the manifest, and changes it in one step.
//!
//! A change is staged below `.staging/`, becomes true when the new manifest takes the place of the old one, and is
//! then carried out: staged files move to their places, superseded ones to `.retired/`. A process that dies in between
//! leaves work that the next one finishes: a plain glob over a table then reads exactly the current rows again.

use crate::encode::Encoded;
use crate::manifest::{Derived, FileEntry, MANIFEST_VERSION, Manifest};
use crate::store::{Store, StoreError};
use crate::tables::Table;
use crate::views;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

const MANIFEST: &str = "manifest.json";
const STAGING: &str = ".staging";
const RETIRED: &str = ".retired";

/// A failed access to the tables as a whole.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The manifest cannot be read.
    #[error(
        "{file} is corrupt at byte {offset}: {detail}; move the folder that it is in aside and derive again from the log"
    )]
    Manifest {
        /// Its full name.
        file: String,
        /// Where reading stopped.
        offset: usize,
        /// What was found.
        detail: String,
    },
    /// A newer program wrote the manifest.
    #[error(
        "{file} has version {found}, but this program knows up to {MANIFEST_VERSION}; use a newer holloway"
    )]
    Version {
        /// Its full name.
        file: String,
        /// Its version.
        found: u32,
    },
    /// The writer's lock cannot be had.
    #[error("cannot lock {file}: {detail}; the folder must be on a file system with file locks")]
    Lock {
        /// The lock file.
        file: String,
        /// What the system said.
        detail: String,
    },
}

/// A change of the tables.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Tables that are replaced as a whole.
    pub(crate) replaced: Vec<Table>,
    /// New files, staged.
    pub(crate) added: Vec<(Table, FileEntry)>,
    /// The new place in the log, when it moved.
    pub(crate) next_offset: Option<u64>,
    /// What the derived tables show now, when they changed.
    pub(crate) derived: Option<Derived>,
}

/// The tables of one data folder.
#[derive(Debug)]
pub struct Catalog {
    store: Store,
    manifest: Manifest,
    /// Held by a writer as long as it lives.
    _lock: Option<File>,
}

impl Catalog {
    /// Opens the tables below `data/tables` to read them. A folder without tables has none; it is not an error.
    pub fn open(data: &Path) -> Result<Self, CatalogError> {
        let store = Store::local(&data.join("tables"))?;
        let manifest = read_manifest(&store)?;
        Ok(Self { store, manifest, _lock: None })
    }

    /// Opens the tables to change them: waits for another writer to end, and finishes what a dead one left.
    pub(crate) fn open_writer(data: &Path) -> Result<Self, CatalogError> {
        let store = Store::local(&data.join("tables"))?;
        let path = store.folder().join(".lock");
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file)).map_err(|error| {
            CatalogError::Lock { file: path.display().to_string(), detail: error.to_string() }
        })?;
        let manifest = read_manifest(&store)?;
        let catalog = Self { store, manifest, _lock: Some(lock) };
        catalog.settle()?;
        Ok(catalog)
    }

    /// The current manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The store that the paths of the manifest are in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts a new file where no glob sees it; [`Catalog::commit`] moves it to its place.
    pub(crate) fn stage(&self, path: String, file: Encoded) -> Result<FileEntry, StoreError> {
        let entry = file.entry(path);
        self.store.put(&format!("{STAGING}/{}", entry.path), Bytes::from(file.bytes))?;
        Ok(entry)
    }

    /// The number of the commit that comes next, for names that were never used before.
    pub(crate) fn next_commit(&self) -> u64 {
        self.manifest.commit + 1
    }

    /// Makes a change true, whole or not at all.
    pub(crate) fn commit(&mut self, change: Change) -> Result<(), CatalogError> {
        let mut next = self.manifest.clone();
        next.commit += 1;
        for table in change.replaced {
            next.tables.insert(table.name().to_owned(), Vec::new());
        }
        for (table, entry) in change.added {
            next.tables.entry(table.name().to_owned()).or_default().push(entry);
        }
        for files in next.tables.values_mut() {
            files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        next.next_offset = change.next_offset.unwrap_or(next.next_offset);
        next.derived = change.derived.or(next.derived);
        let mut text = serde_json::to_vec_pretty(&next).expect("a manifest is plain numbers and strings");
        text.push(b'\n');
        self.store.put(MANIFEST, Bytes::from(text))?;
        self.manifest = next;
        self.settle()
    }

    /// Carries out what the manifest says: staged files move in, files that it does not list move out.
    fn settle(&self) -> Result<(), CatalogError> {
        let current: BTreeSet<&str> = self.manifest.paths().collect();
        for (staged, _) in self.store.list(STAGING)? {
            match staged.strip_prefix(&format!("{STAGING}/")) {
                Some(path) if current.contains(path) => self.store.rename(&staged, path)?,
                _ => self.store.delete(&staged)?,
            }
        }
        let here = format!("{RETIRED}/{}/", self.manifest.commit);
        for (old, _) in self.store.list(RETIRED)? {
            if !old.starts_with(&here) {
                self.store.delete(&old)?;
            }
        }
        for table in Table::ALL {
            for (path, _) in self.store.list(table.name())? {
                if !current.contains(path.as_str()) {
                    self.store.rename(&path, &format!("{here}{path}"))?;
                }
            }
        }
        let views = Bytes::from(views::sql(&self.store, &self.manifest));
        if !self.store.get(views::FILE).is_ok_and(|old| old == views) {
            self.store.put(views::FILE, views)?;
        }
        Ok(())
    }
}

fn read_manifest(store: &Store) -> Result<Manifest, CatalogError> {
    #[derive(serde::Deserialize)]
    struct Form {
        version: u32,
    }
    let text = match store.get(MANIFEST) {
        Ok(text) => text,
        Err(StoreError::Missing { .. }) => return Ok(Manifest::default()),
        Err(error) => return Err(error.into()),
    };
    let corrupt = |error: serde_json::Error| CatalogError::Manifest {
        file: store.describe(MANIFEST),
        offset: position(&text, &error),
        detail: error.to_string(),
    };
    let form: Form = serde_json::from_slice(&text).map_err(corrupt)?;
    if form.version > MANIFEST_VERSION {
        return Err(CatalogError::Version { file: store.describe(MANIFEST), found: form.version });
    }
    serde_json::from_slice(&text).map_err(corrupt)
}

/// The byte at which JSON reading stopped.
fn position(text: &[u8], error: &serde_json::Error) -> usize {
    let lines: usize = text
        .split_inclusive(|&byte| byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    lines + error.column().saturating_sub(1)
}
