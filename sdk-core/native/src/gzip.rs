//! Bodies, compressed.

use std::io::Write as _;

/// Smaller bodies are not worth compressing.
const GZIP_FROM_BYTES: usize = 1_024;

/// Compresses a body; `None` when it is too small to be worth it.
pub(crate) fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < GZIP_FROM_BYTES {
        return None;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
