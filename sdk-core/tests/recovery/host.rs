//! A host in memory: a disk that may refuse writes, a server that answers as told.

use std::collections::{BTreeMap, VecDeque};

use holloway_core::{
    ChunkId, Client, Diagnostic, Effect, HttpOutcome, Now, ReadOutcome, Request, Restored, RestoredChunk,
    StoredOutcome, Token, frame::Scan,
};

/// Requests answered in one go: a clock at its end lets no pause pass, and a client tries for ever.
const ANSWERS_MAX: usize = 20;

/// What a client left with its host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// Chunks as they would be read.
    pub(crate) chunks: BTreeMap<ChunkId, Scan>,
    /// The state, and the one before.
    pub(crate) state: Option<Vec<u8>>,
    pub(crate) state_copy: Option<Vec<u8>>,
    /// Whether records cannot be written.
    pub(crate) is_full: bool,
    /// Every state that was saved.
    pub(crate) saved: Vec<Vec<u8>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Requests without an answer.
    pub(crate) requests: VecDeque<(Token, Request)>,
    /// What there was when a chunk was to be removed for the first time.
    pub(crate) before_removal: Option<Box<Self>>,
}

impl Host {
    /// What the next run finds.
    pub(crate) fn restored(&self) -> Restored {
        let chunks = self.chunks.iter().map(|(id, scan)| RestoredChunk {
            id: *id,
            bytes: scan.payloads.bytes() as u64,
            events: scan.payloads.len() as u32,
        });
        Restored { state: self.state.clone(), state_copy: self.state_copy.clone(), chunks: chunks.collect() }
    }

    /// Carries out every effect; requests wait for [`Self::answer`].
    pub(crate) fn drain(&mut self, client: &mut Client, now: Now) {
        while let Some(effect) = client.poll_effect() {
            self.carry_out(client, effect, now);
        }
    }

    pub(crate) fn carry_out(&mut self, client: &mut Client, effect: Effect, now: Now) {
        match effect {
            Effect::Append { token, chunk, payload } => {
                if !self.is_full {
                    self.chunks.entry(chunk).or_default().payloads.push(&payload);
                }
                client.stored(token, self.outcome(), now);
            }
            Effect::Seal { token, .. } => client.stored(token, self.outcome(), now),
            Effect::Read { token, chunk } => {
                let outcome = self.chunks.get(&chunk).map_or(ReadOutcome::Missing, |scan| {
                    ReadOutcome::Records { payloads: scan.payloads.clone(), torn: scan.torn }
                });
                client.read_done(token, outcome, now);
            }
            Effect::Remove { chunk } => {
                if self.before_removal.is_none() {
                    self.before_removal = Some(Box::new(self.clone()));
                }
                self.chunks.remove(&chunk);
            }
            Effect::SaveState { token, bytes } => {
                self.saved.push(bytes.clone());
                self.state_copy = self.state.replace(bytes);
                client.stored(token, StoredOutcome::Ok, now);
            }
            Effect::Wipe => {
                self.chunks.clear();
                self.state_copy = None;
            }
            Effect::Send { token, request } => self.requests.push_back((token, request)),
            Effect::Diagnostic(diagnostic) => self.diagnostics.push(diagnostic),
            Effect::WakeAt { .. } => {}
        }
    }

    /// Answers the requests that wait, and those that follow; `heard` gets each one and how many losses its answer
    /// took off.
    pub(crate) fn answer(
        &mut self,
        client: &mut Client,
        status: u16,
        now: Now,
        mut heard: impl FnMut(&Request, u128),
    ) {
        self.drain(client, now);
        for _ in 0..ANSWERS_MAX {
            let Some((token, request)) = self.requests.pop_front() else { return };
            let before = lost(client);
            let outcome = HttpOutcome::Response { status, retry_after_ms: None, verdicts: &[] };
            client.http_done(token, outcome, now);
            if status == 200 {
                heard(&request, before - lost(client));
            }
            self.drain(client, now);
        }
    }

    fn outcome(&self) -> StoredOutcome {
        if self.is_full { StoredOutcome::Failed } else { StoredOutcome::Ok }
    }
}

/// Lost events that no collector knows of. Wider than the counts, which may be at their end.
pub(crate) fn lost(client: &Client) -> u128 {
    client.losses().map(|(_, events)| u128::from(events)).sum()
}
