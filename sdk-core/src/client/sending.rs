//! Requests and their answers.

use alloc::vec::Vec;

use holloway_wire::{LossReason, Timestamp, Verdict, json::roomy, limits::BATCH_BYTES_MAX, write_batch};

use super::Client;
use crate::{
    ChunkId, Consent, Diagnostic, Effect, HttpOutcome, Now, Records, Request, Token,
    config::LEAVING_BYTES_MAX,
    losses::Losses,
    outbox::{Chunk, STORES_LATER},
    state::Number,
};

/// Room in a batch for what stands around its events.
const BATCH_FRAME_BYTES: usize = 2_048;
/// How long a beaconed chunk is left alone while the host turns out to live on, in milliseconds.
const BEACON_HOLD_MS: u64 = 30_000;

/// No chunk's id: the oldest deletion request.
const DELETION: ChunkId = ChunkId(u64::MAX);
/// The status that stands for a beacon: never an acknowledgement.
const BEACONED: u16 = 1;
/// What becomes of a request's events: a verdict's digit, or past those that it was not in the request, or that the
/// whole request was refused.
const OK: u8 = Verdict::Ok as u8;
const INVALID: u8 = Verdict::Invalid as u8;
const DROPPED: u8 = Verdict::Dropped as u8;
const RETRY: u8 = Verdict::Retry as u8;
const NOT_SENT: u8 = 8;
const REJECTED: u8 = 9;

