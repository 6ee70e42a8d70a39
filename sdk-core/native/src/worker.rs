//! The thread that owns the core and carries its effects out.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

use holloway_core::{
    Answer, Client as Core, Config, Consent, Diagnostic, Effect, HttpOutcome, Now, Request, Token,
    wire::{LossReason, RawJson},
};

use crate::{
    answer::Reply,
    call::Call,
    clock::Clock,
    decision,
    disk::Disk,
    flush::Flushes,
    folder::Folder,
    gauges::Gauges,
    handoff::{Batch, Handoff, Lost, Upto},
    log,
    message::Message,
    orphan, thread,
    transport::{Response, TransportError},
};

/// How often the worker looks for calls while there are some. Callers do not wake it: that would be a system call on
/// their time. What they hand over is safe meanwhile.
const LOOK_FIRST: Duration = Duration::from_millis(5);
/// How often it looks at most while there are none; each look that finds nothing doubles the pause. A burst has the whole
/// hand-off for this long.
const LOOK_LAST: Duration = Duration::from_millis(100);
/// How often it looks while the app is in the background, where nothing is done in bursts.
const LOOK_BACKGROUND: Duration = Duration::from_secs(1);
/// How long a disk that refused a write is left alone.
const CATCH_UP_MS: u64 = 2_000;
/// How often the worker looks whether its folder is still there, and what other clients on it were told.
const LOOK_AROUND_MS: u64 = 5_000;
/// How often the one who has the folder looks for what other clients on it left.
const INHERIT_MS: u64 = 60_000;
/// Calls after which effects are carried out, so that records go to disk in groups of bounded size.
const GROUP: usize = 64;

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) core: Core,
    pub(crate) disk: Disk,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) clock: Clock,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) requests: Sender<(Token, Request)>,
    pub(crate) flushes: Flushes,
    /// What the clients are like whose events this one inherits.
    pub(crate) config: Config,
    /// Fresh randomness.
    pub(crate) seed: fn() -> [u8; 32],
    /// Folders of clients that are gone whose losses and deletion requests the core has, and the disk maybe not yet.
    pub(crate) inherited: Vec<Folder>,
    /// Calls without room that the core has counted.
    pub(crate) told: Lost,
    /// Calls up to here are the core's.
    pub(crate) taken: Upto,
    /// Calls up to here have left the hand-off.
    pub(crate) released: Upto,
    /// The newest decision could not be written for other clients on the folder yet.
    pub(crate) owes_decision: bool,
    /// Asked to stop: nothing is sent any more.
    pub(crate) stopping: bool,
    /// Callers who wait for the end.
    pub(crate) ending: Vec<Reply<()>>,
}

impl Worker {
    /// Starts the worker with what a killed process left. Its log lines go to `log`, or else to the process's subscriber.
    pub(crate) fn start(
        mut self,
        messages: Receiver<Message>,
        left: Batch,
        log: Option<tracing::Dispatch>,
    ) -> io::Result<JoinHandle<()>> {
        thread::start("holloway-worker", log, move || {
            let handoff = Arc::clone(&self.handoff);
            let run = AssertUnwindSafe(|| {
                self.take(&left);
                self.carry_out();
                self.clear_inherited();
                self.run(&messages);
            });
            if catch_unwind(run).is_err() {
                tracing::error!("the worker stopped by a defect; what is on disk is sent by the next client");
            }
            handoff.close();
            // A decision that came at the end still holds.
            let decides = |message: &Message| matches!(message, Message::Consent(..) | Message::Purposes(..));
            messages.try_iter().filter(decides).for_each(|message| self.handle(message, self.clock.now()));
            let ending = std::mem::take(&mut self.ending);
            // Frees the folder, which is what they wait for.
            drop(self);
            for reply in ending {
                reply.send(());
            }
        })
    }

