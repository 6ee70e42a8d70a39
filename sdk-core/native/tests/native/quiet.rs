//! `track` makes no system call: counted by strace on the thread that calls.

use std::{fs, process::Command, time::Duration};

use holloway::{Client, Recorder};
use serde_json::json;

const FOLDER: &str = "HOLLOWAY_TEST_QUIET_FOLDER";
const CALLS: usize = 1_000;

/// Not a test: what strace looks at. Two questions for files that do not exist mark begin and end.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let hw = Client::builder("KEY").store_dir(folder).transport(Recorder::new()).build().expect("builds");
    let properties = json!({ "sku": "G-32", "price": 18.5, "category": "games" });
    // What the allocator and the pages cost once is paid before.
    (0..CALLS).for_each(|_| hw.track("Warm", &properties));
    hw.flush(Duration::from_secs(20)).expect("delivers");
    let _ = fs::metadata("/quiet-begin");
    (0..CALLS).for_each(|_| hw.track("Quiet", &properties));
    let _ = fs::metadata("/quiet-end");
    hw.flush(Duration::from_secs(20)).expect("delivers");
}

#[test]
fn track_makes_no_system_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("calls");
    let run = Command::new("strace")
        .args(["--follow-forks", "--quiet=all", "--output"])
        .arg(&log)
        .arg(std::env::current_exe().expect("a path"))
        .args(["--exact", "quiet::child"])
        .env(FOLDER, folder.path().join("store"))
        .output();
    let calls = fs::read_to_string(&log).unwrap_or_default();
    if run.is_err() || calls.is_empty() {
        println!("skipped: strace is missing or may not trace here");
        return;
    }
    assert!(run.expect("looked at above").status.success(), "the child passes");
    let marked = |mark: &str| calls.lines().position(|line| line.contains(mark)).expect("was marked");
    let (begin, end) = (marked("quiet-begin"), marked("quiet-end"));
    let thread = calls.lines().nth(begin).and_then(|line| line.split(' ').next()).expect("a thread's number");
    // The end of a call that another thread's came into has a line of its own: the first one's too.
    let is_ours = |line: &&str| line.starts_with(thread) && !line.contains(" resumed>");
    let ours: Vec<&str> = calls.lines().skip(begin + 1).take(end - begin - 1).filter(is_ours).collect();
    assert!(ours.is_empty(), "{} system calls in {CALLS} calls: {:?}", ours.len(), ours.first());
}
