//! What the core is told: kinds by number, two numbers and a text, as `Shell::call` knows them.

use js_sys::Date;

use super::{Consent, consent::word, page::Page};

pub(super) const TRACK: u32 = 0;
pub(super) const PAGE: u32 = 1;
pub(super) const SCREEN: u32 = 2;
pub(super) const IDENTIFY: u32 = 3;
pub(super) const GROUP: u32 = 4;
pub(super) const ALIAS: u32 = 5;
pub(super) const RESET: u32 = 6;
pub(super) const REGISTER: u32 = 7;
pub(super) const UNREGISTER: u32 = 8;
pub(super) const CONSENT: u32 = 9;
pub(super) const START_SESSION: u32 = 10;
pub(super) const PURPOSES: u32 = 11;
pub(super) const VISIBLE: u32 = 32;
pub(super) const HIDDEN: u32 = 33;
pub(super) const ONLINE: u32 = 34;
pub(super) const TICK: u32 = 35;
pub(super) const FLUSH: u32 = 36;
pub(super) const ADOPT: u32 = 37;
pub(super) const READ_DONE: u32 = 38;
pub(super) const HTTP_DONE: u32 = 39;
pub(super) const SYNC: u32 = 40;
pub(super) const LEAD: u32 = 41;
pub(super) const MEET: u32 = 42;
pub(super) const CONTEXT: u32 = 43;

/// The fields of a record that a cookie or the store has; what is no record has none.
pub(super) fn fields(record: &str) -> Vec<String> {
    let decode = |field| js_sys::decode_uri_component(field).map(String::from);
    record.split('/').map(decode).collect::<Result<_, _>>().unwrap_or_else(|_| vec![String::new()])
}

/// What the core is told.
#[derive(Default)]
pub(super) struct Input {
    pub(super) kind: u32,
    pub(super) first: f64,
    pub(super) second: f64,
    pub(super) text: String,
}

impl Input {
    pub(super) fn of(kind: u32, text: String) -> Self {
        Self { kind, text, ..Self::default() }
    }

    /// A decision, without the time of a call.
    pub(super) fn decision(consent: Consent) -> Self {
        Self::of(CONSENT, format!("\0\0\0\0{}", word(consent)))
    }

    /// Whether it is an event, or says who the user is.
    pub(super) fn is_event(&self) -> bool {
        self.kind & 15 <= ALIAS
    }

    /// A call of the app, at this time and on this page.
    pub(super) fn of_call(kind: u32, name: &str, mut body: String, page: impl FnOnce() -> Page) -> Self {
        if body.contains('\0') {
            // Fields end with it, and JSON has none: the core refuses this and counts it.
            "?".clone_into(&mut body);
        } else if body == "null" {
            body.clear();
        }
        if kind != ALIAS {
            // White space in JSON; but the store's records are lines.
            body = body.replace('\n', " ");
        }
        let mut context = String::new();
        if kind <= ALIAS {
            let page = page();
            if kind == PAGE {
                body = page.with(&body);
            }
            context = page.context;
        }
        // So are a visitor's ids where other pages read them.
        let name = name.replace('\n', " ");
        Self { first: Date::now(), ..Self::of(kind, [&body, context.as_str(), "", "", &name].join("\0")) }
    }
}
