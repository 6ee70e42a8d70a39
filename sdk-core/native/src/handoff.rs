//! From the caller's thread to the worker, without a system call and without a wait, and so that a kill loses nothing.
//!
//! Four calls move everything: [`Handoff::push`] (any thread; when it returns, the call is in a mapped file),
//! [`Handoff::drain`] and [`Handoff::release`] (the worker; the latter once the calls are kept elsewhere), and
//! [`Handoff::follow`] (the worker; the user's decision); the others ask, count, or begin and end. Before the user has
//! agreed nothing may be written to disk: the same ring stands in memory then.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use holloway_core::{Consent, wire::LossReason};

use crate::{
    call::{self, Call},
    mapped::Mapped,
    ring::{Found, HEADER_WORDS, LOST_COUNTERS, Memory, Ring},
};

/// Bytes of one call: far above what an event may have.
const CALL_BYTES_MAX: usize = 256 * 1024;
/// The smallest ring is a page.
const RING_BYTES_MIN: usize = 4 * 1024;
/// Room for calls while they may be in memory only; the core keeps no more of them than this by default.
const MEMORY_RING_BYTES: usize = 256 * 1024;
const WORD_BYTES: usize = 8;

/// A larger file is no hand-off of ours.
const RING_BYTES_MAX: usize = 1 << 30;

/// The counters of a ring, in their order.
const LOSSES: [LossReason; LOST_COUNTERS] = [LossReason::QueueFull, LossReason::TooLarge];

const IN_MEMORY: u8 = 0;
const ON_DISK: u8 = 1;
const CLOSED: u8 = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Handoff {
    path: PathBuf,
    capacity_words: usize,
    disk: OnceLock<Ring<Mapped>>,
    memory: OnceLock<Ring<Box<[AtomicU64]>>>,
    /// For a ring that is made from now on.
    new_id: u64,
    /// Whether a file was there that was no ring any more, so that nobody knows what it held.
    is_damaged: bool,
    /// The file is no longer in its folder: calls work, and would not survive.
    is_unlinked: AtomicBool,
    /// Where callers put their calls.
    mode: AtomicU8,
    /// Callers between looking at the mode and being done.
    writers: AtomicUsize,
    /// How far the worker has read. Its own: no caller waits for this lock.
    read: Mutex<Upto>,
    /// Events that were pushed and are not the core's yet.
    pending_events: AtomicUsize,
    core_events: AtomicUsize,
}

/// A position in each ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Upto {
    disk: u64,
    memory: u64,
}

/// Counts of calls that found no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) disk: [u64; LOST_COUNTERS],
    pub(crate) memory: [u64; LOST_COUNTERS],
}

impl Lost {
    /// What came since an earlier look, by reason.
    pub(crate) fn since(&self, before: &Self) -> [(LossReason, u64); LOST_COUNTERS] {
        std::array::from_fn(|counter| {
            let disk = self.disk[counter].saturating_sub(before.disk[counter]);
            (LOSSES[counter], disk + self.memory[counter].saturating_sub(before.memory[counter]))
        })
    }
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
    records: Vec<Record>,
    events: usize,
    upto: Upto,
}

#[derive(Debug)]
struct Record {
    bytes: Vec<u8>,
    /// Its end in the mapped ring; 0 for one that is in memory only.
    end: u64,
}

impl Batch {
    /// The calls, in the order in which they were made, with their ends in the mapped ring (0 for none); `None` for a
    /// record that this version cannot read.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (Option<Call<'_>>, u64)> {
        self.records.iter().map(|record| (Call::read(&record.bytes), record.end))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Everything up to here is in these calls or was taken before.
    pub(crate) fn upto(&self) -> Upto {
        self.upto
    }

    /// Leaves out the calls that a killed process had dealt with: all up to the position that its state names, and up to
    /// the last one whose event is known.
    pub(crate) fn skip_known(&mut self, done_upto: u64, message_ids: &HashSet<String>) {
        let is_known = |record: &Record| {
            let call = Call::read(&record.bytes);
            let is_kept =
                call.is_some_and(|call| call.kind.is_event() && message_ids.contains(&*call.message_id()));
            is_kept || record.end <= done_upto
        };
        if let Some(last) = self.records.iter().rposition(is_known) {
            self.records.drain(..=last);
            self.events = self.records.iter().filter(|record| call::is_event(&record.bytes)).count();
        }
    }
}

