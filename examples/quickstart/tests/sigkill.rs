//! The quickstart is killed with SIGKILL in the middle and started again: every event is stored exactly once.
//!
//! `HOLLOWAY_KILLS=10` runs ten rounds; three by default. Each round kills at another point, from the first call to the
//! delivery after the last one.

use std::{
    io::{BufRead as _, BufReader},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::Command,
};

use holloway_collector::{Config, Server};
use holloway_rawlog::{FileStorage, Offset, Reader};
use holloway_wire::Envelope;

const EVENTS: u32 = 1_000;
/// How far the app can be ahead of what was read of it: a socket holds some 300 lines, where a pipe would hold all.
const AHEAD: u32 = 500;
/// Less than a line or two, so that the reader itself holds next to nothing.
const READ_BYTES: usize = 32;

#[test]
fn a_killed_app_loses_nothing() {
    let rounds: u32 = std::env::var("HOLLOWAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        let kill_after = round * (EVENTS - 1) / (rounds - 1).max(1);
        let stored = run(round, EVENTS, &[kill_after]);
        assert_eq!(stored, (0..EVENTS).collect::<Vec<u32>>(), "killed after {kill_after}");
        println!("round {round}: killed after event {kill_after}, {} of {EVENTS} stored once", stored.len());
    }
}

#[test]
fn an_app_that_is_killed_again_and_again_loses_nothing() {
    let kills = [20, 0, 1, 280, 0, 400];
    // Enough that the app cannot be done before the last kill.
    let events = kills.iter().sum::<u32>() + (kills.len() as u32 + 1) * AHEAD;
    let stored = run(0, events, &kills);
    assert_eq!(stored, (0..events).collect::<Vec<u32>>());
}

/// Runs the app to its end, killing it on the way: so many numbers after the one that it began with. Answers the
/// numbers in the log, in order, repeated ones as often as they are there.
fn run(round: u32, events: u32, kills: &[u32]) -> Vec<u32> {
    let data = tempfile::tempdir().expect("a folder");
    let app = tempfile::tempdir().expect("a folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runs");
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::new(data.path()) };
    let server = runtime.block_on(Server::bind(config)).expect("binds");
    let url = format!("http://{}", server.local_addr().expect("an address"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let done = runtime.spawn(server.run(async move {
        let _ = stopped.await;
    }));

    let name = format!("round{round}");
    let mut from = 0;
    for kill_after in kills {
        let app = quickstart(&url, app.path(), &name, from..events);
        from = killed(app, from + kill_after, events).map_or(from, |last| last + 1);
    }
    let again = quickstart(&url, app.path(), &name, from..events).output().expect("runs");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    drop(stop);
    runtime.block_on(done).expect("joins").expect("stops in order");
    numbers(&data.path().join("log"), &name)
}

/// Kills the app as soon as it has printed this number or a later one; answers the last number that it printed.
fn killed(mut app: Command, kill_after: u32, events: u32) -> Option<u32> {
    let (ours, theirs) = UnixStream::pair().expect("makes");
    let mut child = app.stdout(OwnedFd::from(theirs)).spawn().expect("starts");
    drop(app);
    let mut last = None;
    for line in BufReader::with_capacity(READ_BYTES, ours).lines().map_while(Result::ok) {
        let Some(number) = line.strip_prefix("tracked ").and_then(|text| text.parse().ok()) else { continue };
        last = Some(number);
        if number >= kill_after {
            child.kill().expect("was not waited for");
        }
    }
    let status = child.wait().expect("ends");
    assert!(!status.success() || kill_after + AHEAD >= events, "killed after {kill_after}");
    last
}

fn numbers(log: &Path, run: &str) -> Vec<u32> {
    let mut reader = Reader::open(FileStorage::at(log), Offset::START).expect("opens");
    let mut numbers = Vec::new();
    while let Some((_, record)) = reader.read().expect("reads") {
        let envelope = Envelope::parse(record.payload).expect("an envelope");
        let event: serde_json::Value = serde_json::from_str(envelope.event).expect("JSON");
        let number = event["properties"]["n"].as_u64().expect("a number") as u32;
        assert_eq!(envelope.message_id, format!("{run}-{number}"));
        numbers.push(number);
    }
    numbers.sort_unstable();
    numbers
}

fn quickstart(url: &str, folder: &Path, run: &str, numbers: std::ops::Range<u32>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holloway-quickstart"));
    let (from, events) = (numbers.start.to_string(), numbers.end.to_string());
    command.args(["--host", url, "--run", run, "--events", &events, "--from", &from]);
    command.arg("--dir").arg(folder);
    command
}
