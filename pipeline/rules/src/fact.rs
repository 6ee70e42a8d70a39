//! One event of one person, and the order of events.

use holloway_wire::{EventKind, Timestamp};
use std::cmp::Ordering;

/// Who sent an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A person's own device.
    #[default]
    Client,
    /// A server on behalf of a person.
    Server,
    /// A robot, by its mark or user agent.
    Bot,
}

/// One event of one person, as a borrowed view: what the folds look at, and nothing else.
///
/// The folds of this crate expect a person's facts in [`Fact::order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact<'a> {
    /// The corrected time of the event.
    pub at: Timestamp,
    /// The client's own counter (`context.session.eventIndex`), `0` when it sent none. Breaks ties of time.
    pub sequence: u64,
    /// The message id, unique within its write key. Breaks the remaining ties, by its text.
    pub message_id: &'a str,
    /// The kind of the event.
    pub kind: EventKind,
    /// `event` of a track, `name` of a page or screen.
    pub name: Option<&'a str>,
    /// The caller's dense number of the device (its anonymous id); `0` when the event names none.
    pub device: u32,
    /// `userId`, when the event carries one that is not blocked.
    pub user_id: Option<&'a str>,
    /// The path of the page, or the name of the screen.
    pub page: Option<&'a str>,
    /// The host of the page, lowercase: a referrer of the same host is no referrer.
    pub page_host: Option<&'a str>,
    /// The full referrer.
    pub referrer: Option<&'a str>,
    /// `context.campaign.source` or `utm_source`.
    pub utm_source: Option<&'a str>,
    /// `context.campaign.medium` or `utm_medium`.
    pub utm_medium: Option<&'a str>,
    /// `context.campaign.name` or `utm_campaign`.
    pub utm_campaign: Option<&'a str>,
    /// True when the page's address carries an advertising click id (`gclid` and its kin, see
    /// [`crate::campaign::has_click_id`]).
    pub paid_click: bool,
    /// Milliseconds of attention that end with this event (a heartbeat or page-leave event).
    pub engaged_ms: Option<u32>,
    /// Declared traits, the raw JSON object of an `identify`.
    pub traits: Option<&'a str>,
    /// Who sent it.
    pub origin: Origin,
}

impl<'a> Fact<'a> {
    /// A fact that says only when, what and under which message id; the other fields are empty.
    pub const fn new(at: Timestamp, kind: EventKind, message_id: &'a str) -> Self {
        Self {
            at,
            sequence: 0,
            message_id,
            kind,
            name: None,
            device: 0,
            user_id: None,
            page: None,
            page_host: None,
            referrer: None,
            utm_source: None,
            utm_medium: None,
            utm_campaign: None,
            paid_click: false,
            engaged_ms: None,
            traits: None,
            origin: Origin::Client,
        }
    }

    /// The one order of a person's events: time, then the client's counter, then the message id.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.at, self.sequence, self.message_id).cmp(&(other.at, other.sequence, other.message_id))
    }

    /// True for a page or screen view.
    pub const fn is_view(&self) -> bool {
        matches!(self.kind, EventKind::Page | EventKind::Screen)
    }

    /// The label under which the event is counted: the name of a track, else the word of the kind.
    ///
    /// A track without a name counts as `track`.
    pub fn label(&self) -> &'a str {
        match (self.kind, self.name) {
            (EventKind::Track, Some(name)) => name,
            (kind, _) => kind.as_str(),
        }
    }
}
