//! Requests and their answers.

use alloc::vec::Vec;

use holloway_wire::{LossReason, Timestamp, Verdict, json::roomy, limits::BATCH_BYTES_MAX, write_batch};

use super::{Client, Waiting};
use crate::{
    ChunkId, Consent, Diagnostic, Effect, HttpOutcome, Now, Records, Request, Token,
    config::LEAVING_BYTES_MAX, losses::Losses, state::Number,
};

/// Room in a batch for what stands around its events.
const BATCH_FRAME_BYTES: usize = 2_048;
/// How long a beaconed chunk is left alone while the host turns out to live on, in milliseconds.
const BEACON_HOLD_MS: u64 = 30_000;

/// A request without an answer.
#[derive(Debug)]
pub(super) struct InFlight {
    token: Token,
    /// Whose events it carries, from the front; `None` for the oldest deletion request.
    chunk: Option<ChunkId>,
    events: usize,
    losses: Losses,
}

impl Client {
    /// Sends the oldest sealed chunk, when nothing is under way and nothing speaks against it.
    pub(super) fn send(&mut self, now: Now) {
        if self.paused || !self.in_flight.is_empty() || self.retry.is_pausing(now) {
            return;
        }
        if self.state.has_deletion() && !self.is_follower {
            self.request(None, 0, false, now);
            return;
        }
        if self.consent() != Consent::Granted {
            return;
        }
        // The oldest goes first; only one that cannot be read now, or that a beacon carries, is passed by.
        let oldest = self
            .outbox
            .chunks
            .iter()
            .position(|chunk| chunk.sealed && chunk.held_until_mono_ms <= now.mono_ms);
        let at = oldest.unwrap_or_else(|| {
            // While nothing could be sent the open chunk grew; it is a batch from now on.
            let flush_at = self.config.flush_at;
            if self.outbox.unsealed().is_some_and(|chunk| chunk.events >= flush_at) {
                self.seal();
                self.outbox.chunks.len() - 1
            } else {
                usize::MAX
            }
        });
        let Some(chunk) = self.outbox.chunks.get(at).filter(|chunk| chunk.unanswered == 0) else { return };
        if chunk.is_read {
            self.request(Some(at), BATCH_BYTES_MAX - BATCH_FRAME_BYTES, false, now);
        } else {
            let id = chunk.id;
            self.read(id);
        }
    }

    /// Sends every chunk that is in memory, for a host that may not come back. While failures pause us nothing is
    /// sent: an unanswered request would be taken for a delivery, and what is kept is sent by the next run.
    pub(super) fn send_leaving(&mut self, now: Now) {
        if self.paused || self.retry.is_pausing(now) || self.consent() != Consent::Granted {
            return;
        }
        for at in 0..self.outbox.chunks.len() {
            let chunk = &self.outbox.chunks[at];
            let is_ready = chunk.sealed && !chunk.in_flight && chunk.held_until_mono_ms <= now.mono_ms;
            if is_ready && chunk.is_read {
                self.request(Some(at), LEAVING_BYTES_MAX, true, now);
            }
        }
    }

    /// A `Send` ended.
    pub fn http_done(&mut self, token: Token, outcome: HttpOutcome<'_>, now: Now) {
        let Some(at) = self.in_flight.iter().position(|request| request.token == token) else { return };
        let request = self.in_flight.remove(at);
        let chunk = request.chunk.and_then(|id| self.outbox.get(id));
        let (mut status, mut asked_ms, mut told) = (0, None, &[][..]);
        if let HttpOutcome::Response { status: answer, retry_after_ms, verdicts } = outcome {
            (status, asked_ms, told) = (answer, retry_after_ms, verdicts);
            self.retry.unanswered = 0;
        }
        if let Some(chunk) = chunk {
            chunk.in_flight = false;
            if outcome == HttpOutcome::Beaconed {
                chunk.held_until_mono_ms = now.mono_ms.saturating_add(BEACON_HOLD_MS);
            }
            // Too large for this collector: half as many next time; one alone that is too large is lost.
            if status == 413 && request.events > 1 {
                chunk.request_events_max = request.events / 2;
            }
        }
        match status {
            _ if outcome == HttpOutcome::Beaconed => {}
            413 if request.events > 1 => {}
            401 | 403 => {
                self.paused = true;
                self.diagnose(Diagnostic::Paused { status });
            }
            0..=199 | 300..=399 | 408 | 429 | 500.. => self.fail(status, asked_ms, now),
            _ => self.settle(&request, status < 300, told, asked_ms, now),
        }
        self.send(now);
    }

