//! Over real HTTP.

use std::{net::TcpListener, path::Path, time::Duration};

use holloway::{Client, FlushError, LossReason};
use serde_json::json;

use crate::server::{Answer, Server};

const LONG: Duration = Duration::from_secs(20);
const PLAIN: &str = "HOLLOWAY_TEST_PLAIN_HTTP";

fn client(url: &str, folder: &Path) -> Client {
    Client::builder("KEY").host(url).store_dir(folder).build().expect("builds")
}

#[test]
fn a_batch_is_posted_with_key_type_and_library() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().expect("a folder"));
    let hw = client(&format!("{}/", server.url), folder.path());
    hw.track("Small", json!({}));
    hw.flush(LONG).expect("delivers");
    let small = server.request();
    assert_eq!(small.line, "POST /v1/batch HTTP/1.1");
    // base64 of "KEY:"
    assert_eq!(small.header("authorization"), Some("Basic S0VZOg=="));
    assert_eq!(small.header("content-type"), Some("application/json"));
    assert_eq!(small.header("content-encoding"), None);
    assert_eq!(small.body["writeKey"], "KEY");
    assert_eq!(small.body["batch"][0]["context"]["library"]["name"], "holloway-rust");

    hw.track("Large", json!({ "text": "x".repeat(5_000) }));
    hw.flush(LONG).expect("delivers");
    let large = server.request();
    assert_eq!(large.header("content-encoding"), Some("gzip"));
    let length: usize = large.header("content-length").expect("a length").parse().expect("a number");
    assert!(length < 1_000, "{length} bytes of 5,000 equal ones");
    assert_eq!(large.names(), ["Large"]);
}

/// Not a test: what runs where the system has no certificates.
#[test]
fn child_without_certificates() {
    let Ok(url) = std::env::var(PLAIN) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let hw = client(&url, folder.path());
    hw.track("Plain", json!({}));
    hw.flush(LONG).expect("delivers");
}

#[test]
fn plain_http_needs_no_certificates() {
    let server = Server::start(&[]);
    let run = std::process::Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "http::child_without_certificates"])
        .env(PLAIN, &server.url)
        .env("SSL_CERT_FILE", "/no/file")
        .env("SSL_CERT_DIR", "/no/folder")
        .output()
        .expect("starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    assert_eq!(server.request().names(), ["Plain"]);
}

#[test]
fn a_failing_collector_is_asked_again_with_the_same_batch() {
    for failure in
        [Answer(503, ""), Answer(500, ""), Answer(408, ""), Answer(302, "location: /elsewhere\r\n")]
    {
        let (server, folder) =
            (Server::start(std::slice::from_ref(&failure)), tempfile::tempdir().expect("a folder"));
        let hw = client(&server.url, folder.path());
        hw.track("Kept", json!({}));
        hw.flush(LONG).expect("delivers in the end");
        let (first, second) = (server.request(), server.request());
        assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"), "{failure:?}");
        assert_eq!(first.body["batch"], second.body["batch"], "{failure:?}");
        assert_eq!(second.line, "POST /v1/batch HTTP/1.1", "{failure:?}");
        assert_eq!(server.rest().len(), 0, "{failure:?}");
    }
}

