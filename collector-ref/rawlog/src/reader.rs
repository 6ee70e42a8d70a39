//! Any number of readers, beside the writer and in other processes.

use std::io;

use crate::{
    Damage, Offset, Record, Resume, Storage, StorageFile,
    chunk::{self, BadHeader, HEADER_BYTES, Header, VERSION, file_name},
    scan::{Found, Scan},
};

/// Follows a log from an offset: each record once, in order, up to what the writer has written, synced or not.
///
/// ```
/// use holloway_rawlog::{FileStorage, Offset, Reader};
///
/// let mut reader = Reader::open(FileStorage::at("no-such-folder"), Offset::START)?;
/// assert!(reader.read()?.is_none(), "a log that is not there yet is an empty one");
/// # Ok::<(), holloway_rawlog::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reader<S: Storage> {
    storage: S,
    scan: Option<Scan<S::File>>,
    /// Where the next record is looked for.
    offset: Offset,
    /// The damage that the last read stopped at, and where to go on behind it.
    stopped: Option<(Damage, Offset)>,
}

/// Why the next record cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file system refused something.
    #[error("cannot read {place}/{file} at offset {offset}: {source}")]
    Io {
        /// The folder.
        place: String,
        /// The file.
        file: String,
        /// Where in the log.
        offset: Offset,
        /// The file system's answer.
        source: io::Error,
    },
    /// Bytes that should be records are not. Nothing is skipped unless [`Reader::resync`] is called.
    #[error("{place}/{damage}: restore the file, or read on behind the damage with resync")]
    Damaged {
        /// The folder.
        place: String,
        /// What and where.
        damage: Damage,
    },
    /// A chunk is not there that should be.
    #[error("{place}/{file} is missing: restore it, or read on from offset {next} without its records")]
    Missing {
        /// The folder.
        place: String,
        /// The chunk file.
        file: String,
        /// The first offset behind the gap.
        next: Offset,
    },
    /// A newer version wrote it.
    #[error(
        "expected a log chunk of version {VERSION} in {place}/{file}, found version {found}: use a newer holloway"
    )]
    Version {
        /// The folder.
        place: String,
        /// The chunk file.
        file: String,
        /// Its version.
        found: u16,
    },
}

impl<S: Storage> Reader<S> {
    /// A reader that begins with the record at an offset: one that [`Log::append`](crate::Log::append) or
    /// [`Reader::offset`] gave. [`Offset::START`] is the oldest record there is.
    pub fn open(storage: S, from: Offset) -> Result<Self, ReadError> {
        let mut reader = Self { storage, scan: None, offset: from, stopped: None };
        reader.enter_first()?;
        Ok(reader)
    }

    /// A reader of every record that was received at this time or later, and of as few earlier ones as whole chunks
    /// allow; microseconds since 1970.
    pub fn open_since(storage: S, received_at_us: i64) -> Result<Self, ReadError> {
        let mut reader = Self { storage, scan: None, offset: Offset::START, stopped: None };
        // Each header knows the latest time of all chunks before it.
        for base in reader.chunks()?.into_iter().skip(1) {
            match reader.header(base)? {
                Some(header) if header.received_max_us < received_at_us => reader.offset = base,
                _ => break,
            }
        }
        reader.enter_first()?;
        Ok(reader)
    }

    /// Where the next record is looked for: what to open a later reader with.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The next record, or `None` when the writer has written no more; ask again later.
    pub fn read(&mut self) -> Result<Option<(Offset, Record<'_>)>, ReadError> {
        let Some((position, total)) = self.seek()? else { return Ok(None) };
        let Some(scan) = &mut self.scan else { return Ok(None) };
        let (offset, base) = (self.offset, scan.base());
        match scan.record(position, total) {
            Ok(record) => {
                self.offset = offset.plus(total as u64);
                Ok(Some((offset, record)))
            }
            Err(source) => {
                let (place, file) = (self.storage.place(), file_name(base));
                Err(ReadError::Io { place, file, offset, source })
            }
        }
    }

