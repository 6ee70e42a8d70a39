//! From the caller's thread to the worker: in memory for speed, and in a journal so that a kill loses nothing.
//!
//! Everything outside sees three calls: [`Handoff::push`] (any thread; when it returns, the call is in the operating
//! system's hands), [`Handoff::drain`] and [`Handoff::release`] (the worker; the latter once the core has the calls).
//! How the calls are kept in between is this file's own affair.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

use holloway_core::{Consent, wire::LossReason};

use crate::{
    call::{Call, Kind},
    journal::{self, Journal},
    worker::Message,
};

/// Bytes of one call: far above what an event may have, far below what a journal can hold.
const CALL_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug)]
pub(crate) struct Handoff {
    inner: Mutex<Inner>,
    bytes_max: usize,
}

#[derive(Debug)]
struct Inner {
    journal: Journal,
    /// Files before `journal` whose calls the next batch completes.
    full: Vec<PathBuf>,
    /// Rings the worker.
    bell: Sender<Message>,
    /// Whether calls may be written to disk: not before the user has agreed.
    writes: bool,
    closed: bool,
    /// Calls that the worker has not taken, framed.
    pending: Vec<u8>,
    /// Bytes that it has taken and not released.
    taken: usize,
    pending_events: usize,
    taken_events: usize,
    /// Events that the core had when it was last asked.
    core_events: usize,
    queue_full: usize,
    too_large: usize,
    /// Whether the last write failed, so that a full disk is told once.
    failing: bool,
}

/// Why a call was not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// Counted under this reason.
    Lost(LossReason),
    /// The client was shut down.
    Closed,
}

/// Calls that the worker took together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    frames: Vec<u8>,
    events: usize,
    files: Vec<PathBuf>,
}

impl Batch {
    /// The calls, in the order in which they were made.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        journal::records(&self.frames).filter_map(Call::read)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The user's last word on being recorded among these calls.
    pub(crate) fn consent(&self) -> Option<Consent> {
        let consent =
            |call: Call<'_>| if let Kind::Consent(consent) = call.kind { Some(consent) } else { None };
        self.calls().filter_map(consent).last()
    }
}

impl Handoff {
    /// Opens the hand-off of a store folder; answers what a killed process left in it. [`Self::begin`] comes next.
    pub(crate) fn open(folder: &Path, bell: Sender<Message>, bytes_max: usize) -> io::Result<(Self, Batch)> {
        let (journal, left) = Journal::open(folder)?;
        let mut left = Batch { frames: left.frames, events: 0, files: left.files };
        left.events = left.calls().filter(|call| call.kind.is_event()).count();
        let inner = Inner {
            journal,
            full: Vec::new(),
            bell,
            writes: false,
            closed: false,
            pending: Vec::new(),
            taken: left.frames.len(),
            pending_events: 0,
            taken_events: left.events,
            core_events: 0,
            queue_full: 0,
            too_large: 0,
            failing: false,
        };
        Ok((Self { inner: Mutex::new(inner), bytes_max }, left))
    }

    /// Whether calls may be written to disk from the start.
    pub(crate) fn begin(&self, consent: Consent) {
        self.lock().writes = consent == Consent::Granted;
    }

