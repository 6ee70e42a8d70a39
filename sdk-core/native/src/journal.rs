//! Files of calls that are on their way, so that a kill of the process loses none of them.
//!
//! Each file is a list of records in the frame of [`holloway_core::frame`], under a name that carries its number:
//! calls go to the newest one, and a file is deleted when the outbox has all of its calls. A file is written by one
//! process only and never appended to by another, so a torn tail is always the end of a call that did not return.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use holloway_core::frame;

const NAME: &str = "journal-";
const FRAME_BYTES: usize = 9;

/// The file that calls are written to.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    number: u64,
    file: File,
    bytes: u64,
}

/// What a killed process left: its calls in order, and the files that held them.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub(crate) frames: Vec<u8>,
    pub(crate) files: Vec<PathBuf>,
}

impl Journal {
    /// Reads what is left in a folder, and begins a new file there.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Left)> {
        let mut left = Left::default();
        let mut last = 0;
        for (number, path) in list(folder)? {
            last = number;
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "a journal cannot be read now; it is kept");
                    continue;
                }
            };
            for payload in frame::scan(&bytes).payloads {
                let mut framed = begin_frame();
                framed.extend_from_slice(&payload);
                end_frame(&mut framed);
                left.frames.extend_from_slice(&framed);
            }
            left.files.push(path);
        }
        Ok((Self::create(folder, last + 1)?, left))
    }

    /// A new file after this one.
    pub(crate) fn next(&self) -> io::Result<Self> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        match Self::create(folder, self.number + 1) {
            // Somebody deleted the whole folder under us.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(folder)?;
                Self::create(folder, self.number + 1)
            }
            made => made,
        }
    }

    /// Adds one framed call. After a failure the file is as it was.
    pub(crate) fn append(&mut self, frame: &[u8]) -> io::Result<()> {
        match self.file.write_all(frame) {
            Ok(()) => {
                self.bytes += frame.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a record in the middle would hide what comes after it.
                self.file.set_len(self.bytes)?;
                Err(error)
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == frame::HEADER.len() as u64
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let path = folder.join(format!("{NAME}{number:020}"));
        let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        file.write_all(&frame::HEADER)?;
        Ok(Self { path, number, file, bytes: frame::HEADER.len() as u64 })
    }
}

/// Deletes files whose calls are elsewhere. One that stays is replayed, and its events are known by their ids.
pub(crate) fn remove(files: &[PathBuf]) {
    for path in files {
        if let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "a journal cannot be deleted; its events may be sent twice");
        }
    }
}

/// Room for a frame's head; the record follows, then [`end_frame`].
pub(crate) fn begin_frame() -> Vec<u8> {
    let mut frame = Vec::with_capacity(512);
    frame.resize(FRAME_BYTES, 0);
    frame
}

/// Writes the head. The same bytes as [`frame::write`] gives, by the processor's own CRC: this is on the caller's time.
pub(crate) fn end_frame(frame: &mut [u8]) {
    let length = (frame.len() - FRAME_BYTES) as u32;
    let crc = crc32c::crc32c(&frame[FRAME_BYTES - 1..]);
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// The records of frames that were made by [`end_frame`].
pub(crate) fn records(frames: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frames;
    std::iter::from_fn(move || {
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        let (frame, after) = rest.split_at_checked(FRAME_BYTES + length)?;
        rest = after;
        Some(&frame[FRAME_BYTES..])
    })
}

fn list(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(number) = name.strip_prefix(NAME).and_then(|digits| digits.parse().ok()) {
            files.push((number, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(record: &[u8]) -> Vec<u8> {
        let mut frame = begin_frame();
        frame.extend_from_slice(record);
        end_frame(&mut frame);
        frame
    }

    #[test]
    fn frames_are_those_of_the_core() {
        for record in [&b"a"[..], b"some longer record of a call", &[0xff; 3000]] {
            let mut expected = Vec::new();
            frame::write(record, &mut expected);
            assert_eq!(framed(record), expected);
            assert_eq!(records(&expected).collect::<Vec<_>>(), [record]);
        }
    }

    #[test]
    fn calls_of_several_files_come_back_in_order_without_the_torn_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut first, left) = Journal::open(folder.path()).expect("opens");
        assert!(left.files.is_empty() && first.is_empty());
        first.append(&framed(b"1")).expect("writes");
        first.append(&framed(b"2")).expect("writes");
        let mut second = first.next().expect("makes the next");
        second.append(&framed(b"3")).expect("writes");
        second.append(&framed(b"torn")[..11]).expect("writes");

        let (third, left) = Journal::open(folder.path()).expect("opens");
        assert_eq!(records(&left.frames).collect::<Vec<_>>(), [b"1", b"2", b"3"]);
        assert_eq!(left.files, [first.path(), second.path()]);
        assert!(third.is_empty());

        remove(&left.files);
        let (_, left) = Journal::open(folder.path()).expect("opens");
        assert_eq!((left.frames.len(), left.files), (0, vec![third.path().to_owned()]));
    }

    #[test]
    fn a_deleted_folder_is_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(folder.path()).expect("opens");
        fs::remove_dir_all(folder.path()).expect("deletes");
        assert!(journal.next().expect("makes folder and file").path().exists());
    }
}
