//! The raw log to `tables/events/date=YYYY-MM-DD/*.parquet`, by date of receipt in UTC.

use crate::catalog::{Catalog, CatalogError, Change};
use crate::context::Seen;
use crate::encode::{self, FileWriter, ROW_GROUP_ROWS, RowGroup};
use crate::file::{TableError, TableFile};
use crate::keys::Repeats;
use crate::manifest::FileEntry;
use crate::progress::Progress;
use crate::store::StoreError;
use crate::tables::Table;
use crate::tables::events::{Builder, Row};
use crate::workers::{map_ordered, threads_or_all};
use crate::zone::day_text;
use holloway_rawlog::{FileStorage, Offset, ReadError, Reader};
use holloway_rules::session::utc_day;
use holloway_wire::json::write_merged;
use holloway_wire::{Envelope, EventKind, RawJson, Timestamp, decode};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Events that are loaded between two commits: 16 bytes of memory each.
const ROUND_EVENTS: usize = 1 << 24;

/// Bytes of log that one worker takes at a time.
const UNIT_BYTES: usize = 48 << 20;

/// A failed load. Nothing of the round in which it happened is in the table; a later load goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The tables cannot be opened or changed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of `events` cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A failed read of the raw log; the message names file and offset.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the event log: {0}")]
pub struct LogError(String);

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        Self::Table(TableError::Store(error))
    }
}

/// What a load did: `read` is the sum of the other counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Records read from the log.
    pub read: u64,
    /// Events added to the table.
    pub added: u64,
    /// Events that were there already.
    pub duplicate: u64,
    /// Records that are no event this program understands; they stay in the log.
    pub unreadable: u64,
    /// Offset of the first of them.
    pub first_unreadable: Option<u64>,
    /// Offset from which the next load reads.
    pub next_offset: u64,
}

/// Loads what is new in the log of a data folder. A folder without a log has nothing new.
///
/// ```
/// use holloway_pipeline::{Loaded, Quiet, load};
/// # let data = tempfile::tempdir()?;
/// assert_eq!(load(data.path(), &Quiet)?, Loaded::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(data: &Path, progress: &dyn Progress) -> Result<Loaded, LoadError> {
    let mut catalog = Catalog::open_writer(data)?;
    load_into(&mut catalog, data, threads_or_all(None), progress)
}

