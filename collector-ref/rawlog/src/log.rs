//! The one writer.

use std::io;

use crate::{
    Offset, Record, Storage, StorageFile,
    chunk::{HEADER_BYTES, Header, Previous, UNFINISHED, file_name},
    recovery::{OpenError, Recovery, recover},
};

/// Zeros are written ahead in steps of this many bytes: a sync then moves data only, no file length.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of a chunk file: 64 MiB.
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
    buffer: Vec<u8>,
    broken: bool,
}

#[derive(Debug)]
struct Open<F> {
    file: F,
    base: Offset,
    /// Where the next record goes.
    position: u64,
    /// Zeros are written up to here.
    ahead: u64,
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

/// Why nothing was appended. All records of the call are as if it had not been made.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// One record is larger than a chunk.
    #[error("expected a record of at most {most} bytes, found {found}: raise chunk_bytes")]
    TooLarge {
        /// What a chunk can hold.
        most: u64,
        /// What was given.
        found: u64,
    },
    /// The file system refused it; the next append tries again in a new chunk.
    #[error("cannot append to the log in {place}: {source}")]
    Io {
        /// The folder.
        place: String,
        /// The file system's answer.
        source: io::Error,
    },
    /// A sync failed before: what is on disk is not known.
    #[error("the log in {place} failed to sync before: open it again, which finds out what is on disk")]
    Broken {
        /// The folder.
        place: String,
    },
}

/// Why a sync failed. What was appended since the last one may or may not be on disk; open the log again.
#[derive(Debug, thiserror::Error)]
#[error("cannot sync the log in {place}: {source}")]
pub struct SyncError {
    place: String,
    source: io::Error,
}

impl<S: Storage> Log<S> {
    /// Takes the writer's lock, finds the end of the log and cuts off a torn tail.
    pub fn open(storage: S, options: Options) -> Result<(Self, Recovery), OpenError> {
        let io = |source| OpenError::Io { place: storage.place(), source };
        let Some(lock) = storage.lock().map_err(io)? else {
            return Err(OpenError::Locked { place: storage.place() });
        };
        let (recovery, end) = recover(&storage)?;
        let log = Self {
            storage,
            _lock: lock,
            options: Options { chunk_bytes: options.chunk_bytes.max(2 * HEADER_BYTES) },
            open: None,
            next: end.next,
            previous: end.previous,
            received_max_us: end.received_max_us,
            buffer: Vec::new(),
            broken: false,
        };
        Ok((log, recovery))
    }

    /// Where the next record goes, unless a new chunk begins there.
    pub fn next_offset(&self) -> Offset {
        self.open.as_ref().map_or(self.next, |open| open.base.plus(open.position))
    }

    /// Writes records, in order. They survive the process from here on, and the machine after [`Log::sync`].
    pub fn append(&mut self, records: &[Record<'_>]) -> Result<Appended, AppendError> {
        if self.broken {
            return Err(AppendError::Broken { place: self.storage.place() });
        }
        let most = self.options.chunk_bytes - HEADER_BYTES;
        if let Some(record) = records.iter().find(|record| record.stored_bytes() > most) {
            return Err(AppendError::TooLarge { most, found: record.stored_bytes() });
        }
        match self.write(records) {
            Ok(appended) => Ok(appended),
            Err(source) => {
                self.abandon();
                Err(AppendError::Io { place: self.storage.place(), source })
            }
        }
    }

    /// Returns when everything appended is on disk (fdatasync).
    pub fn sync(&mut self) -> Result<(), SyncError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.file.sync_data().map_err(|source| {
            self.broken = true;
            SyncError { place: self.storage.place(), source }
        })
    }

    /// Cuts the zeros off the last chunk, as an orderly end. Without it the next open does that.
    pub fn close(mut self) -> Result<(), SyncError> {
        self.seal().map_err(|source| SyncError { place: self.storage.place(), source })
    }

    fn write(&mut self, records: &[Record<'_>]) -> io::Result<Appended> {
        let mut first = None;
        let mut bytes = 0;
        let mut rest = records;
        while !rest.is_empty() {
            let room =
                self.open.as_ref().map_or(0, |open| self.options.chunk_bytes.saturating_sub(open.position));
            let mut taken = 0;
            let fits = rest.iter().take_while(|record| {
                taken += record.stored_bytes();
                taken <= room
            });
            let count = fits.count();
            if count == 0 {
                self.seal()?;
                self.begin()?;
                continue;
            }
            let (now, later) = rest.split_at(count);
            let offset = self.write_here(now)?;
            first.get_or_insert(offset);
            bytes += now.iter().map(Record::stored_bytes).sum::<u64>();
            rest = later;
        }
        let next = self.next_offset();
        Ok(Appended { first: first.unwrap_or(next), next, bytes })
    }

    /// Writes records that fit into the open chunk.
    fn write_here(&mut self, records: &[Record<'_>]) -> io::Result<Offset> {
        let open = self.open.as_mut().expect("there is room, so there is an open chunk");
        let first = open.base.plus(open.position);
        self.buffer.clear();
        for record in records {
            record.encode(first.plus(self.buffer.len() as u64), &mut self.buffer);
            self.received_max_us = self.received_max_us.max(record.received_at_us);
        }
        let end = open.position + self.buffer.len() as u64;
        if end > open.ahead {
            let ahead = (end + AHEAD_BYTES).min(self.options.chunk_bytes).max(end);
            write_zeros(&mut open.file, open.ahead, ahead)?;
            open.ahead = ahead;
        }
        open.file.write_at(open.position, &self.buffer)?;
        open.position = end;
        Ok(first)
    }

    /// Makes the next chunk: its header is on disk before it has its name.
    fn begin(&mut self) -> io::Result<()> {
        let base = self.next;
        let unfinished = format!("{base:020}{UNFINISHED}");
        let mut file = self.storage.create(&unfinished)?;
        let header = Header {
            base,
            previous: self.previous,
            received_max_us: self.received_max_us,
            capacity: self.options.chunk_bytes,
        };
        file.write_at(0, &header.encode())?;
        let ahead = AHEAD_BYTES.min(self.options.chunk_bytes);
        write_zeros(&mut file, HEADER_BYTES, ahead)?;
        file.sync_all()?;
        self.storage.rename(&unfinished, &file_name(base))?;
        self.open = Some(Open { file, base, position: HEADER_BYTES, ahead });
        Ok(())
    }

    /// Ends the open chunk where its records end.
    fn seal(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.file.set_bytes(open.position)?;
        open.file.sync_all()?;
        let end = open.base.plus(open.position);
        self.previous = Some(Previous { base: open.base, end });
        self.next = end;
        self.open = None;
        Ok(())
    }

    /// After a failed write: nothing may follow the last whole record of this chunk.
    fn abandon(&mut self) {
        if self.seal().is_err() {
            self.broken = true;
        }
    }
}

fn write_zeros<F: StorageFile>(file: &mut F, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; AHEAD_BYTES.min(to.saturating_sub(from)) as usize];
    let mut at = from;
    while at < to {
        let step = (to - at).min(zeros.len() as u64);
        file.write_at(at, &zeros[..step as usize])?;
        at += step;
    }
    Ok(())
}
