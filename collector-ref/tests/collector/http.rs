//! The server over real HTTP and a real disk.

use std::{io::Write as _, net::SocketAddr, path::Path};

use holloway_collector::{Config, Quarantined, Server};
use holloway_rawlog::{FileStorage, Offset, Reader};
use holloway_wire::Envelope;
use reqwest::blocking::{Client, RequestBuilder};
use tokio::{runtime::Runtime, sync::oneshot, task::JoinHandle};

/// A collector that runs until it is dropped.
pub(crate) struct Collector {
    runtime: Runtime,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    done: Option<JoinHandle<()>>,
}

impl Collector {
    pub(crate) fn start(data: &Path) -> Self {
        Self::with_cookie(data, None)
    }

    fn with_cookie(data: &Path, cookie: Option<&str>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runs");
        let cookie = cookie.map(|text| text.parse().expect("a cookie"));
        let config = Config { listen: ([127, 0, 0, 1], 0).into(), cookie, ..Config::new(data) };
        let server = runtime.block_on(Server::bind(config)).expect("binds");
        let address = server.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let run = server.run(async move {
            let _ = stopped.await;
        });
        let done = runtime.spawn(async move { run.await.expect("stops in order") });
        Self { runtime, address, stop: Some(stop), done: Some(done) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn post(&self, path: &str, body: impl Into<reqwest::blocking::Body>) -> RequestBuilder {
        client().post(self.url(path)).body(body)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(done) = self.done.take() {
            let _ = self.runtime.block_on(done);
        }
    }
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}

fn stored(data: &Path) -> Vec<(String, String)> {
    let mut reader = Reader::open(FileStorage::at(data.join("log")), Offset::START).expect("opens");
    let mut events = Vec::new();
    while let Some((_, record)) = reader.read().expect("reads") {
        let envelope = Envelope::parse(record.payload).expect("an envelope");
        events.push((envelope.message_id.into_owned(), envelope.event.to_owned()));
    }
    events
}

fn quarantined(data: &Path) -> Vec<(String, String)> {
    let mut reader = Reader::open(FileStorage::at(data.join("quarantine")), Offset::START).expect("opens");
    let mut events = Vec::new();
    while let Some((_, record)) = reader.read().expect("reads") {
        let entry = Quarantined::parse(record.payload).expect("a record");
        let payload = entry.payload.or(entry.payload_base64).expect("the payload");
        events.push((entry.reason.into_owned(), payload.into_owned()));
    }
    events
}

fn event(id: &str) -> String {
    format!(r#"{{"type":"track","event":"E","userId":"u1","messageId":"{id}"}}"#)
}

#[test]
fn each_event_gets_a_verdict_and_a_bad_one_costs_nobody_else() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let large = format!(
        r#"{{"type":"page","userId":"u1","messageId":"big","properties":{{"p":"{}"}}}}"#,
        "x".repeat(33 * 1024)
    );
    let batch = format!(
        r#"{{"writeKey":"K","batch":[{},{},7,{},{{"type":"page","userId":"u1","messageId":"late","timestamp":-1}},{},{{"type":"page","userId":"u1","messageId":"far","timestamp":"9999-12-31T00:00:00Z"}}]}}"#,
        event("a"),
        event("a"),
        large,
        event("b")
    );
    let answer = collector.post("/v1/batch", batch).send().expect("answers");
    assert_eq!(answer.status(), 200);
    let answer: serde_json::Value = serde_json::from_str(&answer.text().expect("text")).expect("JSON");
    let verdicts: Vec<(&str, &str)> = answer["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|line| (line["messageId"].as_str().expect("id"), line["verdict"].as_str().expect("verdict")))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("a", "ok"),
            ("a", "duplicate"),
            ("", "invalid"),
            ("big", "invalid"),
            ("late", "invalid"),
            ("b", "ok"),
            ("far", "ok")
        ]
    );
    // The answer came after the sync: the log has it while the server runs.
    let ids: Vec<String> = stored(data.path()).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["a", "b", "far"]);
    let reasons: Vec<String> = quarantined(data.path()).into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["malformed", "too_large", "bad_timestamp"]);
    assert_eq!(quarantined(data.path())[1].1, large, "the payload is kept as it came");
    let metrics = client().get(collector.url("/metrics")).send().expect("answers").text().expect("text");
    for line in [
        "holloway_events_received_total 7",
        "holloway_events_total{fate=\"stored\"} 3",
        "holloway_events_total{fate=\"quarantined\"} 3",
        "holloway_events_total{fate=\"duplicate\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
}