    /// Sends a chunk's first events, as many as fit, or the oldest deletion request.
    fn request(&mut self, chunk: Option<usize>, bytes_max: usize, leaving: bool, now: Now) {
        self.next_token += 1;
        let token = Token(self.next_token);
        // What another request carries already is not told twice.
        let mut losses = if self.is_follower { Losses::default() } else { self.state.losses };
        for other in &self.in_flight {
            losses.acknowledge(&other.losses);
        }
        let (mut id, mut events, mut waiting) = (None, 1, 1);
        let (first, text) = match chunk.and_then(|at| self.outbox.chunks.get_mut(at)) {
            None => {
                let request = self.state.deletion().unwrap_or_default().as_bytes();
                (request, request)
            }
            Some(chunk) => {
                chunk.in_flight = true;
                id = Some(chunk.id);
                waiting = chunk.events;
                events = chunk.records.fitting(chunk.request_events_max, bytes_max);
                (chunk.records.front(1), chunk.records.front(events))
            }
        };
        let first_bytes = first.len();
        let mut body = roomy(text.len() + 256).into_bytes();
        let sent_at = Timestamp::from_millis(now.unix_ms as i64);
        write_batch(&mut body, text, sent_at, &self.config.write_key, losses.counts());
        if self.state[Number::HasSent] == 0 && id.is_some() {
            self.state[Number::HasSent] = 1;
            self.save(now);
        }
        self.in_flight.push(InFlight { token, chunk: id, events, losses });
        let request = Request { body, events: events as u32, leaving, waiting: waiting as u32, first_bytes };
        self.effects.push(Effect::Send { token, request });
    }

    /// The collector took the events, or refused them for good: every event but those that it wants again is done with.
    fn settle(
        &mut self,
        request: &InFlight,
        is_taken: bool,
        verdicts: &[Verdict],
        asked_ms: Option<u64>,
        now: Now,
    ) {
        if is_taken {
            self.state.losses.acknowledge(&request.losses);
        }
        let mut again = false;
        if let Some(id) = request.chunk {
            let (mut invalid, mut dropped, mut rejected) = (0, 0, 0);
            if let Some(chunk) = self.outbox.get(id) {
                let mut left = Records::default();
                for (at, record) in chunk.records.iter().enumerate() {
                    if at >= request.events {
                        left.push(record);
                    } else if !is_taken {
                        rejected += 1;
                    } else {
                        match verdicts.get(at) {
                            None | Some(Verdict::Ok | Verdict::Duplicate) => {}
                            Some(Verdict::Invalid) => invalid += 1,
                            Some(Verdict::Dropped) => dropped += 1,
                            Some(Verdict::Retry) => {
                                again = true;
                                left.push(record);
                            }
                        }
                    }
                }
                chunk.set_records(left);
            }
            self.lose(LossReason::Invalid, invalid);
            self.lose(LossReason::Dropped, dropped);
            self.lose(LossReason::Rejected, rejected);
            self.close_account(id, invalid + dropped + rejected > 0);
        } else {
            again = is_taken && verdicts.first() == Some(&Verdict::Retry);
            if !again {
                self.state.drop_deletion();
            }
        }
        if again {
            self.fail(200, asked_ms, now);
            return;
        }
        self.retry.succeed(now);
        if let Some(wait) = asked_ms.filter(|_| is_taken) {
            self.retry.ask(wait, now);
        }
        self.save(now);
    }

    pub(super) fn is_under_way(&self, token: Token) -> bool {
        self.in_flight.iter().any(|request| request.token == token)
    }

    /// The events of a request that is under way.
    pub(super) fn records_of(&self, token: Token) -> impl Iterator<Item = &[u8]> {
        let request = self.in_flight.iter().find(|request| request.token == token);
        let id = request.and_then(|request| request.chunk);
        let chunk = self.outbox.chunks.iter().find(|chunk| Some(chunk.id) == id);
        let deletion = self.state.deletion().filter(|_| request.is_some() && id.is_none());
        let events = request.map_or(0, |request| request.events);
        let records = chunk.into_iter().flat_map(|chunk| chunk.records.iter());
        records.chain(deletion.map(str::as_bytes)).take(events)
    }

    /// Nobody waits for the events under way any more; a deletion request is still waited for.
    pub(super) fn forget_requests(&mut self) {
        self.in_flight.retain(|request| request.chunk.is_none());
    }

    fn fail(&mut self, status: u16, asked_ms: Option<u64>, now: Now) {
        let wait_ms = self.retry.fail(&self.config, &mut self.random, status > 0, asked_ms, now);
        self.diagnose(if self.retry.is_unreachable(&self.config) {
            Diagnostic::Unreachable { wait_ms }
        } else {
            Diagnostic::Retrying { status, wait_ms }
        });
        self.save(now);
    }

    /// Parts with a chunk that has nothing left. What is left of one whose losses were counted moves to a chunk of
    /// its own, since a restart would meet the lost ones in the old chunk again and count them again. The caller
    /// saves.
    pub(super) fn close_account(&mut self, id: ChunkId, has_losses: bool) {
        let Some(chunk) = self.outbox.get(id) else { return };
        if chunk.events == 0 {
            self.discard(id);
            return;
        }
        let Some(next) = (has_losses && chunk.is_read).then(|| self.outbox.rename(id)).flatten() else {
            return;
        };
        self.state.gone.push(id);
        let mut at = 0;
        while let Some(chunk) = self.outbox.get(next)
            && let Some(record) = chunk.records.get(at)
        {
            at += 1;
            chunk.unanswered = at;
            let mut payload = Vec::new();
            payload.extend_from_slice(record);
            let token = self.token(Waiting::Append(next));
            self.effects.push(Effect::Append { token, chunk: next, payload });
        }
        let token = self.token(Waiting::Seal);
        self.effects.push(Effect::Seal { token, chunk: next });
    }
}
