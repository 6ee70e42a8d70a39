//! Tasks that a client leaves to its host: requests to send, and lines for the app's log.
//!
//! The host pulls: a thread of the facade asks [`HostQueue::next_task`] in a loop, carries the task out and answers. So no
//! call goes from Rust into the JVM or into Swift, and no thread of Rust is ever attached to a JVM.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use holloway::{Delivery, Response, Transport, TransportError};

/// A request without an answer for this long is given up, so that a host whose thread died does not stop the client.
/// Longer than the timeouts of the facades together.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);
/// Reports that wait for the host's thread, which may be busy with a request; the oldest ones give way.
const REPORTS_MAX: usize = 64;

/// A POST to be sent by the host's own HTTP stack, without following redirects.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HttpRequest {
    /// Names the request in its answer.
    pub id: u64,
    /// The whole URL.
    pub url: String,
    /// Header fields, to be sent as they are.
    pub headers: HashMap<String, String>,
    /// The body, compressed already where a header field says so.
    pub body: Vec<u8>,
}

/// What a server answered, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The header field `Retry-After`.
    pub retry_after: Option<String>,
    /// The header field `Date`.
    pub date: Option<String>,
    /// The body; 1 MiB of it at most is of use.
    pub body: Vec<u8>,
}

/// How much a report matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Severity {
    /// Something of interest; nothing is lost.
    Info,
    /// Something that a developer should look at.
    Warning,
    /// Recording or sending does not work.
    Error,
}

/// One thing for the host's thread to do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum HostTask {
    /// Send a request, then call [`HostQueue::answer`] or [`HostQueue::fail`].
    Send {
        /// The request.
        request: HttpRequest,
    },
    /// Write a line into the app's log.
    Report {
        /// How much it matters.
        severity: Severity,
        /// The line.
        message: String,
    },
}

/// Tasks of one client for its host.
#[derive(Debug, Default, uniffi::Object)]
pub struct HostQueue {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The request that no thread of the host has taken yet.
    request: Option<HttpRequest>,
    /// The request whose answer is waited for.
    awaited: Option<u64>,
    answer: Option<Result<HttpResponse, String>>,
    reports: VecDeque<(Severity, String)>,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[uniffi::export]
impl HostQueue {
    /// Makes a queue for one client.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Waits for the next task; none once the client is gone, and then the thread may end.
    pub fn next_task(&self) -> Option<HostTask> {
        let idle =
            |state: &mut State| state.request.is_none() && state.reports.is_empty() && !state.is_closed;
        let waited = self.shared.changed.wait_while(self.shared.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some((severity, message)) = state.reports.pop_front() {
            return Some(HostTask::Report { severity, message });
        }
        if state.is_closed {
            return None;
        }
        state.request.take().map(|request| HostTask::Send { request })
    }

    /// Hands in what the server answered. An answer to a request that was given up is ignored.
    pub fn answer(&self, id: u64, response: HttpResponse) {
        self.shared.finish(id, Ok(response));
    }

    /// Says that no answer came, and why. The batch is kept and sent again.
    pub fn fail(&self, id: u64, reason: String) {
        self.shared.finish(id, Err(reason));
    }
}

impl HostQueue {
    /// Returns the client's end of the queue; the queue closes when it is dropped.
    pub(crate) fn transport(&self, user_agent: String) -> HostTransport {
        HostTransport {
            shared: Arc::clone(&self.shared),
            user_agent,
            last_id: 0,
            answer_timeout: ANSWER_TIMEOUT,
        }
    }

    /// Returns an end of the queue that adds lines for the app's log.
    pub(crate) fn reports(&self) -> Reports {
        Reports { shared: Arc::clone(&self.shared) }
    }
}

/// Adds lines for the app's log.
#[derive(Debug)]
pub(crate) struct Reports {
    shared: Arc<Shared>,
}

impl Reports {
    pub(crate) fn add(&self, severity: Severity, message: String) {
        let mut state = self.shared.lock();
        if state.reports.len() == REPORTS_MAX {
            state.reports.pop_front();
        }
        state.reports.push_back((severity, message));
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn finish(&self, id: u64, answer: Result<HttpResponse, String>) {
        let mut state = self.lock();
        if state.awaited == Some(id) {
            state.answer = Some(answer);
            self.changed.notify_all();
        }
    }
}

/// Sends by the host's thread.
#[derive(Debug)]
pub(crate) struct HostTransport {
    shared: Arc<Shared>,
    user_agent: String,
    last_id: u64,
    answer_timeout: Duration,
}

impl HostTransport {
    fn request(&mut self, delivery: &Delivery<'_>) -> HttpRequest {
        self.last_id += 1;
        let credentials = BASE64_STANDARD.encode(format!("{}:", delivery.write_key));
        let mut headers = HashMap::from([
            ("Authorization".to_owned(), format!("Basic {credentials}")),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Idempotency-Key".to_owned(), delivery.idempotency_key.to_owned()),
            ("User-Agent".to_owned(), self.user_agent.clone()),
        ]);
        let body = delivery.gzipped().map_or_else(
            || delivery.body.to_vec(),
            |packed| {
                headers.insert("Content-Encoding".to_owned(), "gzip".to_owned());
                packed
            },
        );
        HttpRequest { id: self.last_id, url: format!("{}/v1/batch", delivery.host), headers, body }
    }
}

impl Transport for HostTransport {
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        let request = self.request(delivery);
        let id = request.id;
        let mut state = self.shared.lock();
        state.request = Some(request);
        state.awaited = Some(id);
        state.answer = None;
        self.shared.changed.notify_all();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, self.answer_timeout, |state| state.answer.is_none());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.request = None;
        state.awaited = None;
        let answer = state.answer.take();
        drop(state);
        match answer {
            Some(Ok(HttpResponse { status, retry_after, date, body })) => {
                Ok(Response { status, retry_after, date, body })
            }
            Some(Err(detail)) => Err(TransportError { host: delivery.host.to_owned(), detail }),
            None => Err(TransportError {
                host: delivery.host.to_owned(),
                detail: format!(
                    "the app's HTTP did not answer within {} seconds",
                    self.answer_timeout.as_secs()
                ),
            }),
        }
    }
}

impl Drop for HostTransport {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERY: Delivery<'_> = Delivery {
        host: "https://events.example.com",
        write_key: "KEY",
        idempotency_key: "batch-1",
        body: b"{}",
    };

