//! Disks that do not do as they are told.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use holloway::{BuildError, Client, FlushError, LossReason, Recorder, Response, Transport, TransportError};
use serde_json::json;

const LONG: Duration = Duration::from_secs(20);
const READ_ONLY: &str = "HOLLOWAY_TEST_READ_ONLY";
const CLOSES: &str = "HOLLOWAY_TEST_CLOSES";

fn client(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY").store_dir(folder).transport(recorder.clone()).build().expect("builds")
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_at_build() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |store: &Path| {
        let error = Client::builder("KEY").store_dir(store).transport(Recorder::new()).build();
        let error = error.expect_err("cannot be written to");
        assert!(matches!(&error, BuildError::Store { folder, .. } if folder == store), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(store.to_str().expect("UTF-8")) && text.contains("store_dir"), "{text}");
    };
    // The second run of this test, as a user whom permissions bind.
    if let Ok(store) = std::env::var(READ_ONLY) {
        return check(Path::new(&store));
    }
    let file = folder.path().join("file");
    fs::write(&file, "").expect("writes");
    check(&file);
    check(&file.join("below"));

    let closed = folder.path().join("closed");
    fs::create_dir(&closed).expect("makes");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("sets");
    mode(folder.path(), 0o755);
    mode(&closed, 0o555);
    if fs::write(closed.join("probe"), "").is_err() {
        check(&closed);
    } else {
        run_as_nobody("damage::a_folder_that_cannot_be_written_to_is_named_at_build", READ_ONLY, &closed);
    }
}

/// Root may write anywhere, so it runs a test as somebody else.
fn run_as_nobody(test: &str, variable: &str, folder: &Path) {
    use std::{io::ErrorKind, os::unix::process::CommandExt as _, process::Command};
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["--exact", test, "--nocapture"]).env(variable, folder);
    // Only root can become somebody else; everybody else is bound as they are.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        command.uid(65_534).gid(65_534);
    }
    match command.output() {
        Ok(run) => {
            let said = [run.stdout, run.stderr].concat();
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&said));
        }
        // Where the build folder itself is closed to others.
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}"),
    }
}

/// Not a test: what runs as a user whom permissions bind.
#[test]
fn child_without_permission() {
    let Ok(store) = std::env::var(CLOSES) else { return };
    let store = Path::new(&store).join("store");
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let hw = client(&store, &recorder);
    let mode = |mode| {
        for folder in [store.join("chunks"), store.clone()] {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("sets");
        }
    };
    mode(0o555);
    for n in 0..50 {
        hw.track("Closed", json!({ "n": n }));
    }
    let wait_until = |is_caught_up: bool, what: &str| {
        let mut waited = 0;
        while hw.is_caught_up() != is_caught_up {
            hw.flush(Duration::from_millis(100)).expect_err("nobody answers");
            waited += 1;
            assert!(waited < 200, "{what}");
        }
    };
    wait_until(false, "the folder is closed");
    assert_eq!(hw.queued_events(), 50);
    mode(0o755);
    wait_until(true, "the folder is open and is used");
    drop(hw);
    recorder.answer_with(200);
    let hw = client(&store, &recorder);
    hw.online();
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names().len(), 50);
    println!("child done");
}

#[test]
fn a_folder_that_is_closed_while_running_is_caught_up_when_it_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("sets");
    run_as_nobody("damage::child_without_permission", CLOSES, folder.path());
}

#[test]
fn a_disk_that_refuses_records_costs_nothing_while_the_app_lives() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = client(folder.path(), &recorder);
    fs::remove_dir_all(folder.path().join("chunks")).expect("deletes");
    fs::write(folder.path().join("chunks"), "a file in the way").expect("writes");
    hw.track("Refused", json!({}));
    hw.flush(LONG).expect("delivers from memory");
    assert_eq!(recorder.event_names(), ["Refused"]);
}

#[test]
fn events_that_the_disk_refused_are_the_next_clients() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    recorder.answer_with(0);
    let hw = client(folder.path(), &recorder);
    let chunks = folder.path().join("chunks");
    fs::remove_dir_all(&chunks).expect("deletes");
    fs::write(&chunks, "a file in the way").expect("writes");
    hw.track("Refused", json!({}));
    hw.flush(Duration::ZERO).expect_err("nobody answers");
    // A request that is still on its way would be answered as the next client's are.
    assert!(recorder.wait_for_requests(1, LONG));
    drop(hw);

    fs::remove_file(&chunks).expect("deletes");
    recorder.answer_with(200);
    let hw = client(folder.path(), &recorder);
    hw.online();
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["Refused"]);
}

