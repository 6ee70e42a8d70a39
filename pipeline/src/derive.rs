//! `events` to identities, merges, timeline, sessions and profiles.
//!
//! One scan of the columns that matter, identity over all of it, then one bucket of people after the other: sort each
//! person's events, fold them once into sessions and profile, write. Buckets are cut by person id, so their content,
//! and with it every row and its place, is a function of the set of events alone.

mod bucket;
mod interner;
mod message;
mod nodes;
mod people;
mod scan;

use crate::catalog::{Catalog, CatalogError, Change};
use crate::clock::timed;
use crate::encode::{self, Encoded};
use crate::file::{TableError, TableFile};
use crate::load::{LoadError, Loaded, load_into};
use crate::manifest::{Derived, FileEntry};
use crate::memory::peak_rss_bytes;
use crate::progress::Progress;
use crate::store::StoreError;
use crate::tables::Table;
use crate::workers::{map_ordered, threads_or_all};
use crate::zone::{Zone, ZoneError};
use bucket::{Bucket, BucketTables, derive_bucket};
use holloway_rules::session::{SessionRules, SessionScope};
use people::People;
use scan::{Scan, scan};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Events of a bucket, about: what one worker sorts and folds at a time.
const BUCKET_EVENTS: u64 = 1 << 17;

/// The most buckets, so that the number of files stays small.
const BUCKETS_MAX: u64 = 256;

/// Memory of a derive per event, bytes: the event, its place in the order and its person, and what a worker holds.
const EVENT_BYTES: u64 = 160;

/// What to derive, and with how much of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeriveOptions {
    /// A gap longer than this starts a session. 30 minutes.
    pub session_timeout: Duration,
    /// Over what a session runs. Person.
    pub scope: SessionScope,
    /// The IANA name of the zone in which days are counted. UTC.
    pub timezone: String,
    /// Derive even when nothing changed. Off.
    pub full: bool,
    /// Threads; all of the machine when not given. Rows do not depend on it.
    pub threads: Option<usize>,
    /// Refuse to start a derive that would need more memory, bytes. No limit.
    pub memory_limit: Option<u64>,
}

impl Default for DeriveOptions {
    fn default() -> Self {
        Self {
            session_timeout: Duration::from_mins(30),
            scope: SessionScope::Person,
            timezone: "UTC".to_owned(),
            full: false,
            threads: None,
            memory_limit: None,
        }
    }
}

/// What a derive found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeriveSummary {
    /// Events.
    pub events: u64,
    /// People.
    pub people: u64,
    /// Sessions.
    pub sessions: u64,
    /// Profiles.
    pub profiles: u64,
    /// Links between ids that were refused.
    pub refused_merges: u64,
    /// Events that name nobody, since all of their ids are blocked values: they are in `events` only.
    pub unattributed_events: u64,
    /// People whose rows were made anew; 0 when nothing changed.
    pub dirty_people: u64,
    /// Time of the job with its load, ms.
    pub elapsed_ms: u64,
    /// Peak memory of the process, bytes; 0 where the system does not tell.
    pub peak_rss_bytes: u64,
}

/// A failed derive. The tables are as they were.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// The load before it failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The tables cannot be opened or changed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of a table cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The time zone is unknown.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// More memory would be needed than allowed.
    #[error(
        "{events} events need about {needed} bytes of memory, more than the limit of {limit}; raise the limit"
    )]
    Memory {
        /// Events.
        events: u64,
        /// The estimate, bytes.
        needed: u64,
        /// The limit, bytes.
        limit: u64,
    },
    /// There are more events than row numbers.
    #[error("expected fewer than 2^32 events in one data folder, found {events}; split the folder")]
    TooMany {
        /// Events.
        events: u64,
    },
}

impl From<StoreError> for DeriveError {
    fn from(error: StoreError) -> Self {
        Self::Table(TableError::Store(error))
    }
}

/// Loads what is new in the log, then makes the tables after `events` anew if anything changed.
///
/// ```
/// use holloway_pipeline::{DeriveOptions, Quiet, derive};
/// # let data = tempfile::tempdir()?;
/// let summary = derive(data.path(), &DeriveOptions::default(), &Quiet)?;
/// assert_eq!((summary.events, summary.people), (0, 0));
///
/// let nowhere = DeriveOptions { timezone: "Mars/Olympus".to_owned(), ..DeriveOptions::default() };
/// assert!(derive(data.path(), &nowhere, &Quiet).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn derive(
    data: &Path,
    options: &DeriveOptions,
    progress: &dyn Progress,
) -> Result<DeriveSummary, DeriveError> {
    let (summary, elapsed) = timed(|| run(data, options, progress));
    Ok(DeriveSummary { elapsed_ms: elapsed.as_millis() as u64, peak_rss_bytes: peak_rss_bytes(), ..summary? })
}

/// The rules of a derive with their time zone.
#[derive(Debug)]
pub(crate) struct DeriveRules {
    pub(crate) sessions: SessionRules,
    pub(crate) zone: Zone,
}

impl DeriveRules {
    fn of(options: &DeriveOptions) -> Result<Self, ZoneError> {
        let sessions = SessionRules {
            timeout_us: i64::try_from(options.session_timeout.as_micros()).unwrap_or(i64::MAX),
            scope: options.scope,
            ..SessionRules::default()
        };
        Ok(Self { sessions, zone: Zone::named(&options.timezone)? })
    }

