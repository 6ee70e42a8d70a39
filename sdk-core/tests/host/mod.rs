//! A host for the model test: its disk, its server, and a ledger of its own to hold the client's against.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holloway_core::{
    ChunkId, Client, Config, Consent, Effect, EventOptions, HttpOutcome, Now, ReadOutcome, Request, Restored,
    RestoredChunk, StoredOutcome, Token, Tracked, wire::limits,
};
use serde_json::Value;

const START_UNIX_MS: u64 = 1_780_000_000_000;
/// Reasons that a call itself meets, before there is an event.
const CALL_REASONS: [&str; 2] = ["too_large", "serialize"];

/// How the server deals with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// 200 without a receipt.
    Ok,
    /// 200 with verdicts drawn from these bits: ok, invalid, dropped, retry.
    Receipt(u64),
    /// A status.
    Status(u16),
    /// No answer reaches the client; the server may have done its work all the same.
    Lost { processed: bool },
}

#[derive(Debug)]
struct Sent {
    token: Token,
    leaving: bool,
    /// Numbers of its events; without the deletion request, which is no event of the app.
    events: Vec<u64>,
    losses: Losses,
}

#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    all: u64,
    /// Without those that a call itself met.
    of_events: u64,
}

impl Losses {
    fn add(&mut self, reason: &str, count: u64) {
        self.all += count;
        self.of_events += if CALL_REASONS.contains(&reason) { 0 } else { count };
    }

    fn of(client: &Client) -> Self {
        let mut losses = Self::default();
        for (reason, count) in client.losses() {
            losses.add(reason.as_str(), count);
        }
        losses
    }
}

#[derive(Debug, Default)]
struct Disk {
    chunks: BTreeMap<u64, Vec<Vec<u8>>>,
    torn: BTreeSet<u64>,
    state: Option<Vec<u8>>,
    copy: Option<Vec<u8>>,
    /// What was acknowledged of losses when the state was made.
    acknowledged: u64,
}

impl Disk {
    fn records(&self) -> usize {
        self.chunks.values().map(Vec::len).sum()
    }

    fn numbers(&self) -> BTreeSet<u64> {
        self.chunks.values().flatten().filter_map(|record| number(record)).collect()
    }

