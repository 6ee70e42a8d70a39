//! The few things that the log asks of a place that keeps files.

use std::io;

/// A folder, real or not. Names are plain file names without separators.
pub trait Storage: std::fmt::Debug {
    /// An open file.
    type File: StorageFile + std::fmt::Debug;
    /// What the one writer holds; dropped when it goes.
    type Lock: std::fmt::Debug;

    /// How to call this place in a message to a person.
    fn place(&self) -> String;
    /// The names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes an empty file to write to; one of the same name is emptied.
    fn create(&self, name: &str) -> io::Result<Self::File>;
    /// Opens a file to read.
    fn open(&self, name: &str) -> io::Result<Self::File>;
    /// Opens a file to read and write.
    fn open_writable(&self, name: &str) -> io::Result<Self::File>;
    /// Renames a file; when this returns, the new name is durable.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Takes the writer's lock; `None` when somebody else has it.
    fn lock(&self) -> io::Result<Option<Self::Lock>>;
}

/// An open file of a [`Storage`].
pub trait StorageFile {
    /// Reads from a position until `buffer` is full or the file ends; how many bytes were read.
    fn read_at(&mut self, position: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes all bytes at a position. A failure may leave some of them written.
    fn write_at(&mut self, position: u64, bytes: &[u8]) -> io::Result<()>;
    /// The length, bytes.
    fn bytes(&self) -> io::Result<u64>;
    /// Cuts or extends with zeros.
    fn set_bytes(&mut self, bytes: u64) -> io::Result<()>;
    /// Returns when what was written is on disk (fdatasync).
    fn sync_data(&mut self) -> io::Result<()>;
    /// Returns when what was written, and the length, is on disk (fsync).
    fn sync_all(&mut self) -> io::Result<()>;
}
