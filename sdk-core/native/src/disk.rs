//! Carries out what the core asks of a store.

use std::{collections::BTreeSet, io};

use holloway_core::{ChunkId, Client as Core, Effect, Now, ReadOutcome, Restored, StoredOutcome};

use crate::{clock::Clock, files::Files, folder::Folder};

/// The files, and which chunks are there.
#[derive(Debug)]
pub(crate) struct Disk {
    files: Files,
    chunks: BTreeSet<ChunkId>,
    /// Records that the disk refused, in order: written before any later one, as soon as it can be.
    refused: Vec<(ChunkId, Vec<Vec<u8>>)>,
    /// Chunks to remove once what is left of them, which was refused, is written.
    removals: Vec<ChunkId>,
    /// The newest state, when it was refused.
    refused_state: Option<Vec<u8>>,
    /// A wipe left something behind.
    owes_wipe: bool,
}

impl Disk {
    pub(crate) fn new(files: Files, restored: &Restored) -> Self {
        let chunks = restored.chunks.iter().map(|chunk| chunk.id).collect();
        Self {
            files,
            chunks,
            refused: Vec::new(),
            removals: Vec::new(),
            refused_state: None,
            owes_wipe: false,
        }
    }

    /// The newest chunk that waits to be acknowledged.
    pub(crate) fn newest(&self) -> Option<ChunkId> {
        self.chunks.last().copied()
    }

