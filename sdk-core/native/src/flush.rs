//! Callers of `flush` who wait, and when they are answered.

use std::fmt::{self, Write as _};

use holloway_core::{ChunkId, Client as Core, Consent, wire::LossReason};

use crate::{answer::Reply, disk::Disk, gauges::Gauges, handoff::Handoff};

/// Why a flush or a shutdown did not deliver everything.
///
/// `Debug` writes the same words as `Display`, so that an error that `main` returns can be read.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The collector has not acknowledged everything in time. What waits is kept and sent later, also by the next client on
    /// the same folder.
    #[error(
        "{queued} events still wait after {waited_ms} ms{}: they are kept and sent later{}",
        because(.last_failure.as_deref()),
        also_lost(.losses)
    )]
    TimedOut {
        /// Events that wait.
        queued: usize,
        /// How long was waited.
        waited_ms: u128,
        /// Why the latest request failed, when it did.
        last_failure: Option<String>,
        /// Events lost since the last flush, by reason.
        losses: Vec<(LossReason, u64)>,
    },
    /// The collector does not accept the write key. What waits is kept.
    #[error("the collector refuses the write key; {queued} events wait until it is known there{}", also_lost(.losses))]
    Refused {
        /// Events that wait.
        queued: usize,
        /// Events lost since the last flush, by reason.
        losses: Vec<(LossReason, u64)>,
    },
    /// Nothing waits any more, but since the last flush events were lost, by the reasons that are given. A flush fails for
    /// those that were lost on the way (the collector rejected them, the outbox was full, a file was damaged); a shutdown,
    /// which is the last word, also for those that the app itself spoilt (`serialize`, `too_large`).
    #[error("{}; the others were delivered", lost(.losses))]
    Lost {
        /// Events that are lost, by reason.
        losses: Vec<(LossReason, u64)>,
    },
    /// `shutdown` was called before.
    #[error("the client was shut down")]
    Stopped,
    /// The client was built before a `fork`, in the process that this one comes from.
    #[error(
        "the client was built in another process, and threads do not survive a fork: build one in each process"
    )]
    Forked,
}

impl fmt::Debug for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn because(failure: Option<&str>) -> String {
    failure.map(|failure| format!(" ({failure})")).unwrap_or_default()
}

fn also_lost(losses: &[(LossReason, u64)]) -> String {
    if losses.is_empty() { String::new() } else { format!("; since the last flush {}", lost(losses)) }
}

/// `3 events are lost (1 too_large, 2 rejected)`.
fn lost(losses: &[(LossReason, u64)]) -> String {
    let events: u64 = losses.iter().map(|(_, events)| events).sum();
    let mut text = format!("{events} events are lost (");
    for (at, (reason, events)) in losses.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{events} {}", reason.as_str());
    }
    text.push(')');
    text
}

pub(crate) type Flushed = Result<(), FlushError>;

/// What a caller of `flush` asks for.
#[derive(Debug)]
pub(crate) struct Flush {
    pub(crate) reply: Reply<Flushed>,
    pub(crate) timeout_ms: u64,
    /// By the client's monotonic clock.
    pub(crate) deadline_mono_ms: u64,
    /// A shutdown: every loss counts.
    pub(crate) is_last: bool,
}

/// Callers of `flush` who wait.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    waiting: Vec<(Flush, ChunkId)>,
}

impl Flushes {
    /// Waits for everything that is there now: call it when the core has been asked to flush, so that later events go to
    /// later chunks.
    pub(crate) fn wait(&mut self, flush: Flush, core: &Core, disk: &Disk) {
        // Events that are held in memory have no chunk yet.
        let held = core.consent() == Consent::Unknown;
        let upto =
            if held { ChunkId(u64::MAX) } else { disk.newest().map_or(ChunkId(0), ChunkId::last_rest) };
        self.waiting.push((flush, upto));
    }

    /// When the first caller's time is over.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.waiting.iter().map(|(flush, _)| flush.deadline_mono_ms).min()
    }

    /// Answers those for whom there is an answer.
    pub(crate) fn answer(
        &mut self,
        core: &Core,
        disk: &Disk,
        gauges: &Gauges,
        handoff: &Handoff,
        mono_ms: u64,
    ) {
        // A caller who has given up takes no answer away from a later one.
        self.waiting.retain(|(flush, _)| flush.reply.is_awaited());
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
        let losses = gauges.losses_since_flush();
        let is_failed = |reason: LossReason, is_last| is_on_the_way(reason) || is_last;
        let (mut was_answered, mut still_waiting) = (false, Vec::new());
        for (flush, upto) in self.waiting.drain(..) {
            let answer = match done {
                _ if core.is_paused() => Err(FlushError::Refused { queued, losses: losses.clone() }),
                Some(oldest) if oldest <= upto => {
                    if mono_ms < flush.deadline_mono_ms {
                        still_waiting.push((flush, upto));
                    } else {
                        let error = timed_out(gauges, handoff, flush.timeout_ms.into());
                        flush.reply.send(Err(error));
                    }
                    continue;
                }
                _ if losses.iter().any(|(reason, _)| is_failed(*reason, flush.is_last)) => {
                    Err(FlushError::Lost { losses: losses.clone() })
                }
                _ => Ok(()),
            };
            was_answered = true;
            flush.reply.send(answer);
        }
        self.waiting = still_waiting;
        if was_answered && !core.is_paused() {
            gauges.set_flushed();
        }
    }
}

/// The error of a caller whose time is over.
pub(crate) fn timed_out(gauges: &Gauges, handoff: &Handoff, waited_ms: u128) -> FlushError {
    FlushError::TimedOut {
        queued: handoff.waiting_events(),
        waited_ms,
        last_failure: gauges.last_failure(),
        losses: gauges.losses_since_flush(),
    }
}

/// Whether an event was lost after the app had handed it over as it should.
pub(crate) fn is_on_the_way(reason: LossReason) -> bool {
    matches!(
        reason,
        LossReason::QueueFull
            | LossReason::Expired
            | LossReason::Corrupt
            | LossReason::Rejected
            | LossReason::Invalid
            | LossReason::Dropped
            | LossReason::Storage
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_for_the_log() {
        #[track_caller]
        fn check(error: &FlushError, expected: &str) {
            assert_eq!(error.to_string(), expected);
            assert_eq!(format!("{error:?}"), expected);
        }
        let losses = vec![(LossReason::TooLarge, 1), (LossReason::Rejected, 2)];
        check(
            &FlushError::Lost { losses: losses.clone() },
            "3 events are lost (1 too_large, 2 rejected); the others were delivered",
        );
        let timed_out = |losses| FlushError::TimedOut {
            queued: 4,
            waited_ms: 5_000,
            last_failure: Some("the collector answers 503".into()),
            losses,
        };
        check(
            &timed_out(losses),
            "4 events still wait after 5000 ms (the collector answers 503): they are kept and sent later; since the last \
             flush 3 events are lost (1 too_large, 2 rejected)",
        );
        check(
            &timed_out(Vec::new()),
            "4 events still wait after 5000 ms (the collector answers 503): they are kept and sent later",
        );
    }
}
