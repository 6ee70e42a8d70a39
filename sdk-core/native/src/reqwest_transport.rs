//! HTTP by reqwest, TLS by rustls.

use std::{sync::Arc, time::Duration};

use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::transport::{Delivery, Response, Transport, TransportError};

/// A request that takes longer is tried again.
const TIMEOUT: Duration = Duration::from_secs(20);
/// As long as two round trips of a bad mobile network.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A receipt of the largest batch is a quarter of this; what is longer comes from something that is no collector.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The transport that a client has by default: HTTP/1.1, the system's certificates, gzip above 1 KiB, no redirects.
#[derive(Debug)]
pub struct ReqwestTransport {
    /// Always there until the drop.
    runtime: Option<tokio::runtime::Runtime>,
    /// Made with the first request: reading the system's certificates takes milliseconds that no app start should pay.
    client: Option<reqwest::Client>,
}

impl ReqwestTransport {
    /// A transport without connections yet.
    ///
    /// # Errors
    ///
    /// When the system gives no event queue.
    pub fn new() -> Result<Self, std::io::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime: Some(runtime), client: None })
    }
}

impl Transport for ReqwestTransport {
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        let failed = |detail: String| TransportError { host: delivery.host.to_owned(), detail };
        if self.client.is_none() {
            let is_secure = delivery.host.starts_with("https:");
            self.client = Some(client(is_secure).map_err(|error| failed(error.to_string()))?);
        }
        let client = self.client.as_ref().expect("it was made above");
        let mut request = client
            .post(format!("{}/v1/batch", delivery.host))
            .basic_auth(delivery.write_key, Some(""))
            .header("content-type", "application/json")
            .header("idempotency-key", delivery.idempotency_key);
        request = match delivery.gzipped() {
            Some(packed) => request.header("content-encoding", "gzip").body(packed),
            None => request.body(delivery.body.to_vec()),
        };
        let runtime = self.runtime.as_ref().expect("it is taken by the drop alone");
        runtime.block_on(answer(request)).map_err(|error| failed(chain(&error)))
    }
}

impl Drop for ReqwestTransport {
    fn drop(&mut self) {
        // A runtime's own drop waits for its threads, and panics where an app's async code must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// With a crypto provider of its own: an app's choice of one for the whole process is not ours to make.
///
/// Plain HTTP asks for none of the system's certificates: a small container may have none.
fn client(is_secure: bool) -> Result<reqwest::Client, Box<dyn std::error::Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = if is_secure {
        tls.with_platform_verifier()?
    } else {
        tls.with_root_certificates(rustls::RootCertStore::empty())
    };
    let tls = tls.with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("holloway-rust/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Response, reqwest::Error> {
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (retry_after, date) = (header("retry-after"), header("date"));
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            break;
        }
        body.extend_from_slice(&part);
    }
    Ok(Response { status, retry_after, date, body })
}

/// An error with its causes: reqwest's own text leaves out what went wrong.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
