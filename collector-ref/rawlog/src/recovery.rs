//! Finding the end of a log that a writer left, in whatever way.

use std::io;

use crate::{
    Damage, Offset, Resume, Storage, StorageFile,
    chunk::{self, BadHeader, HEADER_BYTES, Header, Previous, UNFINISHED, VERSION, file_name},
    scan::{Found, Scan},
};

/// What opening a log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Chunk files.
    pub chunks: usize,
    /// Valid records of the last chunk, the only one that is scanned.
    pub records: u64,
    /// What was cut off its end.
    pub torn: Option<Torn>,
    /// Damaged bytes inside it, with valid records behind them. They stay where they are; readers stop there.
    pub damaged_bytes: u64,
    /// The first of these damages.
    pub damage: Option<Damage>,
}

/// A record that a crash left in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The chunk file.
    pub file: String,
    /// Where the part began.
    pub offset: Offset,
    /// Its bytes, which are kept in the file of the same name with `.torn` behind it.
    pub bytes: u64,
}

/// Why a log cannot be written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process writes it.
    #[error("the log in {place} is being written by another process: stop that one, or use another folder")]
    Locked {
        /// The folder.
        place: String,
    },
    /// The file system refused something.
    #[error("cannot open the log in {place}: {source}")]
    Io {
        /// The folder.
        place: String,
        /// The file system's answer.
        source: io::Error,
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

/// Where the next chunk starts, and what its header says of the ones before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) next: Offset,
    pub(crate) previous: Option<Previous>,
    pub(crate) received_max_us: i64,
}

pub(crate) fn recover<S: Storage>(storage: &S) -> Result<(Recovery, End), OpenError> {
    let io = |source| OpenError::Io { place: storage.place(), source };
    for name in storage.list().map_err(io)? {
        if name.ends_with(UNFINISHED) {
            storage.remove(&name).map_err(io)?;
        }
    }
    let chunks = chunk::list(storage).map_err(io)?;
    let Some(&base) = chunks.last() else {
        let end = End { next: Offset::START, previous: None, received_max_us: i64::MIN };
        return Ok((Recovery::default(), end));
    };
    let file = file_name(base);
    let mut scan = Scan::new(storage.open_writable(&file).map_err(io)?, base);
    let mut found = match survey(&mut scan, &file) {
        Ok(found) => found,
        Err(Unreadable::Io(source)) => return Err(io(source)),
        Err(Unreadable::Version(found)) => {
            return Err(OpenError::Version { place: storage.place(), file, found });
        }
    };
    let content_end = scan.content_end(found.end).map_err(io)?;
    if content_end > found.end {
        let (offset, bytes) = (base.plus(found.end), content_end - found.end);
        let kept = storage.create(&format!("{file}.torn")).map_err(io)?;
        copy(&mut scan, found.end, bytes, kept).map_err(io)?;
        found.recovery.torn = Some(Torn { file, offset, bytes });
    }
    // Also when nothing is cut: records that a killed process left unsynced are about to be believed.
    let writable = scan.file_mut();
    writable.set_bytes(found.end).map_err(io)?;
    writable.sync_all().map_err(io)?;
    let end = End {
        // A reader may have seen records which a power loss then took: their offsets are not used again.
        next: base.plus(found.end.max(found.capacity).max(found.file_bytes)),
        previous: Some(Previous { base, end: base.plus(found.end) }),
        received_max_us: found.received_max_us,
    };
    Ok((Recovery { chunks: chunks.len(), ..found.recovery }, end))
}

/// What a walk over all records of a chunk found.
struct Survey {
    recovery: Recovery,
    /// Position behind the last valid record.
    end: u64,
    file_bytes: u64,
    capacity: u64,
    received_max_us: i64,
}

impl Survey {
    fn damage(&mut self, damage: Damage) {
        self.recovery.damaged_bytes += damage.bytes;
        self.recovery.damage.get_or_insert(damage);
    }
}

enum Unreadable {
    Io(io::Error),
    Version(u16),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn survey<F: StorageFile>(scan: &mut Scan<F>, file: &str) -> Result<Survey, Unreadable> {
    let base = scan.base();
    let mut found = Survey {
        recovery: Recovery::default(),
        end: HEADER_BYTES,
        file_bytes: scan.refresh()?,
        capacity: 0,
        received_max_us: i64::MIN,
    };
    let damage = |position: u64, next: u64| Damage {
        file: file.to_owned(),
        offset: base.plus(position),
        position,
        bytes: next - position,
        resume: Resume::Record(base.plus(next)),
    };
    match Header::decode(scan.bytes(0, HEADER_BYTES as usize)?, base) {
        Ok(header) => {
            found.capacity = header.capacity;
            found.received_max_us = header.received_max_us;
        }
        Err(BadHeader::Version(version)) => return Err(Unreadable::Version(version)),
        Err(BadHeader::Damaged) => found.damage(damage(0, HEADER_BYTES)),
    }
    loop {
        let position = found.end;
        if let Found::Record(total) = scan.look(position)? {
            let record = scan.record(position, total)?;
            found.received_max_us = found.received_max_us.max(record.received_at_us);
            found.recovery.records += 1;
            found.end += total as u64;
        } else if let Some(next) = scan.next_valid(position)? {
            found.damage(damage(position, next));
            found.end = next;
        } else {
            return Ok(found);
        }
    }
}

/// Keeps a copy of bytes that are about to be cut off.
fn copy<F: StorageFile>(scan: &mut Scan<F>, from: u64, bytes: u64, mut to: F) -> io::Result<()> {
    const STEP_BYTES: u64 = 64 * 1024;
    let mut done = 0;
    while done < bytes {
        let piece = scan.bytes(from + done, STEP_BYTES.min(bytes - done) as usize)?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_at(done, piece)?;
        done += piece.len() as u64;
    }
    to.sync_all()
}
