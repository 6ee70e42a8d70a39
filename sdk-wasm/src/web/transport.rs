//! Requests. The write key is in the body and the body is text/plain, also when it is packed: no preflight, and beacons
//! may carry it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{Array, Date, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableWritablePair, Response, Window};

use super::{property, receipt};

/// Keepalive bodies and beacons of a page may have 64 KiB in flight together.
const KEEPALIVE_BYTES_MAX: usize = 60 * 1024;
/// A server that never answers must not hold the queue.
const TIMEOUT_MS: u32 = 30_000;

/// What is smaller is not worth the wait.
const PACKED_BYTES_MIN: usize = 1_024;
/// The core waits no longer, and the number must have room for a status.
const WAIT_MS_MAX: f64 = 86_400_000.0;

/// A body that is being packed.
struct Packing {
    text: String,
    /// A beacon took it as it is.
    is_gone: Cell<bool>,
}

/// What is sent goes to one URL.
pub(super) struct Transport {
    window: Window,
    url: String,
    /// Whether the collector's cookie is kept also where it is on another host.
    has_credentials: bool,
    in_flight: Cell<usize>,
    packing: RefCell<Vec<Rc<Packing>>>,
}

impl Transport {
    pub(super) fn new(window: Window, url: String, has_credentials: bool) -> Self {
        Self { window, url, has_credentials, in_flight: Cell::default(), packing: RefCell::default() }
    }

    /// Where batches go.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the browser took it; that says nothing about its arrival.
    pub(super) fn beacon(&self, body: &str) -> bool {
        self.window.navigator().send_beacon_with_opt_str(&self.url, Some(body)).unwrap_or(false)
    }

    /// The page is left: what is being packed goes as it is.
    pub(super) fn leave(&self) {
        for packing in &*self.packing.borrow() {
            packing.is_gone.set(packing.is_gone.get() || self.beacon(&packing.text));
        }
    }

    /// Sends a batch. The answer: the status (0 for none, 1 when a beacon took it; 1,000 for each millisecond and one more
    /// that the collector asked to wait) and a digit for each event's verdict.
    pub(super) async fn post(&self, text: String) -> (f64, String) {
        let packing = Rc::new(Packing { text, is_gone: Cell::new(false) });
        let text = &packing.text;
        let (mut body, mut bytes) = (JsValue::NULL, text.len());
        if bytes >= PACKED_BYTES_MIN {
            self.packing.borrow_mut().push(packing.clone());
            if let Ok(packed) = packed(text).await {
                (body, bytes) = (packed.clone().into(), packed.size() as usize);
            }
            self.packing.borrow_mut().retain(|other| !Rc::ptr_eq(other, &packing));
        }
        if packing.is_gone.get() {
            return (1.0, String::new());
        }
        if body.is_null() {
            body = text.into();
        }
        self.in_flight.set(self.in_flight.get() + bytes);
        let answer = match self.start(&body, self.in_flight.get() <= KEEPALIVE_BYTES_MAX) {
            Ok(promise) => answer(text, promise).await,
            Err(refused) => Err(refused),
        };
        self.in_flight.set(self.in_flight.get() - bytes);
        answer.unwrap_or_default()
    }

    /// Through the page's `fetch` as a value: one that somebody replaced may throw.
    fn start(&self, body: &JsValue, keepalive: bool) -> Result<Promise, JsValue> {
        let options = Object::new();
        let set = |key: &str, value: &JsValue| Reflect::set(&options, &key.into(), value);
        set("method", &"POST".into())?;
        set("body", body)?;
        set("keepalive", &keepalive.into())?;
        if self.has_credentials {
            set("credentials", &"include".into())?;
        }
        if let Some(signal) = deadline(&self.window) {
            set("signal", &signal)?;
        }
        let fetch: Function = property(&self.window, "fetch").dyn_into()?;
        Ok(Promise::resolve(&fetch.call2(&self.window, &self.url.as_str().into(), &options)?))
    }
}

// Not of web-sys, where it is still unstable.
#[wasm_bindgen]
extern "C" {
    type CompressionStream;

    /// An error where the browser has none.
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;
}

/// As gzip, and still text/plain; an error where the browser cannot.
async fn packed(text: &str) -> Result<Blob, JsValue> {
    let gzip = CompressionStream::new("gzip")?;
    let plain = Blob::new_with_str_sequence(&Array::of1(&text.into()))?;
    // A pair of streams is whatever has the two.
    let stream = plain.stream().pipe_through(gzip.unchecked_ref::<ReadableWritablePair>());
    let packed = Response::new_with_opt_readable_stream(Some(&stream))?.blob()?;
    let packed: Blob = JsFuture::from(packed).await?.dyn_into()?;
    packed.slice_with_f64_and_f64_and_content_type(0.0, packed.size(), "text/plain")
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
    // A page, from a server that is no collector: nothing was delivered.
    if response.ok() && text.trim_start().starts_with('<') {
        return Ok((0.0, String::new()));
    }
    let (verdicts, receipt_ms) = receipt::read(batch, &text);
    let wait_ms =
        asked.map_or(-1.0, |asked| header_ms(&asked)).max(receipt_ms.map_or(-1.0, |wait_ms| wait_ms as f64));
    Ok((status_of(response.status(), wait_ms), verdicts))
}

/// Milliseconds of a `Retry-After`, in seconds or as a date.
fn header_ms(asked: &str) -> f64 {
    asked
        .trim()
        .parse::<f64>()
        .map_or_else(|_| (Date::parse(asked) - Date::now()).clamp(0.0, f64::MAX), |seconds| seconds * 1_000.0)
}

/// `wait_ms` is below zero, or no number, when no wait was asked for.
fn status_of(status: u16, wait_ms: f64) -> f64 {
    let asked = if wait_ms >= 0.0 { (wait_ms.ceil() + 1.0).min(WAIT_MS_MAX) * 1_000.0 } else { 0.0 };
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
            // A day.
            (503, 1e12, 86_400_000_503.0),
        ] {
            assert!((status_of(status, wait_ms) - expected).abs() < 0.5, "{status} {wait_ms}");
        }
    }
}
