//! One client of a server, many users.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use holloway::{Client, FlushError, LossReason, Options, Recorder, Scope, TypedEvent};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);

fn client(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY")
        .store_dir(folder)
        .transport(recorder.clone())
        .app("shop", "1")
        .build()
        .expect("builds")
}

fn events(recorder: &Recorder) -> Vec<Value> {
    recorder.events().iter().map(|event| serde_json::from_str(event).expect("JSON")).collect()
}

#[derive(serde::Serialize)]
struct SignedUp {
    plan: &'static str,
}

impl TypedEvent for SignedUp {
    const NAME: &'static str = "Signed Up";
}

#[test]
fn every_call_for_a_user_is_that_users_and_the_clients_own_visitor_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.register(json!({ "own": true }));
    let ada = hw.for_user("ada");
    ada.track("Ordered", json!({ "n": 1 }));
    ada.track_event(&SignedUp { plan: "pro" });
    ada.page("Cart", json!({}));
    ada.screen("Cart", json!({}));
    ada.identify(json!({ "plan": "pro" }));
    ada.group("acme", json!({ "seats": 5 }));
    ada.alias("ada@example.com");
    hw.for_anonymous("a1").track("Searched", json!({}));
    hw.for_user("ada").with_anonymous_id("a1").track("Joined", json!({}));
    hw.track("Own", json!({}));
    hw.flush(LONG).expect("delivers");

    let events = events(&recorder);
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected =
        ["track", "track", "page", "screen", "identify", "group", "alias", "track", "track", "track"];
    assert_eq!(kinds, expected);
    for (at, event) in events.iter().enumerate().take(9) {
        assert_eq!(event["userId"].as_str(), (at != 7).then_some("ada"), "{event}");
        assert_eq!(event["anonymousId"].as_str(), (at > 6).then_some("a1"), "{event}");
        assert!(event["context"].get("session").is_none(), "{event}");
        assert_eq!(event["context"]["app"]["name"], "shop");
        assert!(event["properties"].get("own").is_none(), "{event}");
    }
    assert_eq!(events[0]["properties"], json!({ "n": 1 }));
    assert_eq!((&events[1]["event"], &events[1]["properties"]["plan"]), (&json!("Signed Up"), &json!("pro")));
    assert_eq!(events[4]["traits"], json!({ "plan": "pro" }));
    assert_eq!((&events[5]["groupId"], &events[5]["traits"]["seats"]), (&json!("acme"), &json!(5)));
    assert_eq!(events[6]["previousId"], "ada@example.com");
    let own = &events[9];
    assert_eq!((&own["anonymousId"], own.get("userId")), (&json!(hw.anonymous_id()), None));
    assert_eq!(
        (&own["properties"]["own"], &own["context"]["session"]["eventIndex"]),
        (&json!(true), &json!(1))
    );
    let subject = hw.subject();
    assert_eq!((subject.user_id, subject.anonymous_id.as_str()), (None, hw.anonymous_id()));
}

#[test]
fn options_name_the_user_as_a_handle_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.identify("own", json!({}));
    let bob = || Options { user_id: Some("bob".into()), ..Options::default() };
    hw.track_with("Ordered", json!({}), bob());
    hw.identify_with("", json!({ "plan": "pro" }), bob());
    hw.alias_with("bob-2", bob());
    hw.group_with("acme", json!({}), Options { anonymous_id: Some("b1".into()), ..Options::default() });
    hw.for_user("ada").track_with("Ordered", json!({}), bob());
    hw.flush(LONG).expect("delivers");
    let events = events(&recorder);
    let users: Vec<Option<&str>> = events.iter().map(|event| event["userId"].as_str()).collect();
    assert_eq!(users, [Some("own"), Some("bob"), Some("bob"), Some("bob-2"), None, Some("bob")]);
    assert_eq!((&events[3]["previousId"], &events[4]["anonymousId"]), (&json!("bob"), &json!("b1")));
    assert_eq!(hw.subject().user_id.as_deref(), Some("own"));
}

#[test]
fn the_context_of_a_request_lies_over_the_clients_and_under_an_events_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    let request =
        json!({ "ip": "192.0.2.1", "userAgent": "Firefox", "page": { "path": "/cart" }, "locale": "de" });
    let ada = hw.for_user("ada").with_context(&request);
    ada.track("A", json!({}));
    let own = Options { context: Some(json!({ "locale": "fr" })), ..Options::default() };
    ada.with_context(json!({ "ip": "192.0.2.2" })).track_with("B", json!({}), own);
    hw.for_user("ada").track("C", json!({}));
    hw.flush(LONG).expect("delivers");
    let contexts: Vec<Value> = events(&recorder).iter().map(|event| event["context"].clone()).collect();
    for member in ["ip", "userAgent", "page", "locale"] {
        assert_eq!(contexts[0][member], request[member]);
    }
    assert!(contexts[0].get("os").is_none() && contexts[0].get("device").is_none(), "they are the server's");
    assert_eq!((&contexts[1]["ip"], &contexts[1]["locale"]), (&json!("192.0.2.2"), &json!("fr")));
    assert_eq!(contexts[1]["userAgent"], "Firefox");
    assert_eq!(contexts[2]["device"]["arch"], std::env::consts::ARCH);
    assert!(contexts[2].get("ip").is_none());
}