#[test]
fn calls_of_a_page_that_was_left_become_events_and_each_is_counted() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let calls = r#"{"calls":[[7,"","{\"shop\":1}","r",0,"",""],[0,"Left","","m1",0,"",""],[0,"half"],[3,"u1","","m2",0,"",""]],"anonymousId":"a1","userId":"","sentAt":"1970-01-01T00:00:01.000Z","writeKey":"K"}"#;
    for _ in 0..2 {
        let answer = collector.post("/v1/batch", calls).header("content-type", "text/plain").send();
        assert_eq!(answer.expect("answers").status(), 200);
    }
    let ids: Vec<String> = stored(data.path()).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["m1", "m2"]);
    let kept: Vec<String> = quarantined(data.path()).into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(kept, [r#"[0,"half"]"#], "once, as it came");
    let metrics = client().get(collector.url("/metrics")).send().expect("answers").text().expect("text");
    for line in [
        "holloway_events_received_total 6",
        "holloway_events_total{fate=\"stored\"} 2",
        "holloway_events_total{fate=\"quarantined\"} 1",
        "holloway_events_total{fate=\"duplicate\"} 3",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
}

#[test]
fn refusals_are_clear_and_lose_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let check = |name: &str, request: RequestBuilder, status: u16, says: &str| {
        let answer = request.send().expect("answers");
        let found = answer.status().as_u16();
        let text = answer.text().expect("text");
        assert_eq!(found, status, "{name}: {text}");
        let error: serde_json::Value = serde_json::from_str(&text).expect(name);
        assert!(text.contains(says), "{name}: {text}");
        for field in ["error", "reason", "hint"] {
            assert!(error[field].as_str().is_some_and(|field| !field.is_empty()), "{name}: {text}");
        }
    };
    let keyed = |path: &str, body: Vec<u8>| collector.post(path, body).header("x-write-key", "K");
    check(
        "malformed",
        keyed("/v1/batch", b"{\"batch\":[".to_vec()),
        400,
        "expected a JSON object, found EOF",
    );
    check("not utf-8", keyed("/v1/batch", b"{\"batch\":[\"\xff\"]}".to_vec()), 400, "expected UTF-8 text");
    check("empty", keyed("/v1/batch", Vec::new()), 400, "found an empty one");
    check(
        "no batch",
        keyed("/v1/batch", b"{}".to_vec()),
        400,
        "expected an array in the field batch, found nothing",
    );
    check("no key", collector.post("/v1/batch", "{\"batch\":[]}"), 401, "expected a write key");
    check("unknown path", keyed("/capture", b"{}".to_vec()), 404, "PostHog");
    check(
        "unknown encoding",
        keyed("/v1/batch", b"x".to_vec()).header("content-encoding", "lzma"),
        415,
        "lzma",
    );
    check("GET", client().get(collector.url("/v1/batch")), 405, "expected POST");
    let padding = "x".repeat(501 * 1024);
    let large = format!(r#"{{"batch":[{}],"padding":"{padding}"}}"#, event("a"));
    check("501 KiB", keyed("/v1/batch", large.clone().into_bytes()), 413, "at most 512000 bytes");
    assert_eq!(
        keyed("/v1/import", large.into_bytes()).send().expect("answers").status(),
        200,
        "imports may be larger"
    );
    let many = format!(r#"{{"batch":[{}]}}"#, vec!["1"; 2_501].join(","));
    check("2,501 events", keyed("/v1/batch", many.into_bytes()), 413, "found 2501");
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 100 * 1024 * 1024]).expect("memory");
    let bomb = bomb.finish().expect("memory");
    check(
        "gzip bomb",
        keyed("/v1/batch", bomb).header("content-encoding", "gzip"),
        413,
        "after decompression",
    );
    check(
        "broken gzip",
        keyed("/v1/batch", b"\x1f\x8b\x08nope".to_vec()).header("content-encoding", "gzip"),
        400,
        "gzip",
    );
    let kept: Vec<String> = quarantined(data.path()).into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(
        kept,
        [
            "malformed_body",
            "malformed_body",
            "malformed_body",
            "malformed_body",
            "unknown_encoding",
            "damaged_encoding"
        ]
    );
    assert_eq!(client().get(collector.url("/health")).send().expect("answers").status(), 200);
    assert_eq!(client().get(collector.url("/ready")).send().expect("answers").status(), 200);
}

#[test]
fn every_dress_of_a_request_is_taken() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!(r#"{{"batch":[{}],"writeKey":"K"}}"#, event("gz")).as_bytes()).expect("memory");
    let requests = [
        collector.post("/t", r#"{"event":"E","userId":7,"messageId":"single","writeKey":"K"}"#),
        collector.post("/v1/p/", r#"{"anonymousId":"a","messageId":"page"}"#).basic_auth("K", Some("")),
        collector
            .post("/b", format!(r#"{{"batch":[{}]}}"#, event("text")))
            .header("content-type", "text/plain")
            .bearer_auth("K"),
        collector.post("/batch?writeKey=K", format!(r#"{{"batch":[{}]}}"#, event("query"))),
        collector.post("/v1/batch", gzip.finish().expect("memory")).header("content-encoding", "gzip"),
        collector
            .post(
                "/v1/batch",
                format!(
                    "data=%7B%22batch%22%3A%5B{}%5D%2C%22writeKey%22%3A%22K%22%7D",
                    "%7B%22type%22%3A%22page%22%2C%22userId%22%3A%22u%22%2C%22messageId%22%3A%22form%22%7D"
                ),
            )
            .header("content-type", "application/x-www-form-urlencoded"),
    ];
    for request in requests {
        let answer = request.send().expect("answers");
        assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    }
    let ids: Vec<String> = stored(data.path()).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["single", "page", "text", "query", "gz", "form"]);
}

#[test]
fn browsers_and_segment_sdks_get_what_they_ask_for() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let preflight = client()
        .request(reqwest::Method::OPTIONS, collector.url("/v1/t"))
        .header("origin", "https://shop.example")
        .header("access-control-request-headers", "authorization,x-retry-count")
        .send()
        .expect("answers");
    assert_eq!(preflight.status(), 204);
    let header = |name: &str| preflight.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(header("access-control-allow-headers"), "authorization,x-retry-count");
    assert_eq!(header("access-control-allow-credentials"), "true");
    assert_eq!(header("access-control-expose-headers"), "Retry-After");
    for path in ["/v1/projects/K/settings", "/projects/K/settings"] {
        let text = client().get(collector.url(path)).send().expect("answers").text().expect("text");
        let settings: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let segment = &settings["integrations"]["Segment.io"];
        assert_eq!(segment["apiKey"], "K");
        assert_eq!(segment["apiHost"], format!("{}/v1", collector.address));
        assert_eq!(settings["metrics"]["sampleRate"], 0);
    }
    assert_eq!(collector.post("/v1/m", "{}").send().expect("answers").status(), 200);
}

#[test]
fn the_visitors_id_comes_back_as_a_cookie() {
    const A: &str = r#"{"type":"track","event":"E","anonymousId":"a1"}"#;
    const B: &str = r#"{"type":"track","event":"E","anonymousId":"b2"}"#;
    const ODD: &str = r#"{"type":"track","event":"E","anonymousId":"\u00fc;1/2 %"}"#;
    const GONE: &str = r#"{"type":"track","event":"Deletion Requested","anonymousId":"a1"}"#;
    const USER: &str = r#"{"type":"track","event":"E","userId":"u1"}"#;
    let batch = |events: &[&str]| format!(r#"{{"batch":[{}],"writeKey":"K"}}"#, events.join(","));
    let check = |cookie: Option<&str>, path: &str, body: String, expected: Option<&str>| {
        let data = tempfile::tempdir().expect("a folder");
        let collector = Collector::with_cookie(data.path(), cookie);
        let request = collector.post(path, body.clone()).header("origin", "http://app.shop.example");
        let answer = request.header("x-write-key", "K").send().expect("answers");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text"));
        assert_eq!(header("set-cookie"), expected, "{path} {body}");
        // Without these two a browser keeps no cookie of a fetch.
        assert_eq!(header("access-control-allow-origin"), Some("http://app.shop.example"));
        assert_eq!(header("access-control-allow-credentials"), Some("true"));
    };
    let of = |value: &str| format!("id={value}; Max-Age=34560000; Path=/; SameSite=Lax");
    let id = Some("id");
    check(id, "/v1/batch", batch(&[A]), Some(&of("a1")));
    check(id, "/v1/batch", batch(&[A, B, USER]), Some(&of("b2")));
    check(id, "/v1/batch", batch(&[ODD]), Some(&of("%C3%BC%3B1%2F2%20%25")));
    check(id, "/v1/batch", batch(&[GONE]), Some("id=; Max-Age=0; Path=/; SameSite=Lax"));
    check(id, "/v1/track", r#"{"event":"E","anonymousId":"a1"}"#.into(), Some(&of("a1")));
    let left = r#"{"calls":[[0,"Left","","m1",0,"",""]],"anonymousId":"a1","userId":"","sentAt":"1970-01-01T00:00:01.000Z","writeKey":"K"}"#;
    check(id, "/v1/batch", left.into(), Some(&of("a1")));
    let wide = Some("id;domain=shop.example;max-age=60");
    let shop = "id=a1; Max-Age=60; Path=/; Domain=shop.example; SameSite=Lax";
    check(wide, "/v1/batch", batch(&[A]), Some(shop));
    check(id, "/v1/batch", batch(&[USER]), None);
    check(id, "/v1/batch", batch(&[]), None);
    check(id, "/v1/batch", "{".into(), None);
    check(id, "/v1/import", batch(&[A]), None);
    check(None, "/v1/batch", batch(&[A]), None);
}

#[test]
fn keys_and_duplicates_outlive_a_restart() {
    let data = tempfile::tempdir().expect("a folder");
    let batch = format!(r#"{{"batch":[{}],"writeKey":"shop"}}"#, event("a"));
    drop(Collector::start(data.path()).post("/v1/batch", batch.clone()).send().expect("answers"));
    std::fs::write(data.path().join("keys.toml"), "[keys.shop]\n").expect("writes");
    let collector = Collector::start(data.path());
    let again = collector.post("/v1/batch", batch).send().expect("answers").text().expect("text");
    assert!(again.contains(r#""verdict":"duplicate""#), "{again}");
    let stranger = collector.post("/v1/batch", format!(r#"{{"batch":[{}],"writeKey":"other"}}"#, event("b")));
    assert_eq!(stranger.send().expect("answers").status(), 401);
    assert_eq!(stored(data.path()).len(), 1);
}

#[test]
fn without_keys_only_loopback_is_open() {
    let data = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runs");
    let config = Config { listen: ([0, 0, 0, 0], 0).into(), ..Config::new(data.path()) };
    let error = runtime.block_on(Server::bind(config.clone())).expect_err("has no keys").to_string();
    assert!(error.contains("keys.toml") && error.contains("--open"), "{error}");
    runtime.block_on(Server::bind(Config { open: true, ..config })).expect("was told to be open");
}

#[test]
fn concurrent_senders_are_all_answered_and_all_stored_once() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let client = client();
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let (client, url) = (client.clone(), collector.url("/v1/batch"));
            scope.spawn(move || {
                for number in 0..25 {
                    // Every event is sent by two senders.
                    let id = format!("{}-{number}", sender / 2);
                    let body = format!(r#"{{"batch":[{}],"writeKey":"K"}}"#, event(&id));
                    let answer = client.post(&url).body(body).send().expect("answers");
                    assert_eq!(answer.status(), 200);
                }
            });
        }
    });
    let mut ids: Vec<String> = stored(data.path()).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 100);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}