    fn run(&mut self, messages: &Receiver<Message>) {
        let (mut pause, mut longest) = (LOOK_FIRST, LOOK_LAST);
        let (mut catch_up_at_mono_ms, mut inherit_at_mono_ms) = (0, INHERIT_MS);
        let mut look_around_at_mono_ms = LOOK_AROUND_MS;
        while !self.stopping {
            let message = messages.recv_timeout(self.until_due(pause));
            if matches!(message, Ok(Message::Stop(_)) | Err(RecvTimeoutError::Disconnected)) {
                self.handoff.close();
            }
            // What was called before the message was sent comes before it.
            let batch = self.handoff.drain();
            pause = if batch.is_empty() { (pause * 2).min(longest) } else { LOOK_FIRST };
            self.take(&batch);
            let now = self.clock.now();
            match message {
                Ok(message) => {
                    match message {
                        Message::Background => (pause, longest) = (LOOK_BACKGROUND, LOOK_BACKGROUND),
                        Message::Foreground => (pause, longest) = (LOOK_FIRST, LOOK_LAST),
                        _ => {}
                    }
                    self.handle(message, now);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.handle(Message::Stop(None), now),
            }
            if self.core.next_deadline().is_some_and(|due| due < now.mono_ms) {
                self.core.tick(now);
            }
            self.carry_out();
            if self.is_behind() && now.mono_ms >= catch_up_at_mono_ms {
                catch_up_at_mono_ms = now.mono_ms + CATCH_UP_MS;
                self.catch_up();
            }
            if now.mono_ms >= look_around_at_mono_ms {
                look_around_at_mono_ms = now.mono_ms + LOOK_AROUND_MS;
                self.look_around();
            }
            if now.mono_ms >= inherit_at_mono_ms {
                inherit_at_mono_ms = now.mono_ms + INHERIT_MS;
                self.inherit();
            }
            self.release();
            self.gauges.set_behind(self.disk.is_behind());
            self.handoff.note(self.core.queued_events());
            let mono_ms = self.clock.now().mono_ms;
            self.flushes.answer(&self.core, &self.disk, &self.gauges, &self.handoff, mono_ms);
        }
    }

    /// How long to wait for a message: to the next look or past the deadline of the core or of a flush. Its millisecond may have been any
    /// part of one, and a pause that a collector asked for is not to be a part of one too short.
    fn until_due(&self, pause: Duration) -> Duration {
        let due = [self.core.next_deadline(), self.flushes.next_deadline()].into_iter().flatten().min();
        let now = self.clock.now();
        due.map_or(pause, |due| {
            pause.min(Duration::from_millis(due.saturating_sub(now.mono_ms).saturating_add(1)))
        })
    }

    /// Gives calls to the core and their events to the disk.
    fn take(&mut self, batch: &Batch) {
        let lost = self.handoff.lost();
        if lost != self.told {
            let news = lost.since(&self.told);
            for (counter, (reason, events)) in news.into_iter().enumerate() {
                // Each with its own count: a kill may come between two saves.
                self.told.disk[counter] = lost.disk[counter];
                self.told.memory[counter] = lost.memory[counter];
                self.mark(self.core.host_mark()[1]);
                if events > 0 {
                    self.core.lost(reason, events as usize, self.clock.now());
                }
            }
            self.carry_out();
        }
        if batch.upto() == self.taken {
            return;
        }
        let mut ungrouped = 0;
        for (call, end) in batch.calls() {
            if end > 0 {
                self.mark(end);
            }
            match call {
                Some(call) => {
                    let lost = call.apply(&mut self.core, self.clock.now());
                    // While it is known which call the warnings are about.
                    if lost.is_some() || !call.kind.is_event() {
                        self.carry_out_of(Some(&call));
                        ungrouped = 0;
                        continue;
                    }
                }
                None => self.core.lost(LossReason::Corrupt, 1, self.clock.now()),
            }
            ungrouped += 1;
            if ungrouped == GROUP {
                self.carry_out();
                ungrouped = 0;
            }
        }
        self.carry_out();
        self.handoff.note_taken(batch, self.core.queued_events());
        self.taken = batch.upto();
        self.release();
    }

    /// Says, with the next state that is saved, how far calls are dealt with: a core writes a call's record before the state
    /// that it changes.
    fn mark(&mut self, end: u64) {
        let [full, large] = self.told.disk;
        self.core.set_host_mark([self.handoff.ring_id(), end, full, large]);
    }

    /// Frees the room of the calls that the core has, once the disk has their events: a kill must find them in one of
    /// the two.
    fn release(&mut self) {
        if self.released != self.taken && !self.disk.is_behind() {
            self.handoff.release(self.taken);
            self.released = self.taken;
        }
    }

    /// Whether the disk owes us something: a write or a removal that it refused, or room for calls on their way.
    fn is_behind(&self) -> bool {
        self.disk.is_behind()
            || !self.inherited.is_empty()
            || (self.core.consent() == Consent::Granted && !self.handoff.is_durable() && !self.stopping)
    }

    fn catch_up(&mut self) {
        self.disk.catch_up();
        self.clear_inherited();
        self.follow();
    }

    /// Adopts the chunks of clients that are gone.
    fn inherit(&mut self) {
        let told = orphan::inherit_all(&mut self.core, &mut self.disk, &self.config, self.clock, self.seed);
        self.inherited.extend(told);
        self.carry_out();
        self.clear_inherited();
    }

    /// What clients knew of themselves that are gone is removed once the disk has it here.
    fn clear_inherited(&mut self) {
        if !self.disk.is_behind() {
            orphan::clear_all(&mut self.inherited);
        }
    }

    /// Another client on the folder may have been told the user's decision; somebody may have deleted the folder.
    fn look_around(&mut self) {
        if !self.disk.is_there() && self.handoff.is_durable() {
            tracing::warn!(
                "the store folder was deleted; calls would not survive a kill until the next client"
            );
            self.handoff.set_unlinked();
        }
        if self.owes_decision {
            self.keep_decision();
        } else if let Some(consent) = decision::read(self.disk.files().folder().store())
            && consent != self.core.consent()
        {
            self.core.set_consent(consent, self.clock.now());
            self.decided();
        }
    }

    /// Lets callers write where the user's decision allows it.
    fn follow(&mut self) {
        if let Err(error) = self.handoff.follow(self.core.consent()) {
            tracing::warn!(%error, "the disk has no room for calls on their way; a kill would lose those of the last moment");
        }
    }

    fn handle(&mut self, message: Message, now: Now) {
        match message {
            Message::Consent(consent, at, reply) => {
                self.core.set_consent(consent, at);
                // First: of two that differ after a kill, the folder's decision is the one that holds.
                self.keep_decision();
                self.decided();
                // Who waited may be gone.
                let _ = reply.try_send(());
            }
            Message::Purposes(purposes, at, reply) => {
                self.core.set_purposes(&purposes, at);
                let purposes = RawJson::object(&purposes).unwrap_or(RawJson::EMPTY);
                if purposes.get(self.config.consent_purpose).is_some() {
                    self.keep_decision();
                }
                self.decided();
                // Who waited may be gone.
                let _ = reply.try_send(());
            }
            Message::Sent(token, answer) => self.sent(token, answer, now),
            Message::Flush(flush) => {
                self.core.flush(now);
                self.carry_out();
                self.flushes.wait(flush, &self.core, &self.disk);
            }
            Message::Background => self.core.background(now),
            Message::Foreground => self.core.foreground(now),
            Message::Online => self.core.online(now),
            Message::Resume => self.core.resume(now),
            Message::Inherit => self.inherit(),
            Message::Stop(reply) => {
                self.stopping = true;
                self.ending.extend(reply);
                self.core.background(now);
            }
        }
    }

    /// Keeps the decision for every client on the folder; later, when the disk refuses it now.
    fn keep_decision(&mut self) {
        let kept = decision::write(self.disk.files().folder().store(), self.core.consent());
        self.owes_decision = kept.is_err();
        if let Err(error) = kept {
            tracing::warn!(%error, "the decision could not be kept for other clients on the folder; it is tried again");
        }
    }

    /// Makes a decision hold here.
    fn decided(&mut self) {
        self.carry_out();
        self.follow();
        // What other threads called meanwhile went where it was to go before.
        let batch = self.handoff.drain();
        self.take(&batch);
        if self.core.consent() == Consent::Denied {
            // Of calls on their way too, whatever the disk owes us, and of clients that are gone.
            self.handoff.release(self.taken);
            self.released = self.taken;
            self.inherit();
        }
    }

    fn sent(&mut self, token: Token, answer: Result<Response, TransportError>, now: Now) {
        match answer {
            Ok(response) => {
                let failed = !(200..300).contains(&response.status);
                self.gauges.fail(failed.then(|| format!("the collector answers {}", response.status)));
                let answer = Answer {
                    status: response.status,
                    retry_after: response.retry_after.as_deref(),
                    date: response.date.as_deref(),
                    body: &response.body,
                };
                self.core.http_answered(token, &answer, now);
            }
            Err(error) => {
                self.gauges.fail(Some(error.to_string()));
                self.core.http_done(token, HttpOutcome::NetworkError, now);
            }
        }
    }

    fn carry_out(&mut self) {
        self.carry_out_of(None);
    }

    /// Carries out what the core asks for; diagnostics are about this call.
    fn carry_out_of(&mut self, call: Option<&Call<'_>>) {
        let Self { core, disk, clock, gauges, requests, stopping, .. } = self;
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
                }
                log::write(diagnostic, call);
            }
            // The loop asks for the deadline itself.
            _ => {}
        });
        gauges.read(core);
    }
}
