//! `tables/views.sql`: one DuckDB view a table.

use crate::manifest::Manifest;
use crate::store::Store;
use crate::tables::Table;
use std::fmt::Write;

/// The file's name below `tables`.
pub const FILE: &str = "views.sql";

/// The text of the file: a view for each table that has files.
///
/// Paths are absolute, so that the text works from any folder; a moved data folder gets a new text with the next load.
pub(crate) fn sql(store: &Store, manifest: &Manifest) -> String {
    let folder = std::path::absolute(store.folder()).unwrap_or_else(|_| store.folder().to_owned());
    let mut text = String::from("-- One view a table, for DuckDB: duckdb -init views.sql\n");
    for table in Table::ALL.into_iter().filter(|table| !manifest.files(table.name()).is_empty()) {
        let glob = folder.join(table.name()).join("**/*.parquet").display().to_string().replace('\'', "''");
        writeln!(
            text,
            "CREATE OR REPLACE VIEW {} AS SELECT * FROM read_parquet('{glob}', hive_partitioning = false);",
            table.name()
        )
        .expect("a String takes every write");
    }
    text
}
