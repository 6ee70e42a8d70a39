//! The one writer.

use std::io;

use crate::{
    Offset, Record, Storage, StorageFile,
    chunk::{HEADER_BYTES, Header, Previous, UNFINISHED, file_name},
    recovery::{OpenError, Recovery, recover},
};

/// Zeros are written ahead in steps of this many bytes: a sync then moves data only, no file length.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;
/// Zeros are written in pieces of this size.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of a chunk file: 64 MiB, at least 128 bytes and at most 4 GiB. No record is larger than its chunk.
    pub chunk_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { chunk_bytes: 64 * 1024 * 1024 }
    }
}

/// A log that is open for writing. Dropping it gives the lock back; what was not synced may be lost by a crash of
/// the machine, never by one of the process.
#[derive(Debug)]
pub struct Log<S: Storage> {
    storage: S,
    _lock: S::Lock,
    options: Options,
    open: Option<Open<S::File>>,
    /// Where the next chunk starts, when there is no open one.
    next: Offset,
    previous: Option<Previous>,
    received_max_us: i64,
    /// Encoded records on their way to the file.
    buffer: Vec<u8>,
    /// Records were appended and cut off again, and no sync has said so yet.
    owed: bool,
}

/// The chunk that is being written.
#[derive(Debug)]
struct Open<F> {
    file: F,
    base: Offset,
    /// Where the next record goes.
    position: u64,
    /// Everything before this position is on disk.
    synced: u64,
    /// Zeros are written up to here.
    ahead: u64,
    /// A write or a sync failed. What stands behind `position` is not known, so nothing more is written here.
    broken: bool,
}

/// What an append wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The first record's offset; the log's end when there was none.
    pub first: Offset,
    /// Where the next record would go, unless a new chunk begins there.
    pub next: Offset,
    /// Bytes written.
    pub bytes: u64,
}

/// Why records were not appended. Some of the call's records may stand in the log all the same: append all of them
/// again, and let readers tell the copies by their key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// One record is larger than a chunk. Nothing was written.
    #[error("expected a record of at most {most} bytes, found {found}: raise chunk_bytes")]
    TooLarge {
        /// What a chunk can hold.
        most: u64,
        /// What was given.
        found: u64,
    },
    /// The file system refused it. The log is whole; the next append tries again, in a new chunk where it must.
    #[error("cannot append to the log in {place}: {source}")]
    Io {
        /// The folder.
        place: String,
        /// The file system's answer; [`io::ErrorKind::StorageFull`] when the disk is full.
        source: io::Error,
    },
}

/// Why a sync failed. What was appended since the last one must be appended again; the log takes it in a new chunk.
#[derive(Debug, thiserror::Error)]
#[error("cannot sync the log in {place}: {source}")]
pub struct SyncError {
    place: String,
    source: io::Error,
}

impl<S: Storage> Log<S> {
    /// Takes the writer's lock, finds the end of the log and cuts off a torn tail.
    ///
    /// # Errors
    /// [`OpenError::Locked`] while another writer is alive. Damage is no error here: it is in [`Recovery::damage`],
    /// and writing goes on in a new chunk.
    pub fn open(storage: S, options: Options) -> Result<(Self, Recovery), OpenError> {
        let io = |source| OpenError::Io { place: storage.place(), source };
        let Some(lock) = storage.lock().map_err(io)? else {
            return Err(OpenError::Locked { place: storage.place() });
        };
        let (recovery, end) = recover(&storage)?;
        let chunk_bytes = options.chunk_bytes.clamp(2 * HEADER_BYTES, u64::from(u32::MAX));
        let log = Self {
            storage,
            _lock: lock,
            options: Options { chunk_bytes },
            open: None,
            next: end.next,
            previous: end.previous,
            received_max_us: end.received_max_us,
            buffer: Vec::new(),
            owed: false,
        };
        Ok((log, recovery))
    }

    /// Where the next record goes, unless a new chunk begins there.
    pub fn next_offset(&self) -> Offset {
        self.open.as_ref().map_or(self.next, |open| open.base.plus(open.position))
    }

