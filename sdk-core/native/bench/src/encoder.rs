//! The core alone: from a call to the event's JSON, without a disk.

use std::hint::black_box;

use holloway_core::{
    Client, Config, Effect, EventOptions, HttpOutcome, Now, Restored, StoredOutcome, Tracked,
};

use crate::{
    Subject,
    event::{NAME, properties},
};

/// The state machine, with a host that stores at once and a collector that takes everything.
#[derive(Debug)]
pub struct Encoder {
    core: Client,
    properties: String,
    now: Now,
}

impl Default for Encoder {
    fn default() -> Self {
        let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
        let core = Client::new(Config::new("KEY"), [7; 32], &Restored::default(), now);
        Self { core, properties: properties().to_string(), now }
    }
}

impl Subject for Encoder {
    fn call(&mut self) {
        let options = EventOptions::default();
        let tracked = self.core.track(NAME, Some(&self.properties), &options, self.now);
        debug_assert!(matches!(tracked, Tracked::Queued(_)), "{tracked:?}");
        self.carry_out();
    }

    fn drain(&mut self) {
        self.core.flush(self.now);
        self.carry_out();
        assert!(self.core.is_idle(), "everything was stored and acknowledged");
        self.now.unix_ms += 1;
        self.now.mono_ms += 1;
    }
}

impl Encoder {
    fn carry_out(&mut self) {
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::Append { token, payload, .. } => {
                    black_box(payload);
                    self.core.stored(token, StoredOutcome::Ok, self.now);
                }
                Effect::Seal { token, .. } | Effect::SaveState { token, .. } => {
                    self.core.stored(token, StoredOutcome::Ok, self.now);
                }
                Effect::Send { token, request } => {
                    black_box(request);
                    let taken = HttpOutcome::Response { status: 200, retry_after_ms: None, verdicts: &[] };
                    self.core.http_done(token, taken, self.now);
                }
                // Nothing that an answer is waited for: a fresh device reads no chunks.
                _ => {}
            }
        }
    }
}
