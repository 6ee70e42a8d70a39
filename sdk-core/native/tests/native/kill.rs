//! The process is killed with SIGKILL: from the moment a call returns its event survives.
//!
//! The child is this test binary again. It prints a number after each call has returned; the parent kills it in the
//! middle and looks for every printed number. `HOLLOWAY_KILLS` sets the rounds; three by default.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use holloway::{Client, Consent, Recorder};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);
const FOLDER: &str = "HOLLOWAY_TEST_KILL_FOLDER";
const ROLE: &str = "HOLLOWAY_TEST_KILL_ROLE";
const THREADS: u32 = 3;

/// Not a test: what the killed process does.
#[test]
fn child() {
    let (Ok(folder), Ok(role)) = (std::env::var(FOLDER), std::env::var(ROLE)) else { return };
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let hw = Client::builder("KEY").store_dir(folder).transport(recorder).build().expect("builds");
    if role.starts_with("is killed amid") {
        hw.set_consent(Consent::Granted);
        hw.track("Before", json!({}));
        let amid = Amid { hw: hw.clone(), refused: AtomicUsize::new(0) };
        tracing::subscriber::set_global_default(amid).expect("is set once");
        match &*role {
            "is killed amid a denial" => hw.set_consent(Consent::Denied),
            _ => hw.set_purposes(json!({ "analytics": false })),
        }
    }
    if role == "denies" {
        hw.track("Before", json!({}));
        hw.set_consent(Consent::Denied);
        say("n 0");
        wait_to_be_killed();
    }
    if role == "serves users" {
        for n in 0..4_000 {
            if n % 4 == 0 {
                hw.track("Counted", json!({ "n": n }));
            } else {
                hw.for_user(format!("u{n}")).track("Counted", json!({ "n": n }));
            }
            say(&format!("n {n}"));
        }
        wait_to_be_killed();
    }
    // However far the child gets ahead of the parent's reading, it calls no more than the outbox may hold.
    if role == "changes users" {
        for n in 0..2_000 {
            hw.identify(&format!("u{n}"), json!({}));
            hw.track("Counted", json!({ "n": n }));
            hw.reset();
            say(&format!("n {n}"));
        }
        wait_to_be_killed();
    }
    // Four children in a row stay below the 10,000 events that an outbox holds.
    let calls = if role == "tracks a quarter" { 2_400 / THREADS } else { 3_000 };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let hw = hw.clone();
            scope.spawn(move || {
                for number in 0..calls {
                    let n = number * THREADS + thread;
                    hw.track("Counted", json!({ "n": n }));
                    say(&format!("n {n}"));
                }
            });
        }
    });
    wait_to_be_killed();
}

/// Stops the worker in the middle of a denial, by what it logs: when it has parted with what waited it gets one call
/// more, and when it refuses that one, the wiped state is on the disk and the decision's caller still waits.
struct Amid {
    hw: Client,
    refused: AtomicUsize,
}

impl tracing::Subscriber for Amid {
    fn event(&self, event: &tracing::Event<'_>) {
        struct OptedOut(bool);
        impl tracing::field::Visit for OptedOut {
            fn record_str(&mut self, _: &tracing::field::Field, value: &str) {
                self.0 |= value == "opted_out";
            }
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
        }
        let mut refusal = OptedOut(false);
        event.record(&mut refusal);
        if !refusal.0 {
            return;
        }
        if self.refused.fetch_add(1, Ordering::Relaxed) == 0 {
            self.hw.track("Late", json!({}));
        } else {
            say("n 0");
            wait_to_be_killed();
        }
    }

    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn every_call_that_returned_survives_a_kill() {
    let rounds: usize = std::env::var("HOLLOWAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        // Anywhere from the first call to long after the first chunks were sealed, and below what the outbox may hold. The
        // child goes on while the line travels, so that the kill meets it at any instruction.
        let lines = 1 + round * 2_654_435_761 % 3_000;
        let folder = tempfile::tempdir().expect("a folder");
        let said = killed(folder.path(), "tracks", lines);
        let recorder = Recorder::new();
        let found = numbers(&recorder, folder.path());
        let missing: Vec<&u64> = said.difference(&found).collect();
        assert!(missing.is_empty(), "round {round}: {} said, missing {missing:?}", said.len());
        assert_eq!(ids(&recorder).len(), found.len(), "each event has one id, however often it is sent");
        let sequence = |event: &Value| event["context"]["session"]["sequence"].as_u64().expect("a number");
        let sequences: BTreeSet<u64> = parsed(&recorder).iter().map(sequence).collect();
        assert!(
            sequences.iter().copied().eq(1..=found.len() as u64),
            "numbered over the kill, without gap or repeat"
        );
        println!("round {round}: {} calls returned, {} events found, none missing", said.len(), found.len());
    }
}

#[test]
fn after_a_kill_every_event_is_still_its_own_users() {
    let rounds: usize = std::env::var("HOLLOWAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        let folder = tempfile::tempdir().expect("a folder");
        let said = killed(folder.path(), "changes users", 1 + round * 2_654_435_761 % 600);
        let recorder = Recorder::new();
        let found = numbers(&recorder, folder.path());
        assert!(said.is_subset(&found), "round {round}: missing {:?}", said.difference(&found));
        let mut anonymous_ids = BTreeSet::new();
        for event in parsed(&recorder).iter().filter(|event| event["event"] == "Counted") {
            let n = event["properties"]["n"].as_u64().expect("a number");
            assert_eq!(event["userId"], format!("u{n}"), "round {round}");
            anonymous_ids.insert(event["anonymousId"].as_str().expect("an id").to_owned());
        }
        assert_eq!(anonymous_ids.len(), found.len(), "each reset made another one");
    }
}

#[test]
fn after_a_kill_events_for_many_users_are_each_their_own_users() {
    let rounds: usize = std::env::var("HOLLOWAY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for round in 0..rounds {
        let folder = tempfile::tempdir().expect("a folder");
        let mut said = BTreeSet::new();
        // The second kill comes after events whose numbers go on from what the first one left.
        for lines in [2 + round * 2_654_435_761 % 600, 30] {
            said.extend(killed(folder.path(), "serves users", lines));
        }
        let recorder = Recorder::new();
        let found = numbers(&recorder, folder.path());
        assert!(said.is_subset(&found), "round {round}: missing {:?}", said.difference(&found));
        let events = parsed(&recorder);
        let (own, others): (Vec<&Value>, Vec<&Value>) =
            events.iter().partition(|event| event["properties"]["n"].as_u64().expect("a number") % 4 == 0);
        for event in others {
            assert_eq!(event["userId"], format!("u{}", event["properties"]["n"]), "round {round}");
            assert!(event.get("anonymousId").is_none() && event["context"].get("session").is_none());
        }
        let sequence = |event: &&Value| event["context"]["session"]["sequence"].as_u64().expect("a number");
        let sequences: Vec<u64> = own.iter().map(sequence).collect();
        assert_eq!(
            sequences,
            (1..=own.len() as u64).collect::<Vec<u64>>(),
            "round {round}: without gap or repeat"
        );
        assert!(own.iter().all(|event| event.get("userId").is_none()));
    }
}

#[test]
fn a_second_kill_before_the_calls_are_taken_loses_nothing_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut said = BTreeSet::new();
    for lines in [30, 1, 2, 50] {
        said.extend(killed(folder.path(), "tracks a quarter", lines));
    }
    let found = numbers(&Recorder::new(), folder.path());
    assert!(said.is_subset(&found), "missing {:?}", said.difference(&found));
}

