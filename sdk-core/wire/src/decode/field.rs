//! One field of a JSON object, read leniently.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Invalid, InvalidReason};
use crate::{RawJson, Timestamp, limits::ID_BYTES_MAX};

/// A text: strings as they are, numbers as their digits, `null` and `""` as absent.
pub(super) fn text<'a>(
    value: Option<&'a RawValue>,
    field: &'static str,
) -> Result<Option<Cow<'a, str>>, Invalid> {
    let Some(value) = value else { return Ok(None) };
    let raw = RawJson::trusted(value.get());
    let text = match raw.text().as_bytes().first() {
        Some(b'"') => raw.string().unwrap_or_default(),
        Some(b'-' | b'0'..=b'9') => Cow::Borrowed(raw.text()),
        _ => return Err(wrong_type(field, "a string", raw)),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// An id: a text of at most [`ID_BYTES_MAX`] bytes.
pub(super) fn id<'a>(
    value: Option<&'a RawValue>,
    field: &'static str,
) -> Result<Option<Cow<'a, str>>, Invalid> {
    let id = text(value, field)?;
    match &id {
        Some(long) if long.len() > ID_BYTES_MAX => Err(Invalid {
            reason: InvalidReason::IdTooLong,
            field,
            detail: format!("expected at most {ID_BYTES_MAX} bytes, found {}", long.len()),
        }),
        _ => Ok(id),
    }
}

/// An object, as its text.
pub(super) fn object<'a>(
    value: Option<&'a RawValue>,
    field: &'static str,
) -> Result<Option<RawJson<'a>>, Invalid> {
    let Some(value) = value else { return Ok(None) };
    let raw = RawJson::trusted(value.get());
    if raw.text().starts_with('{') { Ok(Some(raw)) } else { Err(wrong_type(field, "an object", raw)) }
}

/// An RFC 3339 time.
pub(super) fn time(value: Option<&RawValue>, field: &'static str) -> Result<Option<Timestamp>, Invalid> {
    let Some(value) = value else { return Ok(None) };
    let raw = RawJson::trusted(value.get());
    let Some(text) = raw.string() else {
        return Err(Invalid {
            reason: InvalidReason::BadTimestamp,
            field,
            detail: format!("expected a string with an RFC 3339 time, found {}", kind_of(raw)),
        });
    };
    if text.is_empty() {
        return Ok(None);
    }
    Timestamp::parse(&text).map(Some).map_err(|error| Invalid {
        reason: InvalidReason::BadTimestamp,
        field,
        detail: error.to_string(),
    })
}

pub(super) fn kind_of(raw: RawJson<'_>) -> &'static str {
    match raw.text().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn wrong_type(field: &'static str, expected: &str, found: RawJson<'_>) -> Invalid {
    Invalid {
        reason: InvalidReason::WrongType,
        field,
        detail: format!("expected {expected}, found {}", kind_of(found)),
    }
}

/// The deepest nesting of brackets outside of strings.
pub(super) fn depth(raw: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in raw.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
