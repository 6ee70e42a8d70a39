//! From the raw log to tables of people, sessions and profiles, and from tables to reports.
//!
//! ```text
//! log/ --load--> tables/events --derive--> identities, merges, timeline, sessions, profiles --> reports
//! ```
//!
//! The pipeline moves data; what identity, session or funnel *mean* is in `holloway-rules`. Invariants, as absences:
//!
//! - Nothing but [`load()`] writes `events`, and nothing ever rewrites it: `person_id` is no column of it.
//! - Nothing after `events` is a source: each of those tables can be deleted and is made again to the same rows,
//!   whatever the order in which the events arrived and whatever the number of threads.
//! - No file that the manifest does not list is ever read.
//! - No `async`: object stores are driven to completion where they are called.

#![deny(missing_docs)]

/// The README's program runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod catalog;
pub mod derive;
pub mod load;
pub mod manifest;
pub mod person;
pub mod progress;
pub mod report;
pub mod store;
pub mod tables;
pub mod views;
pub mod zone;

mod clock;
mod context;
mod encode;
mod file;
mod keys;
mod memory;
mod workers;

pub use catalog::{Catalog, CatalogError};
pub use derive::{DeriveError, DeriveOptions, DeriveSummary, derive};
pub use file::TableError;
pub use load::{LoadError, Loaded, load};
pub use manifest::Manifest;
pub use person::{PersonError, PersonReport, person};
pub use progress::{Progress, Quiet};
pub use store::{Store, StoreError};
pub use tables::Table;
pub use zone::{Zone, ZoneError};