#[test]
fn retry_after_is_waited_for() {
    let (server, folder) =
        (Server::start(&[Answer(429, "retry-after: 1\r\n")]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    hw.track("Shed", json!({}));
    hw.flush(LONG).expect("delivers in the end");
    let (first, second) = (server.request(), server.request());
    let waited = second.at - first.at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[test]
fn what_a_former_run_left_is_sent_at_the_start() {
    let (server, folder) = (Server::start(&[Answer(503, "")]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    for number in 0..5 {
        hw.track(&format!("E{number}"), json!({}));
    }
    hw.flush(Duration::ZERO).expect_err("is too short");
    let names = server.request().names();
    drop(hw);
    assert_eq!(names, ["E0", "E1", "E2", "E3", "E4"]);

    let hw = client(&server.url, folder.path());
    assert_eq!(server.request().names(), names, "without a call");
    hw.flush(LONG).expect("delivers");
}

#[test]
fn a_refused_key_pauses_until_it_is_known() {
    let (server, folder) = (Server::start(&[Answer(401, "")]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    hw.track("Early", json!({}));
    assert_eq!(hw.flush(LONG), Err(FlushError::Refused { queued: 1, losses: Vec::new() }));
    assert_eq!(
        hw.flush(LONG),
        Err(FlushError::Refused { queued: 1, losses: Vec::new() }),
        "without asking again"
    );
    assert_eq!(server.request().names(), ["Early"]);
    assert_eq!(server.rest().len(), 0);
    hw.resume();
    hw.flush(LONG).expect("delivers");
    assert_eq!(server.request().names(), ["Early"]);
}

#[test]
fn a_rejected_batch_is_a_loss_that_flush_and_the_next_batch_tell() {
    let (server, folder) = (Server::start(&[Answer(400, "")]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    hw.track("Bad", json!({}));
    hw.track("Worse", json!({}));
    assert_eq!(hw.flush(LONG), Err(FlushError::Lost { losses: vec![(LossReason::Rejected, 2)] }));
    assert_eq!((hw.queued_events(), hw.losses()), (0, vec![(LossReason::Rejected, 2)]));
    hw.track("Good", json!({}));
    hw.flush(LONG).expect("is told once");
    assert_eq!(server.request().names(), ["Bad", "Worse"]);
    assert_eq!(server.request().body["losses"], json!({ "rejected": 2 }));
}

#[test]
fn a_collector_that_never_answers_holds_nobody_up() {
    let (server, folder) = (Server::start(&[Answer(0, "")]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    hw.track("Waits", json!({}));
    let timeout = Duration::from_millis(200);
    let error = hw.shutdown(timeout).expect_err("nobody answers");
    assert!(matches!(error, FlushError::TimedOut { queued: 1, last_failure: None, .. }), "{error}");
    assert_eq!(server.request().names(), ["Waits"]);
    // The folder is free at once.
    let hw = client(&server.url, folder.path());
    hw.flush(LONG).expect("delivers");
    assert_eq!(server.request().names(), ["Waits"]);
}

#[test]
fn a_closed_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let folder = tempfile::tempdir().expect("a folder");
    let hw = client(&format!("http://{address}"), folder.path());
    hw.track("Waits", json!({}));
    let told = |error: &FlushError| matches!(error, FlushError::TimedOut { last_failure: Some(_), .. });
    let mut errors = (0..200).map(|_| hw.flush(Duration::from_millis(100)).expect_err("nobody listens"));
    let error = errors.find(told).expect("the failure is known after a while").to_string();
    for part in ["1 events still wait", &address.to_string(), "refused"] {
        assert!(error.contains(part), "{part} in {error}");
    }
}

#[test]
fn twenty_events_go_out_by_themselves() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    for _ in 0..20 {
        hw.track("Twenty", json!({}));
    }
    assert_eq!(server.request().names().len(), 20);
    hw.track("Alone", json!({}));
    hw.shutdown(LONG).expect("shutdown flushes");
    assert_eq!(server.request().names(), ["Alone"]);
}

#[test]
fn a_short_interval_sends_without_a_flush() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().expect("a folder"));
    let hw = Client::builder("KEY")
        .host(&server.url)
        .store_dir(folder.path())
        .flush_interval(Duration::from_millis(20))
        .build()
        .expect("builds");
    hw.track("By time", json!({}));
    assert_eq!(server.request().names(), ["By time"]);
}

#[test]
fn a_flush_does_not_wait_for_what_others_track_after_it() {
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().expect("a folder"));
    let hw = client(&server.url, folder.path());
    hw.track("Mine", json!({}));
    server.answer_next(Answer(200, ""));
    server.answer_next(Answer(0, ""));
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| hw.flush(LONG));
        assert_eq!(server.request().names(), ["Mine"]);
        for _ in 0..20 {
            hw.track("Theirs", json!({}));
        }
        // Their batch is never answered.
        assert_eq!(flush.join().expect("does not panic"), Ok(()));
    });
}
