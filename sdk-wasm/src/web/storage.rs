//! What outlives the page: localStorage, under the keys that `npm/src/storage.ts` has, so that both clients of one
//! origin know the same visitor.
//!
//! Keys begin with `hw.<writeKey>.`: `s` state, `t` its copy, `i` identity, `c` consent, and `o.<writer>.<chunk>.<n>`
//! records. Each tab is a writer of its own, so that tabs never touch each other's keys. In sessionStorage `tab` is the tab's
//! id, while no page is shown.

use std::fmt::Display;

use web_sys::{Storage, Window};

/// localStorage under a prefix. Without it (not wanted, forbidden, disabled, full) everything answers "no".
pub(super) struct Store {
    area: Option<Storage>,
    prefix: String,
}

impl Store {
    pub(super) fn new(window: &Window, prefix: String, is_allowed: bool) -> Self {
        let area = if is_allowed { window.local_storage().ok().flatten() } else { None };
        Self { area, prefix }
    }

    /// The same in the storage of the tab.
    pub(super) fn of_tab(window: &Window, prefix: String, is_allowed: bool) -> Self {
        let area = if is_allowed { window.session_storage().ok().flatten() } else { None };
        Self { area, prefix }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Empty for what is not there.
    pub(super) fn get(&self, key: &str) -> String {
        let found = self.area.as_ref().and_then(|area| area.get_item(&self.full(key)).ok().flatten());
        found.unwrap_or_default()
    }

    /// Whether it is kept.
    pub(super) fn set(&self, key: &str, value: &str) -> bool {
        self.area.as_ref().is_some_and(|area| area.set_item(&self.full(key), value).is_ok())
    }

    pub(super) fn remove(&self, key: &str) {
        if let Some(area) = &self.area {
            let _ = area.remove_item(&self.full(key));
        }
    }

    /// The keys that begin so, without the prefix.
    pub(super) fn keys(&self, under: &str) -> Vec<String> {
        let Some(area) = &self.area else { return Vec::new() };
        (0..area.length().unwrap_or_default())
            .filter_map(|index| area.key(index).ok().flatten())
            .filter_map(|key| key.strip_prefix(&self.prefix).map(str::to_owned))
            .filter(|key| key.starts_with(under))
            .collect()
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// The key of a record.
pub(super) fn record_key(writer: &str, chunk: impl Display, index: usize) -> String {
    format!("o.{writer}.{chunk}.{index}")
}

/// A writer's records, by chunk and in their order. Digits sort before `q`, the chunk of calls that waited
/// for the core, which came last.
pub(super) fn chunks_of(keys: Vec<String>) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, u64, String)> = keys
        .into_iter()
        .filter_map(|key| {
            let mut parts = key.split('.').skip(2);
            let (chunk, index) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
            Some((chunk, index, key))
        })
        .collect();
    found.sort();
    let mut chunks: Vec<(String, Vec<String>)> = Vec::new();
    for (chunk, _, key) in found {
        match chunks.last_mut() {
            Some((last, keys)) if *last == chunk => keys.push(key),
            _ => chunks.push((chunk, vec![key])),
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_by_chunk_and_in_their_order() {
        let keys = ["o.w.q.0", "o.w.7.10", "o.w.7.9", "o.w.12.0", "o.w.broken", "o.w.7.x"];
        let chunks = chunks_of(keys.map(str::to_owned).to_vec());
        let expected: [(&str, &[&str]); 3] =
            [("12", &["o.w.12.0"]), ("7", &["o.w.7.9", "o.w.7.10"]), ("q", &["o.w.q.0"])];
        assert_eq!(chunks.len(), expected.len());
        for ((chunk, keys), (name, records)) in chunks.iter().zip(expected) {
            assert_eq!(
                (chunk.as_str(), keys.iter().map(String::as_str).collect::<Vec<_>>()),
                (name, records.to_vec())
            );
        }
    }

    #[test]
    fn a_record_of_ours_is_found_again() {
        let key = record_key("w", 3, 11);
        assert_eq!(chunks_of(vec![key.clone()]), [("3".to_owned(), vec![key])]);
    }
}
