//! How a client is made.

use std::time::Duration;

use holloway::Builder;

use crate::json::JsonText;

/// Settings of a client; only the write key has no default.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HollowayConfig {
    /// Whose events these are.
    pub write_key: String,
    /// Which facade made this client.
    pub face: Face,
    /// The collector's origin. Default `http://127.0.0.1:8787`.
    #[uniffi(default = None)]
    pub host: Option<String>,
    /// Where events wait. Default `holloway-events` in the current folder, which is of no use on a phone.
    #[uniffi(default = None)]
    pub directory: Option<String>,
    /// Events after which a batch is sent. Default 20.
    #[uniffi(default = None)]
    pub flush_at: Option<u32>,
    /// Milliseconds after which a batch is sent. Default 30,000.
    #[uniffi(default = None)]
    pub flush_interval_ms: Option<u64>,
    /// Consent at the start; what the user said in a former run wins. Default granted.
    #[uniffi(default = None)]
    pub consent: Option<Consent>,
    /// A JSON object: the host's part of every event's context, such as `app`, `device` and `os`. Default none.
    #[uniffi(default = None)]
    pub context: Option<String>,
    /// Name of the app, for `context.app`. Default none.
    #[uniffi(default = None)]
    pub app_name: Option<String>,
    /// Version of the app, for `context.app`; without [`Self::app_name`] it is left out. Default none.
    #[uniffi(default = None)]
    pub app_version: Option<String>,
}

/// The language that an app speaks to the client; it becomes `context.library.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Face {
    /// `holloway-kotlin`
    Kotlin,
    /// `holloway-swift`
    Swift,
    /// `holloway-python`
    Python,
}

/// Whether this device may record and send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Consent {
    /// Not asked yet: events stay in memory, up to a cap.
    Unknown,
    /// Yes.
    Granted,
    /// No: what was kept is wiped, and its deletion is asked for.
    Denied,
}

impl HollowayConfig {
    pub(crate) fn builder(self) -> Builder {
        let mut builder = holloway::Client::builder(self.write_key)
            .library(self.face.library_name(), env!("CARGO_PKG_VERSION"));
        if let Some(host) = self.host {
            builder = builder.host(host);
        }
        if let Some(directory) = self.directory {
            builder = builder.store_dir(directory);
        }
        if let Some(events) = self.flush_at {
            builder = builder.flush_at(events as usize);
        }
        if let Some(interval_ms) = self.flush_interval_ms {
            builder = builder.flush_interval(Duration::from_millis(interval_ms));
        }
        if let Some(consent) = self.consent {
            builder = builder.consent(consent.into());
        }
        if let Some(context) = self.context {
            builder = builder.context(JsonText(Some(context)));
        }
        if let Some(name) = self.app_name {
            builder = builder.app(name, self.app_version.unwrap_or_default());
        }
        builder
    }
}

impl Face {
    /// Returns the `User-Agent` of its requests.
    pub(crate) fn user_agent(self) -> String {
        format!("{}/{}", self.library_name(), env!("CARGO_PKG_VERSION"))
    }

    fn library_name(self) -> &'static str {
        match self {
            Self::Kotlin => "holloway-kotlin",
            Self::Swift => "holloway-swift",
            Self::Python => "holloway-python",
        }
    }
}

impl From<Consent> for holloway::Consent {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::Unknown => Self::Unknown,
            Consent::Granted => Self::Granted,
            Consent::Denied => Self::Denied,
        }
    }
}
