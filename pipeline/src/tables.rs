//! The tables and their columns.
//!
//! Text columns that repeat are read as dictionaries, so that a value is looked at once in a row group, not once in a
//! row. Times are `TIMESTAMP(us, UTC)`.

pub mod events;
pub mod identities;
pub mod merges;
pub mod profiles;
pub mod sessions;
pub mod timeline;

use arrow_schema::{DataType, Field, SchemaRef, TimeUnit};

/// A table of the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The facts.
    Events,
    /// Which id was whose, from when to when.
    Identities,
    /// What was said about two ids, and what became of it.
    Merges,
    /// The events of each person in order.
    Timeline,
    /// Visits.
    Sessions,
    /// People.
    Profiles,
}

impl Table {
    /// All tables, in the order in which they are made.
    pub const ALL: [Self; 6] =
        [Self::Events, Self::Identities, Self::Merges, Self::Timeline, Self::Sessions, Self::Profiles];

    /// The tables that can be deleted and made again.
    pub const DERIVED: [Self; 5] =
        [Self::Identities, Self::Merges, Self::Timeline, Self::Sessions, Self::Profiles];

    /// The table's name, which is its folder's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Identities => "identities",
            Self::Merges => "merges",
            Self::Timeline => "timeline",
            Self::Sessions => "sessions",
            Self::Profiles => "profiles",
        }
    }

    /// The table's columns.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Events => events::schema(),
            Self::Identities => identities::schema(),
            Self::Merges => merges::schema(),
            Self::Timeline => timeline::schema(),
            Self::Sessions => sessions::schema(),
            Self::Profiles => profiles::schema(),
        }
    }
}

/// The type of every time column.
pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn time(name: &str, nullable: bool) -> Field {
    Field::new(name, time_type(), nullable)
}

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn number(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Int64, nullable)
}

fn flag(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Boolean, nullable)
}

/// A text column that seldom repeats: neither written nor read with a dictionary.
pub(crate) fn is_unique_text(table: Table, column: &str) -> bool {
    matches!(
        (table, column),
        (_, "message_id" | "properties" | "traits" | "context")
            | (Table::Sessions, "session_id")
            | (Table::Profiles | Table::Identities, "person_id" | "id")
    )
}
