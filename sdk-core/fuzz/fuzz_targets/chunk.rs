//! A chunk file of arbitrary bytes: no panic, whole records come back, and each record is sent or counted.
//!
//! `cargo +nightly fuzz run chunk` in `sdk-core`; the same checks run as tests in `tests/recovery_bytes.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/recovery/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the other target's check, and what the tests ask for besides")]
mod recovery;

fuzz_target!(|bytes: &[u8]| recovery::check_chunk(bytes));
