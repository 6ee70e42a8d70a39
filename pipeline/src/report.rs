//! Reports over the derived tables: the JSON that `holloway report` prints.

mod events;
mod funnel;
mod history;
mod retention;
mod selector;
mod sessions;

pub use events::{EventCount, EventsReport, events};
pub use funnel::{By, FunnelOptions, FunnelReport, Order, StepCount, funnel};
pub use retention::{CohortKind, CohortRow, Period, RetentionOptions, RetentionReport, retention};
pub use selector::Selector;
pub use sessions::{ChannelCount, Duration, EventsPerSession, PageCount, SessionsReport, sessions};

use crate::catalog::{Catalog, CatalogError};
use crate::file::{TableError, TableFile};
use crate::store::StoreError;
use crate::tables::Table;
use crate::zone::{Zone, ZoneError};
use holloway_wire::Timestamp;
use std::path::Path;

/// A failed report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The tables cannot be opened.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file of a table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A time zone or a bound cannot be read.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// Nothing was derived yet.
    #[error("{folder} has no derived tables: run `holloway derive --data {folder}` first")]
    NotDerived {
        /// The data folder.
        folder: String,
    },
    /// The options make no report.
    #[error("expected {expected}, found {found}")]
    Options {
        /// What would do.
        expected: &'static str,
        /// What was given.
        found: String,
    },
}

/// Which stretch of time a report covers.
#[derive(Clone, Debug)]
pub struct Range {
    /// The first moment; unbounded when not given.
    pub from: Option<Timestamp>,
    /// The first moment after it; unbounded when not given.
    pub to: Option<Timestamp>,
    /// The zone of the days, weeks and months. UTC.
    pub zone: Zone,
}

impl Default for Range {
    fn default() -> Self {
        Self { from: None, to: None, zone: Zone::utc() }
    }
}

impl Range {
    /// Reads the options of a command line: dates or times, and the name of a zone. A date stands for its first local
    /// moment, so that `--from 2026-11-01 --to 2026-12-01` is November.
    ///
    /// ```
    /// use holloway_pipeline::report::Range;
    /// let range = Range::parse(Some("2026-11-01"), None, Some("Europe/Berlin"))?;
    /// assert_eq!(range.from.map(|at| at.to_string()).as_deref(), Some("2026-10-31T23:00:00.000Z"));
    /// assert!(Range::parse(Some("soon"), None, None).is_err());
    /// # Ok::<(), holloway_pipeline::ZoneError>(())
    /// ```
    pub fn parse(from: Option<&str>, to: Option<&str>, timezone: Option<&str>) -> Result<Self, ZoneError> {
        let zone = timezone.map_or_else(|| Ok(Zone::utc()), Zone::named)?;
        let bound = |text: Option<&str>| text.map(|text| zone.parse(text)).transpose();
        Ok(Self { from: bound(from)?, to: bound(to)?, zone: zone.clone() })
    }

    /// True when the moment is in the range.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// The files of a derived table. A derive that ends in between moves them away, so the caller opens them again then.
pub(crate) fn open_table(catalog: &Catalog, table: Table) -> Result<Vec<TableFile>, TableError> {
    let entries = catalog.manifest().files(table.name()).iter();
    entries.map(|entry| TableFile::open(catalog.store(), table, entry)).collect()
}

/// Runs a report on the tables of a data folder; once more when a derive took the files away while it ran.
pub(crate) fn on_tables<T, E: From<CatalogError> + MovedAway>(
    data: &Path,
    job: impl Fn(&Catalog) -> Result<T, E>,
) -> Result<T, E> {
    let mut last = None;
    for _ in 0..3 {
        let catalog = Catalog::open(data)?;
        if last == Some(catalog.manifest().commit) {
            break;
        }
        last = Some(catalog.manifest().commit);
        match job(&catalog) {
            Err(error) if error.moved_away() => {}
            answer => return answer,
        }
    }
    job(&Catalog::open(data)?)
}

/// Tells the error of a file that is not where the manifest said.
pub(crate) trait MovedAway {
    fn moved_away(&self) -> bool;
}

impl MovedAway for ReportError {
    fn moved_away(&self) -> bool {
        matches!(self, Self::Table(TableError::Store(StoreError::Missing { .. })))
    }
}

/// Refuses to report on tables that were never made.
pub(crate) fn require_derived(catalog: &Catalog) -> Result<(), ReportError> {
    if catalog.manifest().derived.is_some() {
        return Ok(());
    }
    let tables = catalog.store().folder();
    Err(ReportError::NotDerived { folder: tables.parent().unwrap_or(tables).display().to_string() })
}
