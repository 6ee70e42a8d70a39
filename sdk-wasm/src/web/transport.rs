//! Requests. The write key is in the body and the body is text/plain: no preflight, and beacons may carry it.

use std::{cell::Cell, rc::Rc};

use js_sys::{Date, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, Window};

use super::{property, receipt};

/// Keepalive bodies and beacons of a page may have 64 KiB in flight together.
const KEEPALIVE_BYTES_MAX: usize = 60 * 1024;
/// A server that never answers must not hold the queue.
const TIMEOUT_MS: u32 = 30_000;

/// What is sent goes to one URL.
pub(super) struct Transport {
    window: Window,
    url: String,
    in_flight: Rc<Cell<usize>>,
}

impl Transport {
    pub(super) fn new(window: Window, origin: &str, path: &str) -> Self {
        let url = format!("{}{path}", origin.trim_end_matches('/'));
        Self { window, url, in_flight: Rc::default() }
    }

    /// Whether the browser took it; that says nothing about its arrival.
    pub(super) fn beacon(&self, body: &str) -> bool {
        self.window.navigator().send_beacon_with_opt_str(&self.url, Some(body)).unwrap_or(false)
    }

    /// Sends now. The answer comes later: the status (0 for none; 1,000 for each millisecond and one more that the
    /// collector asked to wait) and a digit for each event's verdict.
    pub(super) fn post(&self, body: &str) -> impl Future<Output = (f64, String)> + use<> {
        let in_flight = self.in_flight.clone();
        let (batch, bytes) = (body.to_owned(), body.len());
        in_flight.set(in_flight.get() + bytes);
        let started = self.start(body, in_flight.get() <= KEEPALIVE_BYTES_MAX);
        async move {
            let answer = match started {
                Ok(promise) => answer(&batch, promise).await,
                Err(refused) => Err(refused),
            };
            in_flight.set(in_flight.get() - bytes);
            answer.unwrap_or_default()
        }
    }

    /// Through the page's `fetch` as a value: one that somebody replaced may throw.
    fn start(&self, body: &str, keepalive: bool) -> Result<Promise, JsValue> {
        let options = Object::new();
        for (key, value) in
            [("method", "POST".into()), ("body", body.into()), ("keepalive", keepalive.into())]
        {
            Reflect::set(&options, &key.into(), &value)?;
        }
        if let Some(signal) = deadline(&self.window) {
            Reflect::set(&options, &"signal".into(), &signal)?;
        }
        let fetch: Function = property(&self.window, "fetch").dyn_into()?;
        Ok(Promise::resolve(&fetch.call2(&self.window, &self.url.as_str().into(), &options)?))
    }
}

/// Absent in older browsers.
fn deadline(window: &Window) -> Option<JsValue> {
    let class = property(window, "AbortSignal");
    let timeout: Function = property(&class, "timeout").dyn_into().ok()?;
    timeout.call1(&class, &TIMEOUT_MS.into()).ok()
}

async fn answer(batch: &str, promise: Promise) -> Result<(f64, String), JsValue> {
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let asked = response.headers().get("retry-after").ok().flatten();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let (verdicts, receipt_ms) = receipt::read(batch, &text);
    let wait_ms =
        asked.map_or(-1.0, |asked| header_ms(&asked)).max(receipt_ms.map_or(-1.0, |wait_ms| wait_ms as f64));
    Ok((status_of(response.status(), wait_ms), verdicts))
}

/// Milliseconds of a `Retry-After`, in seconds or as a date.
fn header_ms(asked: &str) -> f64 {
    asked.trim().parse::<f64>().map_or_else(|_| Date::parse(asked) - Date::now(), |seconds| seconds * 1_000.0)
}

/// `wait_ms` is below zero, or no number, when no wait was asked for.
fn status_of(status: u16, wait_ms: f64) -> f64 {
    let asked = if wait_ms >= 0.0 { (wait_ms.ceil() + 1.0) * 1_000.0 } else { 0.0 };
    asked + f64::from(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_carries_the_wait_that_was_asked_for() {
        for (status, wait_ms, expected) in [
            (200, -1.0, 200.0),
            (429, 8_000.0, 8_001_429.0),
            (503, 0.0, 1_503.0),
            (503, f64::NAN, 503.0),
            (429, 0.2, 2_429.0),
        ] {
            assert!((status_of(status, wait_ms) - expected).abs() < 0.5, "{status} {wait_ms}");
        }
    }
}