    /// The oldest one.
    pub(crate) fn oldest(&self) -> Option<ChunkId> {
        self.chunks.first().copied()
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(crate) fn into_folder(self) -> Folder {
        self.files.into_folder()
    }

    pub(crate) fn is_there(&mut self) -> bool {
        self.files.is_there()
    }

    /// A chunk of another writer came to this one's files.
    pub(crate) fn note(&mut self, chunk: ChunkId) {
        self.chunks.insert(chunk);
    }

    /// Whether something is in memory only because the disk refused it.
    pub(crate) fn is_behind(&self) -> bool {
        !(self.refused.is_empty() && self.removals.is_empty())
            || self.refused_state.is_some()
            || self.owes_wipe
    }

    /// Writes what was refused; whether all of it is on the disk now.
    pub(crate) fn catch_up(&mut self) -> bool {
        if self.owes_wipe {
            self.wipe();
        }
        while let Some((chunk, payloads)) = self.refused.first() {
            if self.files.append(*chunk, payloads).is_err() {
                return false;
            }
            // Its seal came while it was not there.
            let _ = outcome(&self.files.seal(*chunk), "seal a chunk");
            self.refused.remove(0);
        }
        let state = self.refused_state.take_if(|bytes| self.files.save_state(bytes).is_ok());
        if self.refused_state.is_some() {
            return false;
        }
        for chunk in std::mem::take(&mut self.removals) {
            let _ = outcome(&self.files.remove(chunk), "remove a chunk");
        }
        if let Some(bytes) = state {
            tracing::info!(bytes = bytes.len(), "the disk takes writes again");
        }
        !self.is_behind()
    }

    /// Deletes everything but the chunks that came after it was asked for: it may be made good long after.
    fn wipe(&mut self) {
        self.owes_wipe = outcome(&self.files.wipe(&self.chunks), "wipe the store") == StoredOutcome::Failed;
    }

    fn append(&mut self, chunk: ChunkId, payloads: Vec<Vec<u8>>) -> StoredOutcome {
        self.chunks.insert(chunk);
        let is_next = self.refused.is_empty() || self.catch_up();
        let done = if is_next { self.files.append(chunk, &payloads) } else { Err(refusal()) };
        let done = outcome(&done, "add to a chunk");
        if done == StoredOutcome::Failed {
            self.refused.push((chunk, payloads));
        }
        done
    }

    /// Does everything that the core asks for, until it asks for nothing more; what is no matter of files goes to
    /// `other`.
    pub(crate) fn carry_out(
        &mut self,
        core: &mut Core,
        clock: Clock,
        other: &mut impl FnMut(&mut Core, Effect, Now),
    ) {
        let mut next = core.poll_effect();
        while let Some(effect) = next.take() {
            let now = clock.now();
            match effect {
                Effect::Append { token, chunk, payload } => {
                    // Records that follow each other go out in one write.
                    let (mut tokens, mut payloads) = (vec![token], vec![payload]);
                    next = loop {
                        match core.poll_effect() {
                            Some(Effect::Append { token, chunk: same, payload }) if same == chunk => {
                                tokens.push(token);
                                payloads.push(payload);
                            }
                            other => break other,
                        }
                    };
                    let done = self.append(chunk, payloads);
                    for token in tokens {
                        core.stored(token, done, now);
                    }
                }
                Effect::Seal { token, chunk } => {
                    let done = self.files.seal(chunk);
                    core.stored(token, outcome(&done, "seal a chunk"), now);
                }
                Effect::Read { token, chunk } => {
                    let read = self.files.read(chunk);
                    if read == ReadOutcome::Missing {
                        self.chunks.remove(&chunk);
                    }
                    core.read_done(token, read, now);
                }
                Effect::Remove { chunk } => {
                    self.chunks.remove(&chunk);
                    self.refused.retain(|(refused, _)| *refused != chunk);
                    if self.refused.iter().any(|(rest, _)| *rest > chunk && *rest <= chunk.last_rest()) {
                        self.removals.push(chunk);
                        next = core.poll_effect();
                        continue;
                    }
                    let _ = outcome(&self.files.remove(chunk), "remove a chunk");
                }
                Effect::SaveState { token, bytes } => {
                    // Never ahead of the records: after a kill the state says which calls are dealt with.
                    let is_next = self.refused.is_empty() || self.catch_up();
                    let done = if is_next { self.files.save_state(&bytes) } else { Err(refusal()) };
                    let done = outcome(&done, "save the state");
                    self.refused_state = (done == StoredOutcome::Failed).then_some(bytes);
                    core.stored(token, done, now);
                }
                Effect::Wipe => {
                    self.chunks.clear();
                    self.refused.clear();
                    self.removals.clear();
                    self.wipe();
                }
                effect => other(core, effect, now),
            }
            next = next.or_else(|| core.poll_effect());
        }
    }
}

/// What stands behind a write that was refused waits with it.
fn refusal() -> io::Error {
    io::Error::other("earlier records are not written yet")
}

fn outcome(done: &io::Result<()>, what: &str) -> StoredOutcome {
    match done {
        Ok(()) => StoredOutcome::Ok,
        Err(error) => {
            tracing::warn!(%error, "could not {what}");
            StoredOutcome::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use holloway_core::{Config, Consent, EventOptions};

    use super::*;
    use crate::{files::FsyncPolicy, folder::Folder};

    #[test]
    fn a_wipe_that_is_made_good_later_takes_nothing_that_came_after_it() {
        let (store, clock) = (tempfile::tempdir().expect("a folder"), Clock::start());
        let files =
            Files::new(Folder::claim(store.path()).expect("claims"), FsyncPolicy::Never).expect("opens");
        let mut disk = Disk::new(files, &Restored::default());
        let mut core = Core::new(Config::new("KEY"), [7; 32], &Restored::default(), clock.now());
        // A folder in a file's place cannot be removed as a file by any user, root neither.
        let stuck = store.path().join("chunks/00000000000000000001.chunk");
        fs::create_dir(&stuck).expect("makes");
        core.set_consent(Consent::Denied, clock.now());
        disk.carry_out(&mut core, clock, &mut |_, _, _| {});
        assert!(disk.is_behind());

        core.set_consent(Consent::Granted, clock.now());
        let _ = core.track("After", None, &EventOptions::default(), clock.now());
        disk.carry_out(&mut core, clock, &mut |_, _, _| {});
        let chunk = disk.newest().expect("a chunk");
        let kept = |disk: &Disk| matches!(disk.files.read(chunk), ReadOutcome::Records { payloads, .. } if payloads.len() == 1);
        assert!(kept(&disk));
        assert!(!disk.catch_up() && kept(&disk), "the wipe fails again");
        fs::remove_dir(&stuck).expect("removes");
        fs::write(&stuck, "of before").expect("writes");
        assert!(disk.catch_up() && kept(&disk));
        assert!(!stuck.exists());
    }
}
