//! A simulated device: the real SDK, and beside it the account of whose events they are.

use std::time::Duration;

use anyhow::{Context as _, Result};
use holloway::{Client, Consent, FsyncPolicy, Options};
use serde_json::{Value, json};

use super::{
    composition::TWICE,
    dice::Dice,
    truth::{Cause, Truth},
};

/// A device while it is used.
pub(super) struct Device<'t> {
    client: Client,
    truth: &'t mut Truth,
    /// Unique; message ids follow from it.
    id: String,
    /// The cause of the person that this device is before the first login.
    cause: Cause,
    user: Option<(String, Cause)>,
    /// Logouts so far: each begins another anonymous id.
    logouts: u32,
    /// Times of events since then for which no user is known yet.
    waiting_ms: Vec<u64>,
    calls: u64,
    now_ms: u64,
    user_agent: Option<&'static str>,
    _store: tempfile::TempDir,
}

impl<'t> Device<'t> {
    pub(super) fn open(
        host: &str,
        id: String,
        cause: Cause,
        consent: Consent,
        truth: &'t mut Truth,
    ) -> Result<Self> {
        let store = tempfile::tempdir().context("cannot make a folder for a simulated device")?;
        let client = Client::builder("demo")
            .host(host)
            .store_dir(store.path())
            .flush_at(500)
            .consent(consent)
            // The events can be made again: they need not survive the machine.
            .fsync(FsyncPolicy::Never)
            .build()
            .context("cannot start a simulated device")?;
        Ok(Self {
            client,
            truth,
            id,
            cause,
            user: None,
            logouts: 0,
            waiting_ms: Vec::new(),
            calls: 0,
            now_ms: 0,
            user_agent: None,
            _store: store,
        })
    }

    pub(super) fn set_user_agent(&mut self, user_agent: &'static str) {
        self.user_agent = Some(user_agent);
    }

    /// Sets the time of the next event.
    pub(super) fn set_time(&mut self, at_ms: u64) {
        self.now_ms = at_ms;
    }

    pub(super) fn is_logged_in(&self) -> bool {
        self.user.is_some()
    }

    /// Answers the question of consent. Without it, nothing that was called is recorded.
    pub(super) fn set_consent(&mut self, is_granted: bool) {
        self.client.set_consent(if is_granted { Consent::Granted } else { Consent::Denied });
        if !is_granted {
            self.waiting_ms.clear();
        }
    }

    pub(super) fn page(&mut self, dice: &mut Dice, path: &str, referrer: &str, search: &str) {
        let url = format!("https://shop.example{path}{search}");
        let page = json!({ "path": path, "url": url, "search": search, "referrer": referrer });
        let mut options = self.next(dice);
        let mut context = json!({ "page": page });
        if let Some(user_agent) = self.user_agent {
            context["userAgent"] = user_agent.into();
        }
        options.context = Some(context);
        self.client.page_with(path, json!({}), options);
        self.count();
    }

    pub(super) fn track(&mut self, dice: &mut Dice, name: &str, properties: Value) {
        let options = self.next(dice);
        if dice.chance(TWICE) {
            self.truth.twice += 1;
            self.client.track_with(name, &properties, options.clone());
        }
        self.client.track_with(name, properties, options);
        self.count();
    }

    /// Logs a user in. The device's history without a user is from now on this user's.
    pub(super) fn log_in(&mut self, dice: &mut Dice, user: &str, cause: Cause, traits: Value) {
        let options = self.next(dice);
        self.client.identify_with(user, traits, options);
        for at_ms in std::mem::take(&mut self.waiting_ms) {
            self.truth.saw(user, cause, at_ms);
        }
        self.user = Some((user.to_owned(), cause));
        self.count();
    }

    pub(super) fn log_out(&mut self) {
        self.settle();
        self.client.reset();
        self.user = None;
        self.logouts += 1;
    }

    /// Notes that the last login named an id of another user: the pipeline must refuse to merge the two.
    pub(super) fn expect_refusal(&mut self) {
        self.truth.refused_merges += 1;
    }

    /// Returns when the collector has acknowledged everything.
    pub(super) fn close(mut self) -> Result<()> {
        self.settle();
        self.client.shutdown(Duration::from_mins(1)).context("the collector did not take the demo's events")
    }

    /// Without a user the device is a person by itself.
    fn settle(&mut self) {
        let key = format!("{}-{}", self.id, self.logouts);
        for at_ms in std::mem::take(&mut self.waiting_ms) {
            self.truth.saw(&key, self.cause, at_ms);
        }
    }

    fn count(&mut self) {
        match &self.user {
            Some((user, cause)) => self.truth.saw(user, *cause, self.now_ms),
            None => self.waiting_ms.push(self.now_ms),
        }
    }

    /// Id and time of the next event.
    fn next(&mut self, dice: &mut Dice) -> Options {
        self.now_ms += 2_000 + dice.below(90_000);
        self.calls += 1;
        Options {
            message_id: Some(format!("{}-{}", self.id, self.calls)),
            timestamp_unix_ms: Some(self.now_ms),
            ..Options::default()
        }
    }
}
