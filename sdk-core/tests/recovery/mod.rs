//! What must hold for whatever a former run, a broken disk or somebody else left. Shared by the fuzz targets and the
//! tests.

mod chunk;
mod host;
mod state;

pub(crate) use self::{
    chunk::{Chunk, check_chunk},
    host::Host,
    state::{Stored, check_state},
};

/// A wall clock of these tests, milliseconds since 1970.
pub(crate) const UNIX_MS: u64 = 1_780_000_000_000;

/// Fresh randomness, other than in any input that does not know its own checksum.
fn seed(bytes: &[u8]) -> [u8; 32] {
    let crc = crc32c::crc32c(bytes).to_le_bytes();
    std::array::from_fn(|index| crc[index % 4] ^ (index as u8).wrapping_mul(0x9d))
}
