//! Small logs in, tables and reports out, compared with answers made by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod corrupt;
mod duckdb;
mod people;
mod rebuild;
mod reports;
mod rig;
mod tables;
