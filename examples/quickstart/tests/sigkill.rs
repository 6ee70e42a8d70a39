//! The quickstart is killed with SIGKILL in the middle and started again: every event is stored exactly once.
//!
//! `HOLLOWAY_KILLS=10` runs ten rounds; three by default. Each round kills at another point.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use holloway_collector::{Config, Server};
use holloway_rawlog::{FileStorage, Offset, Reader};
use holloway_wire::Envelope;

const EVENTS: u32 = 1_000;

#[test]
fn a_killed_app_loses_nothing() {
    let rounds: u32 = std::env::var("HOLLOWAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        // Before the first batch, between batches, near the end.
        let kill_after = 5 + round * (EVENTS - 10) / rounds.max(1);
        let stored = run(kill_after);
        let expected: Vec<u32> = (0..EVENTS).collect();
        assert_eq!(stored, expected, "killed after {kill_after}");
        println!("round {round}: killed after event {kill_after}, {} of {EVENTS} stored once", stored.len());
    }
}

/// Numbers in the log, in order, repeated ones as often as they are there.
fn run(kill_after: u32) -> Vec<u32> {
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

    let last = first_run(&url, app.path(), kill_after);
    let again = quickstart(&url, app.path(), last + 1).output().expect("runs");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    drop(stop);
    runtime.block_on(done).expect("joins").expect("stops in order");

    let mut reader = Reader::open(FileStorage::at(data.path().join("log")), Offset::START).expect("opens");
    let mut numbers = Vec::new();
    while let Some((_, record)) = reader.read().expect("reads") {
        let envelope = Envelope::parse(record.payload).expect("an envelope");
        let number = envelope.message_id.strip_prefix("quickstart-").expect("our id");
        numbers.push(number.parse().expect("a number"));
    }
    numbers.sort_unstable();
    numbers
}

/// Kills the app as soon as it has printed a number; answers the last number that it printed.
fn first_run(url: &str, folder: &Path, kill_after: u32) -> u32 {
    let mut child = quickstart(url, folder, 0).stdout(Stdio::piped()).spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
    let mut last = None;
    for line in lines {
        let Ok(line) = line else { break };
        let Some(number) = line.strip_prefix("tracked ").and_then(|text| text.parse().ok()) else { continue };
        last = Some(number);
        if number == kill_after {
            child.kill().expect("is running");
        }
    }
    let status = child.wait().expect("ends");
    assert!(!status.success(), "it was killed");
    last.expect("it printed numbers")
}

fn quickstart(url: &str, folder: &Path, from: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holloway-quickstart"));
    command.arg(url).arg(folder).arg(EVENTS.to_string()).arg(from.to_string());
    command
}
