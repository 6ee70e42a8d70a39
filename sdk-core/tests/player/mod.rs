//! Plays scenarios; the format is told in `../../scenarios/README.md`. It knows no files, so that it plays the same
//! in WebAssembly.

mod words;

use std::collections::BTreeMap;

use holloway_core::{
    Answer, ChunkId, Client, Config, Effect, EventIds, EventOptions, HttpOutcome, Now, ReadOutcome, Request,
    ResetOptions, Restored, RestoredChunk, StoredOutcome, Token,
    wire::{EventKind, LossReason, RawJson},
};
use serde_json::{Map, Value, json};

use self::words::{configured, consent, registration, word};

const START_UNIX_MS: u64 = 1_780_000_000_000;

/// Every argument of every call.
const ARGS: [&str; 30] = [
    "name",
    "properties",
    "properties_bytes",
    "user_id",
    "for_user",
    "for_anonymous",
    "traits",
    "group_id",
    "previous",
    "message_id",
    "timestamp_unix_ms",
    "context",
    "integrations",
    "key",
    "value",
    "status",
    "retry_after",
    "date",
    "registration",
    "purposes",
    "recover",
    "keep_anonymous_id",
    "keep_registered",
    "keep_session",
    "body",
    "fails",
    "state",
    "copy",
    "reason",
    "events",
];

/// Plays one case, the text of its file; an error says which step found something else.
pub(crate) fn play(case: &str) -> Result<(), String> {
    let case: Value = serde_json::from_str(case).map_err(|error| format!("no JSON: {error}"))?;
    Player::new(&case["config"])?.play(&case)
}

/// A host with a disk of its own.
struct Player {
    config: Config,
    client: Client,
    chunks: BTreeMap<u64, Vec<Vec<u8>>>,
    state: Option<Vec<u8>>,
    copy: Option<Vec<u8>>,
    last: String,
    sent: String,
    diagnostics: Vec<&'static str>,
    requests: Vec<Token>,
    storage_fails: bool,
    removal_fails: bool,
    unreadable: bool,
    anonymous_ids: Vec<String>,
    keys: Vec<String>,
    runs: u8,
}

impl Player {
    fn new(config: &Value) -> Result<Self, String> {
        let config = configured(config)?;
        let now = Now { unix_ms: START_UNIX_MS, mono_ms: 0 };
        Ok(Self {
            client: Client::new(config.clone(), [1; 32], &Restored::default(), now),
            config,
            chunks: BTreeMap::new(),
            state: None,
            copy: None,
            last: String::new(),
            sent: String::new(),
            diagnostics: Vec::new(),
            requests: Vec::new(),
            storage_fails: false,
            removal_fails: false,
            unreadable: false,
            anonymous_ids: Vec::new(),
            keys: Vec::new(),
            runs: 1,
        })
    }

