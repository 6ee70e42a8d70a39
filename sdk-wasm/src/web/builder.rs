//! Settings of a client.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use web_sys::Window;

use super::{
    Client, Consent,
    consent::decided,
    cookie::{self, Cookie},
    input::{MEET, fields},
    property,
    storage::Store,
    tab::Tab,
    transport::Transport,
};

/// Where the visitor's ids, and the events that wait, are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// A cookie that all sub-domains share, and localStorage.
    #[default]
    Cookie,
    /// localStorage alone.
    Local,
    /// Cookieless: nothing is kept, a visit is a page.
    Memory,
}

/// What a client is told once.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) write_key: String,
    host: String,
    path: String,
    pub(super) flush_at: u32,
    pub(super) flush_interval_ms: f64,
    consent: Option<Consent>,
    persistence: Persistence,
    cookie_name: Option<String>,
    cookie_domain: Option<String>,
    server_cookie: Option<String>,
    respect_gpc: bool,
    respect_dnt: bool,
    pub(super) query_allow: Vec<String>,
}

impl Options {
    /// Whether anything may be kept in the browser.
    pub(super) fn keeps(&self) -> bool {
        self.persistence != Persistence::Memory
    }
}

/// Settings for a [`Client`]; only the collector's origin has no default that fits.
///
/// ```no_run
/// use holloway_wasm::{Client, Persistence};
///
/// let builder = Client::builder("KEY").host("https://events.example.com");
/// let hw = builder.persistence(Persistence::Cookie).server_cookie("hw_id").build();
/// # drop(hw);
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder(Options);

impl Builder {
    pub(super) fn new(write_key: String) -> Self {
        Self(Options {
            write_key,
            host: String::new(),
            path: "/v1/batch".to_owned(),
            flush_at: 20,
            flush_interval_ms: 30_000.0,
            consent: None,
            persistence: Persistence::Cookie,
            cookie_name: None,
            cookie_domain: None,
            server_cookie: None,
            respect_gpc: true,
            respect_dnt: true,
            query_allow: Vec::new(),
        })
    }

    /// The collector's origin with its scheme, such as `https://events.example.com`; a path behind it is left out.
    /// Required.
    pub fn host(mut self, origin: impl Into<String>) -> Self {
        self.0.host = origin.into();
        self
    }

    /// Path of the batch route, for proxies: `/v1/batch`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.0.path = path.into();
        self
    }

    /// Consent of visitors who have not decided yet: granted, or denied where the browser says so (see
    /// [`Self::respect_gpc`]).
    pub fn consent(mut self, consent: Consent) -> Self {
        self.0.consent = Some(consent);
        self
    }

    /// Where the visitor's ids are kept: a cookie for all sub-domains, and localStorage.
    pub fn persistence(mut self, persistence: Persistence) -> Self {
        self.0.persistence = persistence;
        self
    }

    /// The cookie's name: `hw_` and the write key.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.0.cookie_name = Some(name.into());
        self
    }

    /// The cookie's domain: the registrable one, found by trial. An empty one is the page's own host.
    pub fn cookie_domain(mut self, domain: impl Into<String>) -> Self {
        self.0.cookie_domain = Some(domain.into());
        self
    }

    /// A cookie that the collector sets with the anonymous id (`holloway collect --cookie`): browsers that shorten the
    /// life of others keep it. Requests carry credentials then, so that the collector must answer with the page's exact
    /// origin.
    pub fn server_cookie(mut self, name: impl Into<String>) -> Self {
        self.0.server_cookie = Some(name.into());
        self
    }

    /// Whether Global Privacy Control counts as denied for visitors who have not decided: true.
    pub fn respect_gpc(mut self, respect: bool) -> Self {
        self.0.respect_gpc = respect;
        self
    }

    /// Whether Do Not Track does: true.
    pub fn respect_dnt(mut self, respect: bool) -> Self {
        self.0.respect_dnt = respect;
        self
    }

    /// Sends after so many events: 20.
    pub fn flush_at(mut self, events: u32) -> Self {
        self.0.flush_at = events.max(1);
        self
    }

    /// Sends after so many milliseconds: 30,000.
    pub fn flush_interval_ms(mut self, interval_ms: u32) -> Self {
        self.0.flush_interval_ms = interval_ms.into();
        self
    }

    /// Further keys of a URL's query that may be told, besides those of campaigns: none.
    pub fn query_allow<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.0.query_allow = keys.into_iter().map(Into::into).collect();
        self
    }

    /// The client of this page. Outside of a page (on a server that renders it, in a worker) it does nothing.
    ///
    /// Without a write key, or with a host that has no scheme or is missing, the client records nothing, and the console
    /// gets one error that says so.
    pub fn build(self) -> Client {
        let window = if cfg!(target_arch = "wasm32") { web_sys::window() } else { None };
        let Some(window) = window else { return Client(None) };
        match route(&self.0) {
            Ok(url) => Client(Some(tab(window, self.0, url))),
            Err(problem) => {
                web_sys::console::error_1(&format!("Holloway records nothing: {problem}").into());
                Client(None)
            }
        }
    }
}

