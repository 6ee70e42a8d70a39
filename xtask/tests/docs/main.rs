//! The reference pages of `docs/` agree with the code that they describe.

mod definitions;
mod keys;
mod losses;
mod pages;
mod schema;
mod tables;
