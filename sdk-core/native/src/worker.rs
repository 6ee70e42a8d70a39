//! The thread that owns the core and carries its effects out, and the thread that sends.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use holloway_core::{
    Client as Core, Consent, Effect, HttpOutcome, Now, Request, StoredOutcome, Token, wire::LossReason,
};

use crate::{
    call::Call,
    client::FlushError,
    clock::Clock,
    files::Files,
    handoff::Handoff,
    transport::{Delivery, Response, Transport, TransportError},
};

/// What the worker is told.
pub(crate) enum Message {
    /// A call and the bytes that it took on its way.
    Call(Call, usize),
    Consent(Consent),
    Sent(Token, Result<Response, TransportError>),
    Flush(SyncSender<Result<(), FlushError>>),
    Background,
    Foreground,
    Online,
    Stop,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").finish_non_exhaustive()
    }
}

/// What callers may look at.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) queued: AtomicUsize,
    pub(crate) lost: AtomicUsize,
}

pub(crate) struct Worker {
    pub(crate) core: Core,
    pub(crate) files: Files,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) clock: Clock,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) requests: Sender<(Token, Request)>,
    /// Told to stop: the loop ends after this round.
    pub(crate) stopping: bool,
}

/// Where a batch goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) write_key: String,
}

/// Starts the sending thread; it ends when its requests' other end is gone.
pub(crate) fn start_sender(
    mut transport: Box<dyn Transport>,
    destination: Destination,
    messages: Sender<Message>,
) -> io::Result<Sender<(Token, Request)>> {
    let (requests, queue) = channel::<(Token, Request)>();
    Builder::new().name("holloway-send".to_owned()).spawn(move || {
        for (token, request) in queue {
            let delivery = Delivery {
                host: &destination.host,
                write_key: &destination.write_key,
                idempotency_key: &request.idempotency_key,
                body: &request.body,
            };
            if messages.send(Message::Sent(token, transport.send(&delivery))).is_err() {
                return;
            }
        }
    })?;
    Ok(requests)
}

impl Worker {
    pub(crate) fn start(
        mut self,
        messages: Receiver<Message>,
        left: Vec<Call>,
    ) -> io::Result<JoinHandle<()>> {
        Builder::new().name("holloway-worker".to_owned()).spawn(move || {
            let now = self.clock.now();
            for call in left {
                call.apply(&mut self.core, now);
                self.carry_out();
            }
            self.carry_out();
            self.handoff.taken(0, 0);
            self.run(&messages);
        })
    }

