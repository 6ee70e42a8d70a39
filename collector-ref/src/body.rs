//! From the bytes of a request to JSON text: by content, not by what the headers claim.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use holloway_wire::limits::BODY_BYTES_MAX;

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("expected at most {BODY_BYTES_MAX} bytes after decompression, found more")]
    TooLarge,
    #[error("expected content-encoding gzip, deflate, br, zstd or identity, found {0:?}")]
    Encoding(String),
    #[error("expected a body in {encoding}, found bytes that are not: {source}")]
    Damaged { encoding: &'static str, source: io::Error },
}

/// Undoes the content encoding. Stops at the limit, so that a small body cannot become a large one.
pub(crate) fn decompress<'a>(body: &'a [u8], encoding: Option<&str>) -> Result<Cow<'a, [u8]>, BodyError> {
    let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    let is_gzip = body.starts_with(&[0x1f, 0x8b]);
    match encoding.as_str() {
        // Some proxies strip the header and leave the body.
        "" | "identity" if is_gzip => all("gzip", flate2::read::MultiGzDecoder::new(body)),
        // Some senders name an encoding and send plain text.
        _ if body.trim_ascii_start().starts_with(b"{") => plain(body),
        "" | "identity" => plain(body),
        "gzip" | "x-gzip" => all("gzip", flate2::read::MultiGzDecoder::new(body)),
        "deflate" => all("deflate", flate2::read::ZlibDecoder::new(body))
            .or_else(|_| all("deflate", flate2::read::DeflateDecoder::new(body))),
        "br" => all("br", brotli::Decompressor::new(body, 4_096)),
        "zstd" => {
            let damaged = |source| BodyError::Damaged { encoding: "zstd", source };
            all("zstd", zstd::stream::read::Decoder::new(body).map_err(damaged)?)
        }
        _ => Err(BodyError::Encoding(encoding)),
    }
}

/// The JSON in a form-encoded beacon (`data=…`, plain or base64); any other body as it is.
pub(crate) fn unwrap_form(body: &[u8]) -> Cow<'_, [u8]> {
    use base64::Engine as _;
    let is_form = body.starts_with(b"data=") || body.windows(6).take(256).any(|window| window == b"&data=");
    if !is_form {
        return Cow::Borrowed(body);
    }
    let data = form_urlencoded::parse(body).find(|(name, _)| name == "data");
    let Some((_, data)) = data else { return Cow::Borrowed(body) };
    if data.trim_start().starts_with('{') {
        return Cow::Owned(data.into_owned().into_bytes());
    }
    match base64::engine::general_purpose::STANDARD.decode(data.trim()) {
        Ok(json) => Cow::Owned(json),
        Err(_) => Cow::Borrowed(body),
    }
}

fn plain(body: &[u8]) -> Result<Cow<'_, [u8]>, BodyError> {
    if body.len() > BODY_BYTES_MAX { Err(BodyError::TooLarge) } else { Ok(Cow::Borrowed(body)) }
}

fn all(encoding: &'static str, reader: impl Read) -> Result<Cow<'static, [u8]>, BodyError> {
    let mut text = Vec::new();
    let read = reader.take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut text);
    read.map_err(|source| BodyError::Damaged { encoding, source })?;
    if text.len() > BODY_BYTES_MAX { Err(BodyError::TooLarge) } else { Ok(Cow::Owned(text)) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use holloway_wire::{EventKind, decode};
    use proptest::prelude::*;

    use super::*;

    const TEXT: &[u8] = br#"{"batch":[]}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn every_encoding_is_undone() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(TEXT).expect("memory");
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        raw.write_all(TEXT).expect("memory");
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4_096, 5, 20).write_all(TEXT).expect("memory");
        let zstd = zstd::encode_all(TEXT, 1).expect("memory");
        for (encoding, body) in [
            (Some("gzip"), gzip(TEXT)),
            (Some("X-GZIP"), gzip(TEXT)),
            (None, gzip(TEXT)),
            (Some("deflate"), zlib.finish().expect("memory")),
            (Some("deflate"), raw.finish().expect("memory")),
            (Some("br"), brotli),
            (Some("zstd"), zstd),
            (None, TEXT.to_vec()),
            (Some("gzip"), TEXT.to_vec()),
        ] {
            assert_eq!(decompress(&body, encoding).expect("decodes").as_ref(), TEXT, "{encoding:?}");
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&vec![b' '; 200 * 1024 * 1024]);
        assert!(bomb.len() < 300_000);
        assert!(matches!(decompress(&bomb, Some("gzip")), Err(BodyError::TooLarge)));
    }

    #[test]
    fn bytes_that_are_not_what_they_claim_are_refused() {
        assert!(matches!(decompress(b"nonsense", Some("gzip")), Err(BodyError::Damaged { .. })));
        assert!(matches!(decompress(&gzip(TEXT)[..12], Some("gzip")), Err(BodyError::Damaged { .. })));
        assert!(matches!(decompress(b"nonsense", Some("lzma")), Err(BodyError::Encoding(_))));
    }

    #[test]
    fn beacons_in_forms_are_unwrapped() {
        let check = |form: &[u8]| assert_eq!(unwrap_form(form).as_ref(), TEXT);
        check(TEXT);
        check(b"data=%7B%22batch%22%3A%5B%5D%7D");
        check(b"v=1&data=eyJiYXRjaCI6W119");
    }

    proptest! {
        /// Any bytes under any encoding are text within the limit, or a reason why not.
        #[test]
        fn any_bytes_are_taken_apart_or_refused(
            body in prop::collection::vec(any::<u8>(), 0..600),
            encoding in prop::sample::select(vec!["", "gzip", "deflate", "br", "zstd", "x"]),
            cut in 0..40_usize,
            flip in any::<(u8, u8)>(),
        ) {
            let mut packed = gzip(&body);
            packed.truncate(packed.len() - cut.min(packed.len()));
            let at = usize::from(flip.0) % packed.len().max(1);
            if let Some(byte) = packed.get_mut(at) {
                *byte ^= flip.1;
            }
            for bytes in [&body, &packed, &[b"data=", &body[..]].concat()] {
                if let Ok(text) = decompress(bytes, Some(encoding)) {
                    prop_assert!(text.len() <= BODY_BYTES_MAX);
                    let text = unwrap_form(&text);
                    for route in [decode::Route::Batch, decode::Route::Single(EventKind::Page)] {
                        let _ = decode::body(&text, route);
                    }
                }
            }
        }
    }
}
