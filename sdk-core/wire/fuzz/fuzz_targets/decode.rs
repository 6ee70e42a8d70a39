//! Bodies, events, envelopes and receipts of arbitrary bytes: no panic, and what is read keeps its promises.
//!
//! `cargo +nightly fuzz run decode` in `sdk-core/wire`; the same checks run as a property test in
//! `tests/arbitrary_bytes.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/arbitrary/mod.rs"]
mod arbitrary;

fuzz_target!(|bytes: &[u8]| arbitrary::check(bytes));
