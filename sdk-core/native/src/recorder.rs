//! A collector in memory, for tests of apps.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holloway_core::wire::RawJson;

use crate::transport::{Delivery, Response, Transport, TransportError};

/// Records every batch instead of sending it. Clones share what was recorded.
///
/// ```
/// use std::time::Duration;
/// use holloway::{Client, FlushError, LossReason, Recorder};
/// use serde_json::json;
/// # let folder = tempfile::tempdir()?;
/// let recorder = Recorder::new();
/// let hw = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build()?;
/// hw.track("Checked Out", json!({ "total": 12.5 }));
/// hw.flush(Duration::from_secs(5))?;
/// assert!(recorder.events()[0].contains(r#""properties":{"total":12.5}"#));
///
/// // How an app bears a collector that says no:
/// recorder.answer_next(400);
/// hw.track("Checked Out", json!({ "total": 9 }));
/// let losses = vec![(LossReason::Rejected, 1)];
/// assert_eq!(hw.flush(Duration::from_secs(5)), Err(FlushError::Lost { losses }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    always: Response,
    next: VecDeque<Response>,
    bodies: Vec<String>,
    events: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self { always: answer(200), next: VecDeque::new(), bodies: Vec::new(), events: Vec::new() }
    }
}

fn answer(status: u16) -> Response {
    Response { status, ..Response::default() }
}

impl Recorder {
    /// A recorder that answers 200.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on answer with this status; 0 for no answer at all. Only batches answered with 200 are delivered.
    pub fn answer_with(&self, status: u16) {
        self.state().always = answer(status);
    }

    /// Answer one further request with this status, before those that [`Self::answer_with`] is for.
    pub fn answer_next(&self, status: u16) {
        self.answer_next_with(answer(status));
    }

    /// The same with a header or a body: a `Retry-After`, or a receipt.
    pub fn answer_next_with(&self, response: Response) {
        self.state().next.push_back(response);
    }

    /// The delivered events as JSON texts, in order.
    pub fn events(&self) -> Vec<String> {
        self.state().events.clone()
    }

    /// The delivered events' names, or their kinds where they have none.
    pub fn event_names(&self) -> Vec<String> {
        let name = |event: &String| {
            let event = RawJson::object(event).ok()?;
            let name = event.get("event").or_else(|| event.get("name")).or_else(|| event.get("type"))?;
            Some(name.string()?.into_owned())
        };
        self.state().events.iter().filter_map(name).collect()
    }

    /// Every body that came, delivered or not.
    pub fn bodies(&self) -> Vec<String> {
        self.state().bodies.clone()
    }

    /// Waits until so many events are delivered; whether they came in time.
    pub fn wait_for_events(&self, count: usize, timeout: Duration) -> bool {
        self.wait(timeout, |state| state.events.len() >= count)
    }

    /// Waits until so many requests have come, delivered or not; whether they came in time.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.wait(timeout, |state| state.bodies.len() >= count)
    }

    fn wait(&self, timeout: Duration, is_enough: impl Fn(&State) -> bool) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.state(), timeout, |state| !is_enough(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        is_enough(&state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        let mut state = self.state();
        let response = state.next.pop_front().unwrap_or_else(|| state.always.clone());
        let body = String::from_utf8_lossy(delivery.body).into_owned();
        if response.status == 200
            && let Ok(batch) = RawJson::object(&body)
            && let Some(events) = batch.get("batch")
        {
            state.events.extend(events.items().map(|event| event.text().to_owned()));
        }
        state.bodies.push(body);
        drop(state);
        self.0.changed.notify_all();
        if response.status == 0 {
            return Err(TransportError {
                host: delivery.host.to_owned(),
                detail: "told not to answer".to_owned(),
            });
        }
        Ok(response)
    }
}
