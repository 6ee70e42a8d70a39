//! `docs/schema/` accepts and refuses what the wire's decoder accepts and refuses.

use std::{collections::BTreeSet, fs};

use holloway_wire::{
    Event, EventKind, LossReason, RawJson, Timestamp, Verdict,
    decode::{Route, body},
    write_batch, write_receipt,
};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::pages;

const SCHEMAS: [&str; 4] = ["event", "batch", "receipt", "refusal"];

/// Vectors that the decoder refuses and JSON Schema cannot: each with its reason. One that is refused after all fails the
/// test, so that the list stays true.
const BEYOND_SCHEMA: [(&str, &str); 3] = [
    ("duplicate_field", "a JSON parser keeps one of two equal keys before a validator sees the object"),
    ("event_of_33_kib", "JSON Schema does not see how many bytes a text has"),
    ("nested_101_levels", "JSON Schema does not count levels"),
];

/// What is JSON by its grammar and not for the parser before the validator: a number past the range of a double, and half a
/// surrogate pair, each with a readable one in its place.
const SPELLINGS: [(&str, &str); 2] = [("1e400", "1e300"), (r"half \ud83d", r"half \ufffd")];

fn schema(name: &str) -> Value {
    serde_json::from_str(&pages::text(&format!("docs/schema/{name}.json"))).expect("a schema is JSON")
}

fn validator(name: &str) -> Validator {
    let mut registry = Registry::new();
    for name in SCHEMAS {
        registry = registry.add(format!("urn:holloway:wire:v1:{name}"), schema(name)).expect("a schema");
    }
    let registry = registry.prepare().expect("references resolve");
    jsonschema::options().with_registry(&registry).build(&schema(name)).expect("a valid schema")
}

fn problems(validator: &Validator, instance: &Value) -> Vec<String> {
    validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The cases of a folder of vectors: name, and the event's JSON, with the kind that its route adds; `None` for text that is
/// no JSON.
fn cases(folder: &str) -> Vec<(String, Option<Value>)> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(pages::file(&format!("sdk-core/wire/vectors/v1/{folder}"))).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let case: Value =
            serde_json::from_slice(&fs::read(&path).expect("readable")).expect("a case is JSON");
        let mut text = case["event"].as_str().expect("a string").to_owned();
        for (written, readable) in SPELLINGS {
            text = text.replace(written, readable);
        }
        let event = serde_json::from_str::<Value>(&text).ok().map(|mut event| {
            if let (Some(fields), Some(route)) = (event.as_object_mut(), case.get("route")) {
                fields.entry("type").or_insert_with(|| route.clone());
            }
            event
        });
        cases.push((name, event));
    }
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

#[test]
fn schemas_are_valid_for_their_own_draft() {
    for name in SCHEMAS {
        let schema = schema(name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(jsonschema::meta::validate(&schema).is_ok(), "{name}");
    }
}

#[test]
fn valid_vectors_fit_the_schema() {
    let validator = validator("event");
    let cases = cases("valid");
    assert!(cases.len() >= 30);
    for (name, event) in cases {
        let event = event.unwrap_or_else(|| panic!("{name} is no JSON"));
        assert_eq!(problems(&validator, &event), [""; 0], "{name}");
    }
}

#[test]
fn invalid_vectors_do_not_fit_the_schema() {
    let validator = validator("event");
    let cases = cases("invalid");
    assert!(cases.len() >= 30);
    let accepted: BTreeSet<String> = cases
        .into_iter()
        .filter(|(_, event)| event.as_ref().is_some_and(|event| validator.is_valid(event)))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(accepted, BEYOND_SCHEMA.map(|(name, _)| name.to_owned()).into());
}

#[test]
fn what_client_and_collector_write_fits_the_schema() {
    let properties = [RawJson::object(r#"{"plan":"pro"}"#).expect("an object")];
    let mut events = Vec::new();
    for kind in EventKind::ALL {
        let mut event = Event::new(kind, "m-1", "a-1", Timestamp::from_millis(1_790_000_000_000));
        (event.name, event.user_id, event.properties) = (Some("name"), Some("u-1"), &properties);
        if !events.is_empty() {
            events.push(b',');
        }
        event.write(&mut events);
    }
    let losses = [1; LossReason::ALL.len()];
    let mut batch = Vec::new();
    write_batch(&mut batch, &events, Timestamp::from_millis(0), "KEY", &losses);
    let batch: Value = serde_json::from_slice(&batch).expect("JSON");
    assert_eq!(problems(&validator("batch"), &batch), [""; 0]);

    let mut receipt = Vec::new();
    let lines = Verdict::ALL.map(|verdict| ("m-1", verdict, Some("why")));
    write_receipt(&mut receipt, lines, Some(1_500));
    let receipt: Value = serde_json::from_slice(&receipt).expect("JSON");
    assert_eq!(problems(&validator("receipt"), &receipt), [""; 0]);
}

#[test]
fn every_word_of_the_wire_is_in_the_schema() {
    let words = |words: &[&str]| json!(words);
    assert_eq!(schema("event")["properties"]["type"]["enum"], words(&EventKind::ALL.map(EventKind::as_str)));
    let verdicts = &schema("receipt")["properties"]["results"]["items"]["properties"]["verdict"]["enum"];
    assert_eq!(*verdicts, words(&Verdict::ALL.map(Verdict::as_str)));
    let batch = schema("batch");
    let losses = batch["properties"]["losses"]["properties"].as_object().expect("an object");
    let losses: BTreeSet<&str> = losses.keys().map(String::as_str).collect();
    assert_eq!(losses, LossReason::ALL.map(LossReason::as_str).into());
    let refusals = &schema("refusal")["properties"]["reason"]["enum"];
    let refusals: BTreeSet<String> = serde_json::from_value(refusals.clone()).expect("words");
    assert_eq!(refusals, crate::losses::refusals());
}

#[test]
fn examples_of_the_page_fit_the_schema_and_the_decoder() {
    let page = pages::text("docs/wire-format.md");
    for name in SCHEMAS {
        let examples = pages::blocks(&page, &format!("json schema={name}"));
        assert!(!examples.is_empty(), "an example of {name}");
        let validator = validator(name);
        for example in examples {
            let instance: Value = serde_json::from_str(&example).expect("an example is JSON");
            assert_eq!(problems(&validator, &instance), [""; 0], "{example}");
            if name == "batch" {
                let body = body(example.as_bytes(), Route::Batch).expect("a body");
                for event in body.events {
                    holloway_wire::decode::event(event, None)
                        .unwrap_or_else(|error| panic!("{error}: {event}"));
                }
            }
        }
    }
}