    fn play(mut self, case: &Value) -> Result<(), String> {
        self.drive(Now { unix_ms: START_UNIX_MS, mono_ms: 0 });
        let steps = case["steps"].as_array().filter(|steps| !steps.is_empty()).ok_or("no steps")?;
        for (number, step) in steps.iter().enumerate() {
            self.step(step).map_err(|failure| format!("step {number} ({}): {failure}", step["call"]))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Value) -> Result<(), String> {
        known(step, &["at_ms", "unix_ms", "call", "args", "expect", "state"])?;
        let mono_ms = step["at_ms"].as_u64().ok_or("no at_ms")?;
        let now = Now { mono_ms, unix_ms: step["unix_ms"].as_u64().unwrap_or(START_UNIX_MS + mono_ms) };
        self.call(step["call"].as_str().unwrap_or_default(), &step["args"], now)?;
        let found = self.drive(now);
        if let Some(expected) = step["expect"].as_array() {
            let fits =
                expected.len() == found.len() && expected.iter().zip(&found).all(|(e, f)| is_part(e, f));
            if !fits {
                return Err(format!("found {}", Value::from(found)));
            }
        }
        for (field, expected) in step["state"].as_object().into_iter().flatten() {
            let found = self.look(field)?;
            let fits = match (field.as_str(), expected.as_str()) {
                ("last", Some(part)) => self.last.contains(part),
                ("last_lacks", Some(part)) => !self.last.contains(part),
                ("sent", Some(part)) => self.sent.contains(part),
                _ => found == *expected,
            };
            if !fits {
                return Err(format!("{field} is {found}, expected {expected}"));
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &str, args: &Value, now: Now) -> Result<(), String> {
        known(args, &ARGS)?;
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
        let ids = EventIds { user_id: text("for_user"), anonymous_id: text("for_anonymous") };
        let client = &mut self.client;
        if ids != EventIds::default() {
            let kind = EventKind::parse(call).ok_or("this call is for no other visitor")?;
            let (name, body) = match kind {
                EventKind::Identify => (user_id, traits),
                EventKind::Group => (text("group_id").unwrap_or_default(), traits),
                EventKind::Alias => (user_id, text("previous")),
                _ => (text("name").unwrap_or_default(), properties),
            };
            _ = client.event_for(ids, kind, name, body, &options, now);
            return Ok(());
        }
        match call {
            "track" => _ = client.track(text("name").unwrap_or_default(), properties, &options, now),
            "page" => _ = client.page(text("name"), properties, &options, now),
            "screen" => _ = client.screen(text("name"), properties, &options, now),
            "identify" => _ = client.identify(user_id, traits, &options, now),
            "group" => _ = client.group(text("group_id").unwrap_or_default(), traits, &options, now),
            "alias" => _ = client.alias(user_id, text("previous"), &options, now),
            "context" => client.set_context(text("context").unwrap_or_default()),
            "reset" => {
                let keep = ResetOptions {
                    keep_anonymous_id: args["keep_anonymous_id"] == true,
                    keep_registered: args["keep_registered"] == true,
                    keep_session: args["keep_session"] == true,
                };
                client.reset(keep, now);
            }
            "register" => {
                let registration = registration(text("registration").unwrap_or_default())?;
                client.register(properties.unwrap_or_default(), registration, now);
            }
            "start_session" => client.start_session(now),
            "purposes" => client.set_purposes(text("purposes").unwrap_or_default(), now),
            "unregister" => client.unregister(text("key").unwrap_or_default(), now),
            "consent" => client.set_consent(consent(text("value").unwrap_or_default())?, now),
            "flush" => client.flush(now),
            "tick" => client.tick(now),
            "online" => client.online(now),
            "background" => client.background(now),
            "foreground" => client.foreground(now),
            "resume" => client.resume(now),
            "http" => {
                let token = oldest(&mut self.requests)?;
                let status = args["status"].as_u64().unwrap_or_default() as u16;
                let body = if args["body"].is_null() { String::new() } else { args["body"].to_string() };
                let answer = Answer {
                    status,
                    retry_after: text("retry_after"),
                    date: text("date"),
                    body: body.as_bytes(),
                };
                if status == 0 {
                    client.http_done(token, HttpOutcome::NetworkError, now);
                } else {
                    client.http_answered(token, &answer, now);
                }
            }
            "beaconed" => {
                let token = oldest(&mut self.requests)?;
                client.http_done(token, HttpOutcome::Beaconed, now);
            }
            "lost" => {
                let reason =
                    LossReason::ALL.into_iter().find(|reason| Some(reason.as_str()) == text("reason"));
                client.lost(
                    reason.ok_or("unknown reason")?,
                    args["events"].as_u64().unwrap_or_default() as usize,
                    now,
                );
            }
            "adopt" => {
                let record =
                    json!({ "type": "track", "messageId": "other", "event": args["name"] }).to_string();
                let id = ChunkId((START_UNIX_MS - 1) << 12);
                let chunk = RestoredChunk { id, bytes: record.len() as u64, events: 1 };
                self.chunks.insert(id.0, vec![record.into_bytes()]);
                client.adopt(chunk, now);
            }
            "restart" => self.restart(args["recover"] == true, now),
            "storage" => self.storage_fails = args["fails"] == true,
            "removal" => self.removal_fails = args["fails"] == true,
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
            _ => return Err("unknown call".to_owned()),
        }
        Ok(())
    }

    fn restart(&mut self, recovers: bool, now: Now) {
        // The order of a folder's files is any: never that of the ids.
        let chunks = self.chunks.iter().rev().map(|(id, records)| RestoredChunk {
            id: ChunkId(*id),
            bytes: records.iter().map(|record| record.len() as u64).sum(),
            events: records.len() as u32,
        });
        let restored =
            Restored { state: self.state.clone(), state_copy: self.copy.clone(), chunks: chunks.collect() };
        self.runs += 1;
        self.requests.clear();
        self.client = Client::new(self.config.clone(), [self.runs; 32], &restored, now);
        let newest = self.chunks.values().next_back().and_then(|records| records.last());
        if let Some(record) = newest.filter(|_| recovers) {
            self.client.recover(record);
        }
    }

    /// Carries out all effects; answers those that a scenario may expect.
    fn drive(&mut self, now: Now) -> Vec<Value> {
        let mut told = Vec::new();
        self.diagnostics.clear();
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
                        Some(records) => ReadOutcome::Records { payloads: records.iter().collect(), torn: 0 },
                        None => ReadOutcome::Missing,
                    };
                    self.client.read_done(token, read, now);
                }
                Effect::Remove { .. } if self.removal_fails => {}
                Effect::Remove { chunk } => drop(self.chunks.remove(&chunk.0)),
                Effect::Wipe => {
                    told.push(json!({ "effect": "wipe" }));
                    self.chunks.clear();
                    self.copy = None;
                }
                Effect::Send { token, request } => {
                    self.requests.push(token);
                    told.push(self.send(&request));
                }
                Effect::Diagnostic(diagnostic) => self.diagnostics.push(word(&diagnostic)),
                Effect::WakeAt { .. } => {}
            }
        }
        number(&mut self.anonymous_ids, self.client.anonymous_id());
        told
    }

    fn send(&mut self, request: &Request) -> Value {
        self.sent = String::from_utf8_lossy(&request.body).into_owned();
        let body: Value = serde_json::from_str(&self.sent).expect("a batch is JSON");
        let events = body["batch"].as_array().expect("a batch has events");
        assert_eq!(events.len(), request.events as usize);
        json!({
            "effect": "send",
            "events": events.iter().map(name).collect::<Vec<_>>(),
            "leaving": request.leaving,
            "losses": body.get("losses").cloned().unwrap_or_else(|| json!({})),
            "key": number(&mut self.keys, &request.idempotency_key()),
        })
    }

    /// The anonymous ids that the disk holds, by their numbers.
    fn kept_ids(&self) -> Value {
        let files = self.chunks.values().flatten().chain(&self.state).chain(&self.copy);
        let texts: Vec<_> = files.map(|bytes| String::from_utf8_lossy(bytes)).collect();
        let is_kept = |id: &String| texts.iter().any(|text| text.contains(id.as_str()));
        let ids = self.anonymous_ids.iter().enumerate();
        ids.filter(|(_, id)| is_kept(id)).map(|(at, _)| at + 1).collect::<Vec<_>>().into()
    }

    fn look(&self, field: &str) -> Result<Value, String> {
        let client = &self.client;
        let session = client.session();
        Ok(match field {
            "queued" => client.queued_events().into(),
            "stored" => self.chunks.values().map(Vec::len).sum::<usize>().into(),
            "losses" => client
                .losses()
                .map(|(reason, count)| (reason.as_str().to_owned(), count.into()))
                .collect::<Map<_, _>>()
                .into(),
            "paused" => client.is_paused().into(),
            "user_id" => client.user_id().into(),
            "kept_ids" => self.kept_ids(),
            "session_index" => session.map(|session| session.index).into(),
            "session_events" => session.map(|session| session.events).into(),
            "session_duration_ms" => session.map(|session| session.duration_ms).into(),
            "clock_skew_ms" => client.clock_skew_ms().into(),
            "session_reason" => session.map(|session| session.reason.as_str()).into(),
            "anonymous" => {
                let known = self.anonymous_ids.iter().position(|id| id == client.anonymous_id());
                known.map(|at| at + 1).into()
            }
            "last" | "last_lacks" => self.last.as_str().into(),
            "sent" => self.sent.as_str().into(),
            "diagnostics" => json!(self.diagnostics),
            _ => return Err(format!("unknown state {field}")),
        })
    }
}

fn oldest(requests: &mut Vec<Token>) -> Result<Token, String> {
    if requests.is_empty() {
        return Err("no request waits for an answer".to_owned());
    }
    Ok(requests.remove(0))
}

/// 1 for the first of the texts that were seen, 2 for the next.
fn number(seen: &mut Vec<String>, text: &str) -> usize {
    let known = seen.iter().position(|other| other == text);
    known.unwrap_or_else(|| {
        seen.push(text.to_owned());
        seen.len() - 1
    }) + 1
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

/// A name with a slip in it must not pass for one that was left out.
fn known(members: &Value, names: &[&str]) -> Result<(), String> {
    let stranger =
        members.as_object().into_iter().flatten().find(|(name, _)| !names.contains(&name.as_str()));
    stranger.map_or(Ok(()), |(name, _)| Err(format!("unknown member {name}")))
}
