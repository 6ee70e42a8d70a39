//! The Holloway client for browsers: the whole surface between JavaScript and the core, on one page.
//!
//! The core decides; this crate carries its effects to a [`Host`](host::Host), which is a JavaScript object in a
//! page and a plain struct in tests. Every call ends with the effects carried out, so that an event is in the
//! page's storage before `track` returns. JavaScript never re-enters the core from within a host method.
//!
//! Numbers cross as `f64` and texts as strings, empty for absent: each further kind of value would cost every
//! visitor bytes of glue.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod host;
mod shell;

use wasm_bindgen::prelude::wasm_bindgen;

use self::{
    host::Host,
    shell::{Call, Setup, Shell},
};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
// SAFETY: this crate is built without the atomics feature, so the module has one thread.
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The text of a panic is code that every visitor would download; the trap is enough for the page to go on
/// without the core.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm_bindgen]
extern "C" {
    /// What the page does for the core; implemented by `npm/src/engine.ts`.
    #[derive(Debug)]
    pub type Page;

    #[wasm_bindgen(method)]
    fn random(this: &Page) -> u32;
    #[wasm_bindgen(method)]
    fn append(this: &Page, chunk: f64, record: &str) -> bool;
    #[wasm_bindgen(method)]
    fn read(this: &Page, token: f64, chunk: f64);
    #[wasm_bindgen(method)]
    fn remove(this: &Page, chunk: f64);
    #[wasm_bindgen(method)]
    fn save(this: &Page, state: &str) -> bool;
    #[wasm_bindgen(method)]
    fn wipe(this: &Page);
    #[wasm_bindgen(method)]
    fn send(this: &Page, token: f64, body: &str, bytes: u32, leaving: bool) -> u32;
    #[wasm_bindgen(method)]
    fn wake(this: &Page, wait_ms: f64);
    #[wasm_bindgen(method)]
    fn diagnose(this: &Page, kind: u32, first: f64, second: f64);
    #[wasm_bindgen(method)]
    fn identity(this: &Page, anonymous_id: &str, user_id: &str);
}

impl Host for Page {
    fn random(&self) -> u32 {
        self.random()
    }

    fn append(&self, chunk: f64, record: &str) -> bool {
        self.append(chunk, record)
    }

    fn read(&self, token: f64, chunk: f64) {
        self.read(token, chunk);
    }

    fn remove(&self, chunk: f64) {
        self.remove(chunk);
    }

    fn save(&self, state: &str) -> bool {
        self.save(state)
    }

    fn wipe(&self) {
        self.wipe();
    }

    fn send(&self, token: f64, body: &str, bytes: u32, leaving: bool) -> u32 {
        self.send(token, body, bytes, leaving)
    }

    fn wake(&self, wait_ms: f64) {
        self.wake(wait_ms);
    }

    fn diagnose(&self, kind: u32, first: f64, second: f64) {
        self.diagnose(kind, first, second);
    }

    fn identity(&self, anonymous_id: &str, user_id: &str) {
        self.identity(anonymous_id, user_id);
    }
}

/// One client of one page.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(Shell<Page>);

#[wasm_bindgen]
impl Core {
    /// A client that goes on from the stored state; times are milliseconds, `consent` is 0 unknown, 1 granted,
    /// 2 denied. `anonymous_id` is used when the state has none.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "a struct across the boundary costs glue in every page")]
    pub fn new(
        page: Page,
        write_key: &str,
        flush_at: u32,
        flush_interval_ms: f64,
        consent: u32,
        anonymous_id: &str,
        state: &str,
        state_copy: &str,
        context: &str,
        unix_ms: f64,
        mono_ms: f64,
    ) -> Self {
        let setup = Setup {
            write_key,
            flush_at,
            flush_interval_ms,
            consent,
            anonymous_id,
            state,
            state_copy,
            context,
        };
        Self(Shell::new(page, &setup, shell::now(unix_ms, mono_ms)))
    }

    /// A call of the app; the meaning of `name` and `body` by `kind` is that of `shell::Call`.
    #[expect(clippy::too_many_arguments, reason = "a struct across the boundary costs glue in every page")]
    pub fn call(
        &mut self,
        kind: u32,
        name: &str,
        body: &str,
        message_id: &str,
        timestamp_unix_ms: f64,
        context: &str,
        integrations: &str,
        unix_ms: f64,
        mono_ms: f64,
    ) {
        let call = Call { kind, name, body, message_id, timestamp_unix_ms, context, integrations };
        self.0.call(&call, shell::now(unix_ms, mono_ms));
    }

    /// What the page noticed: 0 visible, 1 hidden or left, 2 online, 3 time passed, 4 flush was asked for.
    pub fn input(&mut self, kind: u32, unix_ms: f64, mono_ms: f64) {
        self.0.input(kind, shell::now(unix_ms, mono_ms));
    }

    /// A chunk that a closed tab left behind is this client's now.
    pub fn adopt(&mut self, chunk: f64, bytes: u32, events: u32, unix_ms: f64, mono_ms: f64) {
        self.0.adopt(chunk, bytes, events, shell::now(unix_ms, mono_ms));
    }

    /// The records of a chunk, one a line; empty when there are none.
    pub fn read_done(&mut self, token: f64, records: &str, unix_ms: f64, mono_ms: f64) {
        self.0.read_done(token, records, shell::now(unix_ms, mono_ms));
    }

    /// The answer to a request; status 0 when none came.
    pub fn http_done(
        &mut self,
        token: f64,
        status: u32,
        retry_after: &str,
        body: &str,
        unix_ms: f64,
        mono_ms: f64,
    ) {
        self.0.http_done(token, status, retry_after, body, shell::now(unix_ms, mono_ms));
    }

    /// Events that wait, and 1 more for anything else that does: 0 means that all is delivered.
    pub fn waiting(&self) -> u32 {
        self.0.waiting()
    }
}
