//! The thread that owns the core and carries its effects out.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use holloway_core::{Client as Core, Diagnostic, Effect, HttpOutcome, Now, Request, Token};

use crate::{
    clock::Clock,
    disk::Disk,
    flush::{Flushes, Reply},
    gauges::Gauges,
    handoff::{Batch, Handoff},
    journal,
    transport::{Response, TransportError},
};

/// How long after a first call the worker waits for more: the calls are safe in the journal already, and a worker that
/// wakes for each of them costs their callers a system call each.
const GATHER: Duration = Duration::from_millis(5);
/// Calls after which effects are carried out, so that records go to disk in groups of bounded size.
const GROUP: usize = 64;

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// The hand-off has calls.
    Calls,
    Sent(Token, Result<Response, TransportError>),
    Flush(Reply),
    Background,
    Foreground,
    Online,
    Resume,
    Stop,
}

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) core: Core,
    pub(crate) disk: Disk,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) clock: Clock,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) requests: Sender<(Token, Request)>,
    pub(crate) flushes: Flushes,
    /// Journals of calls whose records the disk refused: kept until those events are gone from memory.
    pub(crate) kept: Vec<PathBuf>,
    /// Told to stop: nothing is sent any more.
    pub(crate) stopping: bool,
}

/// Starts a thread with a name.
pub(crate) fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(run)
}

impl Worker {
    /// Starts the worker with what a killed process left.
    pub(crate) fn start(mut self, messages: Receiver<Message>, left: Batch) -> io::Result<JoinHandle<()>> {
        start_thread("holloway-worker", move || {
            let handoff = Arc::clone(&self.handoff);
            let run = AssertUnwindSafe(|| {
                self.take(left);
                self.run(&messages);
            });
            if catch_unwind(run).is_err() {
                tracing::error!("the worker stopped by a defect; what is on disk is sent by the next client");
            }
            handoff.end();
        })
    }

    fn run(&mut self, messages: &Receiver<Message>) {
        while !self.stopping {
            let message = match self.wait(messages) {
                Ok(Message::Calls) => messages.recv_timeout(GATHER),
                other => other,
            };
            if matches!(message, Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected)) {
                self.handoff.close();
            }
            // What was called before the message was sent comes before it.
            let batch = self.handoff.drain();
            self.take(batch);
            let now = self.clock.now();
            match message {
                Ok(message) => self.handle(message, now),
                Err(RecvTimeoutError::Timeout) => self.core.tick(now),
                Err(RecvTimeoutError::Disconnected) => self.handle(Message::Stop, now),
            }
            self.carry_out();
            self.handoff.note(self.core.queued_events());
            self.flushes.answer(&self.core, &self.disk);
        }
    }

    fn wait(&self, messages: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
        match self.core.next_deadline() {
            Some(due) => {
                let now = self.clock.now();
                messages.recv_timeout(Duration::from_millis(due.saturating_sub(now.mono_ms)))
            }
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Gives calls to the core and their events to the disk, and only then lets go of the journal.
    fn take(&mut self, batch: Batch) {
        for (reason, events) in self.handoff.take_losses() {
            if events > 0 {
                self.core.lost(reason, events, self.clock.now());
            }
        }
        let mut ungrouped = 0;
        for call in batch.calls() {
            call.apply(&mut self.core, self.clock.now());
            ungrouped += 1;
            if ungrouped == GROUP {
                self.carry_out();
                ungrouped = 0;
            }
        }
        self.carry_out();
        let queued = self.core.queued_events();
        let files = self.handoff.release(batch, queued);
        if self.disk.take_refused() {
            self.kept.extend(files);
        } else {
            journal::remove(&files);
        }
        if !self.kept.is_empty() && queued == 0 {
            journal::remove(&std::mem::take(&mut self.kept));
        }
    }

    fn handle(&mut self, message: Message, now: Now) {
        match message {
            // They were taken before.
            Message::Calls => {}
            Message::Sent(token, answer) => self.sent(token, answer, now),
            Message::Flush(reply) => {
                self.core.flush(now);
                self.carry_out();
                self.flushes.wait(reply, &self.core, &self.disk);
            }
            Message::Background => self.core.background(now),
            Message::Foreground => self.core.foreground(now),
            Message::Online => self.core.online(now),
            Message::Resume => self.core.resume(now),
            Message::Stop => {
                self.stopping = true;
                self.core.background(now);
            }
        }
    }

    fn sent(&mut self, token: Token, answer: Result<Response, TransportError>, now: Now) {
        match answer {
            Ok(response) => {
                let failed = !(200..300).contains(&response.status);
                self.gauges.fail(failed.then(|| format!("the collector answers {}", response.status)));
                let outcome = HttpOutcome::Response {
                    status: response.status,
                    retry_after: response.retry_after.as_deref(),
                    body: &response.body,
                };
                self.core.http_done(token, outcome, now);
            }
            Err(error) => {
                self.gauges.fail(Some(error.to_string()));
                self.core.http_done(token, HttpOutcome::NetworkError, now);
            }
        }
    }

    fn carry_out(&mut self) {
        let Self { core, disk, clock, gauges, requests, flushes, stopping, .. } = self;
        disk.carry_out(core, *clock, &mut |core: &mut Core, effect, now| match effect {
            // The process may be gone before an answer comes; the next client sends what is kept.
            Effect::Send { .. } if *stopping => {}
            Effect::Send { token, request } => match requests.send((token, request)) {
                Ok(()) => {}
                Err(_) => core.http_done(token, HttpOutcome::NetworkError, now),
            },
            Effect::Diagnostic(diagnostic) => {
                if let Diagnostic::Lost { reason, events } = diagnostic {
                    gauges.lose(reason, events);
                    flushes.lose(reason, events);
                }
                tell(diagnostic);
            }
            // The loop asks for the deadline itself.
            _ => {}
        });
        gauges.read(core);
    }
}

fn tell(diagnostic: Diagnostic) {
    match diagnostic {
        Diagnostic::BadJson { at } => {
            tracing::warn!(at, "expected a JSON object, found something else");
        }
        Diagnostic::MissingName => {
            tracing::warn!("expected a name or an id, found an empty text");
        }
        Diagnostic::Lost { reason, events } => {
            tracing::warn!(reason = reason.as_str(), events, "events are lost");
        }
        Diagnostic::StateDamaged { copy_used } => {
            tracing::warn!(copy_used, "the state file was damaged");
        }
        Diagnostic::StorageFailed => {
            tracing::warn!("the disk refused a write; the event is in memory");
        }
        Diagnostic::Paused { status } => {
            tracing::warn!(status, "the collector refuses the write key; sending is paused");
        }
        Diagnostic::Retrying { status, wait_ms } => {
            tracing::info!(status, wait_ms, "a batch is tried again later");
        }
    }
}