    /// Hands over a framed call. Never waits for the worker: without room, the call is a counted loss.
    pub(crate) fn push(&self, frame: &[u8], kind: Kind) -> Result<(), NotTaken> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(NotTaken::Closed);
        }
        if frame.len() > CALL_BYTES_MAX {
            inner.too_large += 1;
            return Err(NotTaken::Lost(LossReason::TooLarge));
        }
        if inner.pending.len() + inner.taken + frame.len() > self.bytes_max {
            inner.queue_full += 1;
            return Err(NotTaken::Lost(LossReason::QueueFull));
        }
        // The decision itself is always kept: a denial must outlive a kill as an event does.
        if inner.writes || matches!(kind, Kind::Consent(_)) {
            inner.write(frame);
        }
        if let Kind::Consent(consent) = kind {
            inner.writes = consent == Consent::Granted;
        }
        let half = self.bytes_max / 2;
        let was = inner.pending.len();
        inner.pending.extend_from_slice(frame);
        inner.pending_events += usize::from(kind.is_event());
        // The first one wakes the worker, which then waits a little for more; at half the room it is called at once.
        if was == 0 || (was < half && inner.pending.len() >= half) {
            let _ = inner.bell.send(Message::Calls);
        }
        Ok(())
    }

    /// Takes everything that was pushed so far.
    pub(crate) fn drain(&self) -> Batch {
        let mut inner = self.lock();
        let frames = std::mem::take(&mut inner.pending);
        inner.taken += frames.len();
        let events = std::mem::take(&mut inner.pending_events);
        inner.taken_events += events;
        let mut files = Vec::new();
        if !inner.journal.is_empty() {
            match inner.journal.next() {
                Ok(next) => {
                    let full = std::mem::replace(&mut inner.journal, next);
                    files = std::mem::take(&mut inner.full);
                    files.push(full.path().to_owned());
                }
                // The file goes on, and is deleted with the calls that follow.
                Err(error) => inner.complain(&error),
            }
        }
        Batch { frames, events, files }
    }

    /// The core has these calls, and this many events in all. Answers the files that have them too: to be deleted once
    /// the disk has those events, or nobody waits for them any more.
    pub(crate) fn release(&self, batch: Batch, core_events: usize) -> Vec<PathBuf> {
        let mut inner = self.lock();
        inner.taken -= batch.frames.len();
        inner.taken_events -= batch.events;
        inner.core_events = core_events;
        batch.files
    }

    /// The core has this many events now.
    pub(crate) fn note(&self, core_events: usize) {
        self.lock().core_events = core_events;
    }

    /// Events that were called and are not acknowledged.
    pub(crate) fn waiting_events(&self) -> usize {
        let inner = self.lock();
        inner.pending_events + inner.taken_events + inner.core_events
    }

    /// Calls that found no room since the last look, by reason.
    pub(crate) fn take_losses(&self) -> [(LossReason, usize); 2] {
        let mut inner = self.lock();
        [
            (LossReason::QueueFull, std::mem::take(&mut inner.queue_full)),
            (LossReason::TooLarge, std::mem::take(&mut inner.too_large)),
        ]
    }

    /// Refuses every further call.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Leaves no empty file behind; the last thing that a worker does.
    pub(crate) fn end(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        if inner.journal.is_empty() {
            journal::remove(&[inner.journal.path().to_owned()]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A call that the disk refuses goes on in memory: only a kill before the worker takes it would lose it.
    fn write(&mut self, frame: &[u8]) {
        match self.journal.append(frame) {
            Ok(()) => self.failing = false,
            Err(error) => self.complain(&error),
        }
    }

    fn complain(&mut self, error: &io::Error) {
        if !self.failing {
            tracing::warn!(%error, "calls cannot be written to the journal; they are in memory only");
        }
        self.failing = true;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::{
        call::{Stamp, Words, write},
        journal::{begin_frame, end_frame},
    };

    fn frame(kind: Kind, name: &str) -> Vec<u8> {
        let mut frame = begin_frame();
        let words = Words { name: Some(name), ..Words::default() };
        write(&mut frame, kind, Stamp { unix_ms: 1, random: [0; 10] }, &words, None::<&()>, None::<&()>);
        end_frame(&mut frame);
        frame
    }

    fn track(handoff: &Handoff, name: &str) -> Result<(), NotTaken> {
        handoff.push(&frame(Kind::Track, name), Kind::Track)
    }

    fn names(batch: &Batch) -> Vec<&str> {
        batch.calls().filter_map(|call| call.words.name).collect()
    }

    fn open(folder: &Path, consent: Consent, bytes_max: usize) -> (Handoff, Batch, Receiver<Message>) {
        let (bell, rings) = channel();
        let (handoff, left) = Handoff::open(folder, bell, bytes_max).expect("opens");
        handoff.begin(left.consent().unwrap_or(consent));
        (handoff, left, rings)
    }

    #[test]
    fn calls_outlive_the_process_until_they_are_released() {
        let folder = tempfile::tempdir().expect("a folder");
        let (handoff, left, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        assert!(left.is_empty());
        track(&handoff, "a").expect("room");
        let taken = handoff.drain();
        track(&handoff, "b").expect("room");
        assert_eq!(names(&taken), ["a"]);
        drop(handoff);

        let (handoff, left, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        assert_eq!(names(&left), ["a", "b"]);
        track(&handoff, "c").expect("room");
        assert_eq!(handoff.waiting_events(), 3);
        journal::remove(&handoff.release(left, 1));
        let taken = handoff.drain();
        assert_eq!(
            (names(&taken), handoff.waiting_events()),
            (vec!["c"], 2),
            "one call, and one event of the core"
        );
        journal::remove(&handoff.release(taken, 0));
        handoff.end();
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is left behind");
    }

    #[test]
    fn overflow_is_counted_and_never_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = frame(Kind::Track, "x").len() * 3;
        let (handoff, _, rings) = open(folder.path(), Consent::Granted, room);
        for _ in 0..3 {
            track(&handoff, "x").expect("room");
        }
        assert_eq!(track(&handoff, "x"), Err(NotTaken::Lost(LossReason::QueueFull)));
        let taken = handoff.drain();
        assert_eq!(track(&handoff, "x"), Err(NotTaken::Lost(LossReason::QueueFull)), "taken is not released");
        handoff.release(taken, 0);
        track(&handoff, "x").expect("room again");
        assert_eq!(handoff.take_losses(), [(LossReason::QueueFull, 2), (LossReason::TooLarge, 0)]);
        assert_eq!(handoff.take_losses(), [(LossReason::QueueFull, 0), (LossReason::TooLarge, 0)]);
        assert_eq!(rings.try_iter().count(), 3, "the first, at half, and the first after the drain");
    }

    #[test]
    fn a_call_too_large_to_keep_is_counted_and_hides_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (handoff, _, _rings) = open(folder.path(), Consent::Granted, 1 << 22);
        assert_eq!(track(&handoff, &"x".repeat(1 << 20)), Err(NotTaken::Lost(LossReason::TooLarge)));
        track(&handoff, "small").expect("room");
        drop(handoff);
        let (_, left, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        assert_eq!(names(&left), ["small"]);
    }

    #[test]
    fn nothing_but_the_decision_is_written_without_consent() {
        let check = |start: Consent, decisions: &[Consent], kept: &[&str]| {
            let folder = tempfile::tempdir().expect("a folder");
            let (handoff, _, _rings) = open(folder.path(), start, 1 << 20);
            track(&handoff, "0").expect("room");
            for (index, consent) in decisions.iter().enumerate() {
                let kind = Kind::Consent(*consent);
                handoff.push(&frame(kind, "consent"), kind).expect("room");
                track(&handoff, &(index + 1).to_string()).expect("room");
            }
            drop(handoff);
            let (_, left, _rings) = open(folder.path(), start, 1 << 20);
            assert_eq!(names(&left), kept, "{start:?} {decisions:?}");
        };
        check(Consent::Granted, &[], &["0"]);
        check(Consent::Unknown, &[], &[]);
        check(Consent::Unknown, &[Consent::Granted], &["consent", "1"]);
        check(Consent::Granted, &[Consent::Denied], &["0", "consent"]);
        check(Consent::Denied, &[Consent::Granted, Consent::Denied], &["consent", "1", "consent"]);
    }

    #[test]
    fn a_decision_that_a_killed_process_left_holds_for_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let (handoff, _, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        let denied = Kind::Consent(Consent::Denied);
        handoff.push(&frame(denied, "consent"), denied).expect("room");
        drop(handoff);
        // The state file still says granted: the worker of the killed process never came to write it.
        let (handoff, _, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        track(&handoff, "secret").expect("room");
        drop(handoff);
        let (_, left, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        assert_eq!(names(&left), ["consent"]);
    }

    #[test]
    fn after_the_end_calls_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (handoff, _, _rings) = open(folder.path(), Consent::Granted, 1 << 20);
        handoff.close();
        assert_eq!(track(&handoff, "late"), Err(NotTaken::Closed));
    }
}
