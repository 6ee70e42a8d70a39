//! Where tables are kept: an object store, a local folder by default.

use bytes::Bytes;
use futures::TryStreamExt;
use futures::executor::block_on;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A failed access to the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("cannot use the folder {folder} for tables: {detail}; give a folder that this user may write to")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        detail: String,
    },
    /// An object is not there.
    #[error("{file} is missing")]
    Missing {
        /// Its full name.
        file: String,
    },
    /// Another failure of the store.
    #[error("cannot {action} {file}: {detail}")]
    Access {
        /// What was tried.
        action: &'static str,
        /// The object's full name.
        file: String,
        /// What the store said.
        detail: String,
    },
}

/// Objects by path, driven to completion where it is called: this crate has no `async` of its own.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let store = holloway_pipeline::Store::local(folder.path())?;
/// store.put("events/part.parquet", "abc".into())?;
/// assert_eq!(store.get("events/part.parquet")?, "abc");
/// assert_eq!(store.list("events")?, [("events/part.parquet".to_owned(), 3)]);
/// assert!(store.get("nothing").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

impl Store {
    /// The store in a local folder, which is made when it is not there. What was put is on disk when `put` returns.
    pub fn local(folder: &Path) -> Result<Self, StoreError> {
        let refuse = |detail: String| StoreError::Folder { folder: folder.display().to_string(), detail };
        std::fs::create_dir_all(folder).map_err(|error| refuse(error.to_string()))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { objects: Arc::new(files.with_fsync(true)), folder: folder.to_owned() })
    }

    /// The whole object.
    pub fn get(&self, path: &str) -> Result<Bytes, StoreError> {
        let read = async { self.objects.get(&ObjectPath::from(path)).await?.bytes().await };
        block_on(read).map_err(|error| self.failure("read", path, error))
    }

    /// Parts of an object, in the order asked for.
    pub fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        block_on(self.objects.get_ranges(&ObjectPath::from(path), ranges))
            .map_err(|error| self.failure("read", path, error))
    }

    /// The object's length, bytes.
    pub fn bytes(&self, path: &str) -> Result<u64, StoreError> {
        let head = block_on(self.objects.head(&ObjectPath::from(path)));
        head.map(|meta| meta.size).map_err(|error| self.failure("read", path, error))
    }

    /// Puts an object in one step: a reader sees the old one, or the whole new one.
    pub fn put(&self, path: &str, bytes: Bytes) -> Result<(), StoreError> {
        block_on(self.objects.put(&ObjectPath::from(path), PutPayload::from_bytes(bytes)))
            .map(drop)
            .map_err(|error| self.failure("write", path, error))
    }

    /// Moves an object.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        block_on(self.objects.rename(&ObjectPath::from(from), &ObjectPath::from(to)))
            .map_err(|error| self.failure("move", from, error))
    }

    /// Removes an object.
    pub fn delete(&self, path: &str) -> Result<(), StoreError> {
        block_on(self.objects.delete(&ObjectPath::from(path)))
            .map_err(|error| self.failure("remove", path, error))
    }

    /// All objects below a prefix with their lengths, sorted by path.
    pub fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, StoreError> {
        let listed = self.objects.list(Some(&ObjectPath::from(prefix)));
        let mut found: Vec<_> =
            block_on(listed.map_ok(|meta| (meta.location.to_string(), meta.size)).try_collect())
                .map_err(|error| self.failure("list", prefix, error))?;
        found.sort_unstable();
        Ok(found)
    }

    /// How to call an object in a message to a person.
    pub fn describe(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    /// The local folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn failure(&self, action: &'static str, path: &str, error: object_store::Error) -> StoreError {
        let file = self.describe(path);
        match error {
            object_store::Error::NotFound { .. } => StoreError::Missing { file },
            other => StoreError::Access { action, file, detail: other.to_string() },
        }
    }
}
