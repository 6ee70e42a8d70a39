//! The combined log of Apache and nginx: one visitor is one address with one user agent.

use std::io::{BufRead as _, BufReader, Read};

use anyhow::Result;
use holloway_wire::{
    Timestamp, hex,
    json::{write_number, write_string},
    stable_hash128,
};

use super::{Admission, Row};

/// What a page is not: the endings of files that pages are made of.
const ASSETS: [&str; 26] = [
    "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "woff", "woff2",
    "ttf", "eot", "otf", "mp3", "mp4", "webm", "zip", "gz", "tar", "xml", "txt", "json",
];

pub(super) fn read(input: impl Read, admission: &mut Admission<'_>) -> Result<()> {
    let mut input = BufReader::with_capacity(256 * 1024, input);
    let (mut line, mut out) = (Vec::new(), Vec::new());
    while input.read_until(b'\n', &mut line)? > 0 {
        let row = line.trim_ascii_end();
        if !row.is_empty() {
            let text = String::from_utf8_lossy(row);
            match Request::parse(&text) {
                Some(request) => {
                    request.write(&mut out);
                    admission.row(Row::Event(std::str::from_utf8(&out)?))?;
                }
                None => admission.row(Row::Unreadable {
                    payload: row,
                    reason: "malformed_line",
                    detail: "expected HOST IDENT USER [TIME] \"REQUEST\" STATUS BYTES \"REFERER\" \"USER AGENT\", found another line".to_owned(),
                })?,
            }
        }
        line.clear();
    }
    Ok(())
}

/// A line of the log.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    host: &'a str,
    time: Timestamp,
    method: &'a str,
    target: &'a str,
    status: u16,
    bytes: Option<u64>,
    referrer: Option<&'a str>,
    user_agent: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (host, rest) = line.split_once(' ')?;
        let (_, rest) = rest.split_once('[')?;
        let (time, rest) = rest.split_once("] ")?;
        let (request, rest) = quoted(rest)?;
        let mut words = request.split(' ');
        let (method, target) = (words.next()?, words.next().unwrap_or_default());
        let (numbers, rest) = rest.trim_start().split_once('"').map_or((rest.trim(), ""), |(numbers, _)| {
            (numbers.trim(), &rest[rest.find('"').unwrap_or_default()..])
        });
        let (status, bytes) = numbers.split_once(' ')?;
        let bytes = match bytes {
            "-" => None,
            digits => Some(digits.parse().ok()?),
        };
        let (referrer, rest) = optional(rest)?;
        let (user_agent, _) = optional(rest)?;
        let named = |text: Option<&'a str>| text.filter(|text| !text.is_empty() && *text != "-");
        Some(Self {
            host: Some(host).filter(|host| !host.is_empty())?,
            time: clf_time(time)?,
            method,
            target,
            status: status.parse().ok()?,
            bytes,
            referrer: named(referrer),
            user_agent: named(user_agent),
        })
    }

    /// Writes the event: a page view for what a person looks at, else a track.
    fn write(&self, out: &mut Vec<u8>) {
        let (path, search) =
            self.target.split_once('?').map_or((self.target, ""), |(path, search)| (path, search));
        let is_page = self.method == "GET" && self.status < 400 && !is_asset(path);
        let visitor =
            hex(&stable_hash128(&[self.host.as_bytes(), self.user_agent.unwrap_or_default().as_bytes()]));
        out.clear();
        out.extend_from_slice(if is_page {
            b"{\"type\":\"page\""
        } else {
            b"{\"type\":\"track\",\"event\":"
        });
        if !is_page {
            write_string(out, if self.status < 400 { "Resource Requested" } else { "Request Failed" });
        }
        let text = |out: &mut Vec<u8>, name: &str, value: &str| {
            write_string(out, name);
            out.push(b':');
            write_string(out, value);
        };
        out.push(b',');
        text(out, "anonymousId", &visitor);
        out.extend_from_slice(b",\"timestamp\":\"");
        self.time.write(out);
        out.extend_from_slice(b"\",\"properties\":{");
        text(out, "method", self.method);
        out.extend_from_slice(b",\"status\":");
        write_number(out, u64::from(self.status));
        if let Some(bytes) = self.bytes {
            out.extend_from_slice(b",\"bytes\":");
            write_number(out, bytes);
        }
        out.extend_from_slice(b"},\"context\":{");
        text(out, "ip", self.host);
        if let Some(user_agent) = self.user_agent {
            out.push(b',');
            text(out, "userAgent", user_agent);
        }
        out.extend_from_slice(b",\"page\":{");
        text(out, "path", path);
        if !search.is_empty() {
            out.push(b',');
            text(out, "search", &format!("?{search}"));
        }
        if let Some(referrer) = self.referrer {
            out.push(b',');
            text(out, "referrer", referrer);
        }
        out.extend_from_slice(b"}}}");
    }
}

fn is_asset(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| ASSETS.iter().any(|asset| ending.eq_ignore_ascii_case(asset)))
}

/// The text between the first quotes, in which a quote may be escaped, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((&inner[..at], &inner[at + 1..])),
            _ => {}
        }
    }
    None
}

/// A quoted text that may be missing, as in the common format; one that begins must end.
fn optional(text: &str) -> Option<(Option<&str>, &str)> {
    if text.trim_start().starts_with('"') {
        quoted(text).map(|(inner, rest)| (Some(inner), rest))
    } else {
        Some((None, text))
    }
}

/// `17/May/2015:10:05:03 +0000`
fn clf_time(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (day, rest) = text.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, rest) = rest.split_once(':')?;
    let (clock, zone) = rest.split_once(' ')?;
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{clock}{zone}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let line = r#"192.0.2.7 - ada [17/May/2015:10:05:03 +0200] "GET /a?b=1 HTTP/1.1" 200 17 "https://x.example/" "Agent \"X\" 1.0""#;
        let request = Request::parse(line).expect("a request");
        assert_eq!((request.host, request.method, request.target), ("192.0.2.7", "GET", "/a?b=1"));
        assert_eq!((request.status, request.bytes), (200, Some(17)));
        assert_eq!(
            (request.referrer, request.user_agent),
            (Some("https://x.example/"), Some(r#"Agent \"X\" 1.0"#))
        );
        assert_eq!(request.time.to_string(), "2015-05-17T08:05:03.000Z");
        let bare = Request::parse(r#"::1 - - [01/Jan/2026:00:00:00 +0000] "HEAD / HTTP/1.0" 404 - "-" "-""#)
            .expect("a request");
        assert_eq!((bare.bytes, bare.referrer, bare.user_agent), (None, None, None));
        let common = Request::parse(r#"h - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.0" 200 5"#)
            .expect("a request");
        assert_eq!((common.bytes, common.user_agent), (Some(5), None));
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "hello",
            "h - - [now] \"GET / HTTP/1.0\" 200 5 \"-\" \"-\"",
            "h - - [01/Jan/2026:00:00:00 +0000] \"GET / 200 5",
            "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.0\" 200 many \"-\" \"-\"",
            "h - - [01/Jan/2026:00:00:00 +0000] \"GET / HTTP/1.0\" 200 5 \"-\" \"an agent that was cut o",
        ] {
            assert_eq!(Request::parse(line), None, "{line}");
        }
    }

    #[test]
    fn pages_are_told_from_what_they_are_made_of() {
        for (path, answer) in [
            ("/", false),
            ("/a.html", false),
            ("/a/b", false),
            ("/x.PNG", true),
            ("/v1.2/", false),
            ("/feed.xml", true),
        ] {
            assert_eq!(is_asset(path), answer, "{path}");
        }
    }
}
