//! A file's bytes as words in memory, so that what is stored there outlives the process.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::atomic::AtomicU64,
};

use memmap2::{MmapOptions, MmapRaw};

use crate::ring::Memory;

/// The words of a mapped file, shared with the operating system: a store is a memory write, and a process that is
/// killed right after it has not lost it.
#[derive(Debug)]
pub(crate) struct Mapped {
    map: MmapRaw,
    words: usize,
}

impl Mapped {
    /// Maps a file that is there, as it is.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Self::map(&file)
    }

    /// Makes a file of zeros and maps it. Every byte is written: room that the disk does not have is an error here, never
    /// a fault at a later store.
    pub(crate) fn create(path: &Path, words: usize) -> io::Result<Self> {
        // Under another name until it is whole, so that no kill leaves half of it.
        let new = path.with_extension("new");
        let made = Self::write_zeros(&new, words).and_then(|file| {
            fs::rename(&new, path)?;
            Self::map(&file)
        });
        if made.is_err() {
            let _ = fs::remove_file(&new);
        }
        made
    }

    fn write_zeros(path: &Path, words: usize) -> io::Result<File> {
        const BLOCK: [u8; 16 * 1024] = [0; 16 * 1024];
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        let mut left = words * size_of::<u64>();
        while left > 0 {
            let part = left.min(BLOCK.len());
            file.write_all(&BLOCK[..part])?;
            left -= part;
        }
        Ok(file)
    }

    fn map(file: &File) -> io::Result<Self> {
        let map = MmapOptions::new().map_raw(file)?;
        let words = map.len() / size_of::<u64>();
        Ok(Self { map, words })
    }
}

impl Memory for Mapped {
    #[expect(clippy::cast_ptr_alignment, reason = "a mapping begins at a page")]
    fn words(&self) -> &[AtomicU64] {
        // SAFETY: `MmapRaw` holds a live mapping of `words * 8` bytes or more, readable and writable, for as long as
        // `self` lives. It begins at a page, hence is aligned for `AtomicU64`, which has the layout of `u64`, for which
        // every bit pattern is a value. No reference to these bytes other than through this function exists, so that all
        // accesses of this process are atomic; the folder's lock keeps other processes of ours out, and what anybody
        // else writes there can only change the values that are loaded. The file was written in full when it was made,
        // and nobody of ours shortens it, so that no page is missing.
        unsafe { std::slice::from_raw_parts(self.map.as_mut_ptr().cast::<AtomicU64>(), self.words) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn what_is_stored_is_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ring");
        let mapped = Mapped::create(&path, 1_000).expect("makes");
        assert_eq!(mapped.words().len(), 1_000);
        mapped.words()[999].store(7, Relaxed);
        // Through the page cache, without any sync: as another process would see it.
        assert_eq!(fs::read(&path).expect("reads")[999 * 8], 7);
        drop(mapped);
        assert_eq!(Mapped::open(&path).expect("maps").words()[999].load(Relaxed), 7);
        assert!(!folder.path().join("ring.new").exists());
    }

    #[test]
    fn no_file_and_no_room_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Mapped::open(&folder.path().join("none")).is_err());
        assert!(Mapped::create(&folder.path().join("no folder/ring"), 8).is_err());
    }
}
