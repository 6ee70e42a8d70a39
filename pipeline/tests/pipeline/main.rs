//! Small logs in, tables and reports out, compared with answers made by hand.

mod corrupt;
mod duckdb;
mod people;
mod rebuild;
mod reports;
mod rig;
mod tables;
