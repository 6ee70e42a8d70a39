//! When the state is written.

use alloc::{string::String, vec::Vec};

use super::{Client, Waiting};
use crate::{
    ChunkId, Consent, Effect, Now,
    outbox::STORES_LATER,
    state::{Number, Text},
};

impl Client {
    /// Writes the state, unless nothing may be written yet, and then lets go of the chunks that it says are gone.
    pub(super) fn save(&mut self, now: Now) {
        if self.is_amid {
            self.must_save = true;
            return;
        }
        if self.consent() != Consent::Unknown {
            self.write_state(now);
        }
        for chunk in &self.state.gone {
            self.effects.push(Effect::Remove { chunk: *chunk });
        }
        self.state.gone.clear();
    }

    /// The end of a command: what it changed is saved, at once and after its records. A kill between the two finds the
    /// newer ids and numbers in the record.
    pub(super) fn end(&mut self, now: Now) {
        self.is_amid = false;
        if self.must_save {
            self.save(now);
        }
    }

    pub(super) fn write_state(&mut self, now: Now) {
        self.state[Number::Failures] = self.retry.failures.into();
        self.state[Number::NotBeforeUnixMs] = self.retry.not_before_unix_ms;
        self.state[Number::ByServer] = self.retry.by_server.into();
        self.saved_mono_ms = now.mono_ms;
        self.is_kept = true;
        self.kept_losses = self.state.losses;
        self.must_save = false;
        // After a denial no id may stay on the device; a later agreement takes the id in memory.
        let mut id = String::new();
        let is_denied = self.consent() == Consent::Denied;
        if is_denied {
            core::mem::swap(&mut id, &mut self.state[Text::AnonymousId]);
        }
        let bytes = self.state.write();
        if is_denied {
            self.state[Text::AnonymousId] = id;
        }
        let token = self.store_token(Waiting::State);
        self.effects.push(Effect::SaveState { token, bytes });
    }

    /// Seals the open chunk.
    pub(super) fn seal(&mut self) {
        let Some(chunk) = self.outbox.unsealed() else { return };
        chunk.sealed = true;
        let id = chunk.id;
        self.end_chunk(id);
    }

    /// Asks for a record to be stored. Not inlined, like the next one: bytes count more than a call.
    #[inline(never)]
    pub(super) fn append(&mut self, chunk: ChunkId, payload: Vec<u8>) {
        let token = self.store_token(Waiting::Append(chunk));
        self.effects.push(Effect::Append { token, chunk, payload });
    }

    /// Says that a chunk has all its records.
    #[inline(never)]
    pub(super) fn end_chunk(&mut self, chunk: ChunkId) {
        if STORES_LATER {
            let token = self.store_token(Waiting::Seal);
            self.effects.push(Effect::Seal { token, chunk });
        }
    }
}