#[test]
fn what_a_gone_client_counted_stays_in_its_folder_while_the_disk_refuses_it_here() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = client(folder.path(), &recorder);
    // Its first state is written, and no write is under way when a folder takes the place of the file.
    hw.flush(LONG).expect("nothing waits");
    let builder = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone());
    let gone = builder.before_send(|_| false).build().expect("builds");
    gone.track("Dropped", json!({}));
    drop(gone);
    let (state, in_the_way) = (folder.path().join("writer-1/state"), folder.path().join("state.new"));
    fs::create_dir(&in_the_way).expect("makes");
    hw.inherit();
    let _ = hw.flush(LONG);
    assert!(!hw.is_caught_up() && state.exists());
    fs::remove_dir(&in_the_way).expect("deletes");
    // So that each flush takes its time.
    recorder.answer_with(0);
    hw.track("Waits", json!({}));
    let mut waited = 0;
    while state.exists() {
        let _ = hw.flush(Duration::from_millis(100));
        waited += 1;
        assert!(waited < 200, "it is in the state of the folder's client, and not twice");
    }
    assert!(hw.is_caught_up());
}

#[test]
fn a_store_folder_deleted_while_running_is_made_again() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let store = folder.path().join("store");
    let hw = client(&store, &recorder);
    // In one step, or the worker's own writes would get in the way of the deletion.
    fs::rename(&store, folder.path().join("gone")).expect("moves");
    hw.track("After", json!({}));
    hw.flush(LONG).expect("delivers");
    recorder.answer_with(0);
    hw.track("Kept", json!({}));
    hw.flush(Duration::ZERO).expect_err("nobody answers");
    // A request that is still on its way would be answered as the next client's are.
    assert!(recorder.wait_for_requests(2, LONG));
    drop(hw);
    recorder.answer_with(200);
    let hw = client(&store, &recorder);
    hw.online();
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["After", "Kept"]);
}

#[test]
fn a_flipped_bit_costs_its_record_and_is_counted() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    recorder.answer_with(0);
    let hw = client(folder.path(), &recorder);
    for name in ["One", "Two", "Three"] {
        hw.track(name, json!({}));
    }
    hw.flush(Duration::ZERO).expect_err("nobody answers");
    // A request that is still on its way would be answered as the next client's are.
    assert!(recorder.wait_for_requests(1, LONG));
    drop(hw);
    let chunk = fs::read_dir(folder.path().join("chunks")).expect("reads").next().expect("a chunk");
    let path = chunk.expect("reads").path();
    let mut bytes = fs::read(&path).expect("reads");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).expect("writes");

    recorder.answer_with(200);
    let hw = client(folder.path(), &recorder);
    hw.online();
    assert_eq!(hw.flush(LONG), Err(FlushError::Lost { losses: vec![(LossReason::Corrupt, 1)] }));
    assert_eq!(recorder.event_names(), ["One", "Two"]);
    assert_eq!(hw.losses(), [(LossReason::Corrupt, 1)]);
    hw.track("Next", json!({}));
    hw.flush(LONG).expect("delivers");
    assert!(recorder.bodies().iter().any(|body| body.contains(r#""losses":{"corrupt":1}"#)));
}

#[test]
fn calls_without_room_on_the_way_are_counted_and_told() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(recorder.clone())
        .handoff_bytes_max(4_096)
        .build()
        .expect("builds");
    // No worker, however quick, has room for one call of this size.
    hw.track("Wide", json!({ "text": "x".repeat(5_000) }));
    hw.track("Narrow", json!({}));
    hw.flush(LONG).expect_err("owns up");
    assert_eq!(recorder.event_names(), ["Narrow"]);
    assert_eq!(hw.losses(), [(LossReason::QueueFull, 1)]);
}

#[test]
fn odd_input_is_delivered_or_counted() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = client(folder.path(), &recorder);
    let deep = (0..500).fold(json!(1), |inner, _| json!([inner]));
    hw.track("", json!({}));
    hw.track("Deep", json!({ "deep": deep }));
    hw.track("Large", json!({ "text": "x".repeat(1024 * 1024) }));
    hw.track("33 KiB", json!({ "text": "x".repeat(33 * 1024) }));
    hw.track("Nul", json!({ "text": "a\0b" }));
    hw.track("Planes", json!({ "\u{1F600}\u{10FFFF}": "\u{FFFD}" }));
    hw.track("Null", json!(null));
    hw.flush(LONG).expect("delivers the rest");
    assert_eq!(recorder.event_names(), ["Nul", "Planes", "Null"]);
    assert_eq!(hw.losses(), [(LossReason::TooLarge, 2), (LossReason::Serialize, 2)]);
    assert!(recorder.events()[0].contains(r"a\u0000b"), "{}", recorder.events()[0]);
}

#[test]
fn a_transport_that_panics_is_one_that_did_not_answer() {
    struct Panics(Recorder, bool);
    impl Transport for Panics {
        fn send(&mut self, delivery: &holloway::Delivery<'_>) -> Result<Response, TransportError> {
            assert!(std::mem::replace(&mut self.1, true), "once");
            self.0.send(delivery)
        }
    }
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(Panics(recorder.clone(), false))
        .build()
        .expect("builds");
    hw.track("Kept", json!({}));
    hw.flush(LONG).expect("delivers in the end");
    assert_eq!(recorder.event_names(), ["Kept"]);
}
