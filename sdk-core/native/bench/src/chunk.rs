//! Records on their way into a chunk file.

use std::{fs::File, hint::black_box, io::Write as _};

use holloway_core::frame;

use crate::Subject;

/// A usual event's JSON with a context.
const RECORD_BYTES: usize = 600;
/// Records that go to the file in one write: a batch of the client's default size.
pub const RECORDS_A_WRITE: usize = 20;

/// One record's frame, checksum included, in memory.
#[derive(Debug)]
pub struct Record {
    payload: Vec<u8>,
    out: Vec<u8>,
}

impl Default for Record {
    fn default() -> Self {
        Self { payload: payload(), out: Vec::with_capacity(RECORD_BYTES + 16) }
    }
}

impl Subject for Record {
    fn call(&mut self) {
        self.out.clear();
        frame::write_with(crc32c::crc32c, black_box(&self.payload), &mut self.out);
        black_box(&self.out);
    }
}

/// A file, and [`RECORDS_A_WRITE`] records that are framed and appended to it.
#[derive(Debug)]
pub struct Chunk {
    payload: Vec<u8>,
    file: File,
}

impl Default for Chunk {
    fn default() -> Self {
        let file = tempfile::tempfile().expect("the system's folder for temporary files can be written to");
        Self { payload: payload(), file }
    }
}

impl Subject for Chunk {
    fn call(&mut self) {
        let mut bytes = Vec::with_capacity(RECORDS_A_WRITE * (RECORD_BYTES + 16));
        for _ in 0..RECORDS_A_WRITE {
            frame::write_with(crc32c::crc32c, black_box(&self.payload), &mut bytes);
        }
        self.file.write_all(&bytes).expect("a temporary file can be written to");
    }

    /// A chunk ends, and another begins.
    fn drain(&mut self) {
        self.file = tempfile::tempfile().expect("the system's folder for temporary files can be written to");
    }
}

fn payload() -> Vec<u8> {
    (0..RECORD_BYTES).map(|at| b' ' + u8::try_from(at % 90).expect("below 90")).collect()
}