/// Why there is no URL to send to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum RouteError {
    #[error("expected a write key, found none: set it with Client::builder(\"KEY\")")]
    NoWriteKey,
    #[error(
        "expected the collector's origin, such as https://events.example.com, found {0:?}: set it with .host(origin)"
    )]
    NoHost(String),
}

/// The URL of the batch route.
fn route(options: &Options) -> Result<String, RouteError> {
    if options.write_key.is_empty() {
        return Err(RouteError::NoWriteKey);
    }
    let no_host = || RouteError::NoHost(options.host.clone());
    let (scheme, rest) = options.host.split_once("://").ok_or_else(no_host)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") || authority.is_empty() {
        return Err(no_host());
    }
    Ok(format!("{scheme}://{authority}/{}", options.path.trim_start_matches('/')))
}

fn tab(window: Window, options: Options, url: String) -> Rc<Tab> {
    let store = Store::new(&window, format!("hw.{}.", options.write_key), options.keeps());
    let session_store = Store::of_tab(&window, format!("hw.{}.", options.write_key), options.keeps());
    let consent = decided(&store).or(options.consent).unwrap_or_else(|| {
        let navigator = window.navigator();
        let is_denied = (options.respect_gpc && property(&navigator, "globalPrivacyControl").is_truthy())
            || (options.respect_dnt
                && property(&navigator, "doNotTrack").as_string().as_deref() == Some("1"));
        if is_denied { Consent::Denied } else { Consent::Granted }
    });
    let cookie = (options.persistence == Persistence::Cookie).then(|| {
        let name = options.cookie_name.clone().unwrap_or_else(|| cookie::name_of(&options.write_key));
        Cookie::new(window.clone(), name, options.cookie_domain.clone())
    });
    let told = cookie.as_ref().map(Cookie::read).filter(|record| !record.is_empty());
    // A core that was denied hears of nobody: it is news once that is taken back.
    let seen = told.clone().filter(|_| consent != Consent::Denied).unwrap_or_default();
    let told = told.or_else(|| Some(store.get("i")).filter(|record| !record.is_empty()));
    let told = told.or_else(|| options.server_cookie.as_ref().map(|name| cookie::read(&window, name)));
    let subject = fields(&told.unwrap_or_default());
    let digit = || char::from_digit((js_sys::Math::random() * 16.0) as u32, 16).unwrap_or('0');
    let tab = Rc::new(Tab {
        transport: Transport::new(window.clone(), url, options.server_cookie.is_some()),
        writer: (0..12).map(|_| digit()).collect(),
        consent: Cell::new(consent),
        subject: subject.into(),
        window,
        options,
        store,
        chunks: RefCell::default(),
        state: RefCell::default(),
        cookie,
        shared: RefCell::default(),
        seen: seen.into(),
        left: Cell::default(),
        busy: Cell::default(),
        listeners: RefCell::default(),
        session_listeners: RefCell::default(),
        kind: Cell::new(MEET),
        is_ready: Cell::default(),
        waiting: RefCell::default(),
        releases: RefCell::default(),
        inputs: RefCell::default(),
        shell: RefCell::default(),
        flushes: RefCell::default(),
        timer: Cell::default(),
        tick: RefCell::default(),
        view: RefCell::default(),
        own_id: session_store.get("tab").into(),
        session_store,
        hints: RefCell::default(),
    });
    if tab.own_id.borrow().is_empty() {
        tab.own_id.replace(tab.new_id(js_sys::Date::now()));
    }
    tab.take_tab();
    tab.start();
    tab
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_needs_a_key_and_a_host_with_its_scheme() {
        let check = |write_key: &str, host: &str, path: Option<&str>, expected: Result<&str, &str>| {
            let mut builder = Client::builder(write_key).host(host);
            if let Some(path) = path {
                builder = builder.path(path);
            }
            let found = route(&builder.0).map_err(|error| error.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{write_key} {host}");
        };
        let missing = |found: &str| {
            format!(
                "expected the collector's origin, such as https://events.example.com, found {found:?}: set it with .host(origin)"
            )
        };
        check("k", "https://e.example.com", None, Ok("https://e.example.com/v1/batch"));
        check("k", "http://127.0.0.1:8787/", None, Ok("http://127.0.0.1:8787/v1/batch"));
        check("k", "https://e.example.com/own", None, Ok("https://e.example.com/v1/batch"));
        check("k", "https://e.example.com", Some("own/batch"), Ok("https://e.example.com/own/batch"));
        for host in
            ["", "e.example.com", "localhost:8787", "//e.example.com", "ftp://e.example.com", "https://"]
        {
            check("k", host, None, Err(&missing(host)));
        }
        let no_key = "expected a write key, found none: set it with Client::builder(\"KEY\")";
        check("", "https://e.example.com", None, Err(no_key));
    }
}
