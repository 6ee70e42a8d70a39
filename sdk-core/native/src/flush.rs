//! Who waits for the outbox to be empty, and when they are answered.

use std::sync::mpsc::SyncSender;

use holloway_core::{ChunkId, Client as Core, Consent, wire::LossReason};

use crate::disk::Disk;

/// Why a flush did not deliver everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The collector has not acknowledged everything in time. Nothing is lost.
    #[error("{queued} events still wait after {waited_ms} ms{}: they are kept and sent later", because(.last_failure.as_deref()))]
    TimedOut {
        /// Events that wait.
        queued: usize,
        /// How long was waited.
        waited_ms: u128,
        /// Why the latest request failed, when it did.
        last_failure: Option<String>,
    },
    /// The collector does not accept the write key. Nothing is lost.
    #[error("the collector refuses the write key; {queued} events wait until it is known there")]
    Refused {
        /// Events that wait.
        queued: usize,
    },
    /// Nothing waits any more, but since the flush before some events were lost on the way: the collector rejected
    /// them, the outbox was full, or a file was damaged. [`crate::Client::losses`] has the reasons.
    #[error("{events} events were not accepted and are lost; the others were delivered")]
    Rejected {
        /// Events that are lost.
        events: u64,
    },
    /// `shutdown` was called before.
    #[error("the client was shut down")]
    Stopped,
}

fn because(failure: Option<&str>) -> String {
    failure.map(|failure| format!(" ({failure})")).unwrap_or_default()
}

pub(crate) type Reply = SyncSender<Result<(), FlushError>>;

/// Callers of `flush` who wait.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    waiting: Vec<(Reply, ChunkId)>,
    /// Events lost on the way since the last answer.
    lost: u64,
}

impl Flushes {
    /// Somebody waits for everything that is there now: call it when the core has been told to flush, so that later
    /// events go to later chunks.
    pub(crate) fn wait(&mut self, reply: Reply, core: &Core, disk: &Disk) {
        // Events that are held in memory have no chunk yet.
        let held = core.consent() == Consent::Unknown;
        let upto =
            if held { ChunkId(u64::MAX) } else { disk.newest().map_or(ChunkId(0), ChunkId::last_rest) };
        self.waiting.push((reply, upto));
    }

    /// Counts what a flush has to own up to. Mistakes of the app itself are told by the log when they are made.
    pub(crate) fn lose(&mut self, reason: LossReason, events: u64) {
        let on_the_way = matches!(
            reason,
            LossReason::QueueFull
                | LossReason::Expired
                | LossReason::Corrupt
                | LossReason::Rejected
                | LossReason::Invalid
                | LossReason::Dropped
                | LossReason::Storage
        );
        if on_the_way {
            self.lost += events;
        }
    }

    /// Answers those for whom there is an answer.
    pub(crate) fn answer(&mut self, core: &Core, disk: &Disk) {
        if self.waiting.is_empty() {
            return;
        }
        let queued = core.queued_events();
        let done = match core.consent() {
            Consent::Granted => disk.oldest(),
            // Held events have not been sent.
            Consent::Unknown => (queued > 0).then_some(ChunkId(0)),
            // The deletion request is what is left to deliver.
            Consent::Denied => (!core.is_idle()).then_some(ChunkId(0)),
        };
        let lost = self.lost;
        let mut answered = false;
        self.waiting.retain(|(reply, upto)| {
            let answer = match done {
                _ if core.is_paused() => Err(FlushError::Refused { queued }),
                Some(oldest) if oldest <= *upto => return true,
                _ if lost > 0 => Err(FlushError::Rejected { events: lost }),
                _ => Ok(()),
            };
            answered = true;
            // Who waited may have given up.
            let _ = reply.try_send(answer);
            false
        });
        if answered && !core.is_paused() {
            self.lost = 0;
        }
    }
}
