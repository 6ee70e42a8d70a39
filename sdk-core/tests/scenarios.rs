//! Plays `scenarios/*.json`; the format is told in their README. `scenarios/wasm.sh` plays them in WebAssembly.

mod player;

use std::{fs, path::Path};

/// Fewer mean that some were not found.
const CASES_MIN: usize = 200;

#[test]
fn every_scenario_plays_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut failures = Vec::new();
    let mut cases = 0;
    for entry in fs::read_dir(folder).expect("the scenarios are part of the repository") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        cases += 1;
        if let Err(failure) = player::play(&fs::read_to_string(&path).expect("readable")) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            failures.push(format!("{name}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases >= CASES_MIN, "only {cases} scenarios, expected {CASES_MIN} or more");
}
