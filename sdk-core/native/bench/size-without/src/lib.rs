//! What an app has in any case: a thread, a channel and a file, behind the functions of `holloway-size-with`.
//!
//! Texts are UTF-8, given as a pointer and a length. Every function answers 0 when it did what it says.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    slice,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// A thread that writes lines to a file.
#[derive(Debug)]
pub struct Client {
    lines: Sender<Message>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
enum Message {
    Line(String),
    Flush(SyncSender<()>),
    Stop,
}

impl Client {
    fn open(folder: &str) -> Option<Self> {
        fs::create_dir_all(folder).ok()?;
        let file = OpenOptions::new().create(true).append(true).open(Path::new(folder).join("lines")).ok()?;
        let (lines, queue) = channel();
        let thread = Builder::new().name("writer".to_owned()).spawn(move || write(file, &queue)).ok()?;
        Some(Self { lines, thread })
    }

    fn line(&self, name: &str, json: &str) -> Option<()> {
        self.lines.send(Message::Line(format!("{name} {json}\n"))).ok()
    }

    fn flush(&self, timeout: Duration) -> Option<()> {
        let (reply, answer) = sync_channel(1);
        self.lines.send(Message::Flush(reply)).ok()?;
        answer.recv_timeout(timeout).ok()
    }

    fn shutdown(self, timeout: Duration) -> Option<()> {
        let flushed = self.flush(timeout);
        self.lines.send(Message::Stop).ok()?;
        self.thread.join().ok()?;
        flushed
    }
}

fn write(mut file: File, queue: &Receiver<Message>) {
    for message in queue {
        match message {
            Message::Line(line) => {
                let _ = file.write_all(line.as_bytes());
            }
            Message::Flush(reply) => {
                let _ = file.sync_data();
                let _ = reply.send(());
            }
            Message::Stop => break,
        }
    }
}

/// A client that keeps its lines in a folder; null when it cannot.
///
/// # Safety
///
/// `folder` points to `folder_bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_new(folder: *const u8, folder_bytes: usize) -> *mut Client {
    // SAFETY: the caller's promise.
    let folder = unsafe { text(folder, folder_bytes) };
    let client = guarded(|| Client::open(folder?));
    client.map_or(std::ptr::null_mut(), |client| Box::into_raw(Box::new(client)))
}

/// Writes a line.
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
    code(guarded(|| client.line(name?, json?)))
}

/// Writes a line.
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
    code(guarded(|| client.line(user?, json?)))
}

/// Waits until everything is written, so many milliseconds at most.
///
/// # Safety
///
/// `client` comes from [`client_new`] and was not shut down.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn client_flush(client: *const Client, timeout_ms: u64) -> i32 {
    // SAFETY: the caller's promise.
    let client = unsafe { &*client };
    code(guarded(|| client.flush(Duration::from_millis(timeout_ms))))
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
    code(guarded(|| client.shutdown(Duration::from_millis(timeout_ms))))
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