impl Handoff {
    /// The hand-off of a store folder, with what a killed process left in it. [`Self::follow`] comes next.
    pub(crate) fn open(folder: &Path, bytes_max: usize, new_id: u64) -> io::Result<Self> {
        let bytes = bytes_max.clamp(RING_BYTES_MIN, RING_BYTES_MAX).next_power_of_two();
        let mut handoff = Self::new(folder, bytes, new_id);
        if handoff.path.exists() {
            handoff.is_damaged = handoff.take_up(false)?;
        }
        Ok(handoff)
    }

    /// What a client left in its folder that is gone: calls, and counts also where there are none. Not to be written to.
    pub(crate) fn open_left(folder: &Path) -> io::Result<Self> {
        let mut handoff = Self::new(folder, RING_BYTES_MIN, 0);
        if handoff.path.exists() {
            handoff.is_damaged = handoff.take_up(true)?;
        }
        Ok(handoff)
    }

    fn new(folder: &Path, bytes: usize, new_id: u64) -> Self {
        Self {
            path: folder.join("ring"),
            capacity_words: bytes / WORD_BYTES,
            disk: OnceLock::new(),
            memory: OnceLock::new(),
            new_id,
            is_damaged: false,
            is_unlinked: AtomicBool::new(false),
            mode: AtomicU8::new(IN_MEMORY),
            writers: AtomicUsize::new(0),
            read: Mutex::default(),
            pending_events: AtomicUsize::new(0),
            core_events: AtomicUsize::new(0),
        }
    }

