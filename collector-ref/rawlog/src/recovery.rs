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
    /// Damage inside it, which stays where it is; readers stop there.
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
    /// A chunk's first bytes are not what a writer wrote.
    #[error(
        "expected the header of a log chunk in {place}/{file} at byte 0, found other bytes: restore the file or move it away"
    )]
    Header {
        /// The folder.
        place: String,
        /// The chunk file.
        file: String,
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
    let header =
        Header::decode(scan.bytes(0, HEADER_BYTES as usize).map_err(io)?, base).map_err(|bad| match bad {
            BadHeader::Damaged => OpenError::Header { place: storage.place(), file: file.clone() },
            BadHeader::Version(found) => {
                OpenError::Version { place: storage.place(), file: file.clone(), found }
            }
        })?;
    let (recovery, position) = last_chunk(storage, &mut scan, &file).map_err(io)?;
    let end = base.plus(position);
    // A reader may have seen records which a power loss then took: their offsets are not used again.
    let next = end.max(base.plus(header.capacity));
    let received_max_us = header.received_max_us.max(recovery.1);
    let recovery = Recovery { chunks: chunks.len(), ..recovery.0 };
    Ok((recovery, End { next, previous: Some(Previous { base, end }), received_max_us }))
}

/// Scans a chunk to its end: what was found, and the highest time received; and the position where its records end.
fn last_chunk<S: Storage>(
    storage: &S,
    scan: &mut Scan<S::File>,
    file: &str,
) -> io::Result<((Recovery, i64), u64)> {
    let file_bytes = scan.file_bytes()?;
    let mut recovery = Recovery::default();
    let mut received_max_us = i64::MIN;
    let mut position = HEADER_BYTES;
    while let Found::Record(total) = scan.look(position, file_bytes)? {
        if let Some(record) = scan.record(position, total)? {
            received_max_us = received_max_us.max(record.received_at_us);
        }
        recovery.records += 1;
        position += total as u64;
    }
    let content_end = scan.content_end(position, file_bytes)?;
    if content_end > position {
        let offset = scan.base().plus(position);
        if let Some(next) = scan.next_valid(position + 1, file_bytes)? {
            let resume = Resume::Record(scan.base().plus(next));
            let bytes = next - position;
            recovery.damage = Some(Damage { file: file.to_owned(), offset, position, bytes, resume });
            return Ok(((recovery, received_max_us), content_end));
        }
        let bytes = content_end - position;
        let torn = scan.bytes(position, bytes as usize)?.to_vec();
        let mut kept = storage.create(&format!("{file}.torn"))?;
        kept.write_at(0, &torn)?;
        kept.sync_all()?;
        recovery.torn = Some(Torn { file: file.to_owned(), offset, bytes });
    }
    if position < file_bytes {
        scan.file_mut().set_bytes(position)?;
        scan.file_mut().sync_all()?;
    }
    Ok(((recovery, received_max_us), position))
}
