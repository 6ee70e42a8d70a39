//! Any number of readers, beside the writer and in other processes.

use std::io;

use crate::{
    Damage, Offset, Record, Resume, Storage,
    chunk::{self, BadHeader, HEADER_BYTES, Header, VERSION, file_name},
    scan::{Found, Scan},
};

/// Follows a log from an offset: each record once, in order, up to what the writer has written.
#[derive(Debug)]
pub struct Reader<S: Storage> {
    storage: S,
    scan: Option<Scan<S::File>>,
    /// Where the next record is looked for.
    offset: Offset,
    damage: Option<Damage>,
}

/// Why the next record cannot be given.
#[derive(Debug, thiserror::Error)]
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
    /// A reader that begins with the first record at or behind an offset.
    pub fn open(storage: S, from: Offset) -> Result<Self, ReadError> {
        let mut reader = Self { storage, scan: None, offset: from, damage: None };
        let chunks = reader.chunks()?;
        let at = chunks.iter().rposition(|base| *base <= from).unwrap_or(0);
        if let Some(&base) = chunks.get(at) {
            reader.enter(base, from.since(base))?;
        }
        Ok(reader)
    }

    /// Where the next record is looked for: what to open a later reader with.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The next record, or `None` when the writer has written no more; ask again later.
    pub fn read(&mut self) -> Result<Option<(Offset, Record<'_>)>, ReadError> {
        let Some((position, total)) = self.seek()? else { return Ok(None) };
        let offset = self.offset;
        let next = Offset::new(offset.get() + total as u64);
        let (place, file) = self.names();
        let scan = self.scan.as_mut().expect("a record was found in it");
        match scan.record(position, total) {
            Ok(Some(record)) => {
                self.offset = next;
                Ok(Some((offset, record)))
            }
            Ok(None) => Ok(None),
            Err(source) => Err(ReadError::Io { place, file, offset, source }),
        }
    }

    /// Goes behind the damage that the last read stopped at, and says what was left out; `None` when the last read
    /// did not stop at one.
    pub fn resync(&mut self) -> Result<Option<Damage>, ReadError> {
        let Some(damage) = self.damage.take() else { return Ok(None) };
        match damage.resume {
            Resume::Record(next) => self.offset = next,
            Resume::Chunk => {
                let base = self.scan.as_ref().map(Scan::base);
                let next = self.chunks()?.into_iter().find(|chunk| base.is_some_and(|base| *chunk > base));
                if let Some(next) = next {
                    self.enter(next, 0)?;
                }
            }
        }
        Ok(Some(damage))
    }

    /// Offset, time received and key of each record from here on.
    pub fn keys(self) -> Keys<S> {
        Keys { reader: self }
    }

    /// Finds the next record: its position in the open chunk and its bytes.
    fn seek(&mut self) -> Result<Option<(u64, usize)>, ReadError> {
        let mut fresh = false;
        loop {
            let Some(scan) = &mut self.scan else {
                let Some(base) = self.chunks()?.first().copied() else { return Ok(None) };
                self.enter(base, self.offset.since(base))?;
                continue;
            };
            let base = scan.base();
            let position = self.offset.since(base).max(HEADER_BYTES);
            let looked = scan.file_bytes().and_then(|bytes| Ok((scan.look(position, bytes)?, bytes)));
            let (found, file_bytes) = looked.map_err(|source| self.io(source))?;
            match found {
                Found::Record(total) => {
                    self.offset = base.plus(position);
                    return Ok(Some((position, total)));
                }
                // The writer may have written while we looked: look at the file itself before deciding.
                _ if !fresh => {
                    fresh = true;
                    if let Some(scan) = &mut self.scan {
                        scan.forget();
                    }
                }
                Found::Blank | Found::Invalid => {
                    let next = self.chunks()?.into_iter().find(|chunk| *chunk > base);
                    if let Some(damage) = self.damage_at(position, file_bytes, next)? {
                        self.damage = Some(damage.clone());
                        return Err(ReadError::Damaged { place: self.storage.place(), damage });
                    }
                    let Some(next) = next else { return Ok(None) };
                    self.enter(next, 0)?;
                    fresh = false;
                }
            }
        }
    }

    /// What is wrong at the end of the records of the open chunk; nothing, mostly.
    fn damage_at(
        &mut self,
        position: u64,
        file_bytes: u64,
        next: Option<Offset>,
    ) -> Result<Option<Damage>, ReadError> {
        let expected_end = match next {
            Some(next) => self.header(next)?.and_then(|header| header.previous),
            None => None,
        };
        let Some(scan) = &mut self.scan else { return Ok(None) };
        let base = scan.base();
        let follows = scan.next_valid(position + 1, file_bytes);
        let content_end = scan.content_end(position, file_bytes);
        let (follows, content_end) = match (follows, content_end) {
            (Ok(follows), Ok(content_end)) => (follows, content_end),
            (Err(source), _) | (_, Err(source)) => return Err(self.io(source)),
        };
        let damage = |end: u64, resume| Damage {
            file: file_name(base),
            offset: base.plus(position),
            position,
            bytes: end - position,
            resume,
        };
        if let Some(follows) = follows {
            return Ok(Some(damage(follows, Resume::Record(base.plus(follows)))));
        }
        let end =
            expected_end.filter(|previous| previous.base == base).map(|previous| previous.end.since(base));
        Ok(match end {
            Some(end) if end > position => Some(damage(end, Resume::Chunk)),
            // Behind the last chunk: a record that is being written, or a torn one that the next open cuts off.
            _ if next.is_none() => None,
            _ if content_end > position => Some(damage(content_end, Resume::Chunk)),
            _ => None,
        })
    }

    fn enter(&mut self, base: Offset, position: u64) -> Result<(), ReadError> {
        self.offset = base.plus(position.max(HEADER_BYTES));
        let file = self.storage.open(&file_name(base)).map_err(|source| self.io_of(base, source))?;
        self.scan = Some(Scan::new(file, base));
        if self.header(base)?.is_none() {
            let file_bytes =
                self.scan.as_ref().map_or(Ok(0), Scan::file_bytes).map_err(|source| self.io(source))?;
            let damage = Damage {
                file: file_name(base),
                offset: base,
                position: 0,
                bytes: file_bytes.min(HEADER_BYTES),
                resume: Resume::Chunk,
            };
            self.damage = Some(damage.clone());
            return Err(ReadError::Damaged { place: self.storage.place(), damage });
        }
        Ok(())
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

    fn chunks(&self) -> Result<Vec<Offset>, ReadError> {
        chunk::list(&self.storage).map_err(|source| self.io(source))
    }

    fn names(&self) -> (String, String) {
        (self.storage.place(), self.scan.as_ref().map_or_else(String::new, |scan| file_name(scan.base())))
    }

    fn io(&self, source: io::Error) -> ReadError {
        let (place, file) = self.names();
        ReadError::Io { place, file, offset: self.offset, source }
    }

    fn io_of(&self, base: Offset, source: io::Error) -> ReadError {
        ReadError::Io { place: self.storage.place(), file: file_name(base), offset: base, source }
    }
}

/// Iterator of [`Reader::keys`].
#[derive(Debug)]
pub struct Keys<S: Storage> {
    reader: Reader<S>,
}

impl<S: Storage> Iterator for Keys<S> {
    type Item = Result<(Offset, i64, [u8; 16]), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.reader.read().transpose()?;
        Some(read.map(|(offset, record)| (offset, record.received_at_us, record.key)))
    }
}
