//! Everything that crosses from Rust to Kotlin, Swift and Python.
//!
//! The surface is deliberately small and dull: one object with some twenty calls, and one queue that its host pulls requests
//! from; text, bytes and integers only, no callbacks and no async. Properties, traits and context cross as the text of a JSON object, and but for a single event's own context they
//! are not parsed on the way (there a number keeps the digits that a double has). So the
//! facades in `kotlin/`, `swift/` and `python/` can be moved to another binding technology without their users noticing.
//!
//! Two promises are kept here rather than in each facade: a call that records something never fails into the app
//! (a dropped event is counted instead), and a panic never crosses (it turns this client off: [`HollowayError::Disabled`]).
#![deny(missing_docs)]

mod config;
mod error;
mod guard;
mod host;
mod json;
mod report;

use std::{collections::HashMap, sync::Arc, time::Duration};

pub use config::{Consent, Face, HollowayConfig};
pub use error::HollowayError;
pub use host::{HostQueue, HostTask, HttpRequest, HttpResponse, Severity};

use guard::Guard;
use holloway::ResetOptions;
use json::JsonText;
use report::Reporter;

uniffi::setup_scaffolding!();

/// What an app may say about one event besides its properties.
///
/// With `user_id` or `anonymous_id` the event is of that visitor and not of the client's own: it carries these ids alone, has
/// no session and no registered properties, and changes no identity. So one client of a server serves many users. An id
/// that is empty or white space alone is refused: the event is dropped and counted, never given to another visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct EventOptions {
    /// The same id twice is stored once. Default: a new UUIDv7.
    #[uniffi(default = None)]
    pub message_id: Option<String>,
    /// When it happened, milliseconds since 1970. Default: now.
    #[uniffi(default = None)]
    pub timestamp_ms: Option<u64>,
    /// A JSON object laid over the client's context, such as `ip`, `userAgent` and `page` of a request.
    #[uniffi(default = None)]
    pub context: Option<String>,
    /// The user of the event, in place of the client's own visitor.
    #[uniffi(default = None)]
    pub user_id: Option<String>,
    /// The anonymous id of the event, in place of the client's own visitor.
    #[uniffi(default = None)]
    pub anonymous_id: Option<String>,
}

/// A client of one app. All calls return at once, but for [`Self::flush`] and [`Self::shutdown`]; all may be made from
/// any thread.
#[derive(Debug, uniffi::Object)]
pub struct HollowayClient {
    client: holloway::Client,
    guard: Guard,
}

#[uniffi::export]
impl HollowayClient {
    /// Opens the folder, starts the worker, and sends what a former run left: by `host`'s tasks, or without one by the HTTP
    /// client of this library, which only a build with the feature `reqwest` has.
    #[uniffi::constructor(default(host = None))]
    pub fn new(config: HollowayConfig, host: Option<Arc<HostQueue>>) -> Result<Arc<Self>, HollowayError> {
        let guard = Guard::default();
        let user_agent = config.face.user_agent();
        let build = || {
            let builder = config.builder();
            let Some(host) = host else { return builder.build() };
            let log = tracing::Dispatch::new(Reporter::new(&host));
            let builder = builder.log_to(log.clone()).transport(host.transport(user_agent));
            tracing::dispatcher::with_default(&log, || builder.build())
        };
        let client = guard.call(build).ok_or(HollowayError::Disabled)??;
        Ok(Arc::new(Self { client, guard }))
    }

    /// Records an event.
    #[uniffi::method(default(properties = None, options = None))]
    pub fn track(&self, name: &str, properties: Option<String>, options: Option<EventOptions>) {
        self.record(options, |client, options| client.track_with(name, JsonText(properties), options));
    }

    /// Records the view of a page.
    #[uniffi::method(default(name = None, properties = None, options = None))]
    pub fn page(&self, name: Option<String>, properties: Option<String>, options: Option<EventOptions>) {
        let name = name.unwrap_or_default();
        self.record(options, |client, options| client.page_with(&name, JsonText(properties), options));
    }

    /// Records the view of a screen.
    #[uniffi::method(default(name = None, properties = None, options = None))]
    pub fn screen(&self, name: Option<String>, properties: Option<String>, options: Option<EventOptions>) {
        let name = name.unwrap_or_default();
        self.record(options, |client, options| client.screen_with(&name, JsonText(properties), options));
    }

