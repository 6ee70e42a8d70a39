//! The visitor's anonymous id as a cookie of the collector's: where it is one of the site's own hosts, browsers keep
//! what it sets longer than what a script writes (Safari: seven days).

use std::{fmt::Write as _, str::FromStr};

use axum::http::{HeaderMap, HeaderValue, header};
use holloway_wire::{DELETION_EVENT, decode};

/// Browsers keep a cookie for 400 days at most (RFC 6265bis).
const MAX_AGE_S_MAX: u32 = 34_560_000;
/// Browsers drop a cookie of more than 4,096 bytes; an id has at most three for each of its 512.
const NAME_BYTES_MAX: usize = 64;

/// How the cookie is called, where it holds and how long: `NAME[;domain=DOMAIN][;max-age=SECONDS]`.
///
/// ```
/// use holloway_collector::VisitorCookie;
///
/// assert!("hw_id;domain=shop.example;max-age=86400".parse::<VisitorCookie>().is_ok());
/// assert!("hw id".parse::<VisitorCookie>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorCookie {
    name: String,
    /// None for the collector's host alone.
    domain: Option<String>,
    max_age_s: u32,
}

/// What a text lacks to be a [`VisitorCookie`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitorCookieError {
    /// The name.
    #[error("expected a cookie's name of at most {NAME_BYTES_MAX} letters, digits, - and _, found {0:?}")]
    Name(String),
    /// Browsers take such names with `Secure` alone.
    #[error(
        "expected a name without the prefix __Host- or __Secure-, which plain HTTP cannot set, found {0:?}"
    )]
    Prefix(String),
    /// The domain.
    #[error("expected a domain such as shop.example, found {0:?}")]
    Domain(String),
    /// The age.
    #[error("expected max-age in seconds, from 1 to {MAX_AGE_S_MAX} (400 days), found {0:?}")]
    MaxAge(String),
    /// Something else.
    #[error("expected domain=… or max-age=…, once each, found {0:?}")]
    Attribute(String),
}

impl FromStr for VisitorCookie {
    type Err = VisitorCookieError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_owned();
        let is_short = (1..=NAME_BYTES_MAX).contains(&name.len());
        if !is_short || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(VisitorCookieError::Name(name));
        }
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("__host-") || lower.starts_with("__secure-") {
            return Err(VisitorCookieError::Prefix(name));
        }
        let (mut domain, mut max_age_s) = (None, None);
        for part in parts {
            let (key, value) =
                part.split_once('=').map_or((part, ""), |(key, value)| (key.trim(), value.trim()));
            match key.to_ascii_lowercase().as_str() {
                "domain" if domain.is_none() => domain = Some(host(value)?),
                "max-age" if max_age_s.is_none() => {
                    let seconds = value.parse().ok().filter(|seconds| (1..=MAX_AGE_S_MAX).contains(seconds));
                    max_age_s = Some(seconds.ok_or_else(|| VisitorCookieError::MaxAge(value.to_owned()))?);
                }
                _ => return Err(VisitorCookieError::Attribute(part.to_owned())),
            }
        }
        Ok(Self { name, domain, max_age_s: max_age_s.unwrap_or(MAX_AGE_S_MAX) })
    }
}

fn host(value: &str) -> Result<String, VisitorCookieError> {
    let host = value.strip_prefix('.').unwrap_or(value);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if host.split('.').all(is_label) {
        return Ok(host.to_ascii_lowercase());
    }
    Err(VisitorCookieError::Domain(value.to_owned()))
}

/// What a request's events say about the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    Known(String),
    /// Who wants to be deleted must not come back under the same id.
    Gone,
}

/// The last valid event with an anonymous id decides: after a reset within a batch it is the one that goes on.
pub(crate) fn visitor(events: &[&str], route: decode::Route) -> Option<Visitor> {
    let default_kind = match route {
        decode::Route::Single(kind) => Some(kind),
        decode::Route::Batch => None,
    };
    events.iter().rev().find_map(|raw| {
        let event = decode::event(raw, default_kind).ok()?;
        let id = event.anonymous_id.filter(|id| !id.is_empty())?;
        Some(if event.name.as_deref() == Some(DELETION_EVENT) {
            Visitor::Gone
        } else {
            Visitor::Known(id.into_owned())
        })
    })
}

impl VisitorCookie {
    /// The header's value. Not `HttpOnly`: the page reads it when its own record is gone.
    pub(crate) fn header(&self, visitor: &Visitor, request: &HeaderMap) -> Option<HeaderValue> {
        let (id, max_age_s) = match visitor {
            Visitor::Known(id) => (id.as_str(), self.max_age_s),
            Visitor::Gone => ("", 0),
        };
        let mut out = format!("{}={}", self.name, escaped(id));
        let _ = write!(out, "; Max-Age={max_age_s}; Path=/");
        if let Some(domain) = &self.domain {
            let _ = write!(out, "; Domain={domain}");
        }
        out.push_str(if is_from_elsewhere(request) { "; SameSite=None; Secure" } else { "; SameSite=Lax" });
        HeaderValue::from_str(&out).ok()
    }
}