    fn restored(&self) -> Restored {
        let chunks = self.chunks.iter().map(|(id, records)| RestoredChunk {
            id: ChunkId(*id),
            bytes: records.iter().map(|record| record.len() as u64).sum(),
            events: records.len() as u32,
        });
        Restored { state: self.state.clone(), state_copy: self.copy.clone(), chunks: chunks.collect() }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Host {
    client: Client,
    now: Now,
    config: Config,
    runs: u8,
    disk: Disk,
    pub(crate) disk_is_full: bool,
    /// What the full disk refused, to be written before anything later.
    refused: Vec<(u64, Vec<u8>)>,
    removals: Vec<u64>,
    refused_state: Option<(Vec<u8>, u64)>,
    /// Polled and not carried out; with what was acknowledged of losses at that time.
    effects: VecDeque<(Effect, u64)>,
    done: Vec<(Token, StoredOutcome)>,
    reads: Vec<(Token, u64)>,
    sent: Vec<Sent>,
    /// Appends that the client has no answer to.
    appends: Vec<(Token, u64)>,
    next_number: u64,
    // This run.
    accepted: u64,
    delivered: u64,
    acknowledged: Losses,
    // All runs.
    acknowledged_ever: u64,
    stored: BTreeSet<u64>,
    confirmed: BTreeSet<u64>,
    at_server: BTreeSet<u64>,
    /// Nothing happened that leaves the client in doubt about what the server or the disk has.
    is_exact: bool,
    /// The disk refused no state, and with it a count of losses.
    is_told: bool,
}

impl Host {
    pub(crate) fn new() -> Self {
        let now = Now { unix_ms: START_UNIX_MS, mono_ms: 0 };
        let config = Config {
            flush_at: 4,
            outbox_events_max: 30,
            chunk_bytes_max: 1_200,
            outbox_age_max_ms: 3_600_000,
            ..Config::new("KEY")
        };
        let mut host = Self {
            client: Client::new(config.clone(), [1; 32], &Restored::default(), now),
            now,
            config,
            runs: 1,
            disk: Disk::default(),
            disk_is_full: false,
            refused: Vec::new(),
            removals: Vec::new(),
            refused_state: None,
            effects: VecDeque::new(),
            done: Vec::new(),
            reads: Vec::new(),
            sent: Vec::new(),
            appends: Vec::new(),
            next_number: 0,
            accepted: 0,
            delivered: 0,
            acknowledged: Losses::default(),
            acknowledged_ever: 0,
            stored: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            at_server: BTreeSet::new(),
            is_exact: true,
            is_told: true,
        };
        host.poll();
        host
    }

    pub(crate) fn command(&mut self, call: impl FnOnce(&mut Client, Now)) {
        call(&mut self.client, self.now);
        self.poll();
    }

    pub(crate) fn track(&mut self, properties: &str) {
        self.record(|client, options, now| client.track("Ordered", Some(properties), options, now));
    }

    pub(crate) fn identify_as(&mut self, user_id: &str) {
        self.record(|client, options, now| client.identify(user_id, None, options, now));
    }

    fn record(&mut self, call: impl FnOnce(&mut Client, &EventOptions<'_>, Now) -> Tracked) {
        if self.client.consent() == Consent::Denied {
            return;
        }
        let id = format!("m-{}", self.next_number);
        let options = EventOptions { message_id: Some(&id), ..EventOptions::default() };
        let tracked = call(&mut self.client, &options, self.now);
        self.next_number += u64::from(matches!(tracked, Tracked::Queued(_)));
        self.accepted += 1;
        self.poll();
    }

    pub(crate) fn deny(&mut self) {
        self.forget_sent();
        self.command(|client, now| client.set_consent(Consent::Denied, now));
    }

    pub(crate) fn deny_by_purpose(&mut self) {
        self.forget_sent();
        self.command(|client, now| client.set_purposes(r#"{"analytics":false}"#, now));
    }

    /// A client that is denied does not wait for these any more.
    fn forget_sent(&mut self) {
        if self.client.consent() != Consent::Denied {
            self.sent.retain(|sent| sent.events.is_empty());
        }
    }

    pub(crate) fn grant(&mut self) {
        self.command(|client, now| client.set_consent(Consent::Granted, now));
    }

    pub(crate) fn advance(&mut self, ms: u64) {
        self.now.unix_ms += ms;
        self.now.mono_ms += ms;
        self.command(Client::tick);
    }

    pub(crate) fn carry_out(&mut self, count: usize) {
        for _ in 0..count {
            let Some((effect, acknowledged)) = self.effects.pop_front() else { return };
            self.do_effect(effect, acknowledged);
        }
    }

    /// Tells the client of one thing that was done.
    pub(crate) fn report(&mut self, at: usize) {
        let things = self.done.len() + self.reads.len();
        if things == 0 {
            return;
        }
        let at = at % things;
        if at < self.done.len() {
            let (token, outcome) = self.done.remove(at);
            self.appends.retain(|(append, _)| *append != token);
            self.command(|client, now| client.stored(token, outcome, now));
        } else {
            let (token, chunk) = self.reads.remove(at - self.done.len());
            let outcome = self.disk.chunks.get(&chunk).map_or(ReadOutcome::Missing, |records| {
                let torn = u32::from(self.disk.torn.contains(&chunk));
                ReadOutcome::Records { payloads: records.iter().collect(), torn }
            });
            let (queued, before) = (self.client.queued_events(), Losses::of(&self.client));
            self.client.read_done(token, outcome, self.now);
            assert_eq!(self.client.queued_events(), queued, "the restored counts were true");
            // A torn record was not among those that the client counts as queued.
            self.accepted += Losses::of(&self.client).all - before.all;
            self.poll();
        }
    }

    pub(crate) fn answer(&mut self, at: usize, answer: Answer) {
        if self.sent.is_empty() {
            return;
        }
        let sent = self.sent.remove(at % self.sent.len());
        let mut body = String::new();
        let (mut status, mut is_lost) = (200, false);
        match answer {
            Answer::Ok => self.deliver(sent.events.iter().copied()),
            Answer::Receipt(bits) => {
                let verdict = |index: usize| ((bits >> (2 * (index % 32))) & 3) as usize;
                let lines = sent.events.iter().enumerate().map(|(index, number)| {
                    let word = ["ok", "invalid", "dropped", "retry"][verdict(index)];
                    format!(r#"{{"messageId":"m-{number}","verdict":"{word}"}}"#)
                });
                body = format!(r#"{{"results":[{}]}}"#, lines.collect::<Vec<_>>().join(","));
                let ok = sent.events.iter().enumerate().filter(|(index, _)| verdict(*index) == 0);
                self.deliver(ok.map(|(_, number)| *number));
            }
            Answer::Status(refused) => status = refused,
            Answer::Lost { processed } => {
                is_lost = true;
                if processed && !sent.events.is_empty() {
                    self.at_server.extend(&sent.events);
                    self.is_exact = false;
                }
            }
        }
        if status == 200 && !is_lost {
            self.acknowledged.all += sent.losses.all;
            self.acknowledged.of_events += sent.losses.of_events;
            self.acknowledged_ever += sent.losses.of_events;
        }
        let retry_after = (status == 429).then_some("5");
        let response = holloway_core::Answer { status, retry_after, date: None, body: body.as_bytes() };
        match (is_lost, sent.leaving) {
            (true, true) => self.client.http_done(sent.token, HttpOutcome::Beaconed, self.now),
            (true, false) => self.client.http_done(sent.token, HttpOutcome::NetworkError, self.now),
            (false, _) => self.client.http_answered(sent.token, &response, self.now),
        }
        self.poll();
    }

    /// The process dies: what is not on the disk is gone. The next one starts at once.
    pub(crate) fn crash(&mut self, torn: bool) {
        if torn
            && !self.disk_is_full
            && let Some((Effect::Append { chunk, .. }, _)) = self.effects.front()
        {
            self.disk.chunks.entry(chunk.0).or_default();
            self.disk.torn.insert(chunk.0);
            self.is_exact = false;
        }
        let on_disk = self.disk.numbers();
        let is_moving = on_disk.len() < self.disk.records();
        if on_disk.intersection(&self.confirmed).next().is_some() || is_moving {
            self.is_exact = false;
        }
        self.refused.clear();
        self.removals.clear();
        self.refused_state = None;
        self.effects.clear();
        self.done.clear();
        self.reads.clear();
        self.sent.clear();
        self.appends.clear();
        self.runs = self.runs.wrapping_add(1);
        self.now.mono_ms = 0;
        self.client = Client::new(self.config.clone(), [self.runs; 32], &self.disk.restored(), self.now);
        self.acknowledged_ever = self.disk.acknowledged;
        self.acknowledged = Losses::default();
        self.delivered = 0;
        self.accepted = self.client.queued_events() as u64 + Losses::of(&self.client).all;
        self.poll();
        self.check_over_crash();
    }

    /// `accepted = delivered + queued + Σ losses`, as the client alone sees it.
    pub(crate) fn check_run(&self) {
        let told = self.delivered
            + self.client.queued_events() as u64
            + self.acknowledged.all
            + Losses::of(&self.client).all;
        assert_eq!(self.accepted, told, "accepted = delivered + queued + losses");
    }

    /// What reached the disk is at the server, waits, or is counted.
    fn check_over_crash(&mut self) {
        let is_of_start = |effect: &Effect| {
            matches!(effect, Effect::SaveState { .. } | Effect::Remove { .. } | Effect::Diagnostic(_))
        };
        if self.disk_is_full {
            return;
        }
        while self.effects.front().is_some_and(|(effect, _)| is_of_start(effect)) {
            self.carry_out(1);
        }
        assert_eq!(self.client.queued_events(), self.disk.records(), "what is on the disk is what waits");
        self.check_fates(&self.disk.numbers());
    }

    pub(crate) fn check_all_told(&self) {
        assert_eq!(self.client.queued_events(), 0, "a healthy server gets everything");
        self.check_fates(&BTreeSet::new());
    }

    fn check_fates(&self, waiting: &BTreeSet<u64>) {
        let lost = self.acknowledged_ever + Losses::of(&self.client).of_events;
        let is_missing = |event: &&u64| !self.at_server.contains(event) && !waiting.contains(event);
        let missing = self.stored.iter().filter(is_missing).count() as u64;
        assert!(!self.is_told || missing <= lost, "{missing} stored events are missing, {lost} are counted");
        if self.is_exact {
            let known = self.confirmed.union(waiting).count() as u64;
            let accepted = self.stored.union(&self.confirmed).count() as u64;
            assert_eq!(accepted, known + lost, "no loss is counted twice");
        }
    }

    /// Everything works, for as long as it takes.
    pub(crate) fn drain(&mut self) {
        self.disk_is_full = false;
        self.grant();
        self.command(Client::resume);
        self.command(Client::flush);
        for _ in 0..2_000 {
            self.carry_out(usize::MAX);
            while !self.done.is_empty() || !self.reads.is_empty() {
                self.report(0);
            }
            while !self.sent.is_empty() {
                self.answer(0, Answer::Ok);
            }
            if self.client.is_idle() {
                return;
            }
            if self.effects.is_empty() {
                let due = self.client.next_deadline().expect("a client that has work says when");
                self.advance(due.saturating_sub(self.now.mono_ms).max(1));
            }
        }
        panic!("not idle after 2,000 rounds: {:?}", self.client);
    }

    fn deliver(&mut self, events: impl Iterator<Item = u64>) {
        for event in events {
            self.delivered += 1;
            self.confirmed.insert(event);
            self.at_server.insert(event);
        }
    }

    fn poll(&mut self) {
        while let Some(effect) = self.client.poll_effect() {
            match effect {
                Effect::Send { token, request } => self.send(token, &request),
                effect => {
                    if let Effect::Append { token, payload, .. } = &effect
                        && let Some(number) = number(payload)
                    {
                        // An event that moves to another chunk waits for its new record alone.
                        self.appends.retain(|(_, other)| *other != number);
                        self.appends.push((*token, number));
                    }
                    self.effects.push_back((effect, self.acknowledged_ever));
                }
            }
        }
    }

    fn send(&mut self, token: Token, request: &Request) {
        assert!(request.body.len() <= limits::BATCH_BYTES_MAX, "{} bytes", request.body.len());
        let body: Value = serde_json::from_slice(&request.body).expect("a batch is JSON");
        let events = body["batch"].as_array().expect("events");
        assert_eq!(events.len(), request.events as usize);
        let events: Vec<u64> = events.iter().filter_map(number_of).collect();
        for other in &self.sent {
            assert!(request.leaving, "one request at a time");
            assert!(other.events.iter().all(|event| !events.contains(event)), "an event is under way twice");
        }
        let is_stored = self.appends.iter().all(|(_, number)| !events.contains(number));
        assert!(request.leaving || is_stored, "sent before it was stored");
        let mut losses = Losses::default();
        for (reason, count) in body["losses"].as_object().into_iter().flatten() {
            losses.add(reason, count.as_u64().expect("a count"));
        }
        self.sent.push(Sent { token, leaving: request.leaving, events, losses });
    }

    /// Writes what the disk refused before.
    fn catch_up(&mut self) {
        for (chunk, payload) in std::mem::take(&mut self.refused) {
            self.stored.extend(number(&payload));
            self.disk.chunks.entry(chunk).or_default().push(payload);
        }
        if let Some((bytes, acknowledged)) = self.refused_state.take() {
            self.disk.copy = self.disk.state.replace(bytes);
            self.disk.acknowledged = acknowledged;
        }
        for chunk in std::mem::take(&mut self.removals) {
            self.remove(chunk);
        }
    }

    fn remove(&mut self, chunk: u64) {
        self.disk.chunks.remove(&chunk);
        self.disk.torn.remove(&chunk);
    }

    fn do_effect(&mut self, effect: Effect, acknowledged: u64) {
        if !self.disk_is_full {
            self.catch_up();
        }
        let outcome = if self.disk_is_full { StoredOutcome::Failed } else { StoredOutcome::Ok };
        match effect {
            Effect::Append { token, chunk, payload } => {
                if self.disk_is_full {
                    self.is_exact = false;
                    self.refused.push((chunk.0, payload));
                } else {
                    self.stored.extend(number(&payload));
                    self.disk.chunks.entry(chunk.0).or_default().push(payload);
                }
                self.done.push((token, outcome));
            }
            Effect::Seal { token, .. } => self.done.push((token, outcome)),
            Effect::SaveState { token, bytes } => {
                if self.disk_is_full {
                    // A loss that only memory knows dies with it.
                    self.is_exact = false;
                    self.is_told = false;
                    self.refused_state = Some((bytes, acknowledged));
                } else {
                    self.disk.copy = self.disk.state.replace(bytes);
                    self.disk.acknowledged = acknowledged;
                }
                self.done.push((token, outcome));
            }
            Effect::Read { token, chunk } => self.reads.push((token, chunk.0)),
            Effect::Remove { chunk } => {
                self.refused.retain(|(refused, _)| *refused != chunk.0);
                if self.refused.iter().any(|(rest, _)| *rest > chunk.0 && *rest <= chunk.last_rest().0) {
                    self.removals.push(chunk.0);
                } else {
                    self.remove(chunk.0);
                }
            }
            Effect::Wipe => {
                self.refused.clear();
                self.removals.clear();
                self.disk.chunks.clear();
                self.disk.torn.clear();
                self.disk.copy = None;
            }
            Effect::Send { .. } => unreachable!("sent when it was polled"),
            Effect::WakeAt { .. } | Effect::Diagnostic(_) => {}
        }
    }
}

fn number(record: &[u8]) -> Option<u64> {
    number_of(&serde_json::from_slice(record).expect("a record is JSON"))
}

fn number_of(event: &Value) -> Option<u64> {
    event["messageId"].as_str()?.strip_prefix("m-")?.parse().ok()
}
