//! One decision for all clients on a store folder, whoever was told and whoever is still alive.

use std::{
    fs,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use holloway::{Client, Consent, LossReason, Recorder};
use serde_json::json;

const LONG: Duration = Duration::from_secs(20);

fn client(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY").store_dir(folder).transport(recorder.clone()).build().expect("builds")
}

/// Every byte below a folder.
fn bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("reads") {
        let path = entry.expect("reads").path();
        // A client that lives may put a newer state in a file's place meanwhile.
        all.extend(if path.is_dir() { bytes(&path) } else { fs::read(path).unwrap_or_default() });
    }
    all
}

fn holds(folder: &Path, text: &str) -> bool {
    bytes(folder).windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_denial_holds_for_every_later_client_on_the_folder() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    recorder.answer_with(0);
    let main = client(folder.path(), &recorder);
    let second = client(folder.path(), &recorder);
    second.identify("somebody", json!({ "email": "a@b.c" }));
    second.flush(Duration::ZERO).expect_err("nobody answers");
    drop(second);
    main.set_consent(Consent::Denied);
    assert!(!holds(folder.path(), "a@b.c"), "nothing of the user is left, of no client");

    let second = client(folder.path(), &recorder);
    second.track("Secret", json!({}));
    drop((main, second));
    recorder.answer_with(200);
    let third = client(folder.path(), &recorder);
    third.track("Secret", json!({}));
    third.online();
    third.flush(LONG).expect("delivers what may be delivered");
    assert_eq!(recorder.event_names(), ["Deletion Requested"]);
    assert!(recorder.events()[0].contains(r#""userId":"somebody""#), "{:?}", recorder.events());
}

#[test]
fn no_id_is_left_after_a_deletion_was_acknowledged() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = client(folder.path(), &recorder);
    hw.identify("somebody", json!({}));
    hw.group("acme", json!({}));
    hw.flush(LONG).expect("delivers");
    let id = hw.anonymous_id().to_owned();
    assert!(holds(folder.path(), &id), "an agreement keeps it");
    recorder.answer_with(0);
    hw.set_consent(Consent::Denied);
    assert!(holds(folder.path(), &id), "the deletion request needs it");
    recorder.answer_with(200);
    hw.online();
    hw.flush(LONG).expect("delivers the request");
    drop(hw);
    for text in [&id, "somebody", "acme"] {
        assert!(!holds(folder.path(), text), "{text} is still in the folder");
    }
}

#[test]
fn a_further_clients_denial_holds_for_the_first_one_too() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let main = client(folder.path(), &recorder);
    let second = client(folder.path(), &recorder);
    second.set_consent(Consent::Denied);
    drop((main, second));
    let main = client(folder.path(), &recorder);
    main.track("Secret", json!({}));
    main.flush(LONG).expect("nothing waits");
    assert_eq!(main.losses(), [(LossReason::OptedOut, 1)]);
}

#[test]
fn a_decision_after_the_shutdown_is_kept_for_the_next_client() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let hw = client(folder.path(), &recorder);
    hw.shutdown(LONG).expect("nothing waits");
    hw.set_consent(Consent::Denied);
    drop(hw);
    let hw = client(folder.path(), &recorder);
    hw.track("Secret", json!({}));
    hw.flush(LONG).expect("nothing waits");
    assert_eq!((hw.losses(), recorder.event_names().len()), (vec![(LossReason::OptedOut, 1)], 0));
}

#[test]
fn nothing_is_written_before_the_user_agrees() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let build = || {
        let builder = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone());
        builder.consent(Consent::Unknown).build().expect("builds")
    };
    let hw = build();
    hw.identify("somebody", json!({ "email": "a@b.c" }));
    hw.track("Held", json!({}));
    hw.flush(Duration::from_millis(50)).expect_err("is held");
    assert!(!holds(folder.path(), "somebody") && !hw.is_durable());
    hw.set_purposes(json!({ "analytics": true }));
    assert!(hw.is_durable() && holds(folder.path(), "somebody"));
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["identify", "Held"]);
}

#[test]
fn a_plugin_may_decide_and_nobody_waits_for_itself() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    let own: Arc<OnceLock<Client>> = Arc::default();
    let seen = Arc::clone(&own);
    let hw = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(recorder.clone())
        .enrich(move |event| {
            if event.name.as_deref() == Some("Opted Out") {
                seen.get().expect("was set").set_consent(Consent::Denied);
            }
        })
        .build()
        .expect("builds");
    own.set(hw.clone()).expect("is set once");
    hw.track("Opted Out", json!({}));
    let _ = hw.flush(LONG);
    hw.track("Later", json!({}));
    let _ = hw.flush(LONG);
    assert!(!recorder.event_names().contains(&"Later".to_owned()));
    hw.shutdown(LONG).expect("ends");
}

#[test]
fn the_losses_of_a_client_that_is_gone_are_told_once() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    recorder.answer_with(0);
    let main = client(folder.path(), &recorder);
    let second = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(recorder.clone())
        .before_send(|event| event.name.as_deref() != Some("Dropped"))
        .build()
        .expect("builds");
    second.track("Dropped", json!({}));
    second.track("Kept", json!({}));
    second.flush(Duration::ZERO).expect_err("nobody answers");
    assert!(recorder.wait_for_requests(1, LONG));
    drop((main, second));
    let unanswered = recorder.bodies().len();
    recorder.answer_with(200);
    let main = client(folder.path(), &recorder);
    main.online();
    let _ = main.flush(LONG);
    main.track("Own", json!({}));
    main.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["Kept", "Own"]);
    let bodies = recorder.bodies().split_off(unanswered);
    let told = bodies.iter().filter(|body| body.contains(r#""losses":{"before_send":1}"#)).count();
    assert_eq!(told, 1, "the loss is told, once");
}

#[test]
fn losses_that_came_to_a_client_which_could_not_be_built_are_told_by_the_next() {
    let (folder, recorder) = (tempfile::tempdir().expect("a folder"), Recorder::new());
    recorder.answer_with(0);
    let main = client(folder.path(), &recorder);
    let second = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(recorder.clone())
        .before_send(|_| false)
        .build()
        .expect("builds");
    second.track("Dropped", json!({}));
    drop((main, second));

    // No place for the calls on their way: known only after the second's losses were taken over.
    fs::remove_file(folder.path().join("ring")).expect("deletes");
    fs::create_dir(folder.path().join("ring.new")).expect("makes");
    Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build().expect_err("no room");
    fs::remove_dir(folder.path().join("ring.new")).expect("deletes");

    recorder.answer_with(200);
    let main = client(folder.path(), &recorder);
    main.track("Own", json!({}));
    main.flush(LONG).expect("delivers");
    let told = r#""losses":{"before_send":1}"#;
    assert!(recorder.bodies().iter().any(|body| body.contains(told)), "{:?}", recorder.bodies());
}
