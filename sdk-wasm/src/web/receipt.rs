//! What an answer says of a batch, in the core's terms.

use std::collections::HashMap;

use holloway_core::wire::{RawJson, Receipt, Verdict};

/// A digit an event, in the batch's order (its verdict's place in [`Verdict::ALL`]), and the wait that the receipt asks
/// for. An answer that is no receipt says that all is well.
pub(super) fn read(batch: &str, answer: &str) -> (String, Option<u64>) {
    let Ok(receipt) = Receipt::parse(answer) else { return (String::new(), None) };
    if receipt.results.iter().all(|line| line.verdict == Verdict::Ok) {
        return (String::new(), receipt.retry_after_ms);
    }
    // The first line of an id holds.
    let verdicts: HashMap<&str, Verdict> =
        receipt.results.iter().rev().map(|line| (&*line.message_id, line.verdict)).collect();
    let batch = RawJson::object(batch).ok().and_then(|batch| batch.get("batch"));
    let events = batch.into_iter().flat_map(RawJson::items);
    let digit = |event: RawJson<'_>| {
        let told =
            event.get("messageId").and_then(RawJson::string).and_then(|id| verdicts.get(&*id).copied());
        let place = Verdict::ALL.iter().position(|verdict| Some(*verdict) == told).unwrap_or_default();
        char::from_digit(place as u32, 10).unwrap_or('0')
    };
    (events.map(digit).collect(), receipt.retry_after_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_come_in_the_order_of_the_batch() {
        let batch = r#"{"batch":[{"messageId":"a"},{"messageId":"b"},{"messageId":"c"},{"messageId":"d"}]}"#;
        for (answer, expected, wait_ms) in [
            ("", "", None),
            (r#"{"success":true}"#, "", None),
            (r#"{"results":[{"messageId":"a","verdict":"ok"}],"retryAfterMs":7}"#, "", Some(7)),
            (
                r#"{"results":[{"messageId":"d","verdict":"retry"},{"messageId":"b","verdict":"invalid"},{"messageId":"a","verdict":"duplicate"},{"messageId":"a","verdict":"ok"}]}"#,
                "1204",
                None,
            ),
            (
                r#"{"results":[{"messageId":"c","verdict":"dropped"},{"messageId":"a","verdict":"new"}]}"#,
                "0030",
                None,
            ),
        ] {
            assert_eq!(read(batch, answer), (expected.to_owned(), wait_ms), "{answer}");
        }
    }
}
