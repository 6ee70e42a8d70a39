//! The Holloway client for browsers: the whole surface between JavaScript and the core, on one page.
//!
//! The core decides; this crate carries its effects to a `Host`, which is JavaScript in a page and a
//! plain struct in tests. Every call ends with the effects carried out, so that an event is in the page's storage
//! before `track` returns. JavaScript never re-enters the core from within an effect.
//!
//! Only numbers cross. A text goes in through memory that `reserve` gives, and comes out as an address and a
//! length: each further kind of value would cost every visitor bytes of glue.
//!
//! That is the npm build. With the feature `web` the crate has none of these exports: it is an ordinary library for
//! front ends that are Rust themselves, with a `Client` whose host is made of web-sys and which knows the same
//! visitor.
//!
//! ```no_run
//! # #[cfg(feature = "web")]
//! # async fn example() {
//! use holloway_wasm::Client;
//!
//! let hw = Client::builder("KEY").host("https://events.example.com").build();
//! hw.page("Pricing", "");
//! hw.track("Signed Up", r#"{"plan":"pro"}"#); // or serde_json::json!({"plan": "pro"})
//! hw.identify("u1", "");
//! hw.flush().await;
//! # }
//! ```

#![cfg_attr(all(target_arch = "wasm32", not(feature = "web")), no_std)]

extern crate alloc;

#[cfg(any(all(target_arch = "wasm32", not(feature = "web")), test))]
mod heap;
mod host;
mod shell;
#[cfg(feature = "web")]
mod web;

#[cfg(feature = "web")]
pub use self::web::{Builder, Client, Consent, Diagnostic, Persistence, Registration};

#[cfg(not(feature = "web"))]
use alloc::{boxed::Box, string::String};
#[cfg(not(feature = "web"))]
use core::alloc::Layout;

#[cfg(not(feature = "web"))]
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(not(feature = "web"))]
use self::{host::Host, shell::Shell};

#[cfg(all(target_arch = "wasm32", not(feature = "web")))]
#[global_allocator]
static ALLOCATOR: heap::Heap<heap::Pages> = heap::Heap::new(heap::Pages);

/// The text of a panic is code that every visitor would download; the trap is enough for the page to go on
/// without the core.
#[cfg(all(target_arch = "wasm32", not(feature = "web")))]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(not(feature = "web"))]
#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// What page number `page` does for the core, by the kinds of `host::Act`; implemented by `npm/src/engine.ts`.
    fn act(page: u32, kind: u32, first: f64, second: f64, text: *const u8, bytes: usize) -> u32;
}

/// A page of JavaScript, by its number.
#[cfg(not(feature = "web"))]
#[derive(Debug)]
pub struct Page(u32);

#[cfg(not(feature = "web"))]
impl Host for Page {
    fn act(&self, kind: host::Act, first: f64, second: f64, text: &[u8]) -> u32 {
        act(self.0, kind as u32, first, second, text.as_ptr(), text.len())
    }
}

/// One client of one page.
#[cfg(not(feature = "web"))]
#[derive(Debug)]
pub struct Core(Shell<Page>);

/// Memory for a text of at most `bytes`, which are below a gibibyte. The next `open` or `call` that is given it takes it back.
#[cfg(not(feature = "web"))]
#[wasm_bindgen]
pub fn reserve(bytes: usize) -> *mut u8 {
    assert!(bytes < 1 << 30);
    // One byte more than asked for: always some. What makes a box or a vector of them is more code.
    // SAFETY: of some size, and below the most that there is.
    let text = unsafe { alloc::alloc::alloc(Layout::from_size_align_unchecked(bytes + 1, 1)) };
    // A page without memory goes on without the core; nobody may write where there is none.
    assert!(!text.is_null());
    text
}

/// A client that goes on from the stored state. The text's fields are those of `shell::Shell::new`; times are
/// milliseconds.
///
/// # Safety
///
/// `text` is what `reserve(reserved)` gave, used once, and its first `bytes` bytes are UTF-8 since.
#[cfg(not(feature = "web"))]
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a struct across the boundary costs glue in every page")]
pub unsafe fn open(
    page: u32,
    text: *mut u8,
    bytes: usize,
    reserved: usize,
    flush_at: u32,
    flush_interval_ms: f64,
    unix_ms: f64,
    mono_ms: f64,
) -> *mut Core {
    // SAFETY: passed on to the caller.
    let text = unsafe { given(text, bytes, reserved) };
    let shell = Shell::new(Page(page), &text, flush_at, flush_interval_ms, shell::now(unix_ms, mono_ms));
    Box::into_raw(Box::new(Core(shell)))
}

/// A call of the app, or something that the page noticed: kinds, numbers and text as `shell::Shell::call` says.
/// What is returned is 0 when nothing waits any more, else the number of events that do, or 1.
///
/// # Safety
///
/// `core` is what `open` gave, and no other call of it is under way; `text` as in `open`.
#[cfg(not(feature = "web"))]
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a struct across the boundary costs glue in every page")]
pub unsafe fn call(
    core: *mut Core,
    kind: u32,
    first: f64,
    second: f64,
    text: *mut u8,
    bytes: usize,
    reserved: usize,
    unix_ms: f64,
    mono_ms: f64,
) -> u32 {
    // SAFETY: passed on to the caller.
    let (core, text) = unsafe { (&mut *core, given(text, bytes, reserved)) };
    core.0.call(kind, first, second, &text, shell::now(unix_ms, mono_ms));
    core.0.waiting()
}

/// What a caller wrote into memory of [`reserve`].
///
/// # Safety
///
/// As that of [`open`]: `reserve` made the memory, with one byte more than `reserved`; it is given up here and used by
/// nobody else; its first `bytes` bytes are UTF-8, and at most `reserved`.
#[cfg(not(feature = "web"))]
unsafe fn given(text: *mut u8, bytes: usize, reserved: usize) -> String {
    // SAFETY: the same conditions.
    unsafe { String::from_raw_parts(text, bytes, reserved + 1) }
}

#[cfg(all(test, not(feature = "web")))]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was_written() {
        for (text, reserved) in [("", 0), ("", 9), ("grüße", 15), ("full", 4)] {
            let at = reserve(reserved);
            // SAFETY: at most as much as was reserved is written, and it is taken back once.
            let taken = unsafe {
                at.copy_from_nonoverlapping(text.as_ptr(), text.len());
                given(at, text.len(), reserved)
            };
            assert_eq!(taken, text);
        }
    }
}
