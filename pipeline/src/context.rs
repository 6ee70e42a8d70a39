//! What the pipeline looks up in an event's context: the only reading of it on the way to a table.
//!
//! Lenient: a field of another type than expected is no field. The context itself stays a column, as it came.

use holloway_rules::campaign::{Campaign, has_click_id, host_of};
use holloway_wire::RawJson;
use std::borrow::Cow;

type Text<'a> = Option<Cow<'a, str>>;

/// The looked-up fields, by the names of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen<'a> {
    pub(crate) session_id: Text<'a>,
    pub(crate) sequence: Option<i64>,
    pub(crate) page_path: Text<'a>,
    pub(crate) page_host: Text<'a>,
    pub(crate) page_referrer: Text<'a>,
    pub(crate) user_agent: Text<'a>,
    pub(crate) library: Text<'a>,
    pub(crate) utm_source: Text<'a>,
    pub(crate) utm_medium: Text<'a>,
    pub(crate) utm_campaign: Text<'a>,
    pub(crate) paid_click: bool,
    pub(crate) engaged_ms: Option<i64>,
}

impl<'a> Seen<'a> {
    /// Looks into the context, and for what it does not say about the page into the properties of a page view.
    pub(crate) fn of(context: Option<RawJson<'a>>, page_view: Option<RawJson<'a>>) -> Self {
        let mut seen = Self::default();
        let (mut url, mut search) = (None, None);
        for (key, value) in context.iter().flat_map(|context| context.members()) {
            match key {
                "page" => seen.page(value, &mut url, &mut search),
                "session" => {
                    seen.session_id = value.get("id").and_then(id);
                    seen.sequence = whole(value, "eventIndex");
                    seen.engaged_ms = whole(value, "engagedMs");
                }
                "campaign" => {
                    seen.utm_source = text(value, "source");
                    seen.utm_medium = text(value, "medium");
                    seen.utm_campaign = text(value, "name");
                }
                "library" => seen.library = library(value),
                "userAgent" => seen.user_agent = filled(value.string()),
                _ => {}
            }
        }
        if let Some(properties) = page_view {
            seen.page(properties, &mut url, &mut search);
        }
        seen.complete(&url, &search);
        seen
    }

    /// Takes the attention that a `Page Left` of the browser's autocapture tells, where the context tells none.
    pub(crate) fn attention(&mut self, event: &str, properties: RawJson<'_>) {
        if event == "Page Left" && self.engaged_ms.is_none() {
            self.engaged_ms = whole(properties, "activeMs");
        }
    }

    /// Fills what is still open from an object in the shape of `context.page`.
    fn page(&mut self, page: RawJson<'a>, url: &mut Text<'a>, search: &mut Text<'a>) {
        for (key, value) in page.members() {
            let slot = match key {
                "path" => &mut self.page_path,
                "referrer" => &mut self.page_referrer,
                "url" => &mut *url,
                "search" => &mut *search,
                _ => continue,
            };
            if slot.is_none() {
                *slot = filled(value.string());
            }
        }
    }

    /// Takes from the address what nothing else said.
    fn complete(&mut self, url: &Text<'a>, search: &Text<'a>) {
        let Some(address) = search.as_deref().or(url.as_deref()) else { return };
        if address.contains('=') {
            self.paid_click = has_click_id(address);
            if self.utm_source.is_none() && self.utm_medium.is_none() && self.utm_campaign.is_none() {
                let campaign = Campaign::of_url(address);
                let owned = |text: Text<'_>| text.map(|text| Cow::Owned(text.into_owned()));
                self.utm_source = owned(campaign.source);
                self.utm_medium = owned(campaign.medium);
                self.utm_campaign = owned(campaign.name);
            }
        }
        if let Some(url) = url {
            self.page_host = host_of(url).map(|host| Cow::Owned(host.to_ascii_lowercase()));
            if self.page_path.is_none() {
                self.page_path = path_of(url).map(|path| Cow::Owned(path.to_owned()));
            }
        }
    }
}

fn filled(text: Text<'_>) -> Text<'_> {
    text.filter(|text| !text.is_empty())
}

fn text<'a>(object: RawJson<'a>, key: &str) -> Text<'a> {
    filled(object.get(key)?.string())
}

/// An id: a string, or the digits of a number.
fn id(value: RawJson<'_>) -> Text<'_> {
    filled(value.string()).or_else(|| value.whole_number().map(|_| Cow::Borrowed(value.text())))
}

fn whole(object: RawJson<'_>, key: &str) -> Option<i64> {
    i64::try_from(object.get(key)?.whole_number()?).ok()
}

fn library(object: RawJson<'_>) -> Text<'_> {
    let name = text(object, "name")?;
    Some(match text(object, "version") {
        Some(version) => Cow::Owned(format!("{name}/{version}")),
        None => name,
    })
}

/// The path of an absolute address, without query and fragment.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(if path.is_empty() { "/" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen<'a>(context: &'a str, page_view: &'a str) -> Seen<'a> {
        let object = |text: &'a str| RawJson::object(text).ok();
        Seen::of(object(context), object(page_view))
    }

    #[test]
    fn fields_are_found_where_the_segment_spec_puts_them() {
        let found = seen(
            r#"{"page":{"path":"/a","referrer":"https://r.example/"},"session":{"id":"s1","eventIndex":4},
               "campaign":{"source":"news","medium":"email","name":"may"},"userAgent":"UA/1",
               "library":{"name":"lib","version":"2.0"}}"#,
            "",
        );
        assert_eq!(found.page_path.as_deref(), Some("/a"));
        assert_eq!(found.page_referrer.as_deref(), Some("https://r.example/"));
        assert_eq!(found.session_id.as_deref(), Some("s1"));
        assert_eq!(found.sequence, Some(4));
        assert_eq!(found.utm_source.as_deref(), Some("news"));
        assert_eq!(found.utm_campaign.as_deref(), Some("may"));
        assert_eq!(found.user_agent.as_deref(), Some("UA/1"));
        assert_eq!(found.library.as_deref(), Some("lib/2.0"));
    }

    #[test]
    fn a_page_view_of_a_server_names_its_page_in_the_properties() {
        let found = seen("{}", r#"{"url":"https://shop.example/cart?x=1","referrer":"https://r.example/"}"#);
        assert_eq!(found.page_path.as_deref(), Some("/cart"));
        assert_eq!(found.page_referrer.as_deref(), Some("https://r.example/"));
    }

    #[test]
    fn the_context_wins_over_the_properties() {
        let found = seen(r#"{"page":{"path":"/a"}}"#, r#"{"path":"/b"}"#);
        assert_eq!(found.page_path.as_deref(), Some("/a"));
    }

    #[test]
    fn attention_is_what_the_context_says_else_what_a_page_left_tells() {
        let check = |context: &'static str, event: &str, engaged_ms: Option<i64>| {
            let mut found = seen(context, "");
            let told = RawJson::object(r#"{"activeMs":1500,"visibleMs":9000}"#).expect("an object");
            found.attention(event, told);
            assert_eq!(found.engaged_ms, engaged_ms, "{event} with {context}");
        };
        check("{}", "Page Left", Some(1_500));
        check(r#"{"session":{"engagedMs":700}}"#, "Page Left", Some(700));
        check("{}", "Quiz Finished", None);
    }

    #[test]
    fn wrong_types_and_empty_strings_are_no_fields() {
        let context = r#"{"page":"x","session":{"id":7,"eventIndex":"4"},"campaign":[],"userAgent":3,"library":{"name":""}}"#;
        assert_eq!(seen(context, ""), Seen { session_id: Some("7".into()), ..Seen::default() });
    }
}
