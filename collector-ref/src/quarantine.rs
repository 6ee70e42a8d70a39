//! What the quarantine keeps of an event that is none.

use std::borrow::Cow;

use base64::Engine as _;
use holloway_wire::{Timestamp, json::write_string};
use serde::Deserialize;

/// One record of the quarantine: a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined<'a> {
    /// When it came in, RFC 3339.
    #[serde(borrow)]
    pub received_at: Cow<'a, str>,
    /// Under which write key.
    #[serde(borrow)]
    pub write_key: Cow<'a, str>,
    /// The broken rule, a stable word.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// The field at fault.
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// What was expected and what was found.
    #[serde(borrow)]
    pub detail: Cow<'a, str>,
    /// Which version refused it.
    #[serde(borrow)]
    pub processor: Cow<'a, str>,
    /// The payload as it came, when it was UTF-8.
    #[serde(borrow, default)]
    pub payload: Option<Cow<'a, str>>,
    /// The payload in base64, when it was not.
    #[serde(borrow, default)]
    pub payload_base64: Option<Cow<'a, str>>,
}

impl<'a> Quarantined<'a> {
    /// Reads a record.
    pub fn parse(record: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(record)
    }
}

/// Why a payload is in the quarantine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause<'a> {
    pub(crate) reason: &'static str,
    pub(crate) field: &'a str,
    pub(crate) detail: &'a str,
}

pub(crate) fn write(
    out: &mut Vec<u8>,
    payload: &[u8],
    write_key: &str,
    received_at: Timestamp,
    cause: &Cause<'_>,
) {
    let text = std::str::from_utf8(payload);
    let (name, payload) = match text {
        Ok(text) => ("payload", Cow::Borrowed(text)),
        Err(_) => ("payloadBase64", Cow::Owned(base64::engine::general_purpose::STANDARD.encode(payload))),
    };
    let received_at = received_at.to_string();
    let fields = [
        ("receivedAt", received_at.as_str()),
        ("writeKey", write_key),
        ("reason", cause.reason),
        ("field", cause.field),
        ("detail", cause.detail),
        ("processor", concat!("holloway-collector/", env!("CARGO_PKG_VERSION"))),
        (name, payload.as_ref()),
    ];
    for (index, (name, value)) in fields.into_iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        write_string(out, name);
        out.push(b':');
        write_string(out, value);
    }
    out.push(b'}');
}