/// Loads into tables that are open already.
pub(crate) fn load_into(
    catalog: &mut Catalog,
    data: &Path,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Loaded, LoadError> {
    let log = data.join("log");
    let mut loaded = Loaded { next_offset: catalog.manifest().next_offset, ..Loaded::default() };
    if !log.is_dir() {
        return Ok(loaded);
    }
    loop {
        let (keys, end) = read_keys(&log, loaded.next_offset)?;
        if keys.is_empty() {
            return Ok(loaded);
        }
        progress.begin("loading events", Some(keys.len() as u64));
        let round = round(catalog, &log, &keys, threads, &mut loaded, progress);
        progress.end();
        let added = round?;
        loaded.next_offset = end;
        catalog.commit(Change { added, next_offset: Some(end), ..Change::default() })?;
        if keys.len() < ROUND_EVENTS {
            return Ok(loaded);
        }
    }
}

/// The keys of the next events, and the offset after the last of them.
fn read_keys(log: &Path, from: u64) -> Result<(Vec<[u8; 16]>, u64), LogError> {
    let mut reader = open(log, from)?;
    let mut keys = Vec::new();
    while keys.len() < ROUND_EVENTS {
        let Some((_, record)) = reader.read().map_err(|error| damaged(&error))? else { break };
        keys.push(record.key);
    }
    Ok((keys, reader.offset().get()))
}

fn open(log: &Path, from: u64) -> Result<Reader<FileStorage>, LogError> {
    Reader::open(FileStorage::at(log), Offset::new(from)).map_err(|error| damaged(&error))
}

fn damaged(error: &ReadError) -> LogError {
    LogError(error.to_string())
}

/// Loads the events of these keys into staged files.
fn round(
    catalog: &Catalog,
    log: &Path,
    keys: &[[u8; 16]],
    threads: usize,
    loaded: &mut Loaded,
    progress: &dyn Progress,
) -> Result<Vec<(Table, FileEntry)>, LoadError> {
    let files = catalog
        .manifest()
        .files(Table::Events.name())
        .iter()
        .map(|entry| TableFile::open(catalog.store(), Table::Events, entry))
        .collect::<Result<Vec<_>, _>>()?;
    let repeats = Repeats::find(keys, &files, threads)?;
    let mut units = Units {
        reader: open(log, loaded.next_offset)?,
        left: keys.len(),
        repeats,
        open: BTreeMap::new(),
        bytes: 0,
        duplicate: 0,
    };
    let mut out = Files { catalog, open: BTreeMap::new(), done: Vec::new() };
    let mut counts = Loaded::default();
    let source = std::iter::from_fn(|| units.next().transpose()).map(|unit| unit.map_err(LoadError::from));
    map_ordered(threads, source, decode_unit, |part: Part| {
        progress.advance(part.read);
        counts.read += part.read;
        counts.unreadable += part.unreadable;
        counts.first_unreadable =
            counts.first_unreadable.min(part.first_unreadable).or(part.first_unreadable);
        if let Some(group) = part.group {
            counts.added += group.rows;
            out.append(part.day, group)?;
        }
        Ok(())
    })?;
    loaded.read += keys.len() as u64;
    loaded.added += counts.added;
    loaded.duplicate += units.duplicate;
    loaded.unreadable += counts.unreadable;
    loaded.first_unreadable = loaded.first_unreadable.or(counts.first_unreadable);
    out.finish()
}

/// Records of one day, on the way to a worker.
#[derive(Debug, Default)]
struct Unit {
    day: i64,
    payloads: Vec<u8>,
    /// Offset in the log, and end in `payloads`.
    records: Vec<(u64, usize)>,
}

/// Cuts the log into units.
struct Units {
    reader: Reader<FileStorage>,
    left: usize,
    repeats: Repeats,
    open: BTreeMap<i64, Unit>,
    bytes: usize,
    duplicate: u64,
}

impl Units {
    fn next(&mut self) -> Result<Option<Unit>, LogError> {
        while self.left > 0 {
            let Some((offset, record)) = self.reader.read().map_err(|error| damaged(&error))? else { break };
            self.left -= 1;
            if !self.repeats.is_new(record.key) {
                self.duplicate += 1;
                continue;
            }
            let day = utc_day(Timestamp::from_micros(record.received_at_us));
            let unit = self.open.entry(day).or_insert_with(|| Unit { day, ..Unit::default() });
            unit.payloads.extend_from_slice(record.payload);
            unit.records.push((offset.get(), unit.payloads.len()));
            self.bytes += record.payload.len();
            if unit.records.len() >= ROW_GROUP_ROWS || self.bytes >= UNIT_BYTES {
                return Ok(self.largest());
            }
        }
        self.left = 0;
        Ok(self.largest())
    }

    fn largest(&mut self) -> Option<Unit> {
        let day = *self.open.iter().max_by_key(|(_, unit)| unit.payloads.len())?.0;
        let unit = self.open.remove(&day)?;
        self.bytes -= unit.payloads.len();
        Some(unit)
    }
}

/// A unit after its worker.
struct Part {
    day: i64,
    read: u64,
    unreadable: u64,
    first_unreadable: Option<u64>,
    group: Option<RowGroup>,
}

fn decode_unit(unit: Unit) -> Result<Part, LoadError> {
    let mut builder = Builder::new(unit.records.len());
    let mut part = Part {
        day: unit.day,
        read: unit.records.len() as u64,
        unreadable: 0,
        first_unreadable: None,
        group: None,
    };
    let mut start = 0;
    for (offset, end) in unit.records {
        if push(&mut builder, &unit.payloads[start..end], offset).is_none() {
            part.unreadable += 1;
            part.first_unreadable.get_or_insert(offset);
        }
        start = end;
    }
    drop(unit.payloads);
    if part.unreadable < part.read {
        part.group = Some(encode::row_group(Table::Events, &builder.finish())?);
    }
    Ok(part)
}

/// Adds the event of a payload; `None` when it is none.
fn push(builder: &mut Builder, payload: &[u8], offset: u64) -> Option<()> {
    let envelope = Envelope::parse(payload).ok()?;
    let event = decode::event(envelope.event, Some(envelope.kind)).ok()?;
    let mut merged = Vec::new();
    let below = envelope.context.and_then(|text| RawJson::object(text).ok());
    if let Some(below) = below {
        write_merged(&mut merged, below, event.context.unwrap_or(RawJson::EMPTY));
    }
    let merged = String::from_utf8(merged).ok()?;
    let context = if below.is_some() { RawJson::object(&merged).ok() } else { event.context };
    let page_view = event.properties.filter(|_| envelope.kind == EventKind::Page);
    let mut seen = Seen::of(context, page_view);
    if let (Some(name), Some(properties)) = (event.name.as_deref(), event.properties) {
        seen.attention(name, properties);
    }
    if seen.user_agent.is_none() {
        seen.user_agent = envelope.user_agent;
    }
    // The group of a group call, else the one that the event's user belonged to.
    let own_group = event.group_id.as_deref().map(Cow::Borrowed);
    let group_id = own_group.or_else(|| context?.get("groupId")?.string());
    builder.push(&Row {
        message_id: &envelope.message_id,
        kind: envelope.kind.as_str(),
        event: event.name.as_deref(),
        anonymous_id: event.anonymous_id.as_deref(),
        user_id: event.user_id.as_deref(),
        group_id: group_id.as_deref(),
        previous_id: event.previous_id.as_deref(),
        timestamp: envelope.timestamp,
        original_timestamp: event.original_timestamp,
        sent_at: envelope.sent_at,
        received_at: envelope.received_at,
        properties: event.properties.map(RawJson::text),
        traits: event.traits.map(RawJson::text),
        context: context.map(RawJson::text),
        offset,
        write_key: &envelope.write_key,
        seen: &seen,
    });
    Some(())
}

/// The files that a round writes: one open file a day.
struct Files<'c> {
    catalog: &'c Catalog,
    open: BTreeMap<i64, FileWriter>,
    done: Vec<(Table, FileEntry)>,
}

impl Files<'_> {
    fn append(&mut self, day: i64, group: RowGroup) -> Result<(), LoadError> {
        let file = match self.open.entry(day) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(FileWriter::new(Table::Events)?)
            }
        };
        file.append(group)?;
        if file.is_full() {
            self.close(day)?;
        }
        Ok(())
    }

    fn close(&mut self, day: i64) -> Result<(), LoadError> {
        let Some(file) = self.open.remove(&day) else { return Ok(()) };
        let number = self.done.len();
        let path = format!(
            "{}/date={}/part-{:08}-{number:04}.parquet",
            Table::Events.name(),
            day_text(day),
            self.catalog.next_commit()
        );
        self.done.push((Table::Events, self.catalog.stage(path, file.finish()?)?));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(Table, FileEntry)>, LoadError> {
        while let Some((&day, _)) = self.open.first_key_value() {
            self.close(day)?;
        }
        Ok(self.done)
    }
}
