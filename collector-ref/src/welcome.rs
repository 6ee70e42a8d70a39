//! The page at `/`: what runs here, whether it is ready, and how the first event is sent.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::Quickstart;

/// Which write keys are accepted. The keys themselves are never shown: a proxy may show this page to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// Every one.
    Open,
    /// Those of `keys.toml`, so many.
    Configured(usize),
}

/// A key that an open collector accepts like any other.
const ANY_KEY: &str = "my-app";
/// Stands where one of the configured keys belongs.
const PLACEHOLDER: &str = "WRITE_KEY";

/// Of [`STYLE`]; a test computes it again.
const CSP: &str = "default-src 'none'; style-src 'sha256-dJ3B/zTnwtCcRGkpO4g9rAa1l7DdUMqgONw6Ky7U+gM='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}pre{overflow-x:auto;padding:.75rem;border:1px solid #8886;border-radius:6px;font-size:14px}h1{font-size:1.5rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}dt{font-weight:600}";

const ABOUT: &str = "This is a Holloway collector: it receives events over the Segment HTTP API and writes each to disk before it answers 200.";

/// What the page says.
#[derive(Clone, Debug)]
pub(crate) struct Welcome {
    pub(crate) is_ready: bool,
    pub(crate) keys: KeyState,
    /// Scheme, host and port, as the request named them.
    pub(crate) origin: String,
}

impl Welcome {
    /// HTML for a browser, text for everything else, with the headers that belong to it.
    pub(crate) fn page(&self, request: &HeaderMap, response: &mut HeaderMap) -> (&'static str, String) {
        let mut set = |name: HeaderName, value: &'static str| {
            response.insert(name, HeaderValue::from_static(value));
        };
        set(header::VARY, "Accept");
        set(header::CACHE_CONTROL, "no-store");
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let accept = request.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !accept.contains("text/html") {
            return ("text/plain; charset=utf-8", self.text());
        }
        set(header::CONTENT_SECURITY_POLICY, CSP);
        set(header::REFERRER_POLICY, "no-referrer");
        ("text/html; charset=utf-8", self.html())
    }

    fn quickstart(&self) -> Quickstart<'_> {
        let write_key = if self.keys == KeyState::Open { ANY_KEY } else { PLACEHOLDER };
        Quickstart { origin: &self.origin, write_key }
    }

    fn status(&self) -> &'static str {
        if self.is_ready { "ready" } else { "not ready: events cannot be written to disk" }
    }

    fn keys(&self) -> String {
        match self.keys {
            KeyState::Open => {
                "every write key is accepted; name yours in keys.toml of the data folder".to_owned()
            }
            KeyState::Configured(0) => {
                "none is accepted: keys.toml of the data folder names no key".to_owned()
            }
            KeyState::Configured(1) => {
                format!("1 in keys.toml of the data folder; it goes where {PLACEHOLDER} stands")
            }
            KeyState::Configured(count) => {
                format!(
                    "{count} in keys.toml of the data folder; one of them goes where {PLACEHOLDER} stands"
                )
            }
        }
    }

    fn text(&self) -> String {
        format!(
            "{ABOUT}\n\nstatus      {}\nwrite keys  {}\nhealth      {origin}/health\nmetrics     {origin}/metrics\n\
             docs        README.md and docs/ of the source\n\nSend the first event:\n\n{}",
            self.status(),
            self.keys(),
            self.quickstart(),
            origin = self.origin,
        )
    }

    fn html(&self) -> String {
        let mut samples = String::new();
        for (name, code) in self.quickstart().samples() {
            let _ = write!(samples, "<h2>{}</h2>\n<pre>{}</pre>\n", escaped(name), escaped(&code));
        }
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>Holloway collector</title>\n\
             <style>{STYLE}</style>\n<h1>Holloway collector</h1>\n<p>{ABOUT}</p>\n\
             <dl><dt>Status</dt><dd>{}</dd><dt>Write keys</dt><dd>{}</dd>\
             <dt>More</dt><dd><a href=\"/health\">health</a>, <a href=\"/ready\">ready</a>, \
             <a href=\"/metrics\">metrics</a>; README.md and docs/ of the source</dd></dl>\n\
             <h1>Send the first event</h1>\n{samples}</html>\n",
            escaped(self.status()),
            escaped(&self.keys()),
        )
    }
}

/// Returns the origin under which a request came. `local` stands in for a `Host` that is missing or not a host.
pub(crate) fn origin(request: &HeaderMap, local: &str) -> String {
    let text = |name: &str| request.get(name).and_then(|value| value.to_str().ok());
    // The text goes into code that a developer copies.
    let is_host = |host: &&str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
    };
    let host = text("host").filter(is_host).unwrap_or(local);
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    format!("{scheme}://{host}")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_style_of_the_page_and_nothing_else() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert!(CSP.contains(&format!("style-src 'sha256-{hash}'")), "sha256-{hash}");
    }

    #[test]
    fn an_origin_is_a_host_or_the_address() {
        let check = |host: Option<&str>, proto: Option<&str>, expected: &str| {
            let mut headers = HeaderMap::new();
            let given = [("host", host), ("x-forwarded-proto", proto)];
            for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                headers.insert(name, value.parse().expect("a header value"));
            }
            assert_eq!(origin(&headers, "127.0.0.1:8787"), expected, "{host:?} {proto:?}");
        };
        check(None, None, "http://127.0.0.1:8787");
        check(Some("localhost:8787"), None, "http://localhost:8787");
        check(Some("[::1]:8787"), Some("http"), "http://[::1]:8787");
        check(Some("t.shop.example"), Some("https"), "https://t.shop.example");
        check(Some("\"><script>"), Some("javascript"), "http://127.0.0.1:8787");
        check(Some("a';rm -rf"), None, "http://127.0.0.1:8787");
    }
}