    fn run(&mut self, messages: &Receiver<Message>) {
        let mut flushes: Vec<SyncSender<Result<(), FlushError>>> = Vec::new();
        loop {
            let now = self.clock.now();
            let wait =
                self.core.next_deadline().map(|due| Duration::from_millis(due.saturating_sub(now.mono_ms)));
            let message = match wait {
                Some(wait) => messages.recv_timeout(wait),
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let now = self.clock.now();
            match message {
                Err(RecvTimeoutError::Disconnected) => self.handle(Message::Stop, &mut flushes),
                Err(RecvTimeoutError::Timeout) => self.core.tick(now),
                Ok(Message::Call(call, bytes)) => self.take(&call, bytes, messages, &mut flushes),
                Ok(other) => self.handle(other, &mut flushes),
            }
            self.carry_out();
            self.answer(&mut flushes);
            if self.stopping {
                return;
            }
        }
    }

    /// Takes a call, and every further message that waits, before the journal is looked at.
    fn take(
        &mut self,
        first: &Call,
        bytes: usize,
        messages: &Receiver<Message>,
        flushes: &mut Vec<SyncSender<Result<(), FlushError>>>,
    ) {
        let (mut calls, mut taken_bytes) = (1, bytes);
        first.apply(&mut self.core, self.clock.now());
        self.carry_out();
        // A bounded stretch, so that timers and answers have their turn.
        for message in messages.try_iter().take(1_000) {
            match message {
                Message::Call(call, bytes) => {
                    call.apply(&mut self.core, self.clock.now());
                    self.carry_out();
                    calls += 1;
                    taken_bytes += bytes;
                }
                other => self.handle(other, flushes),
            }
        }
        let overflowed = self.handoff.taken(calls, taken_bytes);
        if overflowed > 0 {
            self.core.lost(LossReason::QueueFull, overflowed, self.clock.now());
        }
    }

    fn handle(&mut self, message: Message, flushes: &mut Vec<SyncSender<Result<(), FlushError>>>) {
        let now = self.clock.now();
        match message {
            Message::Call(call, bytes) => {
                call.apply(&mut self.core, now);
                self.carry_out();
                self.handoff.taken(1, bytes);
            }
            Message::Consent(consent) => {
                self.core.set_consent(consent, now);
                self.carry_out();
                self.handoff.set_writes(consent == Consent::Granted);
            }
            Message::Sent(token, answer) => self.sent(token, answer, now),
            Message::Flush(reply) => {
                self.core.flush(now);
                flushes.push(reply);
            }
            Message::Background => self.core.background(now),
            Message::Foreground => self.core.foreground(now),
            Message::Online => self.core.online(now),
            Message::Stop => {
                self.core.background(now);
                self.stopping = true;
            }
        }
        self.carry_out();
    }

    fn sent(&mut self, token: Token, answer: Result<Response, TransportError>, now: Now) {
        match answer {
            Ok(response) => {
                let outcome = HttpOutcome::Response {
                    status: response.status,
                    retry_after: response.retry_after.as_deref(),
                    body: &response.body,
                };
                self.core.http_done(token, outcome, now);
            }
            Err(error) => {
                tracing::debug!(%error, "a batch waits");
                self.core.http_done(token, HttpOutcome::NetworkError, now);
            }
        }
    }

    /// Does what the core asks for, until it asks for nothing more.
    fn carry_out(&mut self) {
        while let Some(effect) = self.core.poll_effect() {
            let now = self.clock.now();
            match effect {
                Effect::Append { token, chunk, payload } => {
                    let done = self.files.append(chunk, &payload);
                    self.core.stored(token, outcome(&done, "append"), now);
                }
                Effect::Seal { token, chunk } => {
                    let done = self.files.seal(chunk);
                    self.core.stored(token, outcome(&done, "seal"), now);
                }
                Effect::Read { token, chunk } => {
                    let read = self.files.read(chunk);
                    self.core.read_done(token, read, now);
                }
                Effect::Remove { chunk } => {
                    let _ = outcome(&self.files.remove(chunk), "remove");
                }
                Effect::SaveState { token, bytes } => {
                    let done = self.files.save_state(&bytes);
                    self.core.stored(token, outcome(&done, "save the state"), now);
                }
                Effect::Wipe => {
                    let _ = outcome(&self.files.wipe(), "wipe");
                }
                Effect::Send { token, request } => {
                    if self.requests.send((token, request)).is_err() {
                        self.core.http_done(token, HttpOutcome::NetworkError, now);
                    }
                }
                // The loop asks for the deadline itself.
                Effect::WakeAt { .. } => {}
                Effect::Diagnostic(diagnostic) => tracing::debug!(?diagnostic),
            }
        }
        self.gauges.queued.store(self.core.queued_events(), Ordering::Relaxed);
        let lost: u64 = self.core.losses().map(|(_, count)| count).sum();
        self.gauges.lost.store(usize::try_from(lost).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Answers those who wait for a flush, when there is an answer.
    fn answer(&mut self, flushes: &mut Vec<SyncSender<Result<(), FlushError>>>) {
        if flushes.is_empty() {
            return;
        }
        let answer = if self.core.is_paused() {
            Err(FlushError::Refused { queued: self.core.queued_events() })
        } else if self.core.queued_events() == 0 {
            Ok(())
        } else {
            // Events that came after the flush go out with it.
            self.core.flush(self.clock.now());
            self.carry_out();
            return;
        };
        for reply in flushes.drain(..) {
            // Who waited may have given up.
            let _ = reply.try_send(answer.clone());
        }
    }
}

fn outcome(done: &io::Result<()>, what: &str) -> StoredOutcome {
    match done {
        Ok(()) => StoredOutcome::Ok,
        Err(error) => {
            tracing::warn!(%error, "could not {what}");
            StoredOutcome::Failed
        }
    }
}
