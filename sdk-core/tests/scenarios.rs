//! Plays `scenarios/*.json`; the format is told in their README.

use std::{collections::BTreeMap, fs, path::Path};

use holloway_core::{
    Client, Config, Consent, Effect, EventOptions, HttpOutcome, Now, ReadOutcome, Registration, ResetOptions,
    Restored, RestoredChunk, StoredOutcome, Token, wire::RawJson,
};
use serde_json::{Value, json};

const START_UNIX_MS: u64 = 1_780_000_000_000;

#[test]
fn every_scenario_plays_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut failures = Vec::new();
    let mut cases = 0;
    for entry in fs::read_dir(folder).expect("the scenarios are part of the repository") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        cases += 1;
        let case: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("a JSON case");
        if let Err(failure) = Player::new(&case["config"]).play(&case) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            failures.push(format!("{name}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases >= 25, "only {cases} scenarios");
}

/// A host with a disk of its own.
struct Player {
    config: Config,
    client: Client,
    chunks: BTreeMap<u64, Vec<Vec<u8>>>,
    state: Option<Vec<u8>>,
    copy: Option<Vec<u8>>,
    last: String,
    requests: Vec<Token>,
    storage_fails: bool,
    unreadable: bool,
    anonymous_ids: Vec<String>,
    runs: u8,
}

impl Player {
    fn new(config: &Value) -> Self {
        let config = configured(config);
        let now = Now { unix_ms: START_UNIX_MS, mono_ms: 0 };
        Self {
            client: Client::new(config.clone(), [1; 32], &Restored::default(), now),
            config,
            chunks: BTreeMap::new(),
            state: None,
            copy: None,
            last: String::new(),
            requests: Vec::new(),
            storage_fails: false,
            unreadable: false,
            anonymous_ids: Vec::new(),
            runs: 1,
        }
    }

    fn play(mut self, case: &Value) -> Result<(), String> {
        let start = Now { unix_ms: START_UNIX_MS, mono_ms: 0 };
        self.drive(start);
        for (number, step) in case["steps"].as_array().expect("steps").iter().enumerate() {
            let at_ms = step["at_ms"].as_u64().expect("a time");
            let now =
                Now { mono_ms: at_ms, unix_ms: step["unix_ms"].as_u64().unwrap_or(START_UNIX_MS + at_ms) };
            self.call(step["call"].as_str().expect("a call"), &step["args"], now);
            let found = self.drive(now);
            if let Some(expected) = step["expect"].as_array() {
                let fits =
                    expected.len() == found.len() && expected.iter().zip(&found).all(|(e, f)| is_part(e, f));
                if !fits {
                    return Err(format!("step {number} ({}): found {found:?}", step["call"]));
                }
            }
            for (field, expected) in step["state"].as_object().into_iter().flatten() {
                let found = self.look(field);
                let fits = if field == "last" {
                    self.last.contains(expected.as_str().unwrap_or_default())
                } else {
                    found == *expected
                };
                if !fits {
                    return Err(format!(
                        "step {number} ({}): {field} is {found}, expected {expected}",
                        step["call"]
                    ));
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &str, args: &Value, now: Now) {
        let text = |name: &str| args[name].as_str();
        let padded = args["properties_bytes"]
            .as_u64()
            .map(|bytes| format!(r#"{{"p":"{}"}}"#, "x".repeat(bytes as usize)));
        let properties = padded.as_deref().or_else(|| text("properties"));
        let options = EventOptions {
            message_id: text("message_id"),
            timestamp_unix_ms: args["timestamp_unix_ms"].as_u64(),
            context: text("context"),
            integrations: text("integrations"),
        };
        let (traits, user_id) = (text("traits"), text("user_id").unwrap_or_default());
        let client = &mut self.client;
        match call {
            "track" => _ = client.track(text("name").unwrap_or_default(), properties, &options, now),
            "page" => _ = client.page(text("name"), properties, &options, now),
            "screen" => _ = client.screen(text("name"), properties, &options, now),
            "identify" => _ = client.identify(user_id, traits, &options, now),
            "group" => _ = client.group(text("group_id").unwrap_or_default(), traits, &options, now),
            "alias" => _ = client.alias(user_id, text("previous"), &options, now),
            "context" => client.set_context(text("context").unwrap_or_default()),
            "reset" => client.reset(ResetOptions::default(), now),
            "register" => client.register(properties.unwrap_or_default(), Registration::Always, now),
            "unregister" => client.unregister(text("key").unwrap_or_default(), now),
            "consent" => client.set_consent(consent(text("value").unwrap_or_default()), now),
            "flush" => client.flush(now),
            "tick" => client.tick(now),
            "online" => client.online(now),
            "background" => client.background(now),
            "foreground" => client.foreground(now),
            "resume" => client.resume(now),
            "http" => {
                let token = self.requests.remove(0);
                let status = args["status"].as_u64().unwrap_or_default() as u16;
                let body = if args["body"].is_null() { String::new() } else { args["body"].to_string() };
                let response = HttpOutcome::Response {
                    status,
                    retry_after: text("retry_after"),
                    date: text("date"),
                    body: body.as_bytes(),
                };
                client.http_done(token, if status == 0 { HttpOutcome::NetworkError } else { response }, now);
            }
            "beaconed" => {
                let token = self.requests.remove(0);
                client.http_done(token, HttpOutcome::Beaconed, now);
            }
            "restart" => self.restart(now),
            "storage" => self.storage_fails = args["fails"] == true,
            "unreadable" => self.unreadable = args["value"] == true,
            "damage" => {
                for (wanted, file) in [("state", &mut self.state), ("copy", &mut self.copy)] {
                    if args[wanted] == true
                        && let Some(bytes) = file
                    {
                        bytes[10] = b'#';
                    }
                }
            }
            other => panic!("unknown call {other}"),
        }
    }

    fn restart(&mut self, now: Now) {
        let chunks = self.chunks.iter().map(|(id, records)| RestoredChunk {
            id: holloway_core::ChunkId(*id),
            bytes: records.iter().map(|record| record.len() as u64).sum(),
            events: records.len() as u32,
        });
        let restored =
            Restored { state: self.state.clone(), state_copy: self.copy.clone(), chunks: chunks.collect() };
        self.runs += 1;
        self.requests.clear();
        self.client = Client::new(self.config.clone(), [self.runs; 32], &restored, now);
    }

    /// Carries out all effects; answers those that a scenario may expect.
    fn drive(&mut self, now: Now) -> Vec<Value> {
        let mut told = Vec::new();
        while let Some(effect) = self.client.poll_effect() {
            let stored = if self.storage_fails { StoredOutcome::Failed } else { StoredOutcome::Ok };
            match effect {
                Effect::Append { token, chunk, payload } => {
                    self.last = String::from_utf8_lossy(&payload).into_owned();
                    if !self.storage_fails {
                        self.chunks.entry(chunk.0).or_default().push(payload);
                    }
                    self.client.stored(token, stored, now);
                }
                Effect::Seal { token, .. } => self.client.stored(token, stored, now),
                Effect::SaveState { token, bytes } => {
                    if !self.storage_fails {
                        self.copy = self.state.replace(bytes);
                    }
                    self.client.stored(token, stored, now);
                }
                Effect::Read { token, chunk } => {
                    told.push(json!({ "effect": "read" }));
                    let read = match self.chunks.get(&chunk.0) {
                        _ if self.unreadable => ReadOutcome::Unavailable,
                        Some(records) => ReadOutcome::Records { payloads: records.clone(), torn: 0 },
                        None => ReadOutcome::Missing,
                    };
                    self.client.read_done(token, read, now);
                }
                Effect::Remove { chunk } => drop(self.chunks.remove(&chunk.0)),
                Effect::Wipe => {
                    told.push(json!({ "effect": "wipe" }));
                    self.chunks.clear();
                    self.copy = None;
                }
                Effect::Send { token, request } => {
                    self.requests.push(token);
                    let body: Value = serde_json::from_slice(&request.body).expect("a batch is JSON");
                    let events = body["batch"].as_array().expect("a batch has events");
                    assert_eq!(events.len(), request.events as usize);
                    let names: Vec<String> = events.iter().map(name).collect();
                    let losses = body.get("losses").cloned().unwrap_or_else(|| json!({}));
                    told.push(json!({ "effect": "send", "events": names, "leaving": request.leaving, "losses": losses }));
                }
                _ => {}
            }
        }
        if self.anonymous_ids.iter().all(|id| id != self.client.anonymous_id()) {
            self.anonymous_ids.push(self.client.anonymous_id().to_owned());
        }
        told
    }

    fn look(&self, field: &str) -> Value {
        let client = &self.client;
        let session = client.session();
        match field {
            "queued" => client.queued_events().into(),
            "stored" => self.chunks.values().map(Vec::len).sum::<usize>().into(),
            "losses" => client
                .losses()
                .map(|(reason, count)| (reason.as_str().to_owned(), count.into()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            "paused" => client.is_paused().into(),
            "user_id" => client.user_id().into(),
            "session_index" => session.map(|session| session.index).into(),
            "session_events" => session.map(|session| session.events).into(),
            "session_reason" => session.map(|session| session.reason.as_str()).into(),
            "anonymous" => {
                let known = self.anonymous_ids.iter().position(|id| id == client.anonymous_id());
                known.map(|at| at + 1).into()
            }
            _ => Value::Null,
        }
    }
}

/// Whether every member of an expected object is in the found one.
fn is_part(expected: &Value, found: &Value) -> bool {
    expected.as_object().is_some_and(|members| members.iter().all(|(name, value)| found[name] == *value))
}

fn name(event: &Value) -> String {
    let text = event.to_string();
    let event = RawJson::object(&text).expect("an event is an object");
    let name = ["event", "name", "type"].iter().find_map(|field| event.get(field)?.string());
    name.unwrap_or_default().into_owned()
}

fn configured(fields: &Value) -> Config {
    let mut config = Config::new("KEY");
    for (field, value) in fields.as_object().into_iter().flatten() {
        let number = value.as_u64().unwrap_or_default();
        match field.as_str() {
            "flush_at" => config.flush_at = number as usize,
            "outbox_events_max" => config.outbox_events_max = number as usize,
            "outbox_bytes_max" => config.outbox_bytes_max = number as usize,
            "consent" => config.consent = consent(value.as_str().unwrap_or_default()),
            other => panic!("unknown setting {other}"),
        }
    }
    config
}

fn consent(word: &str) -> Consent {
    match word {
        "unknown" => Consent::Unknown,
        "granted" => Consent::Granted,
        "denied" => Consent::Denied,
        other => panic!("unknown consent {other}"),
    }
}
