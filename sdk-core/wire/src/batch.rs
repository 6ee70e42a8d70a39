//! The request body that carries events.

use alloc::vec::Vec;

use crate::{
    LossReason, Timestamp,
    json::{write_number, write_string},
};

const OPEN: &[u8] = b"{\"batch\":[";

/// Where a batch's first event begins.
pub const BATCH_EVENTS_AT: usize = OPEN.len();

/// Appends a batch: events as they were written, a comma between each two, then what the collector needs to know of the
/// sending.
///
/// `losses` are counts since the last acknowledged batch, by [`LossReason::index`]; reasons with zero are left out, and
/// the whole field when nothing was lost.
///
/// ```
/// use holloway_wire::{LossReason, Timestamp, write_batch};
/// let mut out = Vec::new();
/// let mut losses = [0; LossReason::ALL.len()];
/// losses[LossReason::QueueFull.index()] = 2;
/// write_batch(&mut out, br#"{"type":"track"}"#, Timestamp::from_millis(0), "KEY", &losses);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     r#"{"batch":[{"type":"track"}],"sentAt":"1970-01-01T00:00:00.000Z","writeKey":"KEY","losses":{"queue_full":2}}"#,
/// );
/// ```
pub fn write_batch(out: &mut Vec<u8>, events: &[u8], sent_at: Timestamp, write_key: &str, losses: &[u64]) {
    out.extend_from_slice(OPEN);
    out.extend_from_slice(events);
    out.extend_from_slice(b"],\"sentAt\":\"");
    sent_at.write(out);
    out.extend_from_slice(b"\",\"writeKey\":");
    write_string(out, write_key);
    let mut before: &[u8] = b",\"losses\":{";
    for (reason, count) in LossReason::ALL.iter().zip(losses) {
        if *count > 0 {
            out.extend_from_slice(before);
            write_string(out, reason.as_str());
            out.push(b':');
            write_number(out, *count);
            before = b",";
        }
    }
    out.extend_from_slice(if before.len() > 1 { b"}" } else { b"}}" });
}
