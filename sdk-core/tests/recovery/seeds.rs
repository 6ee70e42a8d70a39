//! What real clients leave behind, whole and damaged.

use holloway_core::{
    Answer, Client, Config, Consent, EventOptions, Now, Records, Registration, ResetOptions, Restored, frame,
    wire::LossReason,
};

use crate::recovery::{Chunk, Host, Stored, UNIX_MS};

/// A client, its host and their time.
struct Life {
    client: Client,
    host: Host,
    now: Now,
}

impl Life {
    /// Does something a while later, and goes to the background; the collector answers `status`.
    fn step<T>(&mut self, status: u16, act: impl FnOnce(&mut Client, Now) -> T) {
        self.now = Now { unix_ms: self.now.unix_ms + 700_000, mono_ms: self.now.mono_ms + 700_000 };
        act(&mut self.client, self.now);
        self.host.answer(&mut self.client, status, self.now, |_, _| {});
        self.client.background(self.now);
        self.host.answer(&mut self.client, status, self.now, |_, _| {});
    }
}

/// Everything that a client can have to remember, saved one after the other.
fn states() -> Vec<Vec<u8>> {
    let now = Now { unix_ms: UNIX_MS, mono_ms: 0 };
    let client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
    let mut life = Life { client, host: Host::default(), now };
    let options = EventOptions::default();
    life.step(200, |client, now| client.track("Signed Up", Some(r#"{"plan":"pro"}"#), &options, now));
    life.step(200, |client, now| {
        client.register(r#"{"app":"shop \"ü\"","beta":[true,null,1.5]}"#, Registration::Always, now);
    });
    life.step(503, |client, now| client.identify("user-1", Some(r#"{"age":41}"#), &options, now));
    life.step(503, |client, now| client.lost(LossReason::QueueFull, 7, now));
    life.step(503, |client, now| client.track("A", Some("no JSON"), &options, now));
    life.step(400, |client, now| client.identify("🦀:\n2", None, &options, now));
    life.step(200, |client, now| client.alias("user-3", None, &options, now));
    life.step(503, |client, now| client.set_consent(Consent::Denied, now));
    life.step(200, |client, now| client.set_consent(Consent::Granted, now));
    life.step(200, |client, now| client.reset(ResetOptions::default(), now));
    life.host.saved
}

/// States that name chunks which are gone: a receipt that refuses one event of three, a chunk with a torn end.
fn states_with_gone_chunks() -> Vec<Vec<u8>> {
    let now = Now { unix_ms: UNIX_MS, mono_ms: 0 };
    let mut host = Host::default();
    let mut client = Client::new(Config::new("KEY"), [2; 32], &Restored::default(), now);
    for id in ["a", "b", "c"] {
        let options = EventOptions { message_id: Some(id), ..EventOptions::default() };
        let _ = client.track("A", None, &options, now);
    }
    client.flush(now);
    host.drain(&mut client, now);
    let refused = br#"{"results":[{"messageId":"b","status":"invalid"},{"messageId":"c","status":"retry"}]}"#;
    while let Some((token, _)) = host.requests.pop_front() {
        let answer = Answer { status: 200, retry_after: Some("60"), date: None, body: refused };
        client.http_answered(token, &answer, now);
        host.drain(&mut client, now);
        if host.saved.len() > 9 {
            break;
        }
    }
    for chunk in host.chunks.values_mut() {
        chunk.torn = 1;
    }
    let mut client = Client::new(Config::new("KEY"), [3; 32], &host.restored(), now);
    host.drain(&mut client, now);
    host.saved
}

/// Chunk files of several records.
fn files() -> Vec<Vec<u8>> {
    let now = Now { unix_ms: UNIX_MS, mono_ms: 0 };
    let mut files = vec![frame::HEADER.to_vec()];
    for events in [1, 3] {
        let mut host = Host::default();
        let mut client = Client::new(Config::new("KEY"), [events; 32], &Restored::default(), now);
        for number in 0..events {
            let properties = format!(r#"{{"number":{number}}}"#);
            let _ = client.track("Ordered", Some(&properties), &EventOptions::default(), now);
        }
        host.drain(&mut client, now);
        for scan in host.chunks.values() {
            files.push(file(&scan.payloads));
        }
    }
    let records: [&[u8]; 3] = [br#" {"messageId":"a"} "#, b"[1]", &[0, 255]];
    files.push(file(&records.iter().collect()));
    let records = [r#"{"messageId":"a"}"#, r#"{"messageId":"a"}"#, "{}"];
    files.push(file(&records.iter().collect()));
    files
}

fn file(payloads: &Records) -> Vec<u8> {
    let mut file = frame::HEADER.to_vec();
    for payload in payloads.iter() {
        frame::write(payload, &mut file);
    }
    file
}

/// Inputs of `check_state`: whole, torn, flipped, without one of the two.
pub(crate) fn stored() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    let states = [states(), states_with_gone_chunks()].concat();
    let mut copy = Vec::new();
    for (index, state) in states.into_iter().enumerate() {
        let mut damaged = state.clone();
        let middle = damaged.len() / 2;
        match index % 4 {
            0 => damaged.truncate(middle),
            1 => damaged[middle] ^= 1 << (index % 8),
            2 => damaged[middle..].fill(0),
            _ => damaged.clear(),
        }
        let extra = [0, Stored::WITH_CHUNKS, Stored::FULL_DISK, Stored::UNASKED][index % 4];
        for (choices, state, copy) in [
            (Stored::WITHOUT_COPY, &state, &Vec::new()),
            (0, &damaged, &copy),
            (Stored::REPAIRED_STATE | Stored::REPAIRED_COPY, &damaged, &state),
        ] {
            let (state, copy) = (state.clone(), copy.clone());
            inputs.push(Stored { choices: choices | extra, state, copy }.write());
        }
        copy = state;
    }
    inputs.push(Stored { choices: Stored::WITHOUT_STATE, copy, ..Stored::default() }.write());
    inputs
}

/// Inputs of `check_state`: states in which one number each is the largest that there is.
pub(crate) fn largest() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for state in [states(), states_with_gone_chunks()].concat().into_iter().step_by(3) {
        let text = String::from_utf8(state).expect("a state is a text");
        for (at, _) in text.match_indices(':') {
            let before = text[..at].trim_end_matches(|character: char| character.is_ascii_digit());
            let state = format!("{before}{}{}", u64::MAX, &text[at..]).into_bytes();
            let choices = Stored::REPAIRED_STATE | Stored::WITHOUT_COPY;
            inputs.push(Stored { choices, state, ..Stored::default() }.write());
        }
    }
    inputs
}

/// Inputs of `check_chunk`: whole, torn, flipped, with a tail of zeros, with flags.
pub(crate) fn chunks() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for (index, file) in files().into_iter().enumerate() {
        let last = file.len() - 1;
        let torn = file[..last].to_vec();
        let mut flipped = file.clone();
        flipped[last / 2] ^= 1 << (index % 8);
        let mut zeros = file.clone();
        zeros.resize(file.len() + 64, 0);
        let mut flagged = file.clone();
        if let Some(flags) = flagged.get_mut(frame::HEADER.len() + 8) {
            *flags = 1;
        }
        for (variant, file) in [file, torn, flipped, zeros, flagged].into_iter().enumerate() {
            let repaired = if variant == 4 { Chunk::REPAIRED } else { 0 };
            let choices = repaired | (((index + 1) % 4) << 1) as u8 | (((index + variant) % 4) << 3) as u8;
            inputs.push(Chunk { choices, file }.write());
        }
    }
    inputs
}