    /// Where calls go from now on. An error is a disk that has no room for the ring: calls go on in memory.
    pub(crate) fn follow(&self, consent: Consent) -> io::Result<()> {
        let mut mode = IN_MEMORY;
        let mut made = Ok(());
        if consent == Consent::Granted {
            made = self.make_ring();
            mode = if made.is_ok() { ON_DISK } else { IN_MEMORY };
        }
        if mode == IN_MEMORY {
            self.memory.get_or_init(|| Ring::in_memory(MEMORY_RING_BYTES / WORD_BYTES));
        }
        // A closed hand-off stays closed.
        let _ =
            self.mode.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| (now != CLOSED).then_some(mode));
        self.settle();
        made
    }

    /// Waits for callers who saw the mode before; each is a copy away from being done.
    fn settle(&self) {
        for _ in 0..100_000 {
            if self.writers.load(Ordering::SeqCst) == 0 {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Whether something was lost with a file that was no ring any more.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// The mapped ring's id; 0 for none.
    pub(crate) fn ring_id(&self) -> u64 {
        self.disk.get().map_or(0, Ring::id)
    }

    /// The file is no longer in its folder.
    pub(crate) fn set_unlinked(&self) {
        self.is_unlinked.store(true, Ordering::Relaxed);
    }

    /// Whether a call survives a kill of the process from the moment at which it returns.
    pub(crate) fn is_durable(&self) -> bool {
        self.mode.load(Ordering::Acquire) == ON_DISK && !self.is_unlinked.load(Ordering::Relaxed)
    }

    /// Hands over a call's record. Never waits for the worker: without room, the call is a counted loss.
    pub(crate) fn push(&self, record: &[u8]) -> Result<(), NotTaken> {
        // In this order: who changes the mode sees us here, or we see the change.
        self.writers.fetch_add(1, Ordering::SeqCst);
        let mode = self.mode.load(Ordering::SeqCst);
        let is_event = call::is_event(record);
        self.pending_events.fetch_add(usize::from(is_event), Ordering::Relaxed);
        let pushed = match (mode, self.disk.get(), self.memory.get()) {
            (ON_DISK, Some(ring), _) => push(ring, record),
            (IN_MEMORY, _, Some(ring)) => push(ring, record),
            _ => Err(NotTaken::Closed),
        };
        if pushed.is_err() {
            self.pending_events.fetch_sub(usize::from(is_event), Ordering::Relaxed);
        }
        self.writers.fetch_sub(1, Ordering::SeqCst);
        pushed
    }

    /// Where reading begins.
    pub(crate) fn begin(&self) -> Upto {
        *self.read()
    }

    /// Takes everything that was pushed so far.
    pub(crate) fn drain(&self) -> Batch {
        let mut read = self.read();
        let (mut in_memory, mut on_disk) = (Vec::new(), Vec::new());
        if let Some(ring) = self.memory.get() {
            read.memory = drain(ring, read.memory, |bytes, _| in_memory.push(Record { bytes, end: 0 }));
        }
        if let Some(ring) = self.disk.get() {
            read.disk = drain(ring, read.disk, |bytes, end| on_disk.push(Record { bytes, end }));
        }
        // First what was written before the mode changed, which it does once at most from one drain to the next.
        let is_in_memory = self.mode.load(Ordering::SeqCst) == IN_MEMORY;
        let (before, after) = if is_in_memory { (on_disk, in_memory) } else { (in_memory, on_disk) };
        let mut batch = Batch { records: before, ..Batch::default() };
        batch.records.extend(after);
        batch.events = batch.records.iter().filter(|record| call::is_event(&record.bytes)).count();
        batch.upto = *read;
        batch
    }

    /// These calls of a killed process wait for the core as if they had been pushed now.
    pub(crate) fn expect(&self, left: &Batch) {
        self.pending_events.fetch_add(left.events, Ordering::Relaxed);
    }

    /// The core has these calls, and this many events in all.
    pub(crate) fn note_taken(&self, batch: &Batch, core_events: usize) {
        self.note(core_events);
        self.pending_events.fetch_sub(batch.events, Ordering::Relaxed);
    }

    /// The core has this many events now.
    pub(crate) fn note(&self, core_events: usize) {
        self.core_events.store(core_events, Ordering::Relaxed);
    }

    /// Everything up to here is kept elsewhere, or need not be kept: its room is free.
    pub(crate) fn release(&self, upto: Upto) {
        if let Some(ring) = self.disk.get() {
            ring.release(upto.disk);
        }
        if let Some(ring) = self.memory.get() {
            ring.release(upto.memory);
        }
    }

    /// Events that were called and are not acknowledged.
    pub(crate) fn waiting_events(&self) -> usize {
        self.pending_events.load(Ordering::Relaxed) + self.core_events.load(Ordering::Relaxed)
    }

    /// Calls that found no room in each ring since it was made, in the order of [`LOSSES`].
    pub(crate) fn lost(&self) -> Lost {
        Lost {
            disk: std::array::from_fn(|counter| self.disk.get().map_or(0, |ring| ring.lost(counter))),
            memory: std::array::from_fn(|counter| self.memory.get().map_or(0, |ring| ring.lost(counter))),
        }
    }

    /// Refuses every further call.
    pub(crate) fn close(&self) {
        self.mode.store(CLOSED, Ordering::SeqCst);
        self.settle();
    }

    fn make_ring(&self) -> io::Result<()> {
        if self.disk.get().is_some() {
            return Ok(());
        }
        let words = HEADER_WORDS + self.capacity_words;
        let made = match Mapped::create(&self.path, words) {
            // Somebody deleted the whole folder under us.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
                Mapped::create(&self.path, words)
            }
            made => made,
        };
        self.set_ring(Ring::recover(made?, self.new_id).0);
        Ok(())
    }

    /// Maps the file that is there; whether it was something else than a ring. One that is empty and of another size makes
    /// room for the right one, unless any size is right.
    fn take_up(&self, is_any_size: bool) -> io::Result<bool> {
        let bytes = std::fs::metadata(&self.path)?.len();
        let words = usize::try_from(bytes).unwrap_or(usize::MAX) / WORD_BYTES;
        let capacity = words.saturating_sub(HEADER_WORDS);
        let sizes = RING_BYTES_MIN / WORD_BYTES..=RING_BYTES_MAX / WORD_BYTES;
        if !capacity.is_power_of_two() || !sizes.contains(&capacity) {
            std::fs::remove_file(&self.path)?;
            return Ok(bytes > 0);
        }
        let (ring, is_damaged) = Ring::recover(Mapped::open(&self.path)?, self.new_id);
        if is_any_size || ring.capacity_words() == self.capacity_words || !ring.is_empty() {
            self.set_ring(ring);
            return Ok(is_damaged);
        }
        std::fs::remove_file(&self.path)?;
        Ok(is_damaged)
    }

    fn set_ring(&self, ring: Ring<Mapped>) {
        self.read().disk = ring.head();
        let _ = self.disk.set(ring);
    }

    fn read(&self) -> MutexGuard<'_, Upto> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push<M: Memory>(ring: &Ring<M>, record: &[u8]) -> Result<(), NotTaken> {
    let counter = if record.len() > CALL_BYTES_MAX {
        1
    } else if ring.push(record) {
        return Ok(());
    } else {
        0
    };
    ring.lose(counter);
    Err(NotTaken::Lost(LOSSES[counter]))
}

fn drain<M: Memory>(ring: &Ring<M>, mut at: u64, mut take: impl FnMut(Vec<u8>, u64)) -> u64 {
    loop {
        let mut record = Vec::new();
        match ring.read(at, &mut record) {
            Found::Nothing => return at,
            Found::Gap(next) => at = next,
            Found::Record(next) => {
                take(record, next);
                at = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use holloway_core::wire::EventKind;

    use super::*;
    use crate::call::{Kind, Scratch, Stamp, Words, write};

    fn record(name: &str) -> Scratch {
        let mut record = Scratch::new();
        let words = Words { name: Some(name), ..Words::default() };
        let stamp = Stamp { unix_ms: 1, random: [0; 10] };
        write(&mut record, Kind::Event(EventKind::Track), stamp, &words, None::<&()>, None::<&()>);
        record
    }

    fn track(handoff: &Handoff, name: &str) -> Result<(), NotTaken> {
        handoff.push(&record(name))
    }

    fn names(batch: &Batch) -> Vec<&str> {
        batch.calls().filter_map(|(call, _)| call?.words.name).collect()
    }

    fn open(folder: &Path, consent: Consent) -> Handoff {
        let handoff = Handoff::open(folder, 0, 7).expect("opens");
        handoff.follow(consent).expect("room");
        handoff
    }

    #[test]
    fn calls_outlive_the_process_until_they_are_released() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Granted);
        assert!(handoff.is_durable() && handoff.drain().is_empty());
        track(&handoff, "a").expect("room");
        let taken = handoff.drain();
        track(&handoff, "b").expect("room");
        assert_eq!(names(&taken), ["a"]);
        drop(handoff);

        let handoff = open(folder.path(), Consent::Granted);
        track(&handoff, "c").expect("room");
        let left = handoff.drain();
        assert_eq!(names(&left), ["a", "b", "c"]);
        handoff.release(left.upto());
        drop(handoff);
        assert!(open(folder.path(), Consent::Granted).drain().is_empty());
    }

    #[test]
    fn overflow_is_counted_and_never_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Granted);
        let wide = "x".repeat(1_500);
        track(&handoff, &wide).expect("room");
        track(&handoff, &wide).expect("room");
        let full = Err(NotTaken::Lost(LossReason::QueueFull));
        assert_eq!(track(&handoff, &wide), full);
        let taken = handoff.drain();
        assert_eq!(track(&handoff, &wide), full, "taken is not released");
        assert_eq!(handoff.waiting_events(), 2);
        handoff.note_taken(&taken, 2);
        handoff.release(taken.upto());
        track(&handoff, &wide).expect("room again");
        assert_eq!(handoff.waiting_events(), 3);
        let lost = handoff.lost();
        assert_eq!(lost.since(&Lost::default()), [(LossReason::QueueFull, 2), (LossReason::TooLarge, 0)]);
        drop(handoff);

        let handoff = open(folder.path(), Consent::Granted);
        assert_eq!(handoff.lost(), lost, "a kill forgets no count");
        assert_eq!((handoff.ring_id(), handoff.lost().since(&lost)[0].1), (7, 0));
    }

    #[test]
    fn a_call_too_large_to_keep_is_counted_and_hides_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Granted);
        assert_eq!(track(&handoff, &"x".repeat(1 << 20)), Err(NotTaken::Lost(LossReason::TooLarge)));
        track(&handoff, "small").expect("room");
        assert_eq!(names(&open(folder.path(), Consent::Granted).drain()), ["small"]);
    }

    #[test]
    fn nothing_is_on_disk_before_the_user_agrees() {
        let folder = tempfile::tempdir().expect("a folder");
        for consent in [Consent::Unknown, Consent::Denied] {
            let handoff = open(folder.path(), consent);
            track(&handoff, "secret").expect("room");
            assert!(!handoff.is_durable());
            assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
            assert_eq!(names(&handoff.drain()), ["secret"], "the worker gets it all the same");
        }
        let handoff = open(folder.path(), Consent::Unknown);
        track(&handoff, "held").expect("room");
        handoff.follow(Consent::Granted).expect("room");
        track(&handoff, "open").expect("room");
        assert_eq!(names(&handoff.drain()), ["held", "open"]);
        handoff.follow(Consent::Denied).expect("no room is needed");
        track(&handoff, "late").expect("room");
        drop(handoff);
        assert_eq!(names(&open(folder.path(), Consent::Granted).drain()), ["open"]);
    }

    #[test]
    fn calls_come_in_their_order_over_every_change_of_the_users_mind() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Unknown);
        for consent in [Consent::Granted, Consent::Unknown, Consent::Granted, Consent::Denied] {
            track(&handoff, "before").expect("room");
            handoff.follow(consent).expect("room");
            track(&handoff, "after").expect("room");
            assert_eq!(names(&handoff.drain()), ["before", "after"], "{consent:?}");
        }
        handoff.follow(Consent::Granted).expect("room");
        assert!(handoff.drain().is_empty());
        track(&handoff, "last").expect("room");
        handoff.close();
        assert_eq!(names(&handoff.drain()), ["last"]);
    }

    #[test]
    fn what_a_killed_process_had_dealt_with_is_not_played_again() {
        let check = |done_upto: u64, known: &[&str], left: &[&str]| {
            let mut batch = Batch::default();
            for name in ["a", "b", "c"] {
                let words = Words { name: Some(name), message_id: Some(name), ..Words::default() };
                let mut record = Scratch::new();
                let stamp = Stamp { unix_ms: 1, random: [0; 10] };
                write(&mut record, Kind::Event(EventKind::Track), stamp, &words, None::<&()>, None::<&()>);
                let end = 10 * (batch.records.len() as u64 + 1);
                batch.records.push(Record { bytes: record.to_vec(), end });
            }
            batch.skip_known(done_upto, &known.iter().map(|id| (*id).to_owned()).collect());
            assert_eq!(names(&batch), left, "{done_upto} {known:?}");
        };
        check(0, &[], &["a", "b", "c"]);
        check(0, &["b"], &["c"]);
        check(0, &["c", "a", "other"], &[]);
        check(10, &[], &["b", "c"]);
        check(20, &["a"], &["c"]);
        check(30, &[], &[]);
    }

    #[test]
    fn a_ring_of_another_size_is_read_first_and_replaced_when_it_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Granted);
        track(&handoff, "kept").expect("room");
        drop(handoff);
        let larger = || {
            let handoff = Handoff::open(folder.path(), 1 << 16, 8).expect("opens");
            handoff.follow(Consent::Granted).expect("room");
            handoff
        };
        let handoff = larger();
        let left = handoff.drain();
        assert_eq!(names(&left), ["kept"]);
        assert!(track(&handoff, &"x".repeat(8_000)).is_err(), "the old one");
        handoff.release(left.upto());
        drop(handoff);
        track(&larger(), &"x".repeat(8_000)).expect("the new one");

        for odd in ["no ring".to_owned(), "x".repeat((1 << 16) + HEADER_WORDS * WORD_BYTES)] {
            std::fs::write(folder.path().join("ring"), odd).expect("writes");
            let handoff = larger();
            assert!(handoff.is_damaged());
            track(&handoff, "works").expect("room");
        }
    }

    #[test]
    fn after_the_end_calls_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let handoff = open(folder.path(), Consent::Granted);
        handoff.close();
        handoff.follow(Consent::Granted).expect("room");
        assert_eq!(track(&handoff, "late"), Err(NotTaken::Closed));
    }
}
