//! A folder in memory that can fail and crash like a real one. For tests, and for tests of those who use the log.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Storage, StorageFile};

/// Disks write whole sectors.
const SECTOR_BYTES: usize = 512;

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Folder>>);

#[derive(Debug, Default)]
struct Folder {
    files: BTreeMap<String, Arc<Mutex<Content>>>,
    locked: bool,
    writable_bytes: Option<u64>,
    syncs_fail: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
}

/// An open file of a [`Memory`].
#[derive(Clone, Debug)]
pub struct MemoryFile {
    folder: Memory,
    content: Arc<Mutex<Content>>,
}

/// The writer's lock on a [`Memory`].
#[derive(Debug)]
pub struct MemoryLock(Memory);

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.folder().locked = false;
    }
}

impl Memory {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// After so many more bytes, writes fail as on a full disk; `None` ends that.
    pub fn fill_after(&self, bytes: Option<u64>) {
        self.folder().writable_bytes = bytes;
    }

    /// Whether syncs fail.
    pub fn fail_syncs(&self, fail: bool) {
        self.folder().syncs_fail = fail;
    }

    /// What a disk may hold after a loss of power: all that was synced, and of the rest those sectors for which
    /// `keep` says so.
    #[must_use = "the folder itself does not change"]
    pub fn after_power_loss(&self, mut keep: impl FnMut() -> bool) -> Self {
        let mut files = BTreeMap::new();
        for (name, content) in &self.folder().files {
            let content = lock(content);
            let mut bytes = content.synced.clone();
            if keep() && content.bytes.len() > bytes.len() {
                bytes.resize(content.bytes.len(), 0);
            }
            for start in (0..bytes.len().min(content.bytes.len())).step_by(SECTOR_BYTES) {
                let end = (start + SECTOR_BYTES).min(bytes.len()).min(content.bytes.len());
                if keep() {
                    bytes[start..end].copy_from_slice(&content.bytes[start..end]);
                }
            }
            files.insert(name.clone(), Arc::new(Mutex::new(Content { synced: bytes.clone(), bytes })));
        }
        Self(Arc::new(Mutex::new(Folder { files, ..Folder::default() })))
    }

    /// Changes a file's bytes behind the log's back.
    pub fn tamper(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let content = self.folder().files.get(name).cloned();
        if let Some(content) = content {
            let mut content = lock(&content);
            change(&mut content.bytes);
            let Content { bytes, synced } = &mut *content;
            synced.clone_from(bytes);
        }
    }

    fn folder(&self) -> MutexGuard<'_, Folder> {
        lock(&self.0)
    }

    fn file(&self, name: &str) -> io::Result<MemoryFile> {
        let content = self.folder().files.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(MemoryFile { folder: self.clone(), content })
    }
}

impl Storage for Memory {
    type File = MemoryFile;
    type Lock = MemoryLock;

    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.folder().files.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        self.folder().files.insert(name.to_owned(), Arc::default());
        self.file(name)
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        self.file(name)
    }

    fn open_writable(&self, name: &str) -> io::Result<MemoryFile> {
        self.file(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut folder = self.folder();
        let content = folder.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        folder.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.folder().files.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn lock(&self) -> io::Result<Option<MemoryLock>> {
        let mut folder = self.folder();
        let was_locked = std::mem::replace(&mut folder.locked, true);
        Ok((!was_locked).then(|| MemoryLock(self.clone())))
    }
}

impl StorageFile for MemoryFile {
    fn read_at(&mut self, position: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let content = lock(&self.content);
        let from = content.bytes.get(position as usize..).unwrap_or_default();
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&mut self, position: u64, bytes: &[u8]) -> io::Result<()> {
        let mut folder = self.folder.folder();
        let allowed = folder.writable_bytes.map_or(bytes.len(), |left| bytes.len().min(left as usize));
        if let Some(left) = &mut folder.writable_bytes {
            *left -= allowed as u64;
        }
        let mut content = lock(&self.content);
        let end = position as usize + allowed;
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        content.bytes[position as usize..end].copy_from_slice(&bytes[..allowed]);
        if allowed < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(lock(&self.content).bytes.len() as u64)
    }

    fn set_bytes(&mut self, bytes: u64) -> io::Result<()> {
        lock(&self.content).bytes.resize(bytes as usize, 0);
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        if self.folder.folder().syncs_fail {
            return Err(io::Error::other("the disk is gone"));
        }
        let mut content = lock(&self.content);
        let Content { bytes, synced } = &mut *content;
        synced.clone_from(bytes);
        Ok(())
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