/// Whether a page of another site sent it, over HTTPS.
fn is_from_elsewhere(request: &HeaderMap) -> bool {
    let text = |name| request.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let scheme = text("x-forwarded-proto").and_then(|list| list.split(',').next()).unwrap_or_default();
    if !scheme.trim().eq_ignore_ascii_case("https") {
        return false;
    }
    // Only the browser knows which domains are sites. An old one does not say: then every other host is taken
    // for another site, so that the cookie holds in too many requests rather than in too few.
    match text("sec-fetch-site") {
        Some(site) => site == "cross-site",
        None => text("origin").is_some_and(|origin| {
            let origin = origin.split_once("://").map_or(origin, |(_, host)| host);
            text(header::HOST.as_str()) != Some(origin)
        }),
    }
}

/// As `encodeURIComponent` writes it, which is what the page undoes.
fn escaped(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_told_in_one_argument() {
        let check = |text: &str, expected: Result<(&str, Option<&str>, u32), &str>| {
            let found = text.parse::<VisitorCookie>();
            match expected {
                Ok((name, domain, max_age_s)) => {
                    let domain = domain.map(str::to_owned);
                    assert_eq!(found, Ok(VisitorCookie { name: name.into(), domain, max_age_s }), "{text}");
                }
                Err(says) => {
                    let error = found.expect_err(text).to_string();
                    assert!(error.contains(says), "{text}: {error}");
                }
            }
        };
        check("hw_id", Ok(("hw_id", None, 34_560_000)));
        check("id; Domain=.Shop.Example; Max-Age=60", Ok(("id", Some("shop.example"), 60)));
        check("id;max-age=34560000", Ok(("id", None, 34_560_000)));
        check("", Err("cookie's name"));
        check(&"x".repeat(65), Err("at most 64"));
        check("a b", Err("\"a b\""));
        check("a=b", Err("\"a=b\""));
        check("__Host-id", Err("prefix"));
        check("id;domain=", Err("a domain such as"));
        check("id;domain=a..b", Err("\"a..b\""));
        check("id;domain=https://a.b", Err("a domain such as"));
        check("id;max-age=0", Err("from 1 to 34560000"));
        check("id;max-age=34560001", Err("from 1 to 34560000"));
        check("id;max-age=a", Err("\"a\""));
        check("id;path=/x", Err("\"path=/x\""));
        check("id;domain=a.b;domain=c.d", Err("once each"));
        check("id;", Err("expected domain=… or max-age=…"));
    }

    #[test]
    fn the_last_event_with_an_anonymous_id_decides() {
        let of = |id: &str| format!(r#"{{"type":"track","event":"E","anonymousId":"{id}"}}"#);
        let (a, b) = (of("a"), of("b"));
        let user = r#"{"type":"track","event":"E","userId":"u"}"#;
        let invalid = r#"{"type":"track","anonymousId":"c"}"#;
        let gone = r#"{"type":"track","event":"Deletion Requested","anonymousId":"a"}"#;
        let known = |id: &str| Some(Visitor::Known(id.into()));
        let check = |events: &[&str], expected: Option<Visitor>| {
            assert_eq!(visitor(events, decode::Route::Batch), expected, "{events:?}");
        };
        check(&[], None);
        check(&[user, invalid], None);
        check(&[&a, &b], known("b"));
        check(&[&b, &a, user, invalid], known("a"));
        check(&[&a, gone], Some(Visitor::Gone));
        check(&[gone, &b], known("b"));
    }

    #[test]
    fn another_site_over_https_needs_more() {
        let cookie: VisitorCookie = "id".parse().expect("a cookie");
        let check = |headers: &[(&'static str, &str)], elsewhere: bool| {
            let mut request = HeaderMap::new();
            for (name, value) in headers {
                request.insert(*name, value.parse().expect("a value"));
            }
            let found = cookie.header(&Visitor::Known("a".into()), &request).expect("a header");
            let site = if elsewhere { "SameSite=None; Secure" } else { "SameSite=Lax" };
            assert_eq!(found, format!("id=a; Max-Age=34560000; Path=/; {site}"), "{headers:?}");
        };
        let https = ("x-forwarded-proto", "https");
        check(&[], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[https], false);
        check(&[https, ("sec-fetch-site", "cross-site")], true);
        check(&[("x-forwarded-proto", "https, http"), ("sec-fetch-site", "cross-site")], true);
        check(&[https, ("sec-fetch-site", "same-site"), ("origin", "https://x.y"), ("host", "z.y")], false);
        check(&[https, ("origin", "https://shop.example"), ("host", "shop.example")], false);
        check(&[https, ("origin", "https://shop.example"), ("host", "events.example")], true);
    }
}
