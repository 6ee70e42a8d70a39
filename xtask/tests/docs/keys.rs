//! The examples of `docs/keys.md` are read by the collector as the page says.

use std::fs;

use holloway_collector::Keys;
use holloway_wire::Timestamp;

use crate::pages;

#[test]
fn examples_are_key_files() {
    let page = pages::text("docs/keys.md");
    let examples = pages::blocks(&page, "toml");
    assert!(!examples.is_empty());
    for example in examples {
        let data = tempfile::tempdir().expect("a folder");
        fs::write(data.path().join("keys.toml"), &example).expect("writes");
        let mut keys = Keys::open(data.path()).unwrap_or_else(|error| panic!("{error}: {example}"));
        assert!(!keys.is_open(), "{example}");
        let known: Vec<String> = keys.list().map(|(key, _)| key.to_owned()).collect();
        for key in known {
            assert!(page.contains(&key) && keys.accepts(&key, Timestamp::from_millis(0)), "{key}");
        }
        assert!(!keys.accepts("another", Timestamp::from_millis(0)));
    }
}
