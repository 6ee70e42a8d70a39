//! The one record that sub-domains share, as `npm/src/cookie.ts` keeps it: who the visitor is, and the running session.

use std::cell::RefCell;

use js_sys::Reflect;
use web_sys::Window;

use super::property;

/// Browsers keep a cookie for 400 days at most (RFC 6265bis).
const MAX_AGE_S: u32 = 34_560_000;

/// A cookie on the registrable domain: the widest one that the browser lets the page write.
pub(super) struct Cookie {
    window: Window,
    name: String,
    /// Given, or found at the first write; empty for the page's own host.
    domain: RefCell<Option<String>>,
}

impl Cookie {
    pub(super) fn new(window: Window, name: String, domain: Option<String>) -> Self {
        Self { window, name, domain: RefCell::new(domain) }
    }

    /// Empty for none.
    pub(super) fn read(&self) -> String {
        read(&self.window, &self.name)
    }

    /// An empty value takes it away.
    pub(super) fn write(&self, value: &str) {
        // Nothing is written in order to delete it.
        if value.is_empty() && self.read().is_empty() {
            return;
        }
        let known = self.domain.borrow().clone();
        let domain = known.unwrap_or_else(|| {
            let hostname = self.window.location().hostname().unwrap_or_default();
            let taken = domains(&hostname).into_iter().find(|domain| {
                // Under a name of its own: a sub-domain's page may read the record at any moment.
                let probe = format!("{}_", self.name);
                self.put(&probe, "1", domain);
                let is_taken = !read(&self.window, &probe).is_empty();
                if is_taken {
                    self.put(&probe, "", domain);
                }
                is_taken
            });
            taken.unwrap_or_default().to_owned()
        });
        self.put(&self.name, value, &domain);
        *self.domain.borrow_mut() = Some(domain);
    }

    fn put(&self, name: &str, value: &str, domain: &str) {
        let Some(document) = self.window.document() else { return };
        let age_s = if value.is_empty() { 0 } else { MAX_AGE_S };
        let domain = if domain.is_empty() { String::new() } else { format!(";domain={domain}") };
        let is_secure = self.window.location().protocol().is_ok_and(|protocol| protocol == "https:");
        let secure = if is_secure { ";secure" } else { "" };
        let text = format!("{name}={value};path=/;samesite=lax;max-age={age_s}{domain}{secure}");
        // Pages without an origin may have none.
        let _ = Reflect::set(&document, &"cookie".into(), &text.into());
    }
}

/// The value of any cookie; empty for none.
pub(super) fn read(window: &Window, name: &str) -> String {
    let document = window.document();
    let all = document.and_then(|document| property(&document, "cookie").as_string()).unwrap_or_default();
    value_of(&all, name).to_owned()
}

/// What is no letter, digit or underscore is an underscore.
pub(super) fn name_of(write_key: &str) -> String {
    let safe = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
    format!("hw_{}", write_key.chars().map(safe).collect::<String>())
}

fn value_of<'a>(cookies: &'a str, name: &str) -> &'a str {
    let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// From the widest on. An address of numbers has no domain, a top-level domain no cookies; of the others a public suffix
/// is refused by browsers, so that the first one taken is the registrable domain.
fn domains(hostname: &str) -> Vec<&str> {
    if hostname.ends_with(|last: char| last.is_ascii_digit()) {
        return Vec::new();
    }
    let mut found: Vec<&str> = hostname.match_indices('.').map(|(dot, _)| &hostname[dot + 1..]).collect();
    found.insert(0, hostname);
    found.pop();
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_domain_is_tried_first() {
        for (hostname, expected) in [
            ("www.shop.co.uk", &["co.uk", "shop.co.uk", "www.shop.co.uk"][..]),
            ("shop.test", &["shop.test"]),
            ("localhost", &[]),
            ("127.0.0.1", &[]),
            ("", &[]),
        ] {
            assert_eq!(domains(hostname), expected, "{hostname}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        assert_eq!(name_of("shop-1.é"), "hw_shop_1__");
        for (cookies, expected) in
            [("", ""), ("hw_a=1", "1"), ("xhw_a=0; hw_a=1=2; b=3", "1=2"), ("hw_ab=1", ""), ("hw_a", "")]
        {
            assert_eq!(value_of(cookies, "hw_a"), expected, "{cookies}");
        }
    }
}