#[test]
fn a_blank_id_is_refused_and_no_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.for_user("").track("A", json!({}));
    hw.for_user(" \t").identify(json!({}));
    hw.for_user("ada").with_anonymous_id("").track("C", json!({}));
    hw.for_anonymous("\u{a0}").page("D", json!({}));
    hw.track_with("E", json!({}), Options { user_id: Some(String::new()), ..Options::default() });
    hw.flush(LONG).expect("nothing was lost on the way");
    assert_eq!(recorder.events(), [""; 0]);
    assert_eq!(hw.losses(), [(LossReason::Serialize, 5)]);
}

#[test]
fn a_context_that_is_no_object_loses_its_events_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.for_user("ada").with_context(json!([1])).track("A", json!({}));
    let odd = std::collections::HashMap::from([((1, 2), 3)]);
    hw.for_user("ada").with_context(odd).track("B", json!({}));
    let own = Options { context: Some(json!(7)), ..Options::default() };
    hw.for_user("ada").with_context(json!({})).track_with("C", json!({}), own);
    hw.flush(LONG).expect("nothing was lost on the way");
    assert_eq!(hw.losses(), [(LossReason::Serialize, 3)]);
}

#[test]
fn handles_cross_threads_and_events_of_all_users_arrive_once() {
    fn shared<T: Clone + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    std::thread::scope(|scope| {
        for user in 0..4 {
            let handle: Scope = shared(hw.for_user(format!("u{user}")));
            scope.spawn(move || (0..100).for_each(|n| handle.track("Counted", json!({ "n": n }))));
        }
    });
    hw.shutdown(LONG).expect("delivers");
    let events = events(&recorder);
    for user in 0..4 {
        let of_user = events.iter().filter(|event| event["userId"] == format!("u{user}"));
        let numbers: Vec<u64> = of_user.filter_map(|event| event["properties"]["n"].as_u64()).collect();
        assert_eq!(numbers, (0..100).collect::<Vec<u64>>(), "in order");
    }
}

#[test]
fn a_shutdown_reports_every_loss_since_the_last_flush() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = client(folder.path(), &recorder);
    hw.for_user("").track("Before", json!({}));
    hw.flush(LONG).expect("a mistake of the app is no failure of a flush");
    hw.for_user("ada").track("Bad", json!([1]));
    hw.for_user("ada").track("Large", json!({ "text": "x".repeat(40_000) }));
    hw.for_user("ada").track("Good", json!({}));
    let error = hw.shutdown(LONG).expect_err("two are lost");
    let losses = vec![(LossReason::TooLarge, 1), (LossReason::Serialize, 1)];
    assert_eq!(error, FlushError::Lost { losses });
    assert_eq!(error.to_string(), "2 events are lost (1 too_large, 1 serialize); the others were delivered");
    assert_eq!(recorder.event_names(), ["Good"]);
}

/// Keeps the text of every log line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
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
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().expect("no panic").push(text.0);
    }
}

/// Not a test by itself: a subscriber holds for a whole process.
#[test]
fn child() {
    let Ok(folder) = std::env::var("HOLLOWAY_TEST_LOG_FOLDER") else { return };
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).expect("is set once");
    let recorder = Recorder::new();
    let hw = client(Path::new(&folder), &recorder);
    hw.track("Circ", std::collections::HashMap::from([((1, 2), 3)]));
    hw.track("List", json!([1]));
    hw.track("Large", json!({ "text": "x".repeat(40_000) }));
    hw.for_user(" ").track("Ordered", json!({}));
    hw.track("", json!({}));
    hw.register(json!(7));
    hw.shutdown(LONG).expect_err("five are lost");
    let log = log.0.lock().expect("no panic").clone();
    for words in [
        "event \"Circ\": its properties, traits or context cannot be written as JSON (key must be a string)",
        "event \"List\": expected JSON objects",
        "event \"List\" is lost",
        "event \"Large\": its JSON is larger than the 32 KiB",
        "event \"Ordered\": expected a name, and a user id or anonymous id that is not blank",
        "event \"\": expected a name",
        "super properties: expected JSON objects",
    ] {
        assert!(log.iter().any(|line| line.contains(words)), "{words} in {log:#?}");
    }
}

#[test]
fn warnings_name_the_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = std::process::Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "scope::child"])
        .env("HOLLOWAY_TEST_LOG_FOLDER", folder.path())
        .output()
        .expect("runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}