    /// Sets this client's user to `user_id`. With an id in the options it sets nothing, and records the traits of that
    /// user: `user_id`, or where that is empty the options'.
    #[uniffi::method(default(traits = None, options = None))]
    pub fn identify(&self, user_id: &str, traits: Option<String>, options: Option<EventOptions>) {
        self.record(options, |client, options| client.identify_with(user_id, JsonText(traits), options));
    }

    /// Records that the user belongs to a group.
    #[uniffi::method(default(traits = None, options = None))]
    pub fn group(&self, group_id: &str, traits: Option<String>, options: Option<EventOptions>) {
        self.record(options, |client, options| client.group_with(group_id, JsonText(traits), options));
    }

    /// Records that `user_id` is the same user as the visitor of the options' ids, or else as this client's own.
    #[uniffi::method(default(options = None))]
    pub fn alias(&self, user_id: &str, options: Option<EventOptions>) {
        self.record(options, |client, options| client.alias_with(user_id, options));
    }

    /// Parts with the user: a new anonymous id, no user id, no registered properties, but for what is to be kept.
    #[uniffi::method(default(keep_anonymous_id = false, keep_registered = false, keep_session = false))]
    pub fn reset(&self, keep_anonymous_id: bool, keep_registered: bool, keep_session: bool) {
        let keep = ResetOptions { keep_anonymous_id, keep_registered, keep_session };
        self.guard.call(|| self.client.reset_with(keep));
    }

    /// Adds properties to every later track, page and screen.
    pub fn register(&self, properties: String) {
        self.guard.call(|| self.client.register(JsonText(Some(properties))));
    }

    /// Takes one of the registered properties away.
    pub fn unregister(&self, key: &str) {
        self.guard.call(|| self.client.unregister(key));
    }

    /// Replaces the host's part of every later event's context, such as `app`, `device` and `os`.
    pub fn set_context(&self, context: String) {
        self.guard.call(|| self.client.set_context(JsonText(Some(context))));
    }

    /// The user's decision about being recorded. It holds for every later call, over kill and restart.
    pub fn set_consent(&self, consent: Consent) {
        self.guard.call(|| self.client.set_consent(consent.into()));
    }

    /// The app is in front again.
    pub fn foreground(&self) {
        self.guard.call(|| self.client.foreground());
    }

    /// The app leaves the front: what waits is made durable and sent.
    pub fn background(&self) {
        self.guard.call(|| self.client.background());
    }

    /// The network is back: what waits is sent without the rest of the pause after a failure.
    pub fn online(&self) {
        self.guard.call(|| self.client.online());
    }

    /// The write key that the collector refused is known there now: sending goes on.
    pub fn resume(&self) {
        self.guard.call(|| self.client.resume());
    }

    /// Sends everything, and returns when the collector has acknowledged it. Blocks for `timeout_ms` at most.
    pub fn flush(&self, timeout_ms: u64) -> Result<(), HollowayError> {
        let timeout = Duration::from_millis(timeout_ms);
        Ok(self.guard.call(|| self.client.flush(timeout)).ok_or(HollowayError::Disabled)??)
    }

    /// Flushes, then stops the client. What was not sent in `timeout_ms` is sent by the next one on the same folder.
    pub fn shutdown(&self, timeout_ms: u64) -> Result<(), HollowayError> {
        let timeout = Duration::from_millis(timeout_ms);
        Ok(self.guard.call(|| self.client.shutdown(timeout)).ok_or(HollowayError::Disabled)??)
    }

    /// The device's id, as of the worker's last look.
    pub fn anonymous_id(&self) -> String {
        self.guard.call(|| self.client.subject().anonymous_id).unwrap_or_default()
    }

    /// The user's id, after `identify`, as of the worker's last look.
    pub fn user_id(&self) -> Option<String> {
        self.guard.call(|| self.client.subject().user_id).flatten()
    }

    /// Events that wait to be acknowledged.
    pub fn queued_events(&self) -> u64 {
        self.guard.call(|| self.client.queued_events() as u64).unwrap_or_default()
    }

