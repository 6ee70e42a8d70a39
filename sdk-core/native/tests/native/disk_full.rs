//! A disk that is full, on a small file system of its own: calls become counted losses, and all is well again when there
//! is room.
//!
//! The parent runs this binary again inside a mount namespace, where it may mount; a machine that allows neither root nor
//! user namespaces skips it and says so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use holloway::{BuildError, Client, LossReason, Recorder};
use serde_json::json;

const LONG: Duration = Duration::from_secs(20);
const FOLDER: &str = "HOLLOWAY_TEST_SMALL_DISK";
const HANDOFF_BYTES: usize = 64 * 1024;

/// Not a test: what runs on the small disk.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = PathBuf::from(folder);
    no_room_for_the_handoff_is_an_error_at_build(&folder);
    what_a_full_disk_refuses_is_kept_counted_and_caught_up(&folder);
    println!("child done");
}

#[test]
fn a_full_disk_costs_counted_events_only_and_recovers() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs {0} && exec {1} --exact disk_full::child --nocapture",
        folder.path().display(),
        std::env::current_exe().expect("a path").display(),
    );
    for namespace in ["--mount", "--user --map-root-user --mount"] {
        let run = Command::new("unshare")
            .args(namespace.split(' '))
            .args(["sh", "-c", &script])
            .env(FOLDER, folder.path())
            .output();
        let Ok(run) = run else { continue };
        let out = String::from_utf8_lossy(&run.stdout);
        if run.status.success() {
            assert!(out.contains("child done"), "{out}");
            return;
        }
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(!told.contains("panicked"), "{out}{told}");
        println!("{told}");
    }
    println!("skipped: this machine lets nobody mount a small disk");
}

fn no_room_for_the_handoff_is_an_error_at_build(folder: &Path) {
    // The default hand-off is four times this disk.
    let error = Client::builder("KEY").store_dir(folder.join("large")).transport(Recorder::new()).build();
    let error = error.expect_err("does not fit");
    assert!(
        matches!(&error, BuildError::Store { source, .. } if source.raw_os_error() == Some(28)),
        "{error:?}"
    );
    fs::remove_dir_all(folder.join("large")).expect("deletes");
}

fn what_a_full_disk_refuses_is_kept_counted_and_caught_up(folder: &Path) {
    let filler = folder.join("filler");
    fs::write(&filler, vec![7; 600 * 1024]).expect("fits");
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let build = || {
        Client::builder("KEY")
            .store_dir(folder.join("store"))
            .handoff_bytes_max(HANDOFF_BYTES)
            .transport(recorder.clone())
            .build()
            .expect("fits")
    };
    let hw = build();
    let text = "x".repeat(900);
    let mut called = 0;
    // Some 350 KiB for chunks, a page or more each, and then 64 KiB for calls on their way: the rest has no room.
    while hw.losses().is_empty() {
        hw.track("Counted", json!({ "n": called, "text": text }));
        called += 1;
        assert!(called < 5_000, "a full disk is noticed");
        // The worker takes what there is.
        let _ = hw.flush(Duration::from_millis(2));
    }
    let kept = hw.queued_events() as u64;
    assert!(kept > 100, "{kept} events are kept");

    fs::remove_file(&filler).expect("deletes");
    hw.track("Counted", json!({ "n": called }));
    called += 1;
    // Room again, and nobody answers yet: what was in memory only goes to the disk, and the next client has it.
    let mut waited = 0;
    while fs::read_dir(folder.join("store/chunks")).expect("reads").count() == 0 || !hw.is_caught_up() {
        let _ = hw.flush(Duration::from_millis(100));
        waited += 1;
        assert!(waited < 200, "the disk has room and is used");
    }
    let lost: u64 = hw.losses().iter().map(|(_, events)| events).sum();
    assert_eq!(hw.losses().iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), [LossReason::QueueFull]);
    drop(hw);

    recorder.answer_with(200);
    let hw = build();
    hw.online();
    let _ = hw.flush(LONG);
    assert_eq!(recorder.events().len() as u64 + lost, called, "delivered + lost = called");
    let told =
        recorder.bodies().iter().any(|body| body.contains(&format!(r#""losses":{{"queue_full":{lost}}}"#)));
    assert!(told, "the loss travels in-band");
    hw.track("After", json!({}));
    hw.flush(LONG).expect("works as before");
}
