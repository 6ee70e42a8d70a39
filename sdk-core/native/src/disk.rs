//! Carries out what the core asks of a store.

use std::{collections::BTreeSet, io};

use holloway_core::{ChunkId, Client as Core, Effect, Now, ReadOutcome, Restored, StoredOutcome};

use crate::{clock::Clock, files::Files};

/// The files, and which chunks are there.
#[derive(Debug)]
pub(crate) struct Disk {
    files: Files,
    chunks: BTreeSet<ChunkId>,
    /// Whether a record was refused since the last look.
    refused: bool,
}

impl Disk {
    pub(crate) fn new(files: Files, restored: &Restored) -> Self {
        let chunks = restored.chunks.iter().map(|chunk| chunk.id).collect();
        Self { files, chunks, refused: false }
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

    pub(crate) fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
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
                    self.chunks.insert(chunk);
                    let done = outcome(&self.files.append(chunk, &payloads), "add to a chunk");
                    self.refused |= done == StoredOutcome::Failed;
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
                    let _ = outcome(&self.files.remove(chunk), "remove a chunk");
                }
                Effect::SaveState { token, bytes } => {
                    let done = self.files.save_state(&bytes);
                    core.stored(token, outcome(&done, "save the state"), now);
                }
                Effect::Wipe => {
                    self.chunks.clear();
                    let _ = outcome(&self.files.wipe(), "wipe the store");
                }
                effect => other(core, effect, now),
            }
            next = next.or_else(|| core.poll_effect());
        }
    }
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
