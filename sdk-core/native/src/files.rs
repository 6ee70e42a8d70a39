//! The store folder: chunks, state and its copy, and the lock that keeps processes apart.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use holloway_core::{ChunkId, ReadOutcome, Restored, RestoredChunk, frame};

/// Folders for further processes on one store folder.
const WRITERS_MAX: usize = 64;
const CHUNK_SUFFIX: &str = ".chunk";

/// When written events are forced to the disk itself. A kill of the process loses nothing under any of these; the
/// choice is about a loss of power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FsyncPolicy {
    /// Leave it to the operating system.
    Never,
    /// When a chunk is complete (every flush): a loss of power costs at most the chunk in the making.
    #[default]
    OnSeal,
    /// After each event.
    Always,
}

/// One writer's folder.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    fsync: FsyncPolicy,
    open: Option<(ChunkId, File)>,
    _lock: File,
}

impl Files {
    /// Takes the folder, or a folder for one more writer in it when another process has it.
    pub(crate) fn open(folder: &Path, fsync: FsyncPolicy) -> io::Result<Self> {
        for number in 0..WRITERS_MAX {
            let own = if number == 0 { folder.to_owned() } else { folder.join(format!("writer-{number}")) };
            fs::create_dir_all(own.join("chunks"))?;
            let Some(lock) = try_lock(&own)? else { continue };
            let files = Self { folder: own, fsync, open: None, _lock: lock };
            if number == 0 {
                files.adopt();
            }
            return Ok(files);
        }
        Err(io::Error::other(format!("{WRITERS_MAX} processes use the store folder already")))
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    /// What a former run left. The torn tail of a chunk is cut off: the journal has that event.
    pub(crate) fn restore(&self) -> io::Result<Restored> {
        let mut chunks = Vec::new();
        for (id, path) in self.chunks()? {
            let Ok(bytes) = fs::read(&path) else { continue };
            let scan = frame::scan(&bytes);
            if scan.torn > 0 {
                OpenOptions::new().write(true).open(&path)?.set_len(scan.valid_bytes as u64)?;
            }
            if scan.payloads.is_empty() {
                let _ = fs::remove_file(&path);
                continue;
            }
            let events = scan.payloads.len() as u32;
            let bytes = scan.payloads.iter().map(|payload| payload.len() as u64).sum();
            chunks.push(RestoredChunk { id, bytes, events });
        }
        let read = |name: &str| fs::read(self.folder.join(name)).ok();
        Ok(Restored { state: read("state"), state_copy: read("state.copy"), chunks })
    }

    pub(crate) fn append(&mut self, chunk: ChunkId, payload: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(payload.len() + 32);
        if self.open.as_ref().is_none_or(|(id, _)| *id != chunk) {
            let file = OpenOptions::new().create(true).append(true).open(self.path(chunk))?;
            if file.metadata()?.len() == 0 {
                bytes.extend_from_slice(&frame::HEADER);
            }
            self.open = Some((chunk, file));
        }
        frame::write(payload, &mut bytes);
        let (_, file) = self.open.as_mut().expect("the chunk was opened above");
        file.write_all(&bytes)?;
        if self.fsync == FsyncPolicy::Always { file.sync_data() } else { Ok(()) }
    }

    pub(crate) fn seal(&mut self, chunk: ChunkId) -> io::Result<()> {
        match self.open.take_if(|(id, _)| *id == chunk) {
            Some((_, file)) if self.fsync == FsyncPolicy::OnSeal => file.sync_data(),
            _ => Ok(()),
        }
    }

    pub(crate) fn read(&self, chunk: ChunkId) -> ReadOutcome {
        match fs::read(self.path(chunk)) {
            Ok(bytes) => {
                let scan = frame::scan(&bytes);
                ReadOutcome::Records { payloads: scan.payloads, torn: scan.torn }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => ReadOutcome::Missing,
            Err(_) => ReadOutcome::Unavailable,
        }
    }

    pub(crate) fn remove(&mut self, chunk: ChunkId) -> io::Result<()> {
        self.open.take_if(|(id, _)| *id == chunk);
        match fs::remove_file(self.path(chunk)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Replaces the state as one step; the former one becomes the copy.
    pub(crate) fn save_state(&self, bytes: &[u8]) -> io::Result<()> {
        let path = |name: &str| self.folder.join(name);
        let mut file = File::create(path("state.new"))?;
        file.write_all(bytes)?;
        if self.fsync != FsyncPolicy::Never {
            file.sync_all()?;
        }
        drop(file);
        if path("state").exists() {
            fs::rename(path("state"), path("state.copy"))?;
        }
        fs::rename(path("state.new"), path("state"))?;
        if self.fsync != FsyncPolicy::Never {
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }

    pub(crate) fn wipe(&mut self) -> io::Result<()> {
        self.open = None;
        for (_, path) in self.chunks()? {
            fs::remove_file(path)?;
        }
        for name in ["state", "state.copy"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        Ok(())
    }

    /// Takes over the chunks of further writers whose processes are gone.
    fn adopt(&self) {
        for number in 1..WRITERS_MAX {
            let folder = self.folder.join(format!("writer-{number}"));
            if !folder.exists() {
                continue;
            }
            let Ok(Some(_lock)) = try_lock(&folder) else { continue };
            for (mut id, path) in list(&folder).unwrap_or_default() {
                while self.path(id).exists() {
                    id = ChunkId(id.0 + 1);
                }
                if let Err(error) = fs::rename(&path, self.path(id)) {
                    tracing::warn!(%error, "a chunk of another writer could not be taken over");
                }
            }
        }
    }

    fn chunks(&self) -> io::Result<Vec<(ChunkId, PathBuf)>> {
        list(&self.folder)
    }

    fn path(&self, chunk: ChunkId) -> PathBuf {
        self.folder.join("chunks").join(format!("{:020}{CHUNK_SUFFIX}", chunk.0))
    }
}

fn list(folder: &Path) -> io::Result<Vec<(ChunkId, PathBuf)>> {
    let mut chunks = Vec::new();
    for entry in fs::read_dir(folder.join("chunks"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(id) = name.strip_suffix(CHUNK_SUFFIX).and_then(|digits| digits.parse().ok()) {
            chunks.push((ChunkId(id), path));
        }
    }
    chunks.sort_unstable();
    Ok(chunks)
}

/// The folder's lock, freed by the system when the process ends in any way; `None` when another process has it.
fn try_lock(folder: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
