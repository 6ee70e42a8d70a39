//! The collector over HTTP.

use std::{
    future::{Future, IntoFuture as _},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use axum::Router;
use holloway_wire::Timestamp;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Intake, IntakeOpenError, IntakeOptions, KeyError, Keys, Recovered,
    answer::answer,
    clock::now,
    committer::Committer,
    cookie::VisitorCookie,
    losses::LossBook,
    metrics::Metrics,
    waiting::{Room, WAITING_BYTES_MAX},
    welcome::KeyState,
};

/// Requests under way when the end is asked for get so long to be answered.
const GRACE: Duration = Duration::from_secs(10);

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
    /// Set the visitor's anonymous id as a cookie: no.
    pub cookie: Option<VisitorCookie>,
}

impl Config {
    /// A collector of a data folder on `127.0.0.1:8787`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            open: false,
            intake: IntakeOptions::default(),
            cookie: None,
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

/// What every request needs.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) committer: Committer,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) room: Room,
    /// The address, for a client that does not say under which name it came.
    pub(crate) host: String,
    pub(crate) cookie: Option<Arc<VisitorCookie>>,
    keys: Arc<Mutex<Keys>>,
}

impl Shared {
    pub(crate) fn accepts(&self, write_key: &str, now: Timestamp) -> bool {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).accepts(write_key, now)
    }

    /// Returns which keys are accepted now.
    pub(crate) fn key_state(&self, now: Timestamp) -> KeyState {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.refresh(now);
        if keys.is_open() { KeyState::Open } else { KeyState::Configured(keys.list().count()) }
    }
}

impl Server {
    /// Opens the data folder and takes the address.
    ///
    /// # Errors
    /// [`ServerError::NoKeys`] when others can reach the address, `keys.toml` names no key, and
    /// [`Config::open`] is not set.
    pub async fn bind(config: Config) -> Result<Self, ServerError> {
        let keys = Keys::open(&config.data)?;
        let may_be_open = config.open || config.listen.ip().is_loopback();
        let accepts_every_key = keys.is_open();
        if accepts_every_key && !may_be_open {
            let keys = config.data.join("keys.toml");
            return Err(ServerError::NoKeys { keys, listen: config.listen });
        }
        let keys = if may_be_open { keys } else { keys.never_open() };
        let (intake, recovered) = Intake::open(&config.data, config.intake, now())?;
        let losses = LossBook::open(&config.data)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| ServerError::Listen { listen: config.listen, source })?;
        let host = listener.local_addr()?.to_string();
        let metrics = Arc::new(Metrics::default());
        metrics.set_recovered(&recovered);
        metrics.set_losses(losses.totals());
        let (committer, thread) = Committer::start(intake, losses, Arc::clone(&metrics))?;
        let (room, keys) = (Room::new(WAITING_BYTES_MAX), Arc::new(Mutex::new(keys)));
        Ok(Self {
            listener,
            shared: Shared { committer, metrics, room, host, cookie: config.cookie.map(Arc::new), keys },
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

    /// Answers requests until `shutdown` is done; then no more are taken, those under way have ten seconds, and
    /// everything is on disk when this returns.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let committer = self.shared.committer.clone();
        let router = Router::new().fallback(answer).with_state(self.shared);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let (asked, was_asked) = oneshot::channel();
        let shutdown = async move {
            shutdown.await;
            // Nobody waits for it any more when serving has ended by itself.
            let _ = asked.send(());
        };
        let served = axum::serve(self.listener, service).with_graceful_shutdown(shutdown).into_future();
        let too_late = async {
            if was_asked.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        };
        let done = tokio::select! {
            done = served => done,
            () = too_late => {
                tracing::warn!("requests that did not end in time are cut off");
                Ok(())
            }
        };
        committer.stop();
        let joined = tokio::task::spawn_blocking(move || self.committer.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            return Err(ServerError::Io(std::io::Error::other("the committer did not end orderly")));
        }
        Ok(done?)
    }
}
