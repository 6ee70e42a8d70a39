//! Settings that no client can work with, and what the context says without any.

use std::{path::Path, time::Duration};

use holloway::{BuildError, Builder, Client, Recorder};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);

#[track_caller]
fn check(change: impl FnOnce(Builder) -> Builder, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let builder = Client::builder("KEY").store_dir(&store).transport(Recorder::new());
    let error: BuildError = change(builder).build().expect_err("is a mistake");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert_eq!(format!("{error:?}"), text, "what main prints can be read");
    assert!(!store.exists(), "nothing was written");
}

#[test]
fn a_setting_that_cannot_work_is_refused_with_what_was_found_and_what_to_do() {
    check(|hw| hw.flush_at(0), &["1 to 2500", "found 0", ".flush_at("]);
    check(|hw| hw.flush_at(2_501), &["1 to 2500", "found 2501"]);
    check(|hw| hw.flush_interval(Duration::ZERO), &["flush_interval", "zero"]);
    check(|hw| hw.flush_interval(Duration::from_micros(900)), &["a millisecond or more"]);
    check(|hw| hw.session_timeout(Duration::ZERO), &["session_timeout", "zero"]);
    check(|hw| hw.sampled_sessions(f64::NAN), &["0 to 1", "found NaN"]);
    check(|hw| hw.sampled_sessions(1.5), &["0 to 1", "found 1.5"]);
    check(|hw| hw.sampled_sessions(-0.1), &["0 to 1", "found -0.1"]);
    check(|hw| hw.consent_purpose(""), &["consent_purpose", "an empty text"]);
    check(|hw| hw.context(json!([1])), &["a JSON object", "found [1]"]);
    let odd = std::collections::HashMap::from([((1, 2), 3)]);
    check(|hw| hw.context(odd), &["a JSON object", "key must be a string"]);
    check(|hw| hw.host("localhost:8787"), &["https://events.example.com", "found \"localhost:8787\""]);
    check(|hw| hw.host("http://localhost:99999"), &["1 to 65535", "found \"http://localhost:99999\""]);
    check(|hw| hw.host("https://a.example/v1/batch"), &["path or a query"]);
    check(|hw| hw.host("https://ada:secret@a.example"), &["user name", "…@a.example"]);
    check(|hw| hw.store_dir(""), &["store_dir", "an empty path"]);
}

#[test]
fn a_write_key_that_no_project_has_is_refused() {
    for (key, words) in
        [("", "an empty text"), (" \n", "an empty text"), ("KEY\n", "\"KEY\\n\""), ("a:b", "colons")]
    {
        let error = Client::builder(key).build().expect_err("is a mistake").to_string();
        assert!(error.contains("write key") && error.contains(words), "{error}");
    }
}

#[test]
fn a_folder_in_a_files_place_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    let error =
        Client::builder("K").store_dir(&file).transport(Recorder::new()).build().expect_err("is none");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

fn context(folder: &Path, change: impl FnOnce(Builder) -> Builder, then: impl FnOnce(&Client)) -> Value {
    let recorder = Recorder::new();
    let builder = Client::builder("KEY").store_dir(folder).transport(recorder.clone());
    let hw = change(builder).build().expect("builds");
    then(&hw);
    hw.track("Opened", json!({}));
    hw.flush(LONG).expect("delivers");
    let event: Value = serde_json::from_str(&recorder.events()[0]).expect("JSON");
    event["context"].clone()
}

#[test]
fn every_event_says_system_and_app() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = context(folder.path(), |hw| hw.app("shop", "2.1"), |_| ());
    assert_eq!(found["app"], json!({ "name": "shop", "version": "2.1" }));
    assert_eq!(found["device"], json!({ "arch": std::env::consts::ARCH }));
    if cfg!(target_os = "linux") {
        assert_eq!(found["os"]["name"], "Linux");
    }
    assert_eq!(found["library"]["name"], "holloway-rust");
}

#[test]
fn a_context_of_the_app_lies_over_what_the_client_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    let os = json!({ "os": { "name": "Haiku" } });
    let found = context(folder.path(), |hw| hw.app("shop", "2.1").context(&os), |_| ());
    assert_eq!((&found["os"], &found["app"]["name"]), (&os["os"], &json!("shop")));
    let found = context(
        folder.path(),
        |hw| hw.app("shop", "2.1").context(&os),
        |hw| hw.set_context(json!({ "locale": "de" })),
    );
    assert_eq!((&found["locale"], &found["app"]["name"]), (&json!("de"), &json!("shop")));
    assert_ne!(found["os"], os["os"], "it was replaced");
}
