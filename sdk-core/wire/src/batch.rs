//! The request body that carries events.

use alloc::{string::String, vec::Vec};

use crate::{
    Timestamp,
    json::{Sink, write_member, write_number},
    loss::WORDS,
    next_field,
};

const OPEN: &[u8] = b"{\"batch\":[";

/// Where a batch's first event begins.
pub const BATCH_EVENTS_AT: usize = OPEN.len();

/// Appends a batch: events as they were written, a comma between each two, then what the collector needs to know of the
/// sending.
///
/// `losses` are counts since the last acknowledged batch, by [`LossReason::index`](crate::LossReason::index); reasons
/// with zero are left out, and the whole field when nothing was lost.
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
    // Texts go to a text, as an event's do: each writer is in a browser once.
    let mut tail = String::new();
    tail.put("],\"sentAt\":\"");
    sent_at.write(&mut tail);
    write_member(&mut tail, "\",\"writeKey\":", write_key);
    let mut before = ",\"losses\":{";
    let mut words = WORDS;
    for count in losses {
        let word = next_field(&mut words, b' ');
        if *count > 0 {
            write_member(&mut tail, before, word);
            tail.put(":");
            write_number(&mut tail, *count);
            before = ",";
        }
    }
    tail.put(if before.len() > 1 { "}" } else { "}}" });
    out.extend_from_slice(OPEN);
    out.extend_from_slice(events);
    out.extend_from_slice(tail.as_bytes());
}
