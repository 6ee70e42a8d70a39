//! The page at `/`, and the answer where nothing is.

use std::path::Path;

use reqwest::{Method, blocking::Response};

use crate::http::{Collector, client};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn ask(collector: &Collector, headers: &[(&str, &str)]) -> Response {
    let request = client().get(collector.url("/"));
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .send()
        .expect("answers")
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

#[test]
fn the_first_page_says_how_to_send_an_event() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let origin = collector.url("");
    let check = |headers: &[(&str, &str)], content_type: &str, parts: &[&str]| {
        let response = ask(&collector, headers);
        assert_eq!(
            (response.status().as_u16(), header(&response, "content-type")),
            (200, Some(content_type))
        );
        assert_eq!(header(&response, "vary"), Some("Accept"));
        let text = response.text().expect("text");
        for part in parts {
            assert!(text.contains(part), "{headers:?}: {part} in\n{text}");
        }
    };
    let curl =
        format!("curl {origin}/v1/track -u my-app: -d '{{\"event\":\"Signed Up\",\"userId\":\"ada\"}}'");
    let web = format!("init({{ writeKey: \"my-app\", host: \"{origin}\" }})");
    let plain = [
        "status      ready",
        "every write key is accepted",
        &curl,
        &web,
        "Client::builder",
        "holloway.Client(",
    ];
    check(&[("accept", "*/*")], "text/plain; charset=utf-8", &plain);
    check(&[], "text/plain; charset=utf-8", &plain);
    let html = [
        "<!doctype html>",
        "<dt>Status</dt><dd>ready</dd>",
        "<a href=\"/health\">",
        "<a href=\"/metrics\">",
        "writeKey: &quot;my-app&quot;",
        "&#39;{&quot;event&quot;:&quot;Signed Up&quot;",
    ];
    check(&[("accept", BROWSER)], "text/html; charset=utf-8", &html);
    let behind_a_proxy = [("accept", "*/*"), ("host", "t.shop.example"), ("x-forwarded-proto", "https")];
    check(&behind_a_proxy, "text/plain; charset=utf-8", &["host: \"https://t.shop.example\""]);
    let hostile = [("accept", BROWSER), ("host", "x\"><script>alert(1)</script>")];
    let text = ask(&collector, &hostile).text().expect("text");
    assert!(!text.contains("<script"), "{text}");
}

#[test]
fn the_page_loads_nothing_and_other_sites_cannot_read_it() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let response = ask(&collector, &[("accept", BROWSER), ("origin", "https://elsewhere.example")]);
    assert_eq!(header(&response, "access-control-allow-origin"), None);
    let policy = header(&response, "content-security-policy").expect("a policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let text = response.text().expect("text");
    for outside in ["src=", "<script", "<link", "@import", "url(", " style="] {
        assert!(!text.contains(outside), "{outside} in {text}");
    }
}

#[test]
fn the_command_line_of_the_page_stores_an_event() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let text = ask(&collector, &[]).text().expect("text");
    let command = text.lines().find_map(|line| line.trim().strip_prefix("curl ")).expect("a curl line");
    let (url, rest) = command.split_once(" -u ").expect("a user");
    let (user, body) = rest.split_once(" -d ").expect("a body");
    let request = client()
        .post(url)
        .basic_auth(user.trim_end_matches(':'), Some(""))
        .body(body.trim_matches('\'').to_owned());
    let answer = request.send().expect("answers").text().expect("text");
    assert!(answer.contains(r#""verdict":"ok""#), "{answer}");
}

#[test]
fn a_key_of_the_file_is_never_shown() {
    let data = tempfile::tempdir().expect("a folder");
    let keys = |text: &str| std::fs::write(Path::new(data.path()).join("keys.toml"), text).expect("writes");
    keys("[keys.s3cret]\n[keys.an0ther]\n");
    let collector = Collector::start(data.path());
    for accept in [BROWSER, "*/*"] {
        let text = ask(&collector, &[("accept", accept)]).text().expect("text");
        assert!(!text.contains("s3cret") && !text.contains("an0ther") && !text.contains("my-app"), "{text}");
        assert!(text.contains("2 in keys.toml") && text.contains("WRITE_KEY"), "{text}");
    }
}

#[test]
fn an_unknown_path_is_answered_with_the_routes() {
    let data = tempfile::tempdir().expect("a folder");
    let collector = Collector::start(data.path());
    let check = |method: Method, path: &str, error: &str| {
        let response = client().request(method, collector.url(path)).send().expect("answers");
        assert_eq!(
            (response.status().as_u16(), header(&response, "content-type")),
            (404, Some("application/json"))
        );
        let text = response.text().expect("text");
        let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((body["error"].as_str(), body["reason"].as_str()), (Some(error), Some("no_route")));
        let hint = body["hint"].as_str().expect("a hint");
        for route in
            ["POST /v1/batch", "/v1/import", "/v1/identify", "/health", "/ready", "/metrics", "/settings"]
        {
            assert!(hint.contains(route), "{route} in {hint}");
        }
    };
    check(Method::GET, "/nowhere", "no route for GET /nowhere");
    check(Method::POST, "/", "no route for POST /");
    check(Method::POST, "/v2/batch?x=\"1\"", "no route for POST /v2/batch");
}