    /// Everything that rows depend on beside the events, as text; a new version of the rules changes it too.
    fn fingerprint(&self) -> String {
        format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), self.zone.name(), self.sessions)
    }
}

fn run(data: &Path, options: &DeriveOptions, progress: &dyn Progress) -> Result<DeriveSummary, DeriveError> {
    let rules = DeriveRules::of(options)?;
    let threads = threads_or_all(options.threads);
    let mut catalog = Catalog::open_writer(data)?;
    let _: Loaded = load_into(&mut catalog, data, threads, progress)?;
    if !options.full
        && let Some(derived) = up_to_date(&catalog, &rules)?
    {
        return Ok(summary(&derived, 0));
    }
    let entries = catalog.manifest().files(Table::Events.name()).to_vec();
    let events: u64 = entries.iter().map(|entry| entry.rows).sum();
    check_size(events, options.memory_limit)?;
    let files = entries
        .iter()
        .map(|entry| TableFile::open(catalog.store(), Table::Events, entry))
        .collect::<Result<Vec<_>, _>>()?;
    let mut scan = scan(&files, threads, progress)?;
    drop(files);
    let people = People::resolve(&mut scan, threads, progress);
    let (added, sessions, profiles) = write_tables(&catalog, &scan, &people, &rules, threads, progress)?;
    let derived = Derived {
        events,
        next_offset: catalog.manifest().next_offset,
        options: rules.fingerprint(),
        people: people.members.len() as u64,
        sessions,
        profiles,
        refused_merges: people.refused,
        unattributed_events: people.unattributed,
    };
    let replaced = Table::DERIVED.to_vec();
    catalog.commit(Change { replaced, added, derived: Some(derived.clone()), ..Change::default() })?;
    Ok(summary(&derived, derived.people))
}

fn summary(derived: &Derived, dirty_people: u64) -> DeriveSummary {
    DeriveSummary {
        events: derived.events,
        people: derived.people,
        sessions: derived.sessions,
        profiles: derived.profiles,
        refused_merges: derived.refused_merges,
        unattributed_events: derived.unattributed_events,
        dirty_people,
        ..DeriveSummary::default()
    }
}

/// What was derived before, when it is still what a derive would make and every file of it is there.
fn up_to_date(catalog: &Catalog, rules: &DeriveRules) -> Result<Option<Derived>, StoreError> {
    let manifest = catalog.manifest();
    let Some(derived) = &manifest.derived else { return Ok(None) };
    if derived.events != manifest.rows(Table::Events.name()) || derived.options != rules.fingerprint() {
        return Ok(None);
    }
    for table in Table::DERIVED {
        for entry in manifest.files(table.name()) {
            match catalog.store().bytes(&entry.path) {
                Ok(bytes) if bytes == entry.bytes => {}
                Ok(_) | Err(StoreError::Missing { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(Some(derived.clone()))
}

fn check_size(events: u64, limit: Option<u64>) -> Result<(), DeriveError> {
    if events >= u64::from(u32::MAX) {
        return Err(DeriveError::TooMany { events });
    }
    let needed = events * EVENT_BYTES;
    match limit {
        Some(limit) if needed > limit => Err(DeriveError::Memory { events, needed, limit }),
        _ => Ok(()),
    }
}

type Written = (Vec<(Table, FileEntry)>, u64, u64);

/// Writes all derived tables; answers their files, and the numbers of sessions and profiles.
fn write_tables(
    catalog: &Catalog,
    scan: &Scan,
    people: &People,
    rules: &DeriveRules,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Written, DeriveError> {
    let mut added = Vec::new();
    let mut add = |table: Table, number: usize, file: Encoded| -> Result<(), StoreError> {
        let path = format!("{}/part-{:08}-{number:04}.parquet", table.name(), catalog.next_commit());
        added.push((table, catalog.stage(path, file)?));
        Ok(())
    };
    add(Table::Identities, 0, encode::file(Table::Identities, &people.identities(&scan.words))?)?;
    add(Table::Merges, 0, encode::file(Table::Merges, &people.merges(scan))?)?;

    let (mut rows, cuts) = people.order(bucket_count(scan.events.len() as u64));
    let (mut sessions, mut profiles) = (0, 0);
    let mut rest = rows.as_mut_slice();
    let tasks = cuts.iter().enumerate().map(|(number, cut)| {
        let (rows, others) = std::mem::take(&mut rest).split_at_mut(cut.events);
        rest = others;
        Ok(Bucket { number, people: &people.members[cut.people.clone()], rows })
    });
    progress.begin("folding people", Some(scan.events.len() as u64));
    let answer = map_ordered(
        threads,
        tasks,
        |bucket| derive_bucket(bucket, scan, people, rules).map_err(DeriveError::from),
        |part: BucketTables| {
            progress.advance(part.timeline.rows);
            sessions += part.sessions.rows;
            profiles += part.profiles.rows;
            add(Table::Timeline, part.number, part.timeline)?;
            add(Table::Sessions, part.number, part.sessions)?;
            add(Table::Profiles, part.number, part.profiles)?;
            Ok(())
        },
    );
    progress.end();
    answer?;
    Ok((added, sessions, profiles))
}

/// A power of two, and by the number of events alone.
fn bucket_count(events: u64) -> u64 {
    (events / BUCKET_EVENTS).next_power_of_two().clamp(1, BUCKETS_MAX)
}