    /// Writes records, in order. They survive the process from here on, and the machine after [`Log::sync`].
    pub fn append(&mut self, records: &[Record<'_>]) -> Result<Appended, AppendError> {
        let most = self.options.chunk_bytes - HEADER_BYTES;
        if let Some(record) = records.iter().find(|record| record.stored_bytes() > most) {
            return Err(AppendError::TooLarge { most, found: record.stored_bytes() });
        }
        self.write(records).map_err(|source| AppendError::Io { place: self.storage.place(), source })
    }

    /// Returns when everything appended is on disk (fdatasync). Costs nothing when it is already.
    pub fn sync(&mut self) -> Result<(), SyncError> {
        self.sync_open().map_err(|source| SyncError { place: self.storage.place(), source })
    }

    /// Proves that records can be written now: makes room for some, and syncs. For a check of a disk that was full.
    pub fn probe(&mut self) -> Result<(), AppendError> {
        let probed = self.begin_if_needed(HEADER_BYTES).and_then(|()| {
            let Some(open) = &mut self.open else { return Ok(()) };
            open.write_ahead(open.position + HEADER_BYTES, self.options)?;
            open.file.sync_data()
        });
        probed.map_err(|source| AppendError::Io { place: self.storage.place(), source })
    }

    /// Cuts the zeros off the last chunk, as an orderly end. Without it the next open does that.
    pub fn close(mut self) -> Result<(), SyncError> {
        self.seal().map_err(|source| SyncError { place: self.storage.place(), source })
    }

    fn write(&mut self, records: &[Record<'_>]) -> io::Result<Appended> {
        self.buffer.clear();
        let mut first = None;
        let mut bytes = 0;
        for record in records {
            if !self.has_room(record.stored_bytes()) {
                self.flush()?;
                self.begin_if_needed(record.stored_bytes())?;
            }
            let open = self.open.as_ref().expect("there is room, so there is an open chunk");
            let offset = open.base.plus(open.position + self.buffer.len() as u64);
            record.encode(offset, &mut self.buffer);
            self.received_max_us = self.received_max_us.max(record.received_at_us);
            first.get_or_insert(offset);
            bytes += record.stored_bytes();
        }
        self.flush()?;
        let next = self.next_offset();
        Ok(Appended { first: first.unwrap_or(next), next, bytes })
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.open.as_ref().is_some_and(|open| {
            !open.broken && open.position + self.buffer.len() as u64 + bytes <= self.options.chunk_bytes
        })
    }

    /// Writes the encoded records to the open chunk.
    fn flush(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if self.buffer.is_empty() {
            return Ok(());
        }
        let end = open.position + self.buffer.len() as u64;
        open.write_ahead(end, self.options)?;
        open.file.write_at(open.position, &self.buffer).inspect_err(|_| open.broken = true)?;
        open.position = end;
        self.buffer.clear();
        Ok(())
    }

    fn sync_open(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.owed) {
            return Err(io::Error::other("an earlier failure took records with it that were not synced"));
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.synced < open.position {
            // After a failed sync the system may take lost pages for clean: to ask again would prove nothing.
            open.file.sync_data().inspect_err(|_| {
                open.position = open.synced;
                open.broken = true;
            })?;
            open.synced = open.position;
        }
        Ok(())
    }

    /// Starts a chunk unless the open one has room.
    fn begin_if_needed(&mut self, bytes: u64) -> io::Result<()> {
        if self.has_room(bytes) {
            return Ok(());
        }
        self.seal()?;
        let header = Header {
            base: self.next,
            previous: self.previous,
            received_max_us: self.received_max_us,
            capacity: self.options.chunk_bytes,
        };
        let unfinished = format!("{:020}{UNFINISHED}", header.base);
        // It gets its name when its header is on disk.
        let begun = self.storage.create(&unfinished).and_then(|mut file| {
            file.write_at(0, &header.encode())?;
            file.sync_all()?;
            self.storage.rename(&unfinished, &file_name(header.base))?;
            Ok(file)
        });
        if begun.is_err() {
            // The first error is the one to report; what stays behind is removed by the next open.
            let _ = self.storage.remove(&unfinished);
        }
        self.open = Some(Open {
            file: begun?,
            base: header.base,
            position: HEADER_BYTES,
            synced: HEADER_BYTES,
            ahead: HEADER_BYTES,
            broken: false,
        });
        Ok(())
    }

    /// Ends the open chunk where its records end, durably.
    fn seal(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let sealed = open.file.set_bytes(open.position).and_then(|()| open.file.sync_all());
        if let Err(error) = sealed {
            self.owed |= open.synced < open.position;
            open.position = open.synced;
            open.broken = true;
            return Err(error);
        }
        let end = open.base.plus(open.position);
        self.previous = Some(Previous { base: open.base, end });
        // A reader may have followed a broken chunk further than it reaches now: no offset is used twice.
        self.next = if open.broken { end.max(open.base.plus(self.options.chunk_bytes)) } else { end };
        self.open = None;
        Ok(())
    }
}

impl<F: StorageFile> Open<F> {
    /// Writes zeros so that records up to `end` lie in them.
    fn write_ahead(&mut self, end: u64, options: Options) -> io::Result<()> {
        if end <= self.ahead {
            return Ok(());
        }
        let ahead = (end + AHEAD_BYTES).min(options.chunk_bytes).max(end);
        let mut at = self.ahead;
        while at < ahead {
            let step = ZEROS.len().min((ahead - at) as usize);
            self.file.write_at(at, &ZEROS[..step])?;
            at += step as u64;
        }
        self.ahead = ahead;
        Ok(())
    }
}
