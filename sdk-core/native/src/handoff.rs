//! From the caller's thread to the worker: in memory for speed, and in a journal so that a kill loses nothing.
//!
//! A call is in the operating system's hands when [`Handoff::push`] returns. The worker takes it from memory and puts
//! the event into the outbox; once nothing is on its way any more, the journal is emptied. A journal that is found at
//! the start holds what a killed process had not taken: the worker replays it, under the same message ids.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

use holloway_core::frame;

use crate::{call::Call, worker::Message};

/// Bytes of calls that may be on their way; past it a call is a counted loss.
const ON_THE_WAY_BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Handoff {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    journal: File,
    messages: Sender<Message>,
    /// Whether calls may be written to disk: not before the user has agreed.
    writes: bool,
    on_the_way: usize,
    on_the_way_bytes: usize,
    journal_bytes: u64,
    buffer: Vec<u8>,
    overflowed: usize,
}

impl Handoff {
    /// Opens the journal; answers the calls that are left in it.
    pub(crate) fn open(
        path: &Path,
        messages: Sender<Message>,
        writes: bool,
    ) -> io::Result<(Self, Vec<Call>)> {
        let mut journal =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        journal.read_to_end(&mut bytes)?;
        let left = frame::scan(&bytes).payloads;
        let calls = left.iter().filter_map(|payload| serde_json::from_slice(payload).ok()).collect();
        let inner = Inner {
            journal,
            messages,
            writes,
            on_the_way: 0,
            on_the_way_bytes: 0,
            journal_bytes: bytes.len() as u64,
            buffer: Vec::new(),
            overflowed: 0,
        };
        Ok((Self { inner: Mutex::new(inner) }, calls))
    }

    /// Hands a call over. Whether there was room for it.
    pub(crate) fn push(&self, call: Call) -> bool {
        let Ok(payload) = serde_json::to_vec(&call) else { return false };
        let mut inner = self.lock();
        if inner.on_the_way_bytes + payload.len() > ON_THE_WAY_BYTES_MAX {
            inner.overflowed += 1;
            return false;
        }
        if inner.writes {
            inner.write(&payload);
        }
        inner.on_the_way += 1;
        inner.on_the_way_bytes += payload.len();
        inner.messages.send(Message::Call(call, payload.len())).is_ok()
    }

    /// The worker has put calls into the outbox. When nothing is on its way any more, the journal is emptied.
    pub(crate) fn taken(&self, calls: usize, bytes: usize) -> usize {
        let mut inner = self.lock();
        inner.on_the_way = inner.on_the_way.saturating_sub(calls);
        inner.on_the_way_bytes = inner.on_the_way_bytes.saturating_sub(bytes);
        if inner.on_the_way == 0 && inner.journal_bytes > 0 {
            match inner.journal.set_len(0) {
                Ok(()) => inner.journal_bytes = 0,
                Err(error) => {
                    tracing::warn!(%error, "the journal could not be emptied; its events may be sent twice");
                }
            }
        }
        std::mem::take(&mut inner.overflowed)
    }

    /// Whether calls may be written to disk from now on.
    pub(crate) fn set_writes(&self, writes: bool) {
        let mut inner = self.lock();
        inner.writes = writes;
        if !writes && inner.journal.set_len(0).is_ok() {
            inner.journal_bytes = 0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn write(&mut self, payload: &[u8]) {
        self.buffer.clear();
        if self.journal_bytes == 0 {
            self.buffer.extend_from_slice(&frame::HEADER);
        }
        frame::write(payload, &mut self.buffer);
        let written = self
            .journal
            .seek(SeekFrom::Start(self.journal_bytes))
            .and_then(|_| self.journal.write_all(&self.buffer));
        match written {
            Ok(()) => self.journal_bytes += self.buffer.len() as u64,
            // In memory it is still on its way; only a kill before the worker takes it would lose it.
            Err(error) => tracing::warn!(%error, "a call could not be written to the journal"),
        }
    }
}