/// A request without an answer.
#[derive(Debug)]
pub(super) struct InFlight {
    token: Token,
    /// Whose events it carries, from the front; or [`DELETION`].
    chunk: ChunkId,
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
            self.request(usize::MAX, 0, false, now);
            return;
        }
        if self.consent() != Consent::Granted {
            return;
        }
        // The oldest goes first; only one that cannot be read now, or that a beacon carries, is passed by. While nothing
        // could be sent the open chunk, the last, grew; it is a batch from then on.
        let flush_at = self.config.flush_at;
        let goes = |chunk: &Chunk| {
            if chunk.sealed { chunk.held_until_mono_ms <= now.mono_ms } else { chunk.events >= flush_at }
        };
        let Some(at) = self.outbox.chunks.iter().position(goes) else { return };
        if !self.outbox.chunks[at].sealed {
            self.seal();
        }
        let chunk = &self.outbox.chunks[at];
        if chunk.is_in_hand() {
            return;
        }
        if chunk.is_read {
            self.request(at, BATCH_BYTES_MAX - BATCH_FRAME_BYTES, false, now);
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
                self.request(at, LEAVING_BYTES_MAX, true, now);
            }
        }
    }

    /// A `Send` ended.
    pub fn http_done(&mut self, token: Token, outcome: HttpOutcome<'_>, now: Now) {
        match outcome {
            HttpOutcome::Response { status, retry_after_ms, verdicts } => {
                let digits: Vec<u8> = verdicts.iter().map(|verdict| *verdict as u8).collect();
                // What is no status is no answer.
                let status = if status > BEACONED { status } else { 0 };
                self.http_ended(token, status, retry_after_ms.unwrap_or_default(), &digits, now);
            }
            HttpOutcome::NetworkError => self.http_ended(token, 0, 0, &[], now),
            HttpOutcome::Beaconed => self.http_ended(token, BEACONED, 0, &[], now),
        }
    }

    /// As [`Self::http_done`], for a host that has all of it in numbers: the status is 0 without an answer and 1 for a
    /// beacon, the wait 0 when none is asked for, and each verdict a digit, its place in [`Verdict::ALL`].
    pub fn http_ended(&mut self, token: Token, status: u16, asked_ms: u64, verdicts: &[u8], now: Now) {
        let Some(at) = self.in_flight.iter().position(|request| request.token == token) else { return };
        let request = &self.in_flight[at];
        let (id, events) = (request.chunk, request.events);
        if (200..300).contains(&status) {
            self.state.losses.acknowledge(&request.losses);
        }
        self.in_flight.remove(at);
        if status > BEACONED {
            self.retry.unanswered = 0;
        }
        // Too large for this collector: half as many next time; one alone that is too large is lost.
        let is_halved = status == 413 && events > 1;
        if let Some(chunk) = self.outbox.get(id) {
            chunk.in_flight = false;
            if status == BEACONED {
                chunk.held_until_mono_ms = now.mono_ms.saturating_add(BEACON_HOLD_MS);
            }
            if is_halved {
                chunk.request_events_max = events / 2;
            }
        }
        match status {
            BEACONED => {}
            413 if is_halved => self.pause_as_asked(asked_ms, now),
            401 | 403 => {
                self.paused = true;
                self.diagnose(Diagnostic::Paused { status });
            }
            // 402 and the others up to 451 say something of the way to the collector, not of the batch: a bill, a missing
            // route, a proxy, a filter. Whoever mends that finds the events still there.
            0..=199 | 300..=399 | 402 | 404 | 405 | 407 | 408 | 410 | 421 | 425 | 429 | 451 | 500.. => {
                self.fail(status, asked_ms, now);
            }
            _ => self.settle(id, events, verdicts, status < 300, asked_ms, now),
        }
        self.send(now);
    }

    /// Sends a chunk's first events, as many as fit, or the oldest deletion request when there is no such chunk.
    fn request(&mut self, at: usize, bytes_max: usize, leaving: bool, now: Now) {
        let token = self.token();
        // What another request carries already is not told twice.
        let mut losses = if self.is_follower { Losses::default() } else { self.state.losses };
        for other in &self.in_flight {
            losses.acknowledge(&other.losses);
        }
        let (mut id, mut events, mut waiting) = (DELETION, 1, 1);
        let text = match self.outbox.chunks.get_mut(at) {
            None => self.state.deletion().unwrap_or_default().as_bytes(),
            Some(chunk) => {
                chunk.in_flight = true;
                id = chunk.id;
                waiting = chunk.events;
                events = chunk.records.fitting(chunk.request_events_max, bytes_max);
                chunk.records.front(events)
            }
        };
        let mut body = roomy(text.len() + 256).into_bytes();
        let sent_at = Timestamp::from_millis(now.unix_ms as i64);
        write_batch(&mut body, text, sent_at, &self.config.write_key, losses.counts());
        if self.state[Number::HasSent] == 0 && id != DELETION {
            self.state[Number::HasSent] = 1;
            self.save(now);
        }
        self.in_flight.push(InFlight { token, chunk: id, events, losses });
        let request = Request { body, events: events as u32, leaving, waiting: waiting as u32 };
        self.effects.push(Effect::Send { token, request });
    }

    /// The collector took the events, or refused them for good: every event but those that it wants again is done with.
    fn settle(
        &mut self,
        id: ChunkId,
        events: usize,
        verdicts: &[u8],
        is_taken: bool,
        asked_ms: u64,
        now: Now,
    ) {
        // Events by what became of them.
        let mut fates = [0; 16];
        if id != DELETION {
            if let Some(chunk) = self.outbox.get(id) {
                let mut left = Records::default();
                let mut at = 0;
                while let Some(record) = chunk.records.get(at) {
                    let fate = if at >= events {
                        NOT_SENT
                    } else if is_taken {
                        verdicts.get(at).map_or(OK, |digit| digit & 7)
                    } else {
                        REJECTED
                    };
                    fates[fate as usize & 15] += 1;
                    if fate == RETRY || fate == NOT_SENT {
                        left.push(record);
                    }
                    at += 1;
                }
                chunk.set_records(left);
            }
            self.lose(LossReason::Invalid, fates[INVALID as usize]);
            self.lose(LossReason::Dropped, fates[DROPPED as usize]);
            self.lose(LossReason::Rejected, fates[REJECTED as usize]);
            let lost = fates[INVALID as usize] + fates[DROPPED as usize] + fates[REJECTED as usize];
            self.close_account(id, lost > 0);
        } else if is_taken && verdicts.first().is_some_and(|digit| digit & 7 == RETRY) {
            fates[RETRY as usize] = 1;
        } else {
            self.state.drop_deletion();
            // Twice: the copy, which is the state before, has the ids of the request.
            self.save(now);
        }
        if fates[RETRY as usize] > 0 {
            self.fail(200, asked_ms, now);
            return;
        }
        self.retry.succeed(now);
        self.pause_as_asked(asked_ms, now);
        self.save(now);
    }

    fn pause_as_asked(&mut self, asked_ms: u64, now: Now) {
        if asked_ms > 0 {
            self.retry.ask(asked_ms, now);
        }
    }

    pub(super) fn is_under_way(&self, token: Token) -> bool {
        self.in_flight.iter().any(|request| request.token == token)
    }

    /// The events of a request that is under way.
    pub(super) fn records_of(&self, token: Token) -> impl Iterator<Item = &[u8]> {
        let request = self.in_flight.iter().find(|request| request.token == token);
        let id = request.map(|request| request.chunk);
        let chunk = self.outbox.chunks.iter().find(|chunk| Some(chunk.id) == id);
        let deletion = self.state.deletion().filter(|_| id == Some(DELETION));
        let events = request.map_or(0, |request| request.events);
        let records = chunk.into_iter().flat_map(|chunk| chunk.records.iter());
        records.chain(deletion.map(str::as_bytes)).take(events)
    }

    /// Nobody waits for the events under way any more; a deletion request is still waited for. It is sent when nothing
    /// else is under way, so that it is the first.
    pub(super) fn forget_requests(&mut self) {
        let is_deletion = self.in_flight.first().is_some_and(|request| request.chunk == DELETION);
        self.in_flight.truncate(is_deletion.into());
    }

    fn fail(&mut self, status: u16, asked_ms: u64, now: Now) {
        let wait_ms = self.retry.fail(&self.config, &mut self.random, status > 0, Some(asked_ms), now);
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
            chunk.unanswered = if STORES_LATER { at } else { 0 };
            let mut payload = Vec::new();
            payload.extend_from_slice(record);
            self.append(next, payload);
        }
        self.end_chunk(next);
    }
}
