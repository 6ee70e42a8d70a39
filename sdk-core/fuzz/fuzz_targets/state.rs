//! A state file and its copy of arbitrary bytes: no panic, damage is told, and what is saved can be read.
//!
//! `cargo +nightly fuzz run state` in `sdk-core`; the same checks run as tests in `tests/recovery_bytes.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/recovery/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the other target's check, and what the tests ask for besides")]
mod recovery;

fuzz_target!(|bytes: &[u8]| recovery::check_state(bytes));