    /// Goes behind the damage that the last read stopped at, and says what was left out; `None` when the last read
    /// did not stop at one.
    pub fn resync(&mut self) -> Result<Option<Damage>, ReadError> {
        let Some((damage, next)) = self.stopped.take() else { return Ok(None) };
        self.offset = next;
        if damage.resume == Resume::Chunk {
            self.enter(next)?;
        }
        Ok(Some(damage))
    }

    /// The bytes of a damage, as far as the file has them, to be kept elsewhere.
    pub fn damaged_bytes(&self, damage: &Damage) -> Result<Vec<u8>, ReadError> {
        let read = |bytes: &mut Vec<u8>| {
            let mut file = self.storage.open(&damage.file)?;
            let held = file.bytes()?.saturating_sub(damage.position).min(damage.bytes);
            bytes.resize(held as usize, 0);
            file.read_at(damage.position, bytes)
        };
        let mut bytes = Vec::new();
        let count = read(&mut bytes).map_err(|source| ReadError::Io {
            place: self.storage.place(),
            file: damage.file.clone(),
            offset: damage.offset,
            source,
        })?;
        bytes.truncate(count);
        Ok(bytes)
    }

    /// Offset, time received and key of each record from here on.
    pub fn keys(self) -> Keys<S> {
        Keys { reader: self, ended: false }
    }

    /// Finds the next record: its position in the open chunk and its bytes.
    fn seek(&mut self) -> Result<Option<(u64, usize)>, ReadError> {
        loop {
            if let Some((damage, _)) = &self.stopped {
                return Err(ReadError::Damaged { place: self.storage.place(), damage: damage.clone() });
            }
            if self.scan.is_none() && !self.enter_first()? {
                return Ok(None);
            }
            if let Some(found) = self.look()? {
                return Ok(Some(found));
            }
            // Perhaps the writer was in the middle of it. What decides is what the file holds after the chunks were
            // listed: a chunk with a successor is written no more.
            let successor = self.successor()?;
            if let Some(found) = self.look()? {
                return Ok(Some(found));
            }
            let (position, next_valid) = self.next_valid()?;
            // Without a successor the writer may be just here: it writes in order, so records behind this place mean
            // that this place is written too by now.
            if next_valid.is_some()
                && let Some(found) = self.look()?
            {
                return Ok(Some(found));
            }
            match (next_valid, successor) {
                (Some(next), _) => {
                    let resume = self.base().plus(next);
                    self.stop(position, next, Resume::Record(resume), resume);
                }
                (None, None) => return Ok(None),
                (None, Some(Successor { base, end: Some(end) })) if end > position => {
                    self.stop(position, end, Resume::Chunk, base);
                }
                (None, Some(successor)) => self.enter(successor.base)?,
            }
        }
    }

    /// A record at the reader's offset in the open chunk, by what the file holds now.
    fn look(&mut self) -> Result<Option<(u64, usize)>, ReadError> {
        let Some(scan) = &mut self.scan else { return Ok(None) };
        let position = self.offset.since(scan.base());
        // What was read ahead is enough to say that a record is there, and never that none is.
        let looked = match scan.look(position) {
            Ok(Found::Record(total)) => return Ok(Some((position, total))),
            Ok(Found::Blank | Found::Invalid) => scan.refresh().and_then(|_| scan.look(position)),
            Err(error) => Err(error),
        };
        match looked {
            Ok(Found::Record(total)) => Ok(Some((position, total))),
            Ok(Found::Blank | Found::Invalid) => Ok(None),
            Err(source) => Err(self.io(source)),
        }
    }

    /// The reader's position in the open chunk, and where behind it the next valid record is.
    fn next_valid(&mut self) -> Result<(u64, Option<u64>), ReadError> {
        let Some(scan) = &mut self.scan else { return Ok((0, None)) };
        let position = self.offset.since(scan.base());
        let next = scan.next_valid(position);
        next.map(|next| (position, next)).map_err(|source| self.io(source))
    }

