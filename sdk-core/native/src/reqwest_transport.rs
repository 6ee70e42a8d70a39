//! HTTP by reqwest, TLS by rustls.

use std::{io::Write as _, time::Duration};

use crate::transport::{Delivery, Response, Transport, TransportError};

/// Smaller bodies are not worth compressing.
const GZIP_FROM_BYTES: usize = 1_024;
/// A request that takes longer is tried again.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The transport that a client has by default.
#[derive(Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl ReqwestTransport {
    /// A transport with the system's certificates.
    pub fn new() -> Result<Self, std::io::Error> {
        // Another part of the app may have chosen a provider already; then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("holloway-rust/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(std::io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, runtime })
    }
}

impl Transport for ReqwestTransport {
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        let mut request = self
            .client
            .post(format!("{}/v1/batch", delivery.host))
            .basic_auth(delivery.write_key, Some(""))
            .header("content-type", "application/json")
            .header("idempotency-key", delivery.idempotency_key);
        request = match gzip(delivery.body) {
            Some(packed) => request.header("content-encoding", "gzip").body(packed),
            None => request.body(delivery.body.to_vec()),
        };
        let answer = self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let retry_after = response
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            let body = response.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(Response { status, retry_after, body })
        });
        answer.map_err(|error| TransportError { host: delivery.host.to_owned(), detail: error.to_string() })
    }
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < GZIP_FROM_BYTES {
        return None;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
