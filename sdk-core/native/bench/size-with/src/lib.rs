//! The client behind a handful of functions, to be weighed: `holloway-size-without` has the same ones without it.
//!
//! Texts are UTF-8, given as a pointer and a length. Every function answers 0 when it did what it says.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
    time::Duration,
};

use holloway::{Client, Delivery, Response, Transport, TransportError};
use serde_json::value::RawValue;

/// Sends nowhere: HTTP is not what is weighed.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&mut self, _delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        Ok(Response { status: 200, ..Response::default() })
    }
}

/// A client that keeps its events in a folder; null when it cannot.
///
/// # Safety
///
/// `folder` points to `folder_bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_new(folder: *const u8, folder_bytes: usize) -> *mut Client {
    // SAFETY: the caller's promise.
    let folder = unsafe { text(folder, folder_bytes) };
    let client = guarded(|| Client::builder("KEY").store_dir(folder?).transport(Nowhere).build().ok());
    client.map_or(std::ptr::null_mut(), |client| Box::into_raw(Box::new(client)))
}

/// Somebody did something; `json` is an object's text.
///
/// # Safety
///
/// `client` comes from [`client_new`] and was not shut down; each pointer points to as many bytes as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_track(
    client: *const Client,
    name: *const u8,
    name_bytes: usize,
    json: *const u8,
    json_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    let (client, name, json) = unsafe { (&*client, text(name, name_bytes), text(json, json_bytes)) };
    code(guarded(|| {
        client.track(name?, serde_json::from_str::<&RawValue>(json?).ok()?);
        Some(())
    }))
}

/// This device's user is `user`; `json` is an object's text.
///
/// # Safety
///
/// As [`client_track`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_identify(
    client: *const Client,
    user: *const u8,
    user_bytes: usize,
    json: *const u8,
    json_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    let (client, user, json) = unsafe { (&*client, text(user, user_bytes), text(json, json_bytes)) };
    code(guarded(|| {
        client.identify(user?, serde_json::from_str::<&RawValue>(json?).ok()?);
        Some(())
    }))
}

/// Waits until everything is acknowledged, so many milliseconds at most.
///
/// # Safety
///
/// `client` comes from [`client_new`] and was not shut down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_flush(client: *const Client, timeout_ms: u64) -> i32 {
    // SAFETY: the caller's promise.
    let client = unsafe { &*client };
    code(guarded(|| client.flush(Duration::from_millis(timeout_ms)).ok()))
}

/// Flushes, stops and frees the client.
///
/// # Safety
///
/// `client` comes from [`client_new`], and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_shutdown(client: *mut Client, timeout_ms: u64) -> i32 {
    // SAFETY: the caller's promise.
    let client = unsafe { Box::from_raw(client) };
    code(guarded(|| client.shutdown(Duration::from_millis(timeout_ms)).ok()))
}

/// No panic crosses the boundary.
fn guarded<T>(run: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok().flatten()
}

fn code(done: Option<()>) -> i32 {
    i32::from(done.is_none())
}

/// # Safety
///
/// `at` points to `bytes` bytes that outlive the call.
unsafe fn text<'a>(at: *const u8, bytes: usize) -> Option<&'a str> {
    // SAFETY: the caller's promise.
    std::str::from_utf8(unsafe { slice::from_raw_parts(at, bytes) }).ok()
}
