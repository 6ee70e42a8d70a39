//! Events that wait, in chunks. A sealed chunk is what goes out as a batch.

use alloc::vec::Vec;

use holloway_wire::LossReason;

use crate::{ChunkId, Config, Now, Records, RestoredChunk};

/// No time of this run's clock.
const OTHER_RUN: u64 = u64::MAX;

/// Some events that were begun together.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) id: ChunkId,
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) sealed: bool,
    /// Appends that the host has not answered; counted where it may take its time.
    pub(crate) unanswered: usize,
    /// Empty while a former run's records were not read yet.
    pub(crate) records: Records,
    pub(crate) is_read: bool,
    /// Most events of one request; a 413 halves it.
    pub(crate) request_events_max: usize,
    /// When the first event came, by the monotonic clock; [`OTHER_RUN`] for one of another run.
    pub(crate) begun_mono_ms: u64,
    /// Left alone until then: it was beaconed, or could not be read.
    pub(crate) held_until_mono_ms: u64,
    /// A request with its events is under way.
    pub(crate) in_flight: bool,
}

/// Whether a host's storage may answer later than it is asked.
pub(crate) const STORES_LATER: bool = cfg!(feature = "late-storage");

impl Chunk {
    /// Whether the host is still storing records of it.
    pub(crate) fn is_in_hand(&self) -> bool {
        STORES_LATER && self.unanswered > 0
    }

    /// With the records that are here from now on.
    pub(crate) fn set_records(&mut self, records: Records) {
        self.events = records.len();
        self.bytes = records.bytes();
        self.records = records;
        self.is_read = true;
        self.held_until_mono_ms = 0;
    }
}

/// All chunks, oldest first; only the last can be open.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) chunks: Vec<Chunk>,
    last_id: Option<ChunkId>,
}

impl Outbox {
    pub(crate) const EMPTY: Self = Self { chunks: Vec::new(), last_id: None };

    /// Takes a sealed chunk in whose records are in the host's storage, among the others by age; the open chunk stays
    /// the last.
    pub(crate) fn adopt(&mut self, chunk: &RestoredChunk) {
        let sealed = self.chunks.iter().filter(|own| own.sealed);
        let at = sealed.filter(|own| own.id < chunk.id).count();
        self.insert(at, chunk, OTHER_RUN);
        self.last_id = self.last_id.max(Some(chunk.id));
    }

    fn insert(&mut self, at: usize, chunk: &RestoredChunk, begun_mono_ms: u64) {
        let is_open = begun_mono_ms != OTHER_RUN;
        self.chunks.insert(
            at,
            Chunk {
                id: chunk.id,
                events: chunk.events as usize,
                bytes: chunk.bytes as usize,
                sealed: !is_open,
                unanswered: 0,
                records: Records::default(),
                is_read: is_open,
                request_events_max: usize::MAX,
                begun_mono_ms,
                held_until_mono_ms: 0,
                in_flight: false,
            },
        );
    }

    /// The open chunk, made when there is none.
    pub(crate) fn open(&mut self, now: Now) -> &mut Chunk {
        if self.chunks.last().is_none_or(|chunk| chunk.sealed) {
            let id = ChunkId::after(self.last_id, now.unix_ms);
            self.last_id = Some(id);
            self.insert(self.chunks.len(), &RestoredChunk { id, bytes: 0, events: 0 }, now.mono_ms);
        }
        self.chunks.last_mut().expect("a chunk was pushed when there was none")
    }

    /// The open chunk, if it holds events.
    pub(crate) fn unsealed(&mut self) -> Option<&mut Chunk> {
        self.chunks.last_mut().filter(|chunk| !chunk.sealed && chunk.events > 0)
    }

    pub(crate) fn get(&mut self, id: ChunkId) -> Option<&mut Chunk> {
        self.chunks.iter_mut().find(|chunk| chunk.id == id)
    }

    pub(crate) fn remove(&mut self, id: ChunkId) {
        if let Some(at) = self.chunks.iter().position(|chunk| chunk.id == id) {
            self.chunks.remove(at);
        }
    }

    /// Leaves out chunks that are gone. Their ids are never given again: the state on the disk still names them.
    pub(crate) fn forget(&mut self, gone: &[ChunkId]) {
        for id in gone {
            self.remove(*id);
            self.last_id = self.last_id.max(Some(*id));
        }
    }

    /// Gives a chunk an id that stands for the same age and place; `None` when all of them are taken.
    pub(crate) fn rename(&mut self, id: ChunkId) -> Option<ChunkId> {
        let mut next = id.next()?;
        while self.get(next).is_some() {
            next = next.next()?;
        }
        self.get(id)?.id = next;
        Some(next)
    }

    /// Events and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let (mut events, mut bytes) = (0, 0);
        for chunk in &self.chunks {
            events += chunk.events;
            bytes += chunk.bytes;
        }
        (events, bytes)
    }

    /// The oldest sealed chunk that is to go, why, and its events: first those past their age, then while a cap is
    /// passed.
    pub(crate) fn surplus(&self, config: &Config, now: Now) -> Option<(LossReason, ChunkId, usize)> {
        let age_max = config.outbox_age_max_ms;
        let mut oldest = None;
        for chunk in &self.chunks {
            if !chunk.sealed || chunk.in_flight {
                continue;
            }
            // A clock that was set right in this run makes nothing older.
            if now.unix_ms.saturating_sub(chunk.id.begun_unix_ms()) > age_max
                && (chunk.begun_mono_ms == OTHER_RUN
                    || now.mono_ms.saturating_sub(chunk.begun_mono_ms) > age_max)
            {
                return Some((LossReason::Expired, chunk.id, chunk.events));
            }
            oldest = oldest.or(Some(chunk));
        }
        let (events, bytes) = self.size();
        let chunk = oldest?;
        let is_over = bytes > config.outbox_bytes_max || events > config.outbox_events_max;
        is_over.then_some((LossReason::QueueFull, chunk.id, chunk.events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adopted_chunks_stand_by_age_before_the_open_one() {
        let chunk = |id| RestoredChunk { id: ChunkId(id), bytes: 10, events: 1 };
        let mut outbox = Outbox::EMPTY;
        for id in [40, 20] {
            outbox.adopt(&chunk(id));
        }
        let open = outbox.open(Now::default()).id;
        for id in [30, 10, 50] {
            outbox.adopt(&chunk(id));
        }
        let ids: Vec<u64> = outbox.chunks.iter().map(|chunk| chunk.id.0).collect();
        assert_eq!(ids, [10, 20, 30, 40, 50, open.0]);
        assert!(outbox.chunks.last().is_some_and(|chunk| !chunk.sealed));
        outbox.chunks.last_mut().expect("the open chunk").sealed = true;
        assert_eq!(outbox.open(Now::default()).id, ChunkId(128), "no id is given twice");
    }
}
