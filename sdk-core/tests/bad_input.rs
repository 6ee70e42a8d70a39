//! What no app should pass and some will: an error value or a counted loss, never a panic, never a wrong byte.

use holloway_core::{
    Answer, Client, Config, Consent, Diagnostic, Effect, EventOptions, HttpOutcome, Now, Registration,
    Restored, StoredOutcome, Tracked, wire::LossReason,
};
use serde_json::Value;

/// Sends what there is; answers the events of each request.
fn sent(client: &mut Client, now: Now) -> Vec<Value> {
    client.flush(now);
    let mut events = Vec::new();
    while let Some(effect) = client.poll_effect() {
        match effect {
            Effect::Append { token, .. } | Effect::Seal { token, .. } | Effect::SaveState { token, .. } => {
                client.stored(token, StoredOutcome::Ok, now);
            }
            Effect::Send { token, request } => {
                let body: Value = serde_json::from_slice(&request.body).expect("every body is JSON");
                events.extend(body["batch"].as_array().expect("events").iter().cloned());
                client.http_done(
                    token,
                    HttpOutcome::Response { status: 200, retry_after_ms: None, verdicts: &[] },
                    now,
                );
            }
            _ => {}
        }
    }
    events
}

#[test]
fn odd_properties_arrive_as_they_are_or_are_refused() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    let deep = |depth: usize| format!("{}{}", "{\"a\":".repeat(depth) + "1", "}".repeat(depth));
    let check = |properties: &str, answer: Result<(), LossReason>| {
        let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
        client.register(r#"{"app":"x"}"#, Registration::Always, now);
        let tracked = client.track("A", Some(properties), &EventOptions::default(), now);
        let found = match tracked {
            Tracked::Queued(_) => Ok(()),
            Tracked::Dropped(reason) => Err(reason),
        };
        let start: String = properties.chars().take(40).collect();
        assert_eq!(found, answer, "{start}");
        let events = sent(&mut client, now);
        assert_eq!(events.len(), usize::from(answer.is_ok()), "{start}");
        if let Some(event) = events.first() {
            let mut expected: Value = serde_json::from_str(properties).expect("accepted properties are JSON");
            expected["app"] = expected.get("app").cloned().unwrap_or_else(|| "x".into());
            assert_eq!(event["properties"], expected, "{start}");
        }
    };
    for accepted in [
        "{}",
        " {\n\"a\" : [1, -0.5e+30, true, null] }\t",
        r#"{"app":"y"}"#,
        "{\"🦀\u{10ffff}\u{0}\":1}".replace('\u{0}', "\\u0000").as_str(),
        r#"{"quote\"back\\slash":"\ud83e\udd80"}"#,
        r#"{"big":123456789012345678901234567890}"#,
    ] {
        check(accepted, Ok(()));
    }
    for refused in [
        "",
        "null",
        "[]",
        "1",
        "{",
        "{plan:1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\u{0}\"}",
    ] {
        check(refused, Err(LossReason::Serialize));
    }
    // In a batch they lie three levels deeper, and 100 are allowed.
    check(&deep(97), Ok(()));
    check(&deep(98), Err(LossReason::Serialize));
    check(&deep(500), Err(LossReason::Serialize));
    check(&format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000)), Err(LossReason::TooLarge));
}

#[test]
fn super_properties_leave_half_of_an_event_to_itself() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
    let of = |key: &str, bytes: usize| format!("{{\"{key}\":\"{}\"}}", "x".repeat(bytes - 8));
    client.register(&of("a", 6_000), Registration::Always, now);
    // Neither in one piece nor together.
    client.register(&of("b", 3_000), Registration::Always, now);
    client.register(&of("c", 9_000), Registration::Session, now);
    client.register(&of("d", 1_000_000), Registration::Once, now);
    client.register(&of("e", 2_000), Registration::Once, now);
    let refused = std::iter::from_fn(|| client.poll_effect())
        .filter(|effect| matches!(effect, Effect::Diagnostic(Diagnostic::BadJson { .. })))
        .count();
    assert_eq!(refused, 3);
    assert!(matches!(client.track("A", None, &EventOptions::default(), now), Tracked::Queued(_)));
    let events = sent(&mut client, now);
    let keys: Vec<&String> = events[0]["properties"].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["a", "e"]);
}

#[test]
fn odd_names_and_ids_are_escaped() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    for odd in ["a\"b", "a\\b", "line\nbreak", "nul\u{0}", "\u{7f}\u{2028}", "🦀", " a "] {
        let mut client = Client::new(Config::new(odd), [1; 32], &Restored::default(), now);
        let options = EventOptions { message_id: Some(odd), ..EventOptions::default() };
        let _ = client.identify(odd, None, &options, now);
        let _ = client.track(odd, None, &EventOptions::default(), now);
        let events = sent(&mut client, now);
        assert_eq!(events[0]["messageId"], odd);
        assert_eq!(events[1]["event"], odd);
        assert_eq!(events[1]["userId"], odd);
    }
}

