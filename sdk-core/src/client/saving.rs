//! When the state is written.

use super::{Client, Waiting};
use crate::{Consent, Effect, Now, state::Number};

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
        self.must_save = false;
        let bytes = self.state.write();
        let token = self.token(Waiting::State);
        self.effects.push(Effect::SaveState { token, bytes });
    }

    /// Seals the open chunk.
    pub(super) fn seal(&mut self) {
        let Some(chunk) = self.outbox.unsealed() else { return };
        chunk.sealed = true;
        let chunk = chunk.id;
        let token = self.token(Waiting::Seal);
        self.effects.push(Effect::Seal { token, chunk });
    }
}
