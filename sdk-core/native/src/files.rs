//! What a client keeps on disk: chunks of events, the state and its copy.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use holloway_core::{ChunkId, ReadOutcome, Restored, RestoredChunk, frame, message_id, wire::RawJson};

use crate::folder::Folder;

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
    /// After each event, once the worker has it.
    Always,
}

/// One writer's files.
#[derive(Debug)]
pub(crate) struct Files {
    folder: Folder,
    fsync: FsyncPolicy,
    open: Option<Open>,
}

/// What a former run left.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) restored: Restored,
    /// Of the events in the chunks; empty when nobody asked.
    pub(crate) message_ids: HashSet<String>,
    /// The newest record of the client's own visitor.
    pub(crate) last_record: Option<Vec<u8>>,
    /// The state is another client's.
    pub(crate) is_copy: bool,
}

/// The chunk that is written to.
#[derive(Debug)]
struct Open {
    chunk: ChunkId,
    file: File,
    bytes: u64,
}

impl Files {
    pub(crate) fn new(folder: Folder, fsync: FsyncPolicy) -> io::Result<Self> {
        fs::create_dir_all(folder.path().join("chunks"))?;
        Ok(Self { folder, fsync, open: None })
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(crate) fn into_folder(self) -> Folder {
        self.folder
    }

    /// What a former run left. `is_replayed`: the event of the newest chunk's torn end is in the hand-off still, so the
    /// end is cut off and no loss, and the events that are here must be known; any other damage stays for the core to
    /// find and to count.
    pub(crate) fn restore(&self, is_replayed: bool) -> io::Result<Kept> {
        let found = list(self.folder.path())?;
        let newest = found.last().map(|(id, _)| *id);
        let mut chunks = Vec::new();
        let (mut message_ids, mut last_record) = (HashSet::new(), None);
        for (id, path) in found {
            let Ok(bytes) = fs::read(&path) else {
                // Not readable now, as on a locked device. What it holds is known when it is read to be sent.
                chunks.push(RestoredChunk {
                    id,
                    bytes: path.metadata().map_or(0, |file| file.len()),
                    events: 1,
                });
                continue;
            };
            let mut scan = frame::scan(&bytes);
            if scan.torn > 0 && is_replayed && newest == Some(id) {
                OpenOptions::new().write(true).open(&path)?.set_len(scan.valid_bytes as u64)?;
                scan.torn = 0;
            }
            if scan.payloads.is_empty() && scan.torn == 0 {
                let _ = fs::remove_file(&path);
                continue;
            }
            let events = scan.payloads.len() as u32;
            let bytes = scan.payloads.bytes() as u64;
            chunks.push(RestoredChunk { id, bytes, events });
            if is_replayed {
                message_ids.extend(scan.payloads.iter().filter_map(message_id).map(Cow::into_owned));
            }
            let own = (0..scan.payloads.len())
                .rev()
                .filter_map(|at| scan.payloads.get(at))
                .find(|record| !is_of_another_visitor(record));
            last_record = own.map(<[u8]>::to_vec).or(last_record);
        }
        let read = |name: &str| fs::read(self.folder.path().join(name)).ok();
        let mut restored = Restored { state: read("state"), state_copy: read("state.copy"), chunks };
        let mut is_copy = false;
        if let Some(outer) = self.folder.outer()
            && restored.state.is_none()
            && restored.state_copy.is_none()
        {
            // It is the same device: a further client begins as the same subject.
            restored.state = fs::read(outer.join("state")).ok();
            is_copy = restored.state.is_some();
        }
        Ok(Kept { restored, message_ids, last_record, is_copy })
    }

    /// Adds records to a chunk in one write. After a failure, of the write or of its sync, the chunk is as it was; where
    /// not even that can be done, half a record is cut off when the chunk is opened next.
    pub(crate) fn append(&mut self, chunk: ChunkId, payloads: &[Vec<u8>]) -> io::Result<()> {
        let sync = if self.fsync == FsyncPolicy::Always { File::sync_data } else { |_: &File| Ok(()) };
        self.append_and(sync, chunk, payloads)
    }

    fn append_and(
        &mut self,
        sync: impl FnOnce(&File) -> io::Result<()>,
        chunk: ChunkId,
        payloads: &[Vec<u8>],
    ) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.chunk != chunk) {
            self.open = Some(self.open_chunk(chunk)?);
        }
        let open = self.open.as_mut().expect("the chunk was opened above");
        let mut bytes =
            Vec::with_capacity(payloads.iter().map(|payload| payload.len() + 16).sum::<usize>() + 16);
        if open.bytes == 0 {
            bytes.extend_from_slice(&frame::HEADER);
        }
        for payload in payloads {
            frame::write_with(crc32c::crc32c, payload, &mut bytes);
        }
        if let Err(error) = open.file.write_all(&bytes).and_then(|()| sync(&open.file)) {
            // Half a record in the middle would hide what comes after it, and a whole one would come again.
            if open.file.set_len(open.bytes).is_err() {
                self.open = None;
            }
            return Err(error);
        }
        open.bytes += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn seal(&mut self, chunk: ChunkId) -> io::Result<()> {
        let open = self.open.take_if(|open| open.chunk == chunk);
        if self.fsync == FsyncPolicy::Never {
            return Ok(());
        }
        match open {
            Some(open) => open.file.sync_data()?,
            // Another chunk was written to meanwhile: what is left of a batch goes to a chunk of its own.
            None => match File::open(self.path(chunk)) {
                Ok(file) => file.sync_data()?,
                // None of its records could be written, which was told then.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            },
        }
        File::open(self.folder.path().join("chunks"))?.sync_all()
    }

    pub(crate) fn read(&self, chunk: ChunkId) -> ReadOutcome {
        match fs::read(self.path(chunk)) {
            Ok(bytes) => {
                let scan = frame::scan(&bytes);
                ReadOutcome::Records { payloads: scan.payloads, torn: scan.torn }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => ReadOutcome::Missing,
            Err(error) => {
                tracing::warn!(%error, chunk = chunk.0, "a chunk cannot be read now; later again");
                ReadOutcome::Unavailable
            }
        }
    }

    pub(crate) fn remove(&mut self, chunk: ChunkId) -> io::Result<()> {
        self.open.take_if(|open| open.chunk == chunk);
        match fs::remove_file(self.path(chunk)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Replaces the state as one step; the former one becomes the copy.
    pub(crate) fn save_state(&self, bytes: &[u8]) -> io::Result<()> {
        let path = |name: &str| self.folder.path().join(name);
        let mut file = self.create(&path("state.new"), || File::create(path("state.new")))?;
        file.write_all(bytes)?;
        if self.fsync != FsyncPolicy::Never {
            file.sync_all()?;
        }
        drop(file);
        match fs::rename(path("state"), path("state.copy")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(path("state.new"), path("state"))?;
        if self.fsync == FsyncPolicy::Never { Ok(()) } else { File::open(self.folder.path())?.sync_all() }
    }

    /// Deletes all chunks but these, and the copy of the state. The state itself stays: it says that consent was denied,
    /// and a kill now must not undo that.
    pub(crate) fn wipe(&mut self, spared: &BTreeSet<ChunkId>) -> io::Result<()> {
        self.open = None;
        let chunks = list(self.folder.path())?.into_iter();
        let chunks = chunks.filter(|(id, _)| !spared.contains(id)).map(|(_, path)| path);
        let copies = ["state.copy", "state.new"].map(|name| self.folder.path().join(name));
        let mut wiped = Ok(());
        for path in chunks.chain(copies) {
            match fs::remove_file(path) {
                // One that stays keeps none of the others.
                Err(error) if error.kind() != io::ErrorKind::NotFound => wiped = Err(error),
                _ => {}
            }
        }
        wiped
    }

    /// Whether the folder is still the one that was claimed; when not, nothing more is written to files that nobody will
    /// find.
    pub(crate) fn is_there(&mut self) -> bool {
        let is_there = self.folder.path().join("lock").exists();
        if !is_there {
            self.open = None;
        }
        is_there
    }

    /// Moves the chunks of another writer here, whose process is gone; what came is added to `moved`, whatever happens then.
    pub(crate) fn inherit(&self, orphan: &Folder, moved: &mut Vec<RestoredChunk>) -> io::Result<()> {
        for (mut id, path) in list(orphan.path())? {
            while self.path(id).exists() {
                id = ChunkId(id.0 + 1);
            }
            fs::rename(&path, self.path(id))?;
            let scan = fs::read(self.path(id)).map(|bytes| frame::scan(&bytes)).unwrap_or_default();
            let bytes = scan.payloads.bytes() as u64;
            moved.push(RestoredChunk { id, bytes, events: scan.payloads.len() as u32 });
        }
        Ok(())
    }

    fn open_chunk(&self, chunk: ChunkId) -> io::Result<Open> {
        let path = self.path(chunk);
        let file = self.create(&path, || OpenOptions::new().create(true).append(true).open(&path))?;
        let mut bytes = file.metadata()?.len();
        if bytes > 0 {
            // A write that failed, and whose traces could not be taken back then, would hide what comes after it.
            bytes = frame::scan(&fs::read(&path)?).valid_bytes as u64;
            file.set_len(bytes)?;
        }
        Ok(Open { chunk, file, bytes })
    }

    /// Makes a file, and its folder when somebody deleted that under us.
    fn create(&self, path: &Path, create: impl Fn() -> io::Result<File>) -> io::Result<File> {
        match create() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), "the store folder was deleted; it is made again");
                fs::create_dir_all(self.folder.path().join("chunks"))?;
                create()
            }
            made => made,
        }
    }

    fn path(&self, chunk: ChunkId) -> PathBuf {
        self.folder.path().join("chunks").join(format!("{:020}{CHUNK_SUFFIX}", chunk.0))
    }
}

fn list(folder: &Path) -> io::Result<Vec<(ChunkId, PathBuf)>> {
    let mut chunks = Vec::new();
    let entries = match fs::read_dir(folder.join("chunks")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(chunks),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(id) = name.strip_suffix(CHUNK_SUFFIX).and_then(|digits| digits.parse().ok()) {
            chunks.push((ChunkId(id), path));
        }
    }
    chunks.sort_unstable();
    Ok(chunks)
}

/// Whether an event is of another visitor than the client's own: it has no session, and says nothing of where the client's
/// own numbers are.
fn is_of_another_visitor(record: &[u8]) -> bool {
    let event = std::str::from_utf8(record).ok().and_then(|text| RawJson::object(text).ok());
    let context = event.and_then(|event| event.get("context"));
    context.is_some_and(|context| context.get("session").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(store: &Path) -> Files {
        Files::new(Folder::claim(store).expect("claims"), FsyncPolicy::OnSeal).expect("opens")
    }

    fn records(files: &Files, chunk: u64) -> ReadOutcome {
        files.read(ChunkId(chunk))
    }

    fn whole(payloads: &[&str]) -> ReadOutcome {
        ReadOutcome::Records { payloads: payloads.iter().collect(), torn: 0 }
    }

    #[test]
    fn records_come_back_in_order_and_removed_chunks_are_missing() {
        let store = tempfile::tempdir().expect("a folder");
        let mut files = files(store.path());
        files.append(ChunkId(7), &[b"a".to_vec(), b"b".to_vec()]).expect("writes");
        files.append(ChunkId(8), &[b"c".to_vec()]).expect("writes");
        files.append(ChunkId(7), &[b"d".to_vec()]).expect("writes to one that was left");
        files.seal(ChunkId(7)).expect("seals");
        assert_eq!(records(&files, 7), whole(&["a", "b", "d"]));
        files.remove(ChunkId(7)).expect("removes");
        files.remove(ChunkId(7)).expect("is gone already");
        assert_eq!(records(&files, 7), ReadOutcome::Missing);
        let restored = files.restore(false).expect("reads").restored;
        assert_eq!(restored.chunks, [RestoredChunk { id: ChunkId(8), bytes: 1, events: 1 }]);
    }

    #[test]
    fn what_cannot_be_forced_to_the_disk_is_not_there_twice_when_it_is_tried_again() {
        let store = tempfile::tempdir().expect("a folder");
        let mut files = files(store.path());
        // No file system that a test can make takes a write and refuses its sync.
        let refuse = |_: &File| Err(io::Error::other("refused"));
        for payload in ["a", "b"] {
            let payloads = [payload.as_bytes().to_vec()];
            for _ in 0..2 {
                files.append_and(refuse, ChunkId(1), &payloads).expect_err("is refused");
            }
            files.append_and(File::sync_data, ChunkId(1), &payloads).expect("writes");
        }
        assert_eq!(records(&files, 1), whole(&["a", "b"]));
    }

    #[test]
    fn the_state_is_replaced_as_one_step_and_its_copy_is_the_one_before() {
        let store = tempfile::tempdir().expect("a folder");
        let mut files = files(store.path());
        let state = |files: &Files| {
            let restored = files.restore(false).expect("reads").restored;
            (restored.state, restored.state_copy)
        };
        assert_eq!(state(&files), (None, None));
        files.save_state(b"1").expect("saves");
        files.save_state(b"2").expect("saves");
        // A kill after the new file and before the renames.
        fs::write(store.path().join("state.new"), "3").expect("writes");
        assert_eq!(state(&files), (Some(b"2".to_vec()), Some(b"1".to_vec())));
        files.wipe(&BTreeSet::new()).expect("wipes");
        assert_eq!(state(&files), (Some(b"2".to_vec()), None));
    }

    /// Cuts the last byte off a chunk of two events and restores; answers events restored, and torn ends at the read.
    #[test]
    fn a_torn_end_is_a_loss_only_when_the_handoff_has_no_such_event() {
        let check = |is_replayed: bool, newest: bool, torn_at_read: u32| {
            let store = tempfile::tempdir().expect("a folder");
            let mut files = files(store.path());
            files.append(ChunkId(1), &[b"one".to_vec(), b"two".to_vec()]).expect("writes");
            if !newest {
                files.append(ChunkId(2), &[b"three".to_vec()]).expect("writes");
            }
            let path = files.path(ChunkId(1));
            let bytes = fs::read(&path).expect("reads");
            fs::write(&path, &bytes[..bytes.len() - 1]).expect("writes");
            let restored = files.restore(is_replayed).expect("restores").restored;
            assert_eq!(restored.chunks[0].events, 1);
            let ReadOutcome::Records { payloads, torn } = records(&files, 1) else { panic!("is readable") };
            assert_eq!((payloads.len(), torn), (1, torn_at_read), "{is_replayed} {newest}");
        };
        check(true, true, 0);
        check(false, true, 1);
        check(true, false, 1);
    }

    #[test]
    fn the_newest_record_is_found_before_a_chunk_without_a_whole_one() {
        let store = tempfile::tempdir().expect("a folder");
        let mut files = files(store.path());
        files.append(ChunkId(1), &[b"one".to_vec(), b"two".to_vec()]).expect("writes");
        files.append(ChunkId(2), &[b"three".to_vec()]).expect("writes");
        let path = files.path(ChunkId(2));
        let bytes = fs::read(&path).expect("reads");
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("writes");
        assert_eq!(files.restore(false).expect("restores").last_record, Some(b"two".to_vec()));
    }

    #[test]
    fn a_chunk_of_nothing_but_damage_is_kept_to_be_counted() {
        let store = tempfile::tempdir().expect("a folder");
        let files = files(store.path());
        fs::write(files.path(ChunkId(1)), "not a chunk").expect("writes");
        fs::write(files.path(ChunkId(2)), "").expect("writes");
        fs::write(files.path(ChunkId(3)), frame::HEADER).expect("writes");
        let restored = files.restore(false).expect("restores").restored;
        assert_eq!(restored.chunks, [RestoredChunk { id: ChunkId(1), bytes: 0, events: 0 }]);
        assert!(!files.path(ChunkId(2)).exists() && !files.path(ChunkId(3)).exists());
    }

    #[test]
    fn what_cannot_be_read_now_is_unavailable_not_corrupt() {
        let store = tempfile::tempdir().expect("a folder");
        let files = files(store.path());
        // A folder in a file's place is unreadable as a file for every user, root too.
        fs::create_dir(files.path(ChunkId(1))).expect("makes");
        assert_eq!(records(&files, 1), ReadOutcome::Unavailable);
        assert_eq!(files.restore(false).expect("restores").restored.chunks[0].events, 1);
    }

    #[test]
    fn a_deleted_folder_is_made_again() {
        let store = tempfile::tempdir().expect("a folder");
        let mut files = files(store.path());
        fs::remove_dir_all(store.path()).expect("deletes");
        files.append(ChunkId(1), &[b"a".to_vec()]).expect("makes the folder");
        files.save_state(b"1").expect("saves");
        assert_eq!(records(&files, 1), whole(&["a"]));
    }

    #[test]
    fn a_further_client_begins_as_the_same_subject_and_its_chunks_are_inherited() {
        let store = tempfile::tempdir().expect("a folder");
        let mut main = files(store.path());
        main.save_state(b"subject").expect("saves");
        main.append(ChunkId(5), &[b"mine".to_vec()]).expect("writes");
        let mut second = files(store.path());
        assert_eq!(second.restore(false).expect("reads").restored.state, Some(b"subject".to_vec()));
        second.append(ChunkId(5), &[b"theirs".to_vec()]).expect("writes");
        drop(second);
        for orphan in main.folder().orphans() {
            main.inherit(&orphan, &mut Vec::new()).expect("moves");
        }
        assert_eq!((records(&main, 5), records(&main, 6)), (whole(&["mine"]), whole(&["theirs"])));
    }
}
