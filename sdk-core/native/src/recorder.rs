//! A collector in memory, for tests of apps.

use std::sync::{Arc, Mutex, PoisonError};

use holloway_core::wire::RawJson;

use crate::transport::{Delivery, Response, Transport, TransportError};

/// Records every batch instead of sending it. Clones share what was recorded.
///
/// ```
/// use std::time::Duration;
/// use serde_json::json;
/// # let folder = tempfile::tempdir()?;
/// let recorder = holloway::Recorder::new();
/// let hw = holloway::Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build()?;
/// hw.track("Checked Out", json!({ "total": 12.5 }));
/// hw.flush(Duration::from_secs(5))?;
/// assert!(recorder.events()[0].contains(r#""properties":{"total":12.5}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    status: u16,
    bodies: Vec<String>,
    events: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self { status: 200, bodies: Vec::new(), events: Vec::new() }
    }
}

impl Recorder {
    /// A recorder that answers 200.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on answer with this status; 0 for no answer at all. Only batches answered with 200 are delivered.
    pub fn answer_with(&self, status: u16) {
        self.state().status = status;
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

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        let mut state = self.state();
        let body = String::from_utf8_lossy(delivery.body).into_owned();
        if state.status == 0 {
            return Err(TransportError {
                host: delivery.host.to_owned(),
                detail: "told not to answer".to_owned(),
            });
        }
        if state.status == 200
            && let Ok(batch) = RawJson::object(&body)
            && let Some(events) = batch.get("batch")
        {
            state.events.extend(events.items().map(|event| event.text().to_owned()));
        }
        state.bodies.push(body);
        Ok(Response { status: state.status, ..Response::default() })
    }
}
