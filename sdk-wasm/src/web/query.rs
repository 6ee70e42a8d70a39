//! A URL's query, as the URL Standard reads and writes it (`application/x-www-form-urlencoded`).

use std::fmt::Write;

/// Names that say where a visitor came from; whatever else stands in a query may be a secret.
const CAMPAIGN_KEYS: [&str; 8] =
    ["gbraid", "wbraid", "li_fat_id", "igshid", "epik", "mc_cid", "sccid", "rdt_cid"];

/// Whether a key tells a campaign.
pub(super) fn is_campaign(key: &str) -> bool {
    key.starts_with("utm_") || key.ends_with("clid") || key.ends_with("clkid") || CAMPAIGN_KEYS.contains(&key)
}

/// Keys and values of a query that has no question mark.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

/// What may be told of a query. As it is when all of it may; else what is left is written anew, as browsers do.
pub(super) fn cleaned(query: &str, allowed: &[String]) -> String {
    let all = pairs(query);
    let may_be_told = |key: &str| is_campaign(key) || allowed.iter().any(|name| name == key);
    if all.iter().all(|(key, _)| may_be_told(key)) {
        return query.to_owned();
    }
    let kept = all.iter().filter(|(key, _)| may_be_told(key));
    kept.map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect::<Vec<_>>().join("&")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(byte.into()),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_told_by_its_key() {
        for (key, expected) in [
            ("utm_source", true),
            ("utm_anything", true),
            ("gclid", true),
            ("fbclid", true),
            ("clkid", true),
            ("wbraid", true),
            ("mc_cid", true),
            ("xwbraid", false),
            ("my_utm_source", false),
            ("gclid2", false),
            ("token", false),
            ("", false),
        ] {
            assert_eq!(is_campaign(key), expected, "{key}");
        }
    }

    #[test]
    fn a_query_tells_what_it_may() {
        let allowed = ["sku".to_owned(), "a b".to_owned()];
        for (query, expected) in [
            ("", ""),
            ("token=1", ""),
            ("sku=7&token=1", "sku=7"),
            ("token=1&sku=7&utm_source=mail", "sku=7&utm_source=mail"),
            // All of it may be told: not a letter changes.
            ("sku=caf%c3%a9&utm_term=a%20b&&", "sku=caf%c3%a9&utm_term=a%20b&&"),
            // Written anew.
            ("x&sku=caf%c3%a9&utm_term=a%20b~&&sku", "sku=caf%C3%A9&utm_term=a+b%7E&sku="),
            ("a+b=%2B&c", "a+b=%2B"),
            ("sku=100%&c", "sku=100%25"),
            ("%74oken=1&%73ku=2", "sku=2"),
        ] {
            assert_eq!(cleaned(query, &allowed), expected, "{query}");
        }
    }
}
