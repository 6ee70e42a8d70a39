//! Whose events a request carries.

use axum::http::HeaderMap;
use base64::Engine as _;

/// The write key outside of the body, in the order Basic user, Bearer, `?writeKey=`, `X-Write-Key`; the body's own
/// stands between Bearer and the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    header: Option<String>,
    other: Option<String>,
}

impl Claims {
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let header = text("authorization").and_then(|value| {
            let (scheme, rest) = value.split_once(' ')?;
            if scheme.eq_ignore_ascii_case("basic") {
                let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
                let credentials = String::from_utf8(decoded).ok()?;
                // Some SDKs leave the colon out.
                Some(credentials.split(':').next().unwrap_or_default().to_owned())
            } else if scheme.eq_ignore_ascii_case("bearer") {
                Some(rest.trim().to_owned())
            } else {
                None
            }
        });
        let query = query.unwrap_or_default().as_bytes();
        let from_query = form_urlencoded::parse(query).find(|(name, _)| name == "writeKey");
        let other = from_query
            .map(|(_, key)| key.into_owned())
            .or_else(|| text("x-write-key").map(|key| key.trim().to_owned()));
        let some = |key: Option<String>| key.filter(|key| !key.is_empty());
        Self { header: some(header), other: some(other) }
    }

    pub(crate) fn write_key<'a>(&'a self, body: Option<&'a str>) -> Option<&'a str> {
        self.header.as_deref().or(body).or(self.other.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_wherever_an_sdk_puts_it() {
        let check = |header: Option<(&'static str, &str)>,
                     query: Option<&str>,
                     body: Option<&str>,
                     answer: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(name, value.parse().expect("a header value"));
            }
            assert_eq!(Claims::of(&headers, query).write_key(body), answer, "{header:?} {query:?} {body:?}");
        };
        check(Some(("authorization", "Basic S0VZOg==")), None, Some("BODY"), Some("KEY"));
        check(Some(("authorization", "basic S0VZ")), None, None, Some("KEY"));
        check(Some(("authorization", "Bearer KEY")), None, None, Some("KEY"));
        check(Some(("authorization", "Basic ???")), None, Some("BODY"), Some("BODY"));
        check(None, Some("x=1&writeKey=KEY"), None, Some("KEY"));
        check(None, Some("writeKey=KEY"), Some("BODY"), Some("BODY"));
        check(Some(("x-write-key", "KEY")), None, None, Some("KEY"));
        check(None, None, None, None);
    }
}
