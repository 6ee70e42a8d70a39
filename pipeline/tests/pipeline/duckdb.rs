//! DuckDB reads the tables as they are.

use crate::rig::{Rig, event};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python of the virtual environment that the test setup makes.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let venv = std::env::var_os("HOLLOWAY_VENV").map_or_else(|| root.join("target/venv"), PathBuf::from);
    venv.join("bin/python")
}

#[test]
fn duckdb_reads_every_table_by_glob_and_by_view() {
    let mut events = Vec::new();
    for person in 0..30 {
        let ids = format!(r#""anonymousId":"a{person}""#);
        let page = format!(r#"{ids},"context":{{"page":{{"path":"/p{}"}}}}"#, person % 4);
        events.push(event("page", &format!("p{person}"), "09:00", &page));
        events.push(event("track", &format!("t{person}"), "09:01", &format!(r#""event":"Buy's",{ids}"#)));
        let traits = format!(r#"{ids},"userId":"u{}","traits":{{"n":{person}}}"#, person % 20);
        events.push(event("identify", &format!("i{person}"), "12:00", &traits));
    }
    let rig = Rig::new(&events);
    rig.append_on("2026-11-05T00:00:00Z", &[event("group", "g", "13:00", r#""userId":"u1","groupId":"g1""#)]);
    rig.derive();
    let python = python();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_tables.py");
    let output = Command::new(&python).arg(script).arg(rig.data()).output().unwrap_or_else(|error| {
        panic!(
            "cannot run {}: {error}; set HOLLOWAY_VENV or run `make test`, which makes it",
            python.display()
        )
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("events 91\n") && out.contains("timeline 91\n"), "{out}");
}
