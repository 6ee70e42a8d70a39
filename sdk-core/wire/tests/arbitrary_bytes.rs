//! The fuzz target's checks as a property test, seeded with the vectors and mutations of them.
#![cfg(feature = "decode")]

mod arbitrary;

use std::{fs, path::Path};

use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        arbitrary::check(&bytes);
    }

    #[test]
    fn mutated_vectors_are_read_or_refused(
        pick in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let events = vector_events();
        let mut bytes = events[pick.index(events.len())].clone().into_bytes();
        arbitrary::check(&bytes);
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        arbitrary::check(&bytes);
        bytes.truncate(at);
        arbitrary::check(&bytes);
    }
}

fn vector_events() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1");
    let mut events = Vec::new();
    for half in ["valid", "invalid"] {
        for entry in fs::read_dir(folder.join(half)).expect("the vectors are part of the repository") {
            let text = fs::read(entry.expect("readable").path()).expect("readable");
            let case: serde_json::Value = serde_json::from_slice(&text).expect("a JSON case");
            events.push(case["event"].as_str().expect("a string").to_owned());
        }
    }
    events.sort();
    events
}
