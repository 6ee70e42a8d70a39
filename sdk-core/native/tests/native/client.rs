//! The client on a real disk, with a collector in memory.

use std::{path::Path, time::Duration};

use holloway::{Client, Consent, FlushError, LossReason, Options, Recorder, Response};
use serde_json::json;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(30);

fn client(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY").store_dir(folder).transport(recorder.clone()).build().expect("builds")
}

#[test]
fn events_arrive_in_order_with_ids_session_and_super_properties() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.register(json!({ "app": "shop", "plan": "free" }));
    hw.identify("u1", json!({ "email": "ada@example.com" }));
    hw.track("Signed Up", json!({ "plan": "pro" }));
    hw.page("Home", json!({}));
    hw.group("g1", json!({}));
    hw.shutdown(LONG).expect("delivers");
    let events = recorder.events();
    assert_eq!(recorder.event_names(), ["identify", "Signed Up", "Home", "group"]);
    assert!(events[1].contains(r#""properties":{"app":"shop","plan":"pro"}"#), "{}", events[1]);
    assert!(events[1].contains(r#""userId":"u1""#) && events[1].contains(hw.anonymous_id()));
    assert!(events[3].contains(r#""eventIndex":4"#), "{}", events[3]);
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_client_on_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let first = client(folder.path(), &recorder);
    for number in 0..50 {
        first.track("Clicked", json!({ "n": number }));
    }
    let error = first.flush(SHORT).expect_err("nobody answers");
    assert!(matches!(error, FlushError::TimedOut { queued: 50, .. }), "{error}");
    let anonymous_id = first.anonymous_id().to_owned();
    first.shutdown(SHORT).expect_err("nobody answers");
    assert_eq!(first.flush(SHORT), Err(FlushError::Stopped));

    recorder.answer_with(200);
    let second = client(folder.path(), &recorder);
    assert_eq!(second.anonymous_id(), anonymous_id);
    second.online();
    second.flush(LONG).expect("delivers what was left");
    let numbers: Vec<String> = (0..50).map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    let found: Vec<bool> = recorder
        .events()
        .iter()
        .zip(&numbers)
        .map(|(event, number)| event.contains(number.as_str()))
        .collect();
    assert_eq!(found, vec![true; 50]);
}

#[test]
fn statuses_decide_what_is_kept() {
    let check = |status: u16, kept: usize, refused: bool| {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::new();
        recorder.answer_with(status);
        let hw = client(folder.path(), &recorder);
        hw.track("E", json!({}));
        let flushed = hw.flush(Duration::from_millis(if kept > 0 && !refused { 60 } else { 20_000 }));
        assert_eq!(hw.queued_events(), kept, "{status}");
        assert_eq!(matches!(flushed, Err(FlushError::Refused { .. })), refused, "{status}: {flushed:?}");
    };
    check(200, 0, false);
    check(503, 1, false);
    check(429, 1, false);
    check(401, 1, true);
    check(400, 0, false);
}

#[test]
fn two_clients_on_one_folder_keep_apart_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    recorder.answer_with(0);
    let first = client(folder.path(), &recorder);
    let second = client(folder.path(), &recorder);
    first.track("First", json!({}));
    second.track("Second", json!({}));
    for hw in [first, second] {
        hw.shutdown(SHORT).expect_err("nobody answers");
    }
    recorder.answer_with(200);
    let heir = client(folder.path(), &recorder);
    heir.online();
    heir.flush(LONG).expect("delivers");
    let mut names = recorder.event_names();
    names.sort();
    assert_eq!(names, ["First", "Second"]);
}

#[test]
fn nothing_is_written_before_consent_and_nothing_is_left_after_denial() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = Client::builder("KEY")
        .store_dir(folder.path())
        .transport(recorder.clone())
        .consent(Consent::Unknown)
        .build()
        .expect("builds");
    hw.track("Secret Visit", json!({}));
    let _ = hw.flush(SHORT);
    assert!(!holds(folder.path(), "Secret Visit"), "nothing on disk before the user agreed");
    hw.set_consent(Consent::Granted);
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["Secret Visit"]);
    recorder.answer_with(0);
    hw.track("Later Visit", json!({}));
    let _ = hw.flush(SHORT);
    hw.set_consent(Consent::Denied);
    recorder.answer_with(200);
    hw.online();
    hw.flush(LONG).expect("nothing is left");
    drop(hw);
    assert!(!holds(folder.path(), "Later Visit"));
}

fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).expect("readable").any(|entry| {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn ids_and_times_of_the_apps_own_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    let options = Options {
        message_id: Some("order-17".into()),
        timestamp_unix_ms: Some(1_000),
        context: Some(json!({ "ip": "192.0.2.1" })),
        ..Options::default()
    };
    hw.track_with("Ordered", json!({}), options);
    hw.flush(LONG).expect("delivers");
    let event = &recorder.events()[0];
    for part in
        [r#""messageId":"order-17""#, r#""timestamp":"1970-01-01T00:00:01.000Z""#, r#""ip":"192.0.2.1""#]
    {
        assert!(event.contains(part), "{part} in {event}");
    }
}

#[test]
fn properties_that_are_no_object_are_a_counted_loss() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.track("Bad", json!([1, 2]));
    hw.track("Good", json!({}));
    hw.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["Good"]);
    assert!(recorder.bodies()[0].contains(r#""losses":{"serialize":1}"#), "{}", recorder.bodies()[0]);
}

#[test]
fn a_flush_waits_for_what_is_left_of_a_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    let verdicts =
        r#"{"results":[{"messageId":"a","verdict":"invalid"},{"messageId":"b","verdict":"retry"}]}"#;
    recorder.answer_next_with(Response { status: 200, body: verdicts.into(), ..Response::default() });
    for id in ["a", "b"] {
        hw.track_with("Counted", json!({}), Options { message_id: Some(id.into()), ..Options::default() });
    }
    assert_eq!(hw.flush(LONG), Err(FlushError::Lost { losses: vec![(LossReason::Invalid, 1)] }));
    assert_eq!(hw.queued_events(), 0, "the event that the collector wanted again was sent again first");
    assert_eq!(recorder.bodies().len(), 2);
}
