//! Who may write where: the store folder has one lock, and every further client on it a folder of its own inside.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Folders for further clients on one store folder.
const WRITERS_MAX: usize = 64;

/// A folder that no other client writes to while this value lives. The system frees the lock when the process ends in
/// whatever way.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    is_main: bool,
    lock: File,
}

impl Folder {
    /// Takes the store folder itself, or the first free folder inside it when another client has it.
    pub(crate) fn claim(store: &Path) -> io::Result<Self> {
        for number in 0..WRITERS_MAX {
            let path = if number == 0 { store.to_owned() } else { writer(store, number) };
            fs::create_dir_all(&path)?;
            if let Some(folder) = Self::try_lock(path, number == 0)? {
                return Ok(folder);
            }
        }
        Err(io::Error::other(format!(
            "{WRITERS_MAX} clients use it already; give each process a folder of its own"
        )))
    }

    /// Folders of further clients that are gone: theirs to inherit for the one who holds the store folder itself.
    pub(crate) fn orphans(&self) -> Vec<Self> {
        let numbers = if self.is_main { 1..WRITERS_MAX } else { 0..0 };
        numbers
            .map(|number| writer(&self.path, number))
            .filter(|path| path.is_dir())
            .filter_map(|path| Self::try_lock(path, false).ok().flatten())
            .collect()
    }

    /// The store folder, for one who had to take a folder inside it.
    pub(crate) fn outer(&self) -> Option<&Path> {
        if self.is_main { None } else { self.path.parent() }
    }

    /// The folder that the app named.
    pub(crate) fn store(&self) -> &Path {
        self.outer().unwrap_or(&self.path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `None` when another client has it.
    fn try_lock(path: PathBuf, is_main: bool) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, is_main, lock: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A process that is being started has a copy of every open file for a moment: that the file is closed here frees
        // nothing then. What cannot be freed now is when the processes end.
        let _ = self.lock.unlock();
    }
}

fn writer(store: &Path, number: usize) -> PathBuf {
    store.join(format!("writer-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_lock_in_a_process_that_was_forked_holds_nothing() {
        let store = tempfile::tempdir().expect("a folder");
        let main = Folder::claim(store.path()).expect("claims");
        // What a fork does to every open file.
        let _in_the_child = main.lock.try_clone().expect("copies");
        drop(main);
        assert_eq!(Folder::claim(store.path()).expect("claims").path(), store.path());
    }

    #[test]
    fn each_claim_gets_its_own_folder_and_freed_ones_are_orphans() {
        let store = tempfile::tempdir().expect("a folder");
        let main = Folder::claim(store.path()).expect("claims");
        let second = Folder::claim(store.path()).expect("claims");
        let third = Folder::claim(store.path()).expect("claims");
        assert_eq!(main.path(), store.path());
        assert_eq!(main.outer(), None);
        assert_eq!(second.path(), store.path().join("writer-1"));
        assert_eq!(second.outer(), Some(store.path()));
        assert_eq!(third.path(), store.path().join("writer-2"));
        assert!(main.orphans().is_empty() && second.orphans().is_empty());
        drop(second);
        let orphans: Vec<PathBuf> = main.orphans().iter().map(|orphan| orphan.path().to_owned()).collect();
        assert_eq!(orphans, [store.path().join("writer-1")]);
        drop(main);
        assert_eq!(Folder::claim(store.path()).expect("claims").path(), store.path());
    }
}
