//! Requests and their answers.

use alloc::{borrow::Cow, string::String, vec::Vec};

use holloway_wire::{
    LossReason, RawJson, Receipt, Timestamp, Verdict, json::write_number, limits::BATCH_BYTES_MAX,
    write_batch,
};

use super::{Client, Waiting};
use crate::{
    ChunkId, Consent, Diagnostic, Effect, HttpOutcome, Now, Request, Token,
    losses::Losses,
    outbox::Chunk,
    retry::{http_date_unix_ms, retry_after_ms},
    state::Number,
};

/// Room in a batch for what stands around its events.
const BATCH_FRAME_BYTES: usize = 2_048;
/// A clock that is off by less is nobody's concern.
const SKEW_TOLD_MS: u64 = 5 * 60_000;
/// How long a beaconed chunk is left alone while the host turns out to live on, in milliseconds.
const BEACON_HOLD_MS: u64 = 30_000;

/// A request without an answer.
#[derive(Debug)]
pub(super) struct InFlight {
    token: Token,
    cargo: Cargo,
    losses: Losses,
}

/// What it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cargo {
    /// So many events from the front of a chunk.
    Events(ChunkId, usize),
    /// The oldest deletion request.
    Deletion,
}

impl Client {
    /// Sends the oldest sealed chunk, when nothing is under way and nothing speaks against it.
    pub(super) fn send(&mut self, now: Now) {
        if self.paused || !self.in_flight.is_empty() || self.retry.is_pausing(now) {
            return;
        }
        if self.state.deletion().is_some() && !self.is_follower {
            self.request(Cargo::Deletion, false, now);
            return;
        }
        if self.consent() != Consent::Granted {
            return;
        }
        // The oldest goes first; only one that cannot be read now, or that a beacon carries, is passed by.
        let is_next = |chunk: &&Chunk| chunk.sealed && chunk.held_until_mono_ms <= now.mono_ms;
        if !self.outbox.chunks.iter().any(|chunk| is_next(&chunk)) {
            // While nothing could be sent the open chunk grew; it is a batch from now on.
            let flush_at = self.config.flush_at();
            if self.outbox.unsealed().is_some_and(|chunk| chunk.events >= flush_at) {
                self.seal();
            }
        }
        let oldest = self.outbox.chunks.iter().find(is_next);
        let Some(chunk) = oldest.filter(|chunk| chunk.unanswered == 0) else { return };
        let id = chunk.id;
        if chunk.payloads.is_none() {
            self.read(id);
            return;
        }
        let count = chunk.request_len(BATCH_BYTES_MAX - BATCH_FRAME_BYTES);
        self.request(Cargo::Events(id, count), false, now);
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
            if is_ready && chunk.payloads.is_some() {
                let count = chunk.request_len(self.config.leaving_bytes_max);
                self.request(Cargo::Events(chunk.id, count), true, now);
            }
        }
    }

    /// A `Send` ended.
    pub fn http_done(&mut self, token: Token, outcome: HttpOutcome<'_>, now: Now) {
        let Some(at) = self.in_flight.iter().position(|request| request.token == token) else { return };
        let request = self.in_flight.remove(at);
        if let Cargo::Events(id, _) = request.cargo
            && let Some(chunk) = self.outbox.get(id)
        {
            chunk.in_flight = false;
        }
        if let HttpOutcome::Response { date: Some(date), .. } = outcome {
            self.measure_skew(date, now);
        }
        if matches!(outcome, HttpOutcome::Response { .. }) {
            self.retry.unanswered = 0;
        }
        match outcome {
            HttpOutcome::Beaconed => {
                if let Cargo::Events(id, _) = request.cargo
                    && let Some(chunk) = self.outbox.get(id)
                {
                    chunk.held_until_mono_ms = now.mono_ms.saturating_add(BEACON_HOLD_MS);
                }
            }
            HttpOutcome::NetworkError => self.fail(0, None, now),
            HttpOutcome::Response { status: 200..=299, body, .. } => self.delivered(&request, body, now),
            HttpOutcome::Response { status: 413, .. } => self.halve(&request, now),
            HttpOutcome::Response { status: status @ (401 | 403), .. } => {
                self.paused = true;
                self.diagnose(Diagnostic::Paused { status });
            }
            HttpOutcome::Response {
                status: status @ (0..=199 | 408 | 429 | 300..=399 | 500..),
                retry_after,
                ..
            } => {
                let server_unix_ms = now.unix_ms.saturating_add_signed(self.skew_ms.unwrap_or_default());
                let asked = retry_after.and_then(|header| retry_after_ms(header, server_unix_ms));
                self.fail(status, asked, now);
            }
            HttpOutcome::Response { .. } => {
                self.rejected(&request, now);
            }
        }
        self.send(now);
    }

    fn request(&mut self, cargo: Cargo, leaving: bool, now: Now) {
        self.next_token += 1;
        let token = Token(self.next_token);
        // What another request carries already is not told twice.
        let mut losses = if self.is_follower { Losses::default() } else { self.state.losses };
        for other in &self.in_flight {
            losses.acknowledge(&other.losses);
        }
        let mut waiting = 1;
        let deletion = [self.state.deletion().unwrap_or_default().as_bytes().to_vec()];
        let events: &[Vec<u8>] = match cargo {
            Cargo::Deletion => &deletion,
            Cargo::Events(id, count) => {
                let Some(chunk) = self.outbox.get(id) else { return };
                chunk.in_flight = true;
                waiting = chunk.events;
                chunk.payloads.as_deref().and_then(|payloads| payloads.get(..count)).unwrap_or_default()
            }
        };
        let mut body = Vec::with_capacity(events.iter().map(|event| event.len() + 1).sum::<usize>() + 256);
        let sent_at = Timestamp::from_millis(now.unix_ms as i64);
        let write_key = &self.config.write_key;
        write_batch(&mut body, events.iter().map(Vec::as_slice), sent_at, write_key, losses.iter());
        // No two devices have a message id in common, and no two requests of a chunk have as many events waiting.
        let first = events.first().and_then(|event| message_id(event)).unwrap_or_default();
        let mut key = first.into_owned().into_bytes();
        let events = events.len();
        for number in [events, waiting] {
            key.push(b'-');
            write_number(&mut key, number as u64);
        }
        if self.state[Number::HasSent] == 0 && matches!(cargo, Cargo::Events(..)) {
            self.state[Number::HasSent] = 1;
            self.save(now);
        }
        self.in_flight.push(InFlight { token, cargo, losses });
        self.effects.push(Effect::Send {
            token,
            request: Request {
                idempotency_key: String::from_utf8(key).expect("a text, digits and hyphens"),
                body,
                events: events as u32,
                leaving,
            },
        });
    }

    /// The collector answered: every event but those that it wants again is done with.
    fn delivered(&mut self, request: &InFlight, body: &[u8], now: Now) {
        self.state.losses.acknowledge(&request.losses);
        let receipt = core::str::from_utf8(body).ok().and_then(|body| Receipt::parse(body).ok());
        let again = match request.cargo {
            Cargo::Deletion => self.settle_deletion(receipt.as_ref()),
            Cargo::Events(id, count) => self.settle(id, count, receipt.as_ref()),
        };
        let asked = receipt.and_then(|receipt| receipt.retry_after_ms);
        if again {
            self.fail(200, asked, now);
            return;
        }
        self.retry.succeed(now);
        if let Some(wait) = asked {
            self.retry.ask(wait, now);
        }
        self.save(now);
    }

    /// Parts with the deletion request that was delivered; whether it must go again.
    fn settle_deletion(&mut self, receipt: Option<&Receipt<'_>>) -> bool {
        let first = self.state.deletion();
        let again = first.and_then(|request| verdict(receipt?, request.as_bytes())) == Some(Verdict::Retry);
        if !again {
            self.state.drop_deletion();
        }
        again
    }

    /// Nobody waits for the events under way any more; a deletion request is still waited for.
    pub(super) fn forget_requests(&mut self) {
        self.in_flight.retain(|request| request.cargo == Cargo::Deletion);
    }

    /// Takes delivered events out of a chunk; whether some of them must go again.
    fn settle(&mut self, id: ChunkId, count: usize, receipt: Option<&Receipt<'_>>) -> bool {
        let Some(chunk) = self.outbox.get(id) else { return false };
        let mut again = Vec::new();
        let (mut invalid, mut dropped) = (0, 0);
        for payload in chunk.take(count) {
            match receipt.and_then(|receipt| verdict(receipt, &payload)) {
                None | Some(Verdict::Ok | Verdict::Duplicate) => {}
                Some(Verdict::Invalid) => invalid += 1,
                Some(Verdict::Dropped) => dropped += 1,
                Some(Verdict::Retry) => again.push(payload),
            }
        }
        let has_again = !again.is_empty();
        if let Some(payloads) = &mut chunk.payloads {
            again.append(payloads);
            *payloads = again;
        }
        chunk.recount();
        self.lose(LossReason::Invalid, invalid);
        self.lose(LossReason::Dropped, dropped);
        self.close_account(id, invalid + dropped > 0);
        has_again
    }

    /// Too large for this collector: half as many next time; one alone that is too large is lost.
    fn halve(&mut self, request: &InFlight, now: Now) {
        match request.cargo {
            Cargo::Events(id, count) if count > 1 => {
                if let Some(chunk) = self.outbox.get(id) {
                    chunk.request_events_max = count / 2;
                }
            }
            _ => self.rejected(request, now),
        }
    }

    /// Refused for good.
    fn rejected(&mut self, request: &InFlight, now: Now) {
        match request.cargo {
            Cargo::Deletion => {
                self.settle_deletion(None);
            }
            Cargo::Events(id, count) => {
                let lost = self.outbox.get(id).map_or(0, |chunk| chunk.take(count).len());
                self.lose(LossReason::Rejected, lost);
                self.close_account(id, lost > 0);
            }
        }
        self.retry.succeed(now);
        self.save(now);
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

    /// What the collector's clock says; it counts whole seconds.
    fn measure_skew(&mut self, date: &str, now: Now) {
        let Some(server_unix_ms) = http_date_unix_ms(date) else { return };
        let device_unix_ms = i64::try_from(now.unix_ms).unwrap_or(i64::MAX);
        let skew_ms = server_unix_ms as i64 - device_unix_ms;
        let before = self.skew_ms.replace(skew_ms).unwrap_or_default();
        if skew_ms.abs_diff(before) >= SKEW_TOLD_MS {
            self.diagnose(Diagnostic::ClockSkew { skew_ms });
        }
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
        let Some(payloads) = chunk.payloads.clone().filter(|_| has_losses) else { return };
        let Some(next) = self.outbox.rename(id) else { return };
        if let Some(chunk) = self.outbox.get(next) {
            chunk.unanswered = payloads.len();
        }
        self.state.gone.push(id);
        for payload in payloads {
            let token = self.token(Waiting::Append(next));
            self.effects.push(Effect::Append { token, chunk: next, payload });
        }
        let token = self.token(Waiting::Seal);
        self.effects.push(Effect::Seal { token, chunk: next });
    }
}

fn verdict(receipt: &Receipt<'_>, payload: &[u8]) -> Option<Verdict> {
    if receipt.results.iter().all(|line| matches!(line.verdict, Verdict::Ok | Verdict::Duplicate)) {
        return Some(Verdict::Ok);
    }
    receipt.verdict_of(&message_id(payload)?)
}

/// The message id of a record.
pub fn message_id(record: &[u8]) -> Option<Cow<'_, str>> {
    RawJson::object(core::str::from_utf8(record).ok()?).ok()?.get("messageId")?.string()
}
