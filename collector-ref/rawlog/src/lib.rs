//! An append-only log of opaque payloads, in chunk files, that says exactly what it lost.
//!
//! One writer appends and syncs; any number of readers follow it, also from other processes. The log does not know
//! what a payload is. It has no clock, no thread and no randomness; it reaches files through [`Storage`].
//!
//! # Layout
//!
//! ```text
//! folder/  writer.lock                    held by the one writer
//!          00000000000000000000.chunk     a chunk is named by its base offset, 20 digits
//!          00000000000067108864.chunk
//!
//! chunk:   header (64 bytes) | record | record | ... | zeros (written ahead, so that a sync costs no metadata)
//!
//! header:   0 magic "HOLLOLOG"     8 version u16    10 header bytes u16    12 flags u32
//!          16 base offset u64     24 previous chunk's base u64            32 previous chunk's end offset u64
//!          40 highest received_at of all earlier chunks, i64               48 capacity u64
//!          56 zero u32            60 crc32c of bytes 0..60
//!
//! record:   0 payload bytes u32    4 crc32c u32     8 received_at i64 (µs since 1970)
//!          16 key [u8; 16]        32 flags u32 (zero)                     36 payload
//! ```
//!
//! All numbers are little-endian. A record's checksum covers its offset, its length, and everything after the
//! checksum, so a record that landed in a wrong place is not valid there.
//!
//! # Rules
//!
//! - **An [`Offset`] is a byte position in the log**: base of the chunk plus position in the file. Offsets grow, are
//!   never used twice, and lead to a record by one seek.
//! - **A chunk is written by one writer process and never continued by another.** Opening cuts the torn tail of the
//!   last chunk and the next append starts a new chunk past every offset that a reader may have seen, even one that
//!   saw records which a power loss then took away.
//! - **A sealed chunk is exactly as long as its records.** The header of its successor repeats where it ended, so a
//!   lost chunk or a lost tail is noticed.
//! - **Recovery scans the last chunk only.**
//! - **Nothing is skipped in silence**: a torn tail is counted, and kept beside the chunk; damage inside a chunk is a
//!   [`Damage`] that names file and offset, and a reader goes past it only when asked to ([`Reader::resync`]).
//!
//! # Example
//!
//! ```
//! use holloway_rawlog::{Log, Memory, Offset, Options, Reader, Record};
//!
//! let storage = Memory::new();
//! let (mut log, recovery) = Log::open(storage.clone(), Options::default())?;
//! assert_eq!(recovery.records, 0);
//!
//! let appended = log.append(&[Record { received_at_us: 1, key: [7; 16], payload: b"hello" }])?;
//! log.sync()?; // only now is it safe to tell anybody
//!
//! let mut reader = Reader::open(storage, Offset::START)?;
//! let (offset, record) = reader.read()?.expect("one record was appended");
//! assert_eq!((offset, record.payload), (appended.first, &b"hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod chunk;
mod damage;
mod files;
mod log;
mod memory;
mod offset;
mod reader;
mod record;
mod recovery;
mod scan;
mod storage;

pub use damage::{Damage, Resume};
pub use files::{FileLock, FileStorage};
pub use log::{AppendError, Appended, Log, Options, SyncError};
pub use memory::{Memory, MemoryFile, MemoryLock};
pub use offset::Offset;
pub use reader::{Keys, ReadError, Reader};
pub use record::{OwnedRecord, Record};
pub use recovery::{OpenError, Recovery, Torn};
pub use storage::{Storage, StorageFile};
