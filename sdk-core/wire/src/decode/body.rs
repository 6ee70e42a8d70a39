//! The events of a request body.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::depth;
use crate::{EventKind, RawJson, Timestamp, limits::DEPTH_MAX};

/// What a request's path says about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `{"batch": [...]}`.
    Batch,
    /// One event of this kind, whose `type` may be missing.
    Single(EventKind),
}

/// A request body, cut into events that are not read yet.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    /// The events, each as its own JSON text.
    pub events: Vec<&'a str>,
    /// When the client sent the request, by its own clock.
    pub sent_at: Option<Timestamp>,
    /// The write key in the body.
    pub write_key: Option<Cow<'a, str>>,
    /// Context for every event of the batch that does not say otherwise.
    pub context: Option<RawJson<'a>>,
    /// Integrations for every event of the batch that does not say otherwise.
    pub integrations: Option<RawJson<'a>>,
    /// What the client lost since its last acknowledged batch: reason and count, in the body's order.
    pub losses: Vec<(Cow<'a, str>, u64)>,
}

/// Why a body holds no events that could be told apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing there.
    #[error("expected a JSON body, found an empty one")]
    Empty,
    /// Not UTF-8.
    #[error("expected UTF-8 text, found another byte at {at}")]
    Utf8 {
        /// Bytes before the first bad one.
        at: usize,
    },
    /// Not JSON, or not an object.
    #[error("expected a JSON object, found {detail}")]
    Malformed {
        /// What the parser met.
        detail: String,
    },
    /// No list of events.
    #[error("expected an array in the field batch, found {found}")]
    NoBatch {
        /// What was there instead.
        found: &'static str,
    },
}

/// Cuts a body into its events.
///
/// A malformed `sentAt`, `context` or `losses` never costs an event: it is passed over, since the events can be
/// stored without it.
///
/// ```
/// use holloway_wire::decode::{BodyError, Route, body};
/// let batch = body(br#"{"batch":[{"type":"track"},7],"writeKey":"KEY","sentAt":null}"#, Route::Batch)?;
/// assert_eq!(batch.events, [r#"{"type":"track"}"#, "7"]);
/// assert_eq!(batch.write_key.as_deref(), Some("KEY"));
/// assert_eq!(body(b"{}", Route::Batch).unwrap_err(), BodyError::NoBatch { found: "nothing" });
/// # Ok::<(), BodyError>(())
/// ```
pub fn body(bytes: &[u8], route: Route) -> Result<Body<'_>, BodyError> {
    let text = std::str::from_utf8(bytes).map_err(|error| BodyError::Utf8 { at: error.valid_up_to() })?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(BodyError::Empty);
    }
    // A derived reader would take an array for the fields in their order.
    if !text.starts_with('{') {
        return Err(BodyError::Malformed { detail: "another value".to_owned() });
    }
    let fields: Fields<'_> =
        serde_json::from_str(text).map_err(|error| BodyError::Malformed { detail: error.to_string() })?;
    let events = match route {
        Route::Single(_) => vec![text],
        Route::Batch => match fields.batch {
            Some(list) if list.get().starts_with('[') => serde_json::from_str::<Vec<&RawValue>>(list.get())
                .map_err(|error| BodyError::Malformed { detail: error.to_string() })?
                .into_iter()
                .map(RawValue::get)
                .collect(),
            Some(other) => {
                return Err(BodyError::NoBatch {
                    found: super::field::kind_of(RawJson::trusted(other.get())),
                });
            }
            None => return Err(BodyError::NoBatch { found: "nothing" }),
        },
    };
    // A context too deep to be cut apart again is of no use to the events that it is for.
    let whole = |value: &&RawValue| route == Route::Batch && depth(value.get()) <= DEPTH_MAX;
    Ok(Body {
        events,
        sent_at: super::field::time(fields.sent_at, "sentAt").unwrap_or_default(),
        write_key: super::field::text(fields.write_key, "writeKey").unwrap_or_default(),
        context: super::field::object(fields.context.filter(whole), "context").unwrap_or_default(),
        integrations: super::field::object(fields.integrations.filter(whole), "integrations")
            .unwrap_or_default(),
        losses: losses(fields.losses),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, default)]
    batch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    write_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    integrations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    losses: Option<&'a RawValue>,
}

fn losses(value: Option<&RawValue>) -> Vec<(Cow<'_, str>, u64)> {
    let Some(value) = value else { return Vec::new() };
    let members = RawJson::trusted(value.get()).members();
    members.filter_map(|(reason, count)| Some((Cow::Borrowed(reason), count.whole_number()?))).collect()
}