#[test]
fn clocks_at_either_end_do_no_harm() {
    for unix_ms in [0, 1, 253_402_300_799_999, 253_402_300_800_000, u64::MAX / 2, u64::MAX] {
        for mono_ms in [0, u64::MAX] {
            let now = Now { unix_ms, mono_ms };
            let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
            let options = EventOptions { timestamp_unix_ms: Some(unix_ms), ..EventOptions::default() };
            let _ = client.track("A", None, &options, now);
            client.background(now);
            client.tick(now);
            let _ = client.track("B", None, &options, Now::default());
            client.tick(Now::default());
            while let Some(effect) = client.poll_effect() {
                if let Effect::Send { token, .. } = effect {
                    client.http_done(token, HttpOutcome::NetworkError, now);
                }
            }
            client.set_consent(Consent::Denied, now);
            let _ = sent(&mut client, Now { unix_ms, mono_ms: u64::MAX });
            assert_eq!(client.queued_events(), 0, "{unix_ms} {mono_ms}");
        }
    }
}

#[test]
fn odd_answers_are_no_receipts() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    for body in [
        "",
        "ok",
        "\u{feff}{}",
        "{\"results\":[[[[",
        r#"{"results":[{"messageId":7}]}"#,
        r#"{"success":true}"#,
    ] {
        let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
        let _ = client.track("A", None, &EventOptions::default(), now);
        client.flush(now);
        while let Some(effect) = client.poll_effect() {
            match effect {
                Effect::Append { token, .. } | Effect::Seal { token, .. } => {
                    client.stored(token, StoredOutcome::Ok, now);
                }
                Effect::Send { token, .. } => {
                    let (retry_after, body) = (Some("soon"), body.as_bytes());
                    let answer = Answer { status: 200, retry_after, body, ..Answer::default() };
                    client.http_answered(token, &answer, now);
                }
                _ => {}
            }
        }
        assert_eq!(client.queued_events(), 0, "a 200 is a 200: {body}");
    }
}

#[test]
fn a_page_in_the_place_of_a_receipt_delivers_nothing() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    for body in ["<!doctype html><title>Log in", "\r\n <html>", "\u{feff}<?xml version=\"1.0\"?>"] {
        let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
        let _ = client.track("A", None, &EventOptions::default(), now);
        client.flush(now);
        let mut told = Vec::new();
        while let Some(effect) = client.poll_effect() {
            match effect {
                Effect::Append { token, .. } | Effect::Seal { token, .. } => {
                    client.stored(token, StoredOutcome::Ok, now);
                }
                Effect::Send { token, .. } => {
                    let answer = Answer { status: 200, body: body.as_bytes(), ..Answer::default() };
                    client.http_answered(token, &answer, now);
                }
                Effect::Diagnostic(diagnostic) => told.push(diagnostic),
                _ => {}
            }
        }
        assert_eq!(client.queued_events(), 1, "{body}");
        assert!(matches!(told[..], [Diagnostic::Retrying { status: 0, .. }]), "{told:?}");
    }
}

#[test]
fn keys_of_every_plane_and_odd_surrogates_arrive_as_json() {
    let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
    // The first and the last character of each plane, and both ends of the gap that surrogates leave.
    let planes = (0..=16_u32).flat_map(|plane| [(plane << 16) | 1, (plane << 16) | 0xfffd]);
    let keys: Vec<char> =
        planes.chain([0xd7ff, 0xe000, 0x20, 0x7f, 0x2028]).filter_map(char::from_u32).collect();
    let object: serde_json::Map<String, Value> =
        keys.iter().enumerate().map(|(n, key)| (key.to_string(), n.into())).collect();
    let text = serde_json::to_string(&object).expect("is JSON");
    let _ = client.track("Planes", Some(&text), &EventOptions::default(), now);
    // Half a pair, written as an escape: JSON's grammar has it, and so it is passed on as it is.
    let lone = r#"{"\ud800":"\udfff","\ud83e\udd80":1}"#;
    let _ = client.track("Lone", Some(lone), &EventOptions::default(), now);
    client.flush(now);
    let mut body = String::new();
    while let Some(effect) = client.poll_effect() {
        match effect {
            Effect::Append { token, .. } | Effect::Seal { token, .. } => {
                client.stored(token, StoredOutcome::Ok, now);
            }
            Effect::Send { request, .. } => body = String::from_utf8(request.body).expect("UTF-8"),
            _ => {}
        }
    }
    assert!(
        body.contains(&format!(r#""properties":{text}"#))
            && body.contains(&format!(r#""properties":{lone}"#))
    );
}

/// Half of the sessions, within four standard deviations: 2,000 sessions, binomial.
#[test]
fn a_sample_is_of_whole_sessions_and_about_as_large_as_asked_for() {
    let config = Config { sampled_sessions_ppm: 500_000, ..Config::new("KEY") };
    let mut now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    let mut client = Client::new(config, [1; 32], &Restored::default(), now);
    let mut sent_sessions: u32 = 0;
    for _ in 0..2_000 {
        client.start_session(now);
        let fates: Vec<bool> = (0..3)
            .map(|_| matches!(client.track("A", None, &EventOptions::default(), now), Tracked::Queued(_)))
            .collect();
        assert!(fates.iter().all(|fate| *fate == fates[0]), "a session is sent whole or not at all");
        sent_sessions += u32::from(fates[0]);
        now.unix_ms += 1_000;
    }
    assert!(sent_sessions.abs_diff(1_000) < 4 * 23, "{sent_sessions} of 2,000");
}
