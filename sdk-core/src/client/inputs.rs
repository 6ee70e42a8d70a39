//! What the platform says.

use holloway_wire::LossReason;

use super::{Client, NEVER, Waiting};
use crate::{
    ChunkId, Diagnostic, Effect, HostMark, Now, ReadOutcome, Records, RestoredChunk, StoredOutcome, Token,
    losses::Losses,
    outbox::STORES_LATER,
    state::{Number, Text},
};

/// How long a chunk that could not be read is left alone, in milliseconds.
const READ_AGAIN_MS: u64 = 30_000;

impl Client {
    /// The app is visible again.
    pub fn foreground(&mut self, now: Now) {
        self.is_background = false;
        for chunk in &mut self.outbox.chunks {
            chunk.held_until_mono_ms = 0;
        }
        self.send(now);
    }

    /// The app may be gone at any moment: everything is sealed, and sent as far as it can be.
    pub fn background(&mut self, now: Now) {
        self.is_background = true;
        self.seal();
        self.state[Number::IsActive] = 0;
        self.save(now);
        self.send_leaving(now);
    }

    /// The network is back: ends a pause that failures caused, not one that the collector asked for.
    pub fn online(&mut self, now: Now) {
        self.retry.online();
        self.send(now);
    }

    /// Sending may start again after 401 or 403 (the write key was made known to the collector).
    pub fn resume(&mut self, now: Now) {
        self.paused = false;
        self.send(now);
    }

    /// A chunk of another writer, which is gone, is this client's now: a browser tab that was closed. Its id must
    /// be unlike those of this client's own chunks.
    pub fn adopt(&mut self, chunk: RestoredChunk, now: Now) {
        self.outbox.adopt(&chunk);
        self.refuse_kept(now);
        self.expire(now);
        self.send(now);
    }

    /// Another client of this device is gone: its counts and its deletion requests are told by this one from now on.
    pub fn inherit(&mut self, gone: &Self, now: Now) {
        for (reason, events) in gone.losses() {
            self.state.losses.add(reason, events);
        }
        if let Some(requests) = gone.state.given(Text::Deletions) {
            self.state.push_deletion(requests);
        }
        self.state[Number::HasSent] |= gone.state[Number::HasSent];
        self.save(now);
        self.send(now);
    }

    /// The state was another client's, of the same device: whose it is still tells its losses and deletion requests itself.
    pub fn begin_apart(&mut self, now: Now) {
        self.state.losses = Losses::default();
        self.state[Text::Deletions].clear();
        self.state.gone.clear();
        self.state.host_mark = HostMark::default();
        // Requests with what is not ours to tell are not sent; ours are made anew.
        self.in_flight.clear();
        self.effects.retain(|effect| !matches!(effect, Effect::Send { .. }));
        for chunk in &mut self.outbox.chunks {
            chunk.in_flight = false;
        }
        self.save(now);
        self.send(now);
    }

    /// Gives another client of this device the host's context and the plugins; called again, takes them back.
    #[cfg(feature = "plugins")]
    pub fn lend(&mut self, other: &mut Self) {
        core::mem::swap(&mut self.context, &mut other.context);
        core::mem::swap(&mut self.plugins, &mut other.plugins);
    }

    /// The host itself lost events before it could hand them over (its hand-off was full): they are counted too.
    pub fn lost(&mut self, reason: LossReason, events: usize, now: Now) {
        self.lose(reason, events);
        self.save(now);
    }

    /// Time has passed; due is what [`Client::next_deadline`] said. Late ticks and jumps of the clock do no harm.
    pub fn tick(&mut self, now: Now) {
        // A timer that rang too early is set again.
        self.wake_asked_mono_ms = NEVER;
        let interval = self.config.flush_interval_ms;
        let is_due =
            |chunk: &mut crate::outbox::Chunk| now.mono_ms >= chunk.begun_mono_ms.saturating_add(interval);
        if self.outbox.unsealed().is_some_and(is_due) {
            self.seal();
        }
        self.expire(now);
        self.send(now);
    }

    /// An `Append`, `Seal` or `SaveState` ended. After a failure the event is in memory still and is sent from
    /// there; only a crash before that would cost it.
    #[inline]
    pub fn stored(&mut self, token: Token, outcome: StoredOutcome, now: Now) {
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == token);
        if STORES_LATER && at.is_none() {
            return;
        }
        if outcome == StoredOutcome::Failed {
            self.diagnose(Diagnostic::StorageFailed);
        }
        if !STORES_LATER {
            return;
        }
        if let Some(at) = at
            && let Waiting::Append(id) = self.waiting.swap_remove(at).1
            && let Some(chunk) = self.outbox.get(id)
        {
            chunk.unanswered = chunk.unanswered.saturating_sub(1);
        }
        self.send(now);
    }

    /// A `Read` ended.
    pub fn read_done(&mut self, token: Token, outcome: ReadOutcome, now: Now) {
        match outcome {
            ReadOutcome::Records { payloads, torn } => {
                self.records_read(token, payloads, torn as usize, true, now);
            }
            ReadOutcome::Missing => self.records_read(token, Records::default(), 0, true, now),
            ReadOutcome::Taken => self.records_read(token, Records::default(), 0, false, now),
            ReadOutcome::Unavailable => {
                let Some(id) = self.take_reading(token) else { return };
                if let Some(chunk) = self.outbox.get(id) {
                    chunk.held_until_mono_ms = now.mono_ms.saturating_add(READ_AGAIN_MS);
                }
                self.send(now);
            }
        }
    }

    /// As [`Self::read_done`], with what was found of a chunk: whole records, how many are there in part only, and whether
    /// those that are missing are lost, rather than another client's now.
    pub fn records_read(&mut self, token: Token, records: Records, torn: usize, is_ours: bool, now: Now) {
        let Some(id) = self.take_reading(token) else { return };
        if let Some(chunk) = self.outbox.get(id) {
            let expected = if is_ours { chunk.events } else { 0 };
            let found = records.len();
            chunk.set_records(records);
            // The host's count and the tear may speak of the same record: count it once.
            let lost = expected.saturating_sub(found).max(torn);
            self.lose(LossReason::Corrupt, lost);
            self.close_account(id, lost > 0);
            if lost > 0 || found == 0 {
                self.save(now);
            }
        }
        self.send(now);
    }

    fn take_reading(&mut self, token: Token) -> Option<ChunkId> {
        let (_, id) = self.reading.take_if(|(reading, _)| *reading == token)?;
        Some(id)
    }

    /// Asks for a chunk's records, one chunk at a time.
    pub(super) fn read(&mut self, chunk: ChunkId) {
        if self.reading.is_none() {
            let token = self.token();
            self.reading = Some((token, chunk));
            self.effects.push(Effect::Read { token, chunk });
        }
    }
}
