//! What a page's address says about how the visitor came.

use std::borrow::Cow;

/// Parameters that advertising networks add to a clicked link.
const CLICK_IDS: [&str; 9] =
    ["gclid", "wbraid", "gbraid", "dclid", "msclkid", "fbclid", "ttclid", "twclid", "li_fat_id"];

/// The campaign parameters of a page's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign<'a> {
    /// `utm_source`.
    pub source: Option<Cow<'a, str>>,
    /// `utm_medium`.
    pub medium: Option<Cow<'a, str>>,
    /// `utm_campaign`.
    pub name: Option<Cow<'a, str>>,
    /// The address carries an advertising click id.
    pub paid_click: bool,
}

impl<'a> Campaign<'a> {
    /// Reads the parameters out of an address or out of its query alone (`?a=b` or `a=b`).
    ///
    /// ```
    /// use holloway_rules::campaign::Campaign;
    /// let campaign = Campaign::of_url("https://shop.example/p?utm_source=news%20letter&utm_medium=email&x=1#top");
    /// assert_eq!(campaign.source.as_deref(), Some("news letter"));
    /// assert_eq!(campaign.medium.as_deref(), Some("email"));
    /// assert!(!campaign.paid_click);
    /// ```
    pub fn of_url(url: &'a str) -> Self {
        let mut campaign = Self::default();
        let without_fragment = url.split('#').next().unwrap_or_default();
        let query = without_fragment.split_once('?').map_or(without_fragment, |(_, query)| query);
        for pair in query.split('&') {
            let Some((key, value)) = pair.split_once('=') else { continue };
            let slot = match key {
                "utm_source" => &mut campaign.source,
                "utm_medium" => &mut campaign.medium,
                "utm_campaign" => &mut campaign.name,
                _ => {
                    campaign.paid_click |= CLICK_IDS.contains(&key) && !value.is_empty();
                    continue;
                }
            };
            if !value.is_empty() {
                *slot = Some(decoded(value));
            }
        }
        campaign
    }
}

/// True when the address carries an advertising click id (`gclid`, `wbraid`, `gbraid`, `dclid`, `msclkid`, …).
pub fn has_click_id(url: &str) -> bool {
    Campaign::of_url(url).paid_click
}

/// The host of an address, without user, port and a leading `www.`; `None` when there is none.
///
/// ```
/// use holloway_rules::campaign::host_of;
/// assert_eq!(host_of("https://me@www.example.com:8080/a?b"), Some("example.com"));
/// assert_eq!(host_of("/a/b"), None);
/// ```
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("//")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

/// A query value with `+` and percent escapes resolved.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains(['%', '+']) {
        return Cow::Borrowed(value);
    }
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = value.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_in_every_dress() {
        let check = |url: &str, source: Option<&str>, paid: bool| {
            let campaign = Campaign::of_url(url);
            assert_eq!((campaign.source.as_deref(), campaign.paid_click), (source, paid), "{url}");
        };
        check("?utm_source=a", Some("a"), false);
        check("utm_source=a&gclid=x", Some("a"), true);
        check("https://h/p?gclid=", None, false);
        check("https://h/p?utm_source=", None, false);
        check("https://h/p#utm_source=a", None, false);
        check("https://h/p?utm_source=%C3%A9t%C3%A9+1%", Some("été 1%"), false);
        check("https://h/p", None, false);
    }
}