#[test]
fn a_denial_survives_a_kill() {
    let check = |role: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        killed(folder.path(), role, 1);
        let recorder = Recorder::new();
        let hw = client(folder.path(), &recorder);
        hw.track("After", json!({}));
        hw.flush(LONG).expect("nothing waits");
        let names = recorder.event_names();
        assert!(
            !names.iter().any(|name| ["After", "Before", "Late"].contains(&&**name)),
            "{role}: {names:?}"
        );
    };
    check("denies");
    check("is killed amid a denial");
    check("is killed amid a denial by purpose");
}

#[test]
fn a_killed_second_client_on_the_folder_is_inherited() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let first = client(folder.path(), &recorder);
    first.track("Counted", json!({ "n": 999_999 }));
    let said = killed(folder.path(), "tracks", 40);
    drop(first);
    let found = numbers(&Recorder::new(), folder.path());
    assert!(said.is_subset(&found), "missing {:?}", said.difference(&found));
    assert!(found.contains(&999_999));
}

#[test]
fn a_running_client_takes_over_what_a_killed_one_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let main = client(folder.path(), &recorder);
    let said = killed(folder.path(), "tracks", 40);
    main.inherit();
    main.flush(LONG).expect("delivers");
    let found: BTreeSet<u64> =
        parsed(&recorder).iter().filter_map(|event| event["properties"]["n"].as_u64()).collect();
    assert!(said.is_subset(&found), "missing {:?}", said.difference(&found));
}

/// Runs the child and kills it after so many lines; answers every number that it said.
fn killed(folder: &Path, role: &str, lines: usize) -> BTreeSet<u64> {
    let mut child: Child = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "kill::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROLE, role)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let out: ChildStdout = child.stdout.take().expect("is piped");
    let mut said = BTreeSet::new();
    for line in BufReader::new(out).lines() {
        let Ok(line) = line else { break };
        // The test harness has lines of its own.
        let Some((_, number)) = line.rsplit_once("n ") else { continue };
        let Ok(number) = number.parse() else { continue };
        said.insert(number);
        if said.len() == lines {
            child.kill().expect("is running");
        }
    }
    assert!(!child.wait().expect("ends").success(), "it was killed");
    assert!(said.len() >= lines, "{} of {lines} lines", said.len());
    said
}

fn client(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY").store_dir(folder).transport(recorder.clone()).build().expect("builds")
}

/// What a next client on the folder delivers.
fn numbers(recorder: &Recorder, folder: &Path) -> BTreeSet<u64> {
    let hw = client(folder, recorder);
    hw.online();
    hw.flush(LONG).expect("delivers");
    assert_eq!(hw.losses(), [], "nothing is lost, and nothing is said to be");
    let number = |event: &Value| event["properties"]["n"].as_u64().expect("a number");
    parsed(recorder).iter().filter(|event| event["event"] == "Counted").map(number).collect()
}

fn ids(recorder: &Recorder) -> BTreeSet<String> {
    parsed(recorder).iter().map(|event| event["messageId"].as_str().expect("an id").to_owned()).collect()
}

fn parsed(recorder: &Recorder) -> Vec<Value> {
    recorder.events().iter().map(|event| serde_json::from_str(event).expect("JSON")).collect()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn wait_to_be_killed() -> ! {
    loop {
        std::thread::park();
    }
}
