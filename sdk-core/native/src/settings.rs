//! Which settings a client can be built with.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use holloway_core::wire::limits::BATCH_EVENTS_MAX;

/// Why a client cannot be built.
///
/// `Debug` writes the same words as `Display`, so that an error that `main` returns can be read.
#[derive(thiserror::Error)]
pub enum BuildError {
    /// The write key is empty.
    #[error(
        "expected a write key, found an empty text: give Client::builder the app's key, such as \"my-app\""
    )]
    NoWriteKey,
    /// The write key has white space or a colon in it, such as the line break of a file that it was read from.
    #[error("expected a write key without white space and colons, found {found:?}")]
    OddWriteKey {
        /// What was given.
        found: String,
    },
    /// The host is no origin of a collector.
    #[error(
        "expected the collector's origin, such as https://events.example.com, found {found:?}{hint}: set it with .host(url)"
    )]
    Host {
        /// What was given, without a password in it.
        found: String,
        /// What is wrong with it, after a blank; may be empty.
        hint: &'static str,
    },
    /// A setting has a value that no client can work with.
    #[error("expected {expected} as {name}, found {found}: set it with .{name}(…)")]
    Setting {
        /// The setting's name, which is that of the builder's method.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The folder cannot be used.
    #[error(
        "cannot keep events in {folder}: {source}; name a folder that can be written to with .store_dir(path)"
    )]
    Store {
        /// The folder.
        folder: PathBuf,
        /// The file system's answer.
        source: std::io::Error,
    },
    /// No thread, or no HTTP client.
    #[error("cannot start the client: {0}")]
    Start(std::io::Error),
    /// The crate was built without `reqwest`.
    #[error("expected a transport, found none: enable the feature reqwest, or give one with .transport(t)")]
    NoTransport,
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Refuses a write key that no project can have: one with white space is a slip in a configuration file.
pub(crate) fn check_write_key(key: &str) -> Result<(), BuildError> {
    if key.trim().is_empty() {
        return Err(BuildError::NoWriteKey);
    }
    // A colon would end it in the header that carries it.
    let is_odd = |char: char| char.is_whitespace() || char.is_control() || char == ':';
    if key.contains(is_odd) { Err(BuildError::OddWriteKey { found: key.to_owned() }) } else { Ok(()) }
}

/// The host as it is used: an origin, without a slash at the end.
pub(crate) fn origin(host: &str) -> Result<String, BuildError> {
    let refuse = |hint| {
        // A password is not to be in a log.
        let found = match (host.split_once("://"), host.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
            (None, Some((_, rest))) => format!("…@{rest}"),
            _ => host.to_owned(),
        };
        Err(BuildError::Host { found, hint })
    };
    let Some((scheme, rest)) = host.split_once("://") else { return refuse("") };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return refuse("");
    }
    if rest.contains('@') {
        return refuse(" with a user name, which is not sent");
    }
    if rest.contains(['/', '?', '#', '\\']) {
        return refuse(" with a path or a query (the client adds /v1/batch itself)");
    }
    // An IPv6 address has colons of its own, in brackets.
    let (name, port) = match rest.rsplit_once(']') {
        Some((name, port)) => (name.strip_prefix('[').unwrap_or_default(), port.strip_prefix(':')),
        None => rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port))),
    };
    let is_name = !name.is_empty() && !name.contains(|char: char| char.is_whitespace() || char.is_control());
    let is_address = !rest.starts_with('[') || name.parse::<std::net::Ipv6Addr>().is_ok();
    if !is_name || !is_address {
        return refuse(" without a host name");
    }
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_usable = |port: &str| is_port(port) && port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.is_some_and(|port| !is_usable(port)) || (rest.starts_with('[') && rest.ends_with(':')) {
        return refuse(" with a port that is not of 1 to 65535");
    }
    Ok(format!("{scheme}://{rest}"))
}

/// Refuses a number of events that makes no batch.
pub(crate) fn check_flush_at(events: usize) -> Result<(), BuildError> {
    let is_batch = (1..=BATCH_EVENTS_MAX).contains(&events);
    refuse(!is_batch, "flush_at", "a number of events of 1 to 2500", &events.to_string())
}

/// Refuses an interval that is over at once.
pub(crate) fn check_interval(name: &'static str, interval_ms: u64) -> Result<(), BuildError> {
    refuse(interval_ms == 0, name, "a duration of a millisecond or more", "zero")
}

/// Refuses what is no share.
pub(crate) fn check_share(share: f64) -> Result<(), BuildError> {
    let is_share = (0.0..=1.0).contains(&share);
    refuse(!is_share, "sampled_sessions", "a share of 0 to 1", &share.to_string())
}

/// Refuses a purpose without a name.
pub(crate) fn check_purpose(purpose: &str) -> Result<(), BuildError> {
    refuse(purpose.is_empty(), "consent_purpose", "the name of a purpose", "an empty text")
}

/// Refuses a folder without a name.
pub(crate) fn check_folder(folder: Option<&Path>) -> Result<(), BuildError> {
    let is_nameless = folder.is_some_and(|folder| folder.as_os_str().is_empty());
    refuse(is_nameless, "store_dir", "a folder", "an empty path")
}

/// Refuses a context that is no JSON object, or could not be written as one.
pub(crate) fn check_context(context: Option<&Result<String, String>>) -> Result<(), BuildError> {
    let found = match context {
        Some(Err(error)) => error,
        Some(Ok(text)) if !text.starts_with('{') => text,
        _ => return Ok(()),
    };
    refuse(true, "context", "a value that is a JSON object", found)
}

fn refuse(is_wrong: bool, name: &'static str, expected: &'static str, found: &str) -> Result<(), BuildError> {
    if is_wrong { Err(BuildError::Setting { name, expected, found: found.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_origin() {
        for host in [
            "http://127.0.0.1:8787",
            "https://events.example.com",
            "https://events.example.com/",
            "HTTPS://Events.example.com:443",
            "http://[::1]:8787",
            "http://[::1]",
            "http://collector:1",
        ] {
            assert_eq!(origin(host).expect(host), host.trim_end_matches('/'));
        }
    }

    #[test]
    fn a_host_that_is_no_origin_is_refused_with_what_is_wrong() {
        #[track_caller]
        fn check(host: &str, words: &str) {
            let error = origin(host).expect_err(host).to_string();
            assert!(error.contains(words), "{error}");
            assert!(error.contains("https://events.example.com"), "{error}");
        }
        check("", "found \"\"");
        check("localhost", "found \"localhost\"");
        check("localhost:8787", "found \"localhost:8787\"");
        check("//events.example.com", "found \"//");
        check("ftp://events.example.com", "ftp");
        check("https://", "without a host name");
        check("https://:80", "without a host name");
        check("https://a b", "without a host name");
        check("https://[::g]", "without a host name");
        check("https://events.example.com:99999", "1 to 65535");
        check("https://events.example.com:0", "1 to 65535");
        check("https://events.example.com:", "1 to 65535");
        check("https://events.example.com:+80", "1 to 65535");
        check("https://[::1]:99999", "1 to 65535");
        check("https://events.example.com/v1/batch", "path or a query");
        check("https://events.example.com//", "path or a query");
        check("https://events.example.com?key=1", "path or a query");
        check("https://ada:secret@events.example.com", "\"https://…@events.example.com\" with a user name");
    }

    #[test]
    fn a_password_is_not_repeated() {
        for host in ["https://ada:secret@a.example", "ada:secret@a.example", "https://ada:secret@a.example/x"]
        {
            let error = origin(host).expect_err("is none").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
