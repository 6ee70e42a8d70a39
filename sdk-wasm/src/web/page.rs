//! What the browser knows about the page and about itself.

use holloway_core::wire::{
    RawJson,
    json::{write_merged, write_string},
};
use web_sys::Window;

use super::query;

/// A URL that was cleaned, and its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    href: String,
    path: String,
    /// With its question mark, or empty.
    search: String,
}

impl Address {
    /// A URL without credentials, without a fragment that is not a route, and without what its query may not tell.
    /// `href` is what a browser wrote: its parts are where the URL Standard puts them.
    pub(super) fn new(href: &str, allowed: &[String]) -> Self {
        let (rest, fragment) = href.split_once('#').unwrap_or((href, ""));
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (scheme, after) = before.split_once(':').unwrap_or(("", before));
        let (authority, path) = match after.strip_prefix("//") {
            Some(after) => {
                let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
                let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
                (format!("//{host}"), path)
            }
            None => (String::new(), after),
        };
        let kept = query::cleaned(query, allowed);
        let search = if kept.is_empty() { kept } else { format!("?{kept}") };
        Self {
            href: format!("{scheme}:{authority}{path}{search}{}", route(fragment)),
            path: path.to_owned(),
            search,
        }
    }
}

/// The part of a fragment that is a route of a single-page app.
fn route(fragment: &str) -> String {
    if !fragment.strip_prefix('!').unwrap_or(fragment).starts_with('/') {
        return String::new();
    }
    let end = fragment.find('?').unwrap_or(fragment.len());
    format!("#{}", &fragment[..end])
}

/// The page of now, as JSON: every event has it, since a page's URL and title change while it lives.
pub(super) struct Page {
    /// Path, referrer, search, title and URL: what a page event has as its properties.
    pub(super) properties: String,
    /// The same under `page`, and the campaign of the URL.
    pub(super) context: String,
}

impl Page {
    pub(super) fn of(window: &Window, view_id: &str, allowed: &[String]) -> Self {
        let document = window.document();
        let href = window.location().href().unwrap_or_default();
        let referrer = document.as_ref().map(web_sys::Document::referrer).unwrap_or_default();
        let title = document.map(|document| document.title()).unwrap_or_default();
        Self::new(&href, &referrer, &title, view_id, allowed)
    }

    fn new(href: &str, referrer: &str, title: &str, view_id: &str, allowed: &[String]) -> Self {
        let at = Address::new(href, allowed);
        let from = if referrer.is_empty() { String::new() } else { Address::new(referrer, allowed).href };
        let properties = object(
            [("path", at.path.as_str()), ("referrer", &from), ("referring_domain", host_of(&from))]
                .into_iter()
                .chain([("search", at.search.as_str()), ("url", &at.href)])
                .chain([("title", title), ("viewId", view_id)]),
        );
        let mut campaign: Vec<(String, String)> = Vec::new();
        for (key, value) in query::pairs(at.search.trim_start_matches('?')) {
            if !value.is_empty() && query::is_campaign(&key) {
                let name = key.replacen("utm_", "", 1);
                let name = if name == "campaign" { "name".to_owned() } else { name };
                campaign.retain(|(known, _)| *known != name);
                campaign.push((name, value));
            }
        }
        let campaign = if campaign.is_empty() {
            String::new()
        } else {
            let members = campaign.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            format!(r#","campaign":{}"#, object(members))
        };
        Self { context: format!(r#"{{"page":{properties}{campaign}}}"#), properties }
    }

    /// The page's properties under the app's own; what is no object stays as it is, for the core to refuse.
    pub(super) fn with(&self, body: &str) -> String {
        if body.is_empty() {
            return self.properties.clone();
        }
        let (Ok(under), Ok(over)) = (RawJson::object(&self.properties), RawJson::object(body)) else {
            return body.to_owned();
        };
        let mut out = Vec::new();
        write_merged(&mut out, under, over);
        String::from_utf8(out).unwrap_or_else(|_| body.to_owned())
    }
}

/// Returns the host's name in a cleaned URL; empty for none.
fn host_of(href: &str) -> &str {
    let authority = href.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    // A port is digits; an address of IPv6 has colons of its own.
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Texts as a JSON object.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = Vec::new();
    for (key, value) in members {
        out.push(if out.is_empty() { b'{' } else { b',' });
        write_string(&mut out, key);
        out.push(b':');
        write_string(&mut out, value);
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests;
