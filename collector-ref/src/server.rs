//! The collector over HTTP.

use std::{
    future::Future,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use holloway_wire::limits::BODY_BYTES_MAX;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Intake, IntakeOpenError, IntakeOptions, KeyError, Keys, Recovered,
    access::Claims,
    body::{BodyError, decompress, unwrap_form},
    clock::now,
    committer::{Committer, Job},
    cors,
    metrics::Metrics,
    refusal::{RETRY_AFTER_S, Refusal},
    route::{self, Route},
    settings,
};

/// Bytes of requests that may wait for a sync; past it senders are told to come back.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How a collector is started.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Accept every write key on an address that others can reach.
    pub open: bool,
    /// How the data folder is opened.
    pub intake: IntakeOptions,
}

impl Config {
    /// A collector of a data folder on `127.0.0.1:8787`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            open: false,
            intake: IntakeOptions::default(),
        }
    }
}

/// Why a collector does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data folder cannot be written to.
    #[error(transparent)]
    Intake(#[from] IntakeOpenError),
    /// `keys.toml` cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Everybody could write.
    #[error(
        "expected keys in {keys} when listening on {listen}, which others can reach: add [keys.WRITE_KEY], or pass --open to accept every key"
    )]
    NoKeys {
        /// The file.
        keys: PathBuf,
        /// The address.
        listen: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source}; another address can be given with --listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The system refused something else.
    #[error("the collector stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// A collector that listens, but does not answer before [`Server::run`].
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shared: Shared,
    committer: JoinHandle<()>,
    recovered: Recovered,
    accepts_every_key: bool,
}

#[derive(Clone, Debug)]
struct Shared {
    committer: Committer,
    metrics: Arc<Metrics>,
    host: String,
}

impl Server {
    /// Opens the data folder and takes the address.
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        let keys = Keys::open(&config.data)?;
        let accepts_every_key = keys.is_open();
        if accepts_every_key && !config.open && !config.listen.ip().is_loopback() {
            let keys = config.data.join("keys.toml");
            return Err(ServerError::NoKeys { keys, listen: config.listen });
        }
        let (intake, recovered) = Intake::open(&config.data, config.intake, now())?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| ServerError::Listen { listen: config.listen, source })?;
        let host = listener.local_addr()?.to_string();
        let metrics = Arc::new(Metrics::default());
        let (committer, thread) = Committer::start(intake, keys, Arc::clone(&metrics))?;
        Ok(Self {
            listener,
            shared: Shared { committer, metrics, host },
            committer: thread,
            recovered,
            accepts_every_key,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> Result<SocketAddr, std::io::Error> {
        self.listener.local_addr()
    }

    /// What opening the data folder found.
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Whether every write key is accepted.
    pub fn accepts_every_key(&self) -> bool {
        self.accepts_every_key
    }

    /// Answers requests until `shutdown` is done; then no more are taken, those under way are answered, and
    /// everything is on disk when this returns.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let router = Router::new().fallback(answer).with_state(self.shared);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let done = axum::serve(self.listener, service).with_graceful_shutdown(shutdown).await;
        // The router, and with it the last sender of jobs, is gone: the committer ends after its last group.
        let joined = tokio::task::spawn_blocking(move || self.committer.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            return Err(ServerError::Io(std::io::Error::other("the committer did not end orderly")));
        }
        Ok(done?)
    }
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    shared.metrics.requests.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        let mut response = reply(StatusCode::NO_CONTENT, "", Vec::new());
        cors::preflight(&parts.headers, response.headers_mut());
        return response;
    }
    let path = parts.uri.path();
    let mut response = match route::of(path) {
        Route::Health => reply(StatusCode::OK, JSON, br#"{"status":"ok"}"#.to_vec()),
        Route::Ready => ready(&shared.metrics),
        Route::Metrics => {
            reply(StatusCode::OK, "text/plain; version=0.0.4", shared.metrics.text().into_bytes())
        }
        Route::Swallow => reply(StatusCode::OK, JSON, br#"{"success":true}"#.to_vec()),
        Route::Settings(key) => {
            let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let scheme = parts.headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok());
            let body = settings::write(&key, host.unwrap_or(&shared.host), scheme.unwrap_or("http"));
            reply(StatusCode::OK, JSON, body)
        }
        Route::Nothing => refuse(&Refusal::NoRoute(route::hint(path))),
        Route::Events { .. } if parts.method != Method::POST => {
            refuse(&Refusal::Method(parts.method.to_string()))
        }
        Route::Events { route, import } => {
            let claims = Claims::of(&parts.headers, parts.uri.query());
            let job = (route, import, claims);
            match events(&shared, job, &parts.headers, peer, body).await {
                Ok(receipt) => reply(StatusCode::OK, JSON, receipt),
                Err(refusal) => refuse(&refusal),
            }
        }
    };
    cors::allow(&parts.headers, response.headers_mut());
    response
}

async fn events(
    shared: &Shared,
    (route, import, claims): (holloway_wire::decode::Route, bool, Claims),
    headers: &HeaderMap,
    peer: SocketAddr,
    body: Body,
) -> Result<Vec<u8>, Refusal> {
    let raw = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| BodyError::TooLarge)?;
    let waiting = Waiting::take(&shared.metrics, raw.len())?;
    let header = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let body = match decompress(&raw, header(header::CONTENT_ENCODING)) {
        Ok(text) => Ok(Bytes::copy_from_slice(&unwrap_form(&text))),
        Err(error) => Err((error, raw.clone())),
    };
    let (reply, answer) = oneshot::channel();
    let user_agent = header(header::USER_AGENT).map(str::to_owned);
    let ip = Some(truncated(peer.ip()));
    let sent = shared.committer.submit(Job { body, route, import, claims, ip, user_agent, reply });
    let answer = if sent { answer.await.unwrap_or(Err(Refusal::Storage)) } else { Err(Refusal::Storage) };
    drop(waiting);
    answer
}

/// A share of the memory for requests, given back when dropped.
struct Waiting<'a> {
    metrics: &'a Metrics,
    bytes: usize,
}

impl<'a> Waiting<'a> {
    fn take(metrics: &'a Metrics, bytes: usize) -> Result<Self, Refusal> {
        let before = metrics.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let waiting = Self { metrics, bytes };
        if before + bytes > WAITING_BYTES_MAX { Err(Refusal::Busy) } else { Ok(waiting) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.waiting_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

const JSON: &str = "application/json";

fn reply(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

fn refuse(refusal: &Refusal) -> Response {
    let mut response = reply(refusal.status(), JSON, refusal.body());
    if refusal.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    response
}

/// Ready as long as the last commit was one.
fn ready(metrics: &Metrics) -> Response {
    if metrics.failed_commits.load(Ordering::Relaxed) == 0 {
        reply(StatusCode::OK, JSON, br#"{"status":"ready"}"#.to_vec())
    } else {
        let body =
            br#"{"status":"unready","reason":"a commit failed; see the log of the collector"}"#.to_vec();
        reply(StatusCode::SERVICE_UNAVAILABLE, JSON, body)
    }
}

/// An address without the part that names one household: the last byte of IPv4, the last ten of IPv6.
fn truncated(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string()
        }
    }
}
