//! Events that wait, in chunks. A sealed chunk is what goes out as a batch.

use alloc::vec::Vec;

use crate::{ChunkId, Config, Now, Restored, RestoredChunk};

/// Some events that were begun together.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) id: ChunkId,
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) sealed: bool,
    /// Appends that the host has not answered.
    pub(crate) unanswered: usize,
    /// The records, unless a former run wrote them and they were not read yet.
    pub(crate) payloads: Option<Vec<Vec<u8>>>,
    /// Most events of one request; a 413 halves it.
    pub(crate) request_events_max: usize,
    /// When the first event came, by the monotonic clock; `None` for one of another run.
    pub(crate) begun_mono_ms: Option<u64>,
    /// Left alone until then: it was beaconed, or could not be read.
    pub(crate) held_until_mono_ms: u64,
    /// Events that belong to a request which is under way, and those of them that were beaconed.
    pub(crate) in_flight: bool,
}

impl Chunk {
    /// A sealed chunk whose records are in the host's storage.
    fn restored(chunk: &RestoredChunk) -> Self {
        Self {
            id: chunk.id,
            events: chunk.events as usize,
            bytes: chunk.bytes as usize,
            sealed: true,
            unanswered: 0,
            payloads: None,
            request_events_max: usize::MAX,
            begun_mono_ms: None,
            held_until_mono_ms: 0,
            in_flight: false,
        }
    }

    /// How many events from the front fit into a request.
    pub(crate) fn request_len(&self, bytes_max: usize) -> usize {
        let Some(payloads) = &self.payloads else { return 0 };
        let mut bytes = 0;
        let fits = payloads.iter().take(self.request_events_max).take_while(|payload| {
            bytes += payload.len() + 1;
            bytes <= bytes_max
        });
        // One event is always tried: alone it is below every limit.
        fits.count().max(1).min(payloads.len())
    }

    /// Takes events off the front.
    pub(crate) fn take(&mut self, count: usize) -> Vec<Vec<u8>> {
        let Some(payloads) = &mut self.payloads else { return Vec::new() };
        let kept = payloads.split_off(count.min(payloads.len()));
        let taken = core::mem::replace(payloads, kept);
        self.recount();
        taken
    }

    pub(crate) fn recount(&mut self) {
        if let Some(payloads) = &self.payloads {
            self.events = payloads.len();
            self.bytes = payloads.iter().map(Vec::len).sum();
        }
    }
}

/// All chunks, oldest first; only the last can be open.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) chunks: Vec<Chunk>,
    last_id: Option<ChunkId>,
}

impl Outbox {
    pub(crate) fn restore(restored: &Restored) -> Self {
        let mut found = restored.chunks.clone();
        found.sort_unstable_by_key(|chunk| chunk.id);
        let chunks: Vec<Chunk> = found.iter().map(Chunk::restored).collect();
        Self { last_id: chunks.last().map(|chunk| chunk.id), chunks }
    }

    /// Takes a sealed chunk in, among the others by age; the open chunk stays the last.
    pub(crate) fn adopt(&mut self, chunk: &RestoredChunk) {
        let sealed = self.chunks.iter().filter(|own| own.sealed);
        let at = sealed.filter(|own| own.id < chunk.id).count();
        self.chunks.insert(at, Chunk::restored(chunk));
        self.last_id = self.last_id.max(Some(chunk.id));
    }

    /// The open chunk, made when there is none.
    pub(crate) fn open(&mut self, unix_ms: u64, mono_ms: u64) -> &mut Chunk {
        if self.chunks.last().is_none_or(|chunk| chunk.sealed) {
            let id = ChunkId::after(self.last_id, unix_ms);
            self.last_id = Some(id);
            self.chunks.push(Chunk {
                id,
                events: 0,
                bytes: 0,
                sealed: false,
                unanswered: 0,
                payloads: Some(Vec::new()),
                request_events_max: usize::MAX,
                begun_mono_ms: Some(mono_ms),
                held_until_mono_ms: 0,
                in_flight: false,
            });
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
        self.chunks.retain(|chunk| chunk.id != id);
    }

    /// Leaves out chunks that are gone. Their ids are never given again: the state on the disk still names them.
    pub(crate) fn forget(&mut self, gone: &[ChunkId]) {
        self.chunks.retain(|chunk| !gone.contains(&chunk.id));
        self.last_id = self.last_id.max(gone.iter().max().copied());
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

    pub(crate) fn events(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.events).sum()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }

    /// The oldest sealed chunk that may go, when the outbox is over a cap.
    pub(crate) fn over_cap(&self, config: &Config) -> Option<ChunkId> {
        let over = self.bytes() > config.outbox_bytes_max || self.events() > config.outbox_events_max;
        self.chunks.iter().find(|chunk| over && chunk.sealed && !chunk.in_flight).map(|chunk| chunk.id)
    }

    /// The oldest sealed chunk past its age.
    pub(crate) fn expired(&self, config: &Config, now: Now) -> Option<ChunkId> {
        let old = |chunk: &&Chunk| {
            // A clock that was set right in this run makes nothing older.
            let by_mono = chunk.begun_mono_ms.map_or(u64::MAX, |begun| now.mono_ms.saturating_sub(begun));
            let age = now.unix_ms.saturating_sub(chunk.id.begun_unix_ms()).min(by_mono);
            chunk.sealed && !chunk.in_flight && age > config.outbox_age_max_ms
        };
        self.chunks.iter().find(old).map(|chunk| chunk.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adopted_chunks_stand_by_age_before_the_open_one() {
        let chunk = |id| RestoredChunk { id: ChunkId(id), bytes: 10, events: 1 };
        let mut outbox =
            Outbox::restore(&Restored { chunks: vec![chunk(20), chunk(40)], ..Restored::default() });
        let open = outbox.open(0, 0).id;
        for id in [30, 10, 50] {
            outbox.adopt(&chunk(id));
        }
        let ids: Vec<u64> = outbox.chunks.iter().map(|chunk| chunk.id.0).collect();
        assert_eq!(ids, [10, 20, 30, 40, 50, open.0]);
        assert!(outbox.chunks.last().is_some_and(|chunk| !chunk.sealed));
        outbox.chunks.last_mut().expect("the open chunk").sealed = true;
        assert_eq!(outbox.open(0, 0).id, ChunkId(128), "no id is given twice");
    }
}
