//! What must hold for any bytes. Shared by the fuzz target and the property test.

use holloway_wire::{
    ClockSource, Envelope, EventKind, MessageId, RawJson, Receipt, Timestamp, correct_clock, decode,
    limits::{EVENT_BYTES_MAX, ID_BYTES_MAX},
};

/// Panics when a reader breaks a promise.
pub(crate) fn check(bytes: &[u8]) {
    for route in [decode::Route::Batch, decode::Route::Single(EventKind::Track)] {
        if let Ok(body) = decode::body(bytes, route) {
            for event in &body.events {
                check_event(event);
            }
        }
    }
    let _ = Envelope::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_event(text);
        let _ = Receipt::parse(text);
        let _ = MessageId::parse(text);
        if let Ok(value) = RawJson::parse(text) {
            assert_eq!(RawJson::parse(value.text()), Ok(value), "a checked text stays well formed");
            for (_, member) in value.members() {
                assert_eq!(RawJson::parse(member.text()), Ok(member));
            }
        }
    }
}

fn check_event(text: &str) {
    let Ok(decoded) = decode::event(text, Some(EventKind::Page)) else { return };
    assert!(text.len() <= EVENT_BYTES_MAX);
    assert!(decoded.anonymous_id.is_some() || decoded.user_id.is_some());
    for id in [&decoded.user_id, &decoded.anonymous_id].into_iter().flatten() {
        assert!(!id.is_empty() && id.len() <= ID_BYTES_MAX);
    }
    let received_at = Timestamp::from_millis(1_795_507_753_123);
    let corrected = correct_clock(decoded.original_timestamp, decoded.sent_at, received_at);
    let envelope = Envelope {
        write_key: "KEY".into(),
        received_at,
        sent_at: decoded.sent_at,
        message_id: decoded.message_id.clone().unwrap_or_else(|| "m".into()),
        kind: decoded.kind,
        timestamp: corrected.timestamp,
        clock: ClockSource::Original,
        ip: None,
        user_agent: None,
        context: None,
        event: text.trim_ascii(),
    };
    let mut record = Vec::new();
    envelope.write(&mut record);
    assert_eq!(
        Envelope::parse(&record).as_ref(),
        Ok(&envelope),
        "an admitted event can be read back from the log"
    );
}