    /// Sends on this thread while `host` answers on another.
    fn send(
        transport: &mut HostTransport,
        queue: &HostQueue,
        host: impl FnOnce(&HostQueue) + Send,
    ) -> Result<Response, TransportError> {
        std::thread::scope(|scope| {
            scope.spawn(|| host(queue));
            transport.send(&DELIVERY)
        })
    }

    fn next_request(queue: &HostQueue) -> HttpRequest {
        match queue.next_task() {
            Some(HostTask::Send { request }) => request,
            other => panic!("expected a request, found {other:?}"),
        }
    }

    #[test]
    fn a_request_carries_key_and_idempotency_key_and_its_answer_comes_back() {
        let queue = HostQueue::new();
        let mut transport = queue.transport("holloway-test/1".into());
        let answer = send(&mut transport, &queue, |queue| {
            let request = next_request(queue);
            assert_eq!(request.url, "https://events.example.com/v1/batch");
            // `printf 'KEY:' | base64`
            assert_eq!(request.headers["Authorization"], "Basic S0VZOg==");
            assert_eq!(request.headers["Idempotency-Key"], "batch-1");
            assert_eq!(request.headers["User-Agent"], "holloway-test/1");
            assert_eq!(request.headers.get("Content-Encoding"), None);
            assert_eq!(request.body, b"{}");
            let retry_after = Some("7".to_owned());
            queue.answer(request.id, HttpResponse { status: 429, retry_after, ..HttpResponse::default() });
        });
        let answer = answer.expect("the host answered");
        assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("7")));
    }

    #[test]
    fn a_large_body_is_compressed_and_says_so() {
        let mut transport = HostQueue::new().transport("holloway-test/1".into());
        let body = vec![b' '; 4_096];
        let request = transport.request(&Delivery { body: &body, ..DELIVERY });
        assert_eq!(request.headers["Content-Encoding"], "gzip");
        assert_eq!(request.body[..2], [0x1f, 0x8b], "the magic number of RFC 1952");
        assert!(request.body.len() < 100, "{} bytes of 4,096 equal ones", request.body.len());
    }

    #[test]
    fn a_failure_names_host_and_reason() {
        let queue = HostQueue::new();
        let mut transport = queue.transport(String::new());
        let error = send(&mut transport, &queue, |queue| {
            let id = next_request(queue).id;
            queue.fail(id + 1, "an answer to another request".into());
            queue.fail(id, "the certificate is not trusted".into());
        });
        assert_eq!(
            error.expect_err("the host failed").to_string(),
            "no answer from https://events.example.com: the certificate is not trusted"
        );
    }

    #[test]
    fn a_host_that_never_answers_is_given_up_and_its_late_answer_ignored() {
        let queue = HostQueue::new();
        let mut transport = queue.transport(String::new());
        transport.answer_timeout = Duration::ZERO;
        let error = transport.send(&DELIVERY).expect_err("no thread of a host runs");
        assert!(error.detail.contains("did not answer within 0 seconds"), "{error}");
        transport.answer_timeout = ANSWER_TIMEOUT;
        let answer = send(&mut transport, &queue, |queue| {
            let request = next_request(queue);
            assert_eq!(request.id, 2, "the request that was given up is not sent any more");
            queue.answer(1, HttpResponse { status: 500, ..HttpResponse::default() });
            queue.answer(2, HttpResponse { status: 200, ..HttpResponse::default() });
        });
        assert_eq!(answer.expect("the second is answered").status, 200);
    }

    #[test]
    fn reports_come_before_the_end_and_the_oldest_give_way() {
        let queue = HostQueue::new();
        let transport = queue.transport(String::new());
        let reports = queue.reports();
        (0..=REPORTS_MAX).for_each(|n| reports.add(Severity::Warning, n.to_string()));
        drop(transport);
        let tasks: Vec<_> = std::iter::from_fn(|| queue.next_task()).collect();
        assert_eq!(tasks.len(), REPORTS_MAX);
        assert_eq!(tasks[0], HostTask::Report { severity: Severity::Warning, message: "1".into() });
    }
}
