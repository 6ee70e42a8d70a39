//! Which events a step of a report means.

use super::ReportError;
use holloway_wire::EventKind;

/// A set of events, as one writes it on a command line.
///
/// | text | events |
/// |---|---|
/// | `Signed Up` | tracks of this name |
/// | `page:/pricing` | page views of this path |
/// | `screen:Home` | screen views of this name |
/// | `type:identify` | all events of a kind: track, page, screen, identify, group, alias |
/// | `event:page:1` | tracks of the name `page:1`, should there be such |
/// | `*` | all events |
///
/// ```
/// use holloway_pipeline::report::Selector;
/// use holloway_wire::EventKind;
/// let pricing: Selector = Selector::parse("page:/pricing")?;
/// assert!(pricing.matches(EventKind::Page, None, Some("/pricing")));
/// assert!(!pricing.matches(EventKind::Track, Some("page:/pricing"), None));
/// assert!(Selector::parse("type:click").is_err());
/// # Ok::<(), holloway_pipeline::report::ReportError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Tracks of this name.
    Track(String),
    /// Page views of this path.
    Page(String),
    /// Screen views of this name.
    Screen(String),
    /// All events of this kind.
    Kind(EventKind),
    /// All events.
    Any,
}

impl Selector {
    /// Reads the text of a selector.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let bad = |expected| Err(ReportError::Options { expected, found: format!("{text:?}") });
        if text == "*" {
            return Ok(Self::Any);
        }
        let (prefix, rest) = text.split_once(':').unwrap_or(("", text));
        if rest.is_empty() {
            return bad("the name of an event");
        }
        Ok(match prefix {
            "page" => Self::Page(rest.to_owned()),
            "screen" => Self::Screen(rest.to_owned()),
            "event" => Self::Track(rest.to_owned()),
            "type" => match EventKind::parse(rest) {
                Some(kind) => Self::Kind(kind),
                None => return bad("type: followed by track, page, screen, identify, group or alias"),
            },
            _ => Self::Track(text.to_owned()),
        })
    }

    /// Returns the text by which a track of this name is selected.
    ///
    /// ```
    /// use holloway_pipeline::report::Selector;
    /// assert_eq!(Selector::of_track("Signed Up"), "Signed Up");
    /// assert_eq!(Selector::of_track("page:1"), "event:page:1");
    /// ```
    pub fn of_track(name: &str) -> String {
        let is_plain = Self::parse(name).is_ok_and(|selector| selector == Self::Track(name.to_owned()));
        if is_plain { name.to_owned() } else { format!("event:{name}") }
    }

    /// True for an event of the set. `page` is the path of a page, or the name of a screen.
    pub fn matches(&self, kind: EventKind, name: Option<&str>, page: Option<&str>) -> bool {
        match self {
            Self::Track(wanted) => kind == EventKind::Track && name == Some(wanted),
            Self::Page(wanted) => kind == EventKind::Page && page == Some(wanted),
            Self::Screen(wanted) => {
                kind == EventKind::Screen && (name == Some(wanted) || page == Some(wanted))
            }
            Self::Kind(wanted) => kind == *wanted,
            Self::Any => true,
        }
    }
}
