//! The collector's answer: one verdict per event.

use alloc::{borrow::Cow, vec::Vec};

use crate::{
    JsonError, RawJson,
    json::{write_number, write_string},
};

/// What a collector did with one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Stored, durably.
    Ok,
    /// Already stored; the resend was harmless.
    Duplicate,
    /// Not an event by the wire's rules; kept in quarantine. Sending it again changes nothing.
    Invalid,
    /// Dropped on purpose (suppressed user, sampled out). Sending it again changes nothing.
    Dropped,
    /// Not stored now; send this one again.
    Retry,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Duplicate, Self::Invalid, Self::Dropped, Self::Retry];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Dropped => "dropped",
            Self::Retry => "retry",
        }
    }

    /// Reads the word on the wire; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// The verdict on one event, by its message id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictLine<'a> {
    /// The event's id, as sent or as assigned.
    pub message_id: Cow<'a, str>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, for people.
    pub reason: Option<Cow<'a, str>>,
}

/// A collector's answer to a batch, as a client reads it.
///
/// ```
/// use holloway_wire::{Receipt, Verdict};
/// let receipt = Receipt::parse(r#"{"results":[{"messageId":"m-1","verdict":"invalid","reason":"no userId"}]}"#)?;
/// assert_eq!(receipt.verdict_of("m-1"), Some(Verdict::Invalid));
/// assert_eq!(receipt.verdict_of("m-2"), None);
/// // Another vendor's answer is no receipt: the caller goes by the status alone.
/// assert!(Receipt::parse(r#"{"success":true}"#).is_err());
/// # Ok::<(), holloway_wire::ReceiptError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// One line per event.
    pub results: Vec<VerdictLine<'a>>,
    /// How long to wait before the next request, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// Why an answer is not a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error("expected an object with an array of results, found another shape")]
    Shape,
}

impl<'a> Receipt<'a> {
    /// Reads a response body. Lines without an id or with an unknown verdict are passed over, so that a newer
    /// collector does not confuse an older client: an event without a line counts as `ok` of a 200.
    pub fn parse(body: &'a str) -> Result<Self, ReceiptError> {
        let answer = RawJson::parse(body)?;
        let results =
            answer.get("results").filter(|list| list.text().starts_with('[')).ok_or(ReceiptError::Shape)?;
        let lines = results.items().filter_map(|line| {
            Some(VerdictLine {
                message_id: line.get("messageId")?.string()?,
                verdict: Verdict::parse(&line.get("verdict")?.string()?)?,
                reason: line.get("reason").and_then(RawJson::string),
            })
        });
        Ok(Self {
            results: lines.collect(),
            retry_after_ms: answer.get("retryAfterMs").and_then(RawJson::whole_number),
        })
    }

    /// The verdict on the event with this id.
    pub fn verdict_of(&self, message_id: &str) -> Option<Verdict> {
        self.results.iter().find(|line| line.message_id == message_id).map(|line| line.verdict)
    }
}

/// Appends a receipt, as a collector answers it.
pub fn write_receipt<'a>(
    out: &mut Vec<u8>,
    results: impl IntoIterator<Item = (&'a str, Verdict, Option<&'a str>)>,
    retry_after_ms: Option<u64>,
) {
    out.extend_from_slice(b"{\"results\":[");
    for (index, (message_id, verdict, reason)) in results.into_iter().enumerate() {
        out.extend_from_slice(if index > 0 { b",{\"messageId\":" } else { b"{\"messageId\":" });
        write_string(out, message_id);
        out.extend_from_slice(b",\"verdict\":");
        write_string(out, verdict.as_str());
        if let Some(reason) = reason {
            out.extend_from_slice(b",\"reason\":");
            write_string(out, reason);
        }
        out.push(b'}');
    }
    out.push(b']');
    if let Some(wait) = retry_after_ms {
        out.extend_from_slice(b",\"retryAfterMs\":");
        write_number(out, wait);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_receipt_reads_back() {
        let mut out = Vec::new();
        write_receipt(
            &mut out,
            [("a", Verdict::Ok, None), ("b\"", Verdict::Retry, Some("disk full"))],
            Some(1_500),
        );
        let text = String::from_utf8(out).expect("utf-8");
        let receipt = Receipt::parse(&text).expect("a receipt");
        assert_eq!(receipt.retry_after_ms, Some(1_500));
        assert_eq!(receipt.verdict_of("b\""), Some(Verdict::Retry));
        assert_eq!(receipt.results[1].reason.as_deref(), Some("disk full"));
    }

    #[test]
    fn unknown_lines_are_passed_over_and_other_shapes_refused() {
        let text = r#"{"results":[{"messageId":"a","verdict":"throttled"},{"verdict":"ok"},7,{"messageId":"b","verdict":"ok"}]}"#;
        let receipt = Receipt::parse(text).expect("a receipt");
        assert_eq!(receipt.results.len(), 1);
        for body in ["", "ok", "[]", "{}", r#"{"results":{}}"#, "<html>"] {
            assert!(Receipt::parse(body).is_err(), "{body}");
        }
    }
}
