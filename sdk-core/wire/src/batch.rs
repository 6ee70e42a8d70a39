//! The request body that carries events.

use alloc::vec::Vec;

use crate::{
    LossReason, Timestamp,
    json::{write_number, write_string},
};

/// Appends a batch: events as they were written, then what the collector needs to know of the sending.
///
/// `losses` are counts since the last acknowledged batch; reasons with zero are left out, and the whole field
/// when nothing was lost.
///
/// ```
/// use holloway_wire::{LossReason, Timestamp, write_batch};
/// let mut out = Vec::new();
/// let events: [&[u8]; 1] = [br#"{"type":"track"}"#];
/// write_batch(&mut out, events, Timestamp::from_millis(0), "KEY", [(LossReason::QueueFull, 2)]);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     r#"{"batch":[{"type":"track"}],"sentAt":"1970-01-01T00:00:00.000Z","writeKey":"KEY","losses":{"queue_full":2}}"#,
/// );
/// ```
pub fn write_batch<'a>(
    out: &mut Vec<u8>,
    events: impl IntoIterator<Item = &'a [u8]>,
    sent_at: Timestamp,
    write_key: &str,
    losses: impl IntoIterator<Item = (LossReason, u64)>,
) {
    out.extend_from_slice(b"{\"batch\":[");
    for (index, event) in events.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(event);
    }
    out.extend_from_slice(b"],\"sentAt\":\"");
    sent_at.write(out);
    out.extend_from_slice(b"\",\"writeKey\":");
    write_string(out, write_key);
    let mut any = false;
    for (reason, count) in losses {
        if count > 0 {
            out.extend_from_slice(if any { b"," } else { b",\"losses\":{" });
            write_string(out, reason.as_str());
            out.push(b':');
            write_number(out, count);
            any = true;
        }
    }
    if any {
        out.push(b'}');
    }
    out.push(b'}');
}