    /// Events lost since this client was made, by reason.
    pub fn losses(&self) -> HashMap<String, u64> {
        let losses = self.guard.call(|| self.client.losses()).unwrap_or_default();
        losses.into_iter().map(|(reason, events)| (reason.as_str().to_owned(), events)).collect()
    }
}

impl HollowayClient {
    fn record(&self, options: Option<EventOptions>, call: impl FnOnce(&holloway::Client, holloway::Options)) {
        self.guard.call(|| call(&self.client, options.unwrap_or_default().into()));
    }
}

impl From<EventOptions> for holloway::Options {
    fn from(options: EventOptions) -> Self {
        Self {
            message_id: options.message_id,
            timestamp_unix_ms: options.timestamp_ms,
            context: options.context.map(json::value),
            user_id: options.user_id,
            anonymous_id: options.anonymous_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(
        folder: &tempfile::TempDir,
        change: impl FnOnce(&mut HollowayConfig),
    ) -> Result<Arc<HollowayClient>, HollowayError> {
        let mut config = HollowayConfig {
            write_key: "KEY".into(),
            face: Face::Python,
            // Nobody listens on port 9.
            host: Some("http://127.0.0.1:9".into()),
            directory: folder.path().to_str().map(str::to_owned),
            flush_at: None,
            flush_interval_ms: None,
            consent: None,
            context: None,
            app_name: None,
            app_version: None,
        };
        change(&mut config);
        HollowayClient::new(config, None)
    }

    #[test]
    fn mistakes_in_the_settings_have_names_and_say_what_to_do() {
        #[track_caller]
        fn check(
            change: impl FnOnce(&mut HollowayConfig),
            variant: fn(String) -> HollowayError,
            words: &str,
        ) {
            let folder = tempfile::tempdir().expect("a folder for the test");
            let error = client(&folder, change).expect_err("the setting is wrong");
            assert_eq!(error, variant(error.to_string()));
            assert!(error.to_string().contains(words), "{error}");
        }
        check(|config| config.write_key.clear(), HollowayError::WriteKey, "write key");
        check(
            |config| config.host = Some("example.com".into()),
            HollowayError::Host,
            "found \"example.com\"",
        );
        check(
            |config| config.directory = Some("/dev/null/sub".into()),
            HollowayError::Directory,
            "give a directory",
        );
        check(|config| config.flush_at = Some(0), HollowayError::Setting, "flush_at, found 0");
        check(|config| config.context = Some("[]".into()), HollowayError::Setting, "context, found []");
    }

    #[test]
    fn what_cannot_be_sent_is_counted_and_nothing_fails() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let client = client(&folder, |_| ()).expect("the settings are right");
        client.track("Kept", Some(r#"{"n":1}"#.into()), None);
        client.track("No object", Some("[1]".into()), None);
        client.track("No JSON", Some("{".into()), None);
        client.track("", None, None);
        let error = client.flush(1).expect_err("nobody listens");
        assert!(matches!(error, HollowayError::TimedOut(_)), "{error}");
        // The worker has taken the calls when it has stopped.
        client.shutdown(1).expect_err("nobody listens");
        assert_eq!(client.losses().values().sum::<u64>(), 3, "{:?}", client.losses());
        assert_eq!(client.queued_events(), 1);
        client.track("Late", None, None);
        assert!(matches!(client.flush(1), Err(HollowayError::Stopped(_))));
    }

    #[test]
    fn every_call_takes_the_ids_of_another_visitor() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let client = client(&folder, |_| ()).expect("the settings are right");
        let ada = || Some(EventOptions { user_id: Some("ada".into()), ..EventOptions::default() });
        let nobody = || Some(EventOptions { anonymous_id: Some(" ".into()), ..EventOptions::default() });
        let calls: [fn(&HollowayClient, Option<EventOptions>); 6] = [
            |client, options| client.track("A", None, options),
            |client, options| client.page(None, None, options),
            |client, options| client.screen(None, None, options),
            |client, options| client.identify("", None, options),
            |client, options| client.group("acme", None, options),
            |client, options| client.alias("ada-2", options),
        ];
        for call in calls {
            call(&client, ada());
            call(&client, nobody());
        }
        client.shutdown(1).expect_err("no one listens");
        assert_eq!((client.queued_events(), client.losses()["serialize"]), (6, 6));
        assert_eq!(client.user_id(), None);
    }
}
