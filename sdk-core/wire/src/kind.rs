//! The six kinds of event of the Segment spec.

/// The words of [`EventKind::ALL`].
const WORDS: [&str; 6] = ["track", "page", "screen", "identify", "group", "alias"];

/// What an event reports. The wire carries it as the `type` field.
///
/// ```
/// use holloway_wire::EventKind;
/// assert_eq!(EventKind::parse("track"), Some(EventKind::Track));
/// assert_eq!(EventKind::parse("Track"), None, "the spec writes kinds in lower case");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Somebody did something; `event` names it.
    Track,
    /// A web page was viewed; `name` may name it.
    Page,
    /// A screen of an app was viewed; `name` may name it.
    Screen,
    /// This device says who its user is; `traits` describe them.
    Identify,
    /// The user belongs to a group; `groupId` names it, `traits` describe it.
    Group,
    /// `previousId` and `userId` are one and the same user.
    Alias,
}

impl EventKind {
    /// Every kind, in the order of the spec.
    pub const ALL: [Self; 6] =
        [Self::Track, Self::Page, Self::Screen, Self::Identify, Self::Group, Self::Alias];

    /// Whether it is something that was done, rather than a word on who somebody is.
    pub const fn is_action(self) -> bool {
        matches!(self, Self::Track | Self::Page | Self::Screen)
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        WORDS[self as usize]
    }

    /// Reads the word on the wire; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