    fn stop(&mut self, position: u64, end: u64, resume: Resume, next: Offset) {
        let base = self.base();
        let (file, offset) = (file_name(base), base.plus(position));
        let damage = Damage { file, offset, position, bytes: end - position, resume };
        self.stopped = Some((damage, next));
    }

    /// Opens the chunk that holds the reader's offset; `false` when there is none yet.
    fn enter_first(&mut self) -> Result<bool, ReadError> {
        let chunks = self.chunks()?;
        let Some(&oldest) = chunks.first() else { return Ok(false) };
        let base = chunks.into_iter().rev().find(|base| *base <= self.offset);
        match base {
            Some(base) => self.enter(base)?,
            None if self.offset == Offset::START => self.enter(oldest)?,
            None => {
                let (place, file) = (self.storage.place(), file_name(self.offset));
                return Err(ReadError::Missing { place, file, next: oldest });
            }
        }
        Ok(true)
    }

    /// Opens a chunk and goes to its first record, unless the reader is further already.
    fn enter(&mut self, base: Offset) -> Result<(), ReadError> {
        let header = self.header(base)?;
        let file = self.storage.open(&file_name(base)).map_err(|source| self.io_of(base, source))?;
        self.scan = Some(Scan::new(file, base));
        let first = base.plus(HEADER_BYTES);
        if header.is_none() && self.offset < first {
            self.offset = base;
            self.stop(0, HEADER_BYTES, Resume::Record(first), first);
        } else {
            self.offset = self.offset.max(first);
        }
        Ok(())
    }

    /// The chunk after the open one.
    fn successor(&self) -> Result<Option<Successor>, ReadError> {
        let open = self.base();
        let Some(base) = self.chunks()?.into_iter().find(|base| *base > open) else { return Ok(None) };
        let end = match self.header(base)?.and_then(|header| header.previous) {
            None => None,
            Some(previous) if previous.base == open => Some(previous.end.since(open)),
            Some(previous) => {
                let (place, file) = (self.storage.place(), file_name(previous.base));
                return Err(ReadError::Missing { place, file, next: base });
            }
        };
        Ok(Some(Successor { base, end }))
    }

    /// A chunk's header; `None` when it is damaged.
    fn header(&self, base: Offset) -> Result<Option<Header>, ReadError> {
        let opened = self.storage.open(&file_name(base));
        let mut scan = Scan::new(opened.map_err(|source| self.io_of(base, source))?, base);
        let bytes = scan.bytes(0, HEADER_BYTES as usize).map_err(|source| self.io_of(base, source))?;
        match Header::decode(bytes, base) {
            Ok(header) => Ok(Some(header)),
            Err(BadHeader::Damaged) => Ok(None),
            Err(BadHeader::Version(found)) => {
                Err(ReadError::Version { place: self.storage.place(), file: file_name(base), found })
            }
        }
    }

    /// The base of the open chunk.
    fn base(&self) -> Offset {
        self.scan.as_ref().map_or(Offset::START, Scan::base)
    }

    fn chunks(&self) -> Result<Vec<Offset>, ReadError> {
        chunk::list(&self.storage).map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> ReadError {
        let file = self.scan.as_ref().map_or_else(String::new, |scan| file_name(scan.base()));
        ReadError::Io { place: self.storage.place(), file, offset: self.offset, source }
    }

    fn io_of(&self, base: Offset, source: io::Error) -> ReadError {
        ReadError::Io { place: self.storage.place(), file: file_name(base), offset: base, source }
    }
}

/// The chunk after another one.
#[derive(Clone, Copy)]
struct Successor {
    base: Offset,
    /// Where the other one ends, as a position in it; not known when this one's header is damaged.
    end: Option<u64>,
}

/// Iterator of [`Reader::keys`]. It ends after an error.
#[derive(Debug)]
pub struct Keys<S: Storage> {
    reader: Reader<S>,
    ended: bool,
}

impl<S: Storage> Iterator for Keys<S> {
    type Item = Result<(Offset, i64, [u8; 16]), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.reader.read();
        self.ended = read.is_err();
        let read = read.transpose()?;
        Some(read.map(|(offset, record)| (offset, record.received_at_us, record.key)))
    }
}
