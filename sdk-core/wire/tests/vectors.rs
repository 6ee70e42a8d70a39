//! Replays `vectors/v1`: every case through one `check`.
#![cfg(feature = "decode")]

use std::{collections::BTreeMap, fs, path::Path};

use holloway_wire::{EventKind, RawJson, Timestamp, decode};
use serde_json::{Value, json};

#[test]
fn valid_events_are_read_as_expected() {
    let cases = each_case("valid", |case, expect| {
        let decoded = decode::event(text(case, "event"), route(case))
            .map_err(|invalid| format!("refused: {}: {invalid}", invalid.reason.as_str()))?;
        let micros = |time: Option<Timestamp>| time.map(|time| json!(time.as_micros()));
        let raw = |value: Option<RawJson<'_>>| value.map(|value| json!(value.text()));
        let found: BTreeMap<&str, Value> = [
            ("type", Some(json!(decoded.kind.as_str()))),
            ("messageId", decoded.message_id.map(|id| json!(id))),
            ("anonymousId", decoded.anonymous_id.map(|id| json!(id))),
            ("userId", decoded.user_id.map(|id| json!(id))),
            ("groupId", decoded.group_id.map(|id| json!(id))),
            ("previousId", decoded.previous_id.map(|id| json!(id))),
            ("name", decoded.name.map(|name| json!(name))),
            ("originalTimestampUs", micros(decoded.original_timestamp)),
            ("sentAtUs", micros(decoded.sent_at)),
            ("properties", raw(decoded.properties)),
            ("traits", raw(decoded.traits)),
            ("context", raw(decoded.context)),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)))
        .collect();
        if json!(found) == *expect { Ok(()) } else { Err(format!("found {found:?}")) }
    });
    assert!(cases >= 30, "only {cases} cases");
}

#[test]
fn invalid_events_are_refused_with_their_reason() {
    let cases = each_case("invalid", |case, expect| match decode::event(text(case, "event"), route(case)) {
        Ok(decoded) => Err(format!("accepted: {decoded:?}")),
        Err(invalid) => {
            let found = json!({"reason": invalid.reason.as_str(), "field": invalid.field});
            if found == *expect { Ok(()) } else { Err(format!("found {found} ({invalid})")) }
        }
    });
    assert!(cases >= 30, "only {cases} cases");
}

/// In a batch, each invalid case leaves its neighbours alone. (Text that is no JSON spoils the body as a whole.)
#[test]
fn an_invalid_event_does_not_cost_its_neighbours() {
    each_case("invalid", |case, _| {
        let event = text(case, "event");
        if RawJson::parse(event).is_err() && serde_json::from_str::<Value>(event).is_err() {
            return Ok(());
        }
        let neighbour = r#"{"type":"page","userId":"u1"}"#;
        let body = format!(r#"{{"batch":[{neighbour},{event},{neighbour}]}}"#);
        let body = decode::body(body.as_bytes(), decode::Route::Batch).map_err(|error| error.to_string())?;
        let read: Vec<bool> = body.events.iter().map(|event| decode::event(event, None).is_ok()).collect();
        if read == [true, false, true] { Ok(()) } else { Err(format!("read {read:?}")) }
    });
}

fn each_case(folder: &str, check: impl Fn(&Value, &Value) -> Result<(), String>) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1").join(folder);
    let mut cases = 0;
    let mut failures = Vec::new();
    for entry in fs::read_dir(&folder).expect("the vectors are part of the repository") {
        let path = entry.expect("readable").path();
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("a JSON case");
        if let Err(failure) = check(&case, &case["expect"]) {
            failures.push(format!("{}: {failure}\n  expected {}", path.display(), case["expect"]));
        }
        cases += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    cases
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().expect("a string")
}

fn route(case: &Value) -> Option<EventKind> {
    case["route"].as_str().map(|word| EventKind::parse(word).expect("a kind"))
}
