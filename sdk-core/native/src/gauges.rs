//! What callers may look at without asking the worker.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use holloway_core::{Client as Core, wire::LossReason};

/// The client's own visitor, as of the worker's last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the ids of the wire, under their names there")]
pub struct Subject {
    /// The device's id; `reset` makes another one.
    pub anonymous_id: String,
    /// The user's id, after `identify`.
    pub user_id: Option<String>,
    /// The running session's id, after the first event.
    pub session_id: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Gauges {
    unreported: AtomicUsize,
    is_behind: AtomicBool,
    lost: [AtomicU64; LossReason::ALL.len()],
    /// What of it the last answered flush knew of.
    flushed: [AtomicU64; LossReason::ALL.len()],
    subject: Mutex<Subject>,
    last_failure: Mutex<Option<String>>,
}

impl Gauges {
    /// The core as it is now.
    pub(crate) fn read(&self, core: &Core) {
        let unreported: u64 = core.losses().map(|(_, count)| count).sum();
        self.unreported.store(usize::try_from(unreported).unwrap_or(usize::MAX), Ordering::Relaxed);
        let mut subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        let session_id = core.session().map(|session| session.id);
        if subject.anonymous_id != core.anonymous_id()
            || subject.user_id.as_deref() != core.user_id()
            || subject.session_id.as_deref() != session_id
        {
            *subject = Subject {
                anonymous_id: core.anonymous_id().to_owned(),
                user_id: core.user_id().map(str::to_owned),
                session_id: session_id.map(str::to_owned),
            };
        }
    }

    pub(crate) fn lose(&self, reason: LossReason, events: u64) {
        self.lost[reason.index()].fetch_add(events, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self, what: Option<String>) {
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    pub(crate) fn set_behind(&self, is_behind: bool) {
        self.is_behind.store(is_behind, Ordering::Relaxed);
    }

    pub(crate) fn is_caught_up(&self) -> bool {
        !self.is_behind.load(Ordering::Relaxed)
    }

    pub(crate) fn unreported(&self) -> usize {
        self.unreported.load(Ordering::Relaxed)
    }

    pub(crate) fn losses(&self) -> Vec<(LossReason, u64)> {
        let count = |reason: LossReason| (reason, self.lost[reason.index()].load(Ordering::Relaxed));
        LossReason::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }

    /// Losses since the last answered flush, by reason, but for those that the app or its user asked for and for states.
    pub(crate) fn losses_since_flush(&self) -> Vec<(LossReason, u64)> {
        let is_news = |reason: LossReason| {
            !matches!(
                reason,
                LossReason::OptedOut
                    | LossReason::BeforeSend
                    | LossReason::Sampled
                    | LossReason::StateDamaged
            )
        };
        let count = |reason: LossReason| {
            let [lost, flushed] =
                [&self.lost, &self.flushed].map(|counts| counts[reason.index()].load(Ordering::Relaxed));
            (reason, lost.saturating_sub(flushed))
        };
        let counts = LossReason::ALL.into_iter().filter(|reason| is_news(*reason)).map(count);
        counts.filter(|(_, events)| *events > 0).collect()
    }

    /// A flush was answered: later ones report later losses.
    pub(crate) fn set_flushed(&self) {
        for (lost, flushed) in self.lost.iter().zip(&self.flushed) {
            flushed.store(lost.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    pub(crate) fn subject(&self) -> Subject {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn last_failure(&self) -> Option<String> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
