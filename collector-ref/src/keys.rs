//! Which write keys are accepted: `keys.toml` of the data folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::SystemTime,
};

use holloway_wire::Timestamp;

/// Looked at no more often than this, in microseconds.
const LOOK_EVERY_US: i64 = 1_000_000;

/// Why `keys.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The file system's answer.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("expected tables like [keys.WRITE_KEY] in {path}, found {detail}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// What the parser met.
        detail: String,
    },
}

/// The accepted write keys, read anew when the file changes.
///
/// ```toml
/// [keys.my-web-shop]
/// name = "Web shop"
/// ```
///
/// Without a file, or without keys in it, every key is accepted; whether that is all right is for the server to say.
#[derive(Debug)]
pub struct Keys {
    path: PathBuf,
    known: BTreeMap<String, Entry>,
    modified: Option<SystemTime>,
    looked_us: i64,
    never_open: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
struct File {
    #[serde(default)]
    keys: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Default, serde::Deserialize)]
struct Entry {
    #[serde(default)]
    name: String,
}

impl Keys {
    /// Reads the data folder's `keys.toml`.
    pub fn open(data: &Path) -> Result<Self, KeyError> {
        let path = data.join("keys.toml");
        let mut keys =
            Self { path, known: BTreeMap::new(), modified: None, looked_us: i64::MIN, never_open: false };
        keys.modified = keys.modified_now();
        keys.known = keys.read()?;
        Ok(keys)
    }

    /// Without keys, none is accepted: when the file is emptied while the collector runs, that must not open it.
    #[must_use]
    pub fn never_open(self) -> Self {
        Self { never_open: true, ..self }
    }

    /// Whether every key is accepted.
    pub fn is_open(&self) -> bool {
        self.known.is_empty() && !self.never_open
    }

    /// Returns whether this key is accepted, after [`Keys::refresh`].
    pub fn accepts(&mut self, write_key: &str, now: Timestamp) -> bool {
        self.refresh(now);
        self.is_open() || self.known.contains_key(write_key)
    }

    /// Reads the file again when it has changed; looks at most once a second. A file that cannot be read leaves the
    /// keys as they were.
    pub fn refresh(&mut self, now: Timestamp) {
        if now.as_micros().saturating_sub(self.looked_us) >= LOOK_EVERY_US {
            self.looked_us = now.as_micros();
            let modified = self.modified_now();
            if modified != self.modified {
                match self.read() {
                    Ok(known) => self.known = known,
                    Err(error) => tracing::warn!(%error, "the keys stay as they were"),
                }
                self.modified = modified;
            }
        }
    }

    /// The keys and the names of their projects.
    pub fn list(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known.iter().map(|(key, entry)| (key.as_str(), entry.name.as_str()))
    }

    fn modified_now(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok()
    }

    fn read(&self) -> Result<BTreeMap<String, Entry>, KeyError> {
        let text = match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            text => text.map_err(|source| KeyError::Io { path: self.path.clone(), source })?,
        };
        toml::from_str::<File>(&text)
            .map(|file| file.keys)
            .map_err(|error| KeyError::Toml { path: self.path.clone(), detail: error.message().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_again_when_the_file_changes() {
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join("keys.toml");
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let mut keys = Keys::open(data.path()).expect("no file is no error");
        assert!(keys.is_open() && keys.accepts("anything", at(0)));
        std::fs::write(&path, "[keys.shop]\nname = \"Shop\"\n").expect("writes");
        assert!(!keys.accepts("anything", at(5)) && keys.accepts("shop", at(5)));
        std::fs::write(&path, "[keys").expect("writes");
        let later = std::fs::File::open(&path).expect("opens");
        later.set_modified(SystemTime::UNIX_EPOCH).expect("sets");
        assert!(keys.accepts("shop", at(9)) && !keys.accepts("x", at(9)), "a broken file changes nothing");
        std::fs::remove_file(&path).expect("removes");
        let mut closed = keys.never_open();
        assert!(!closed.accepts("shop", at(12)) && !closed.is_open(), "no file opens nothing");
        std::fs::write(&path, "[keys").expect("writes");
        let error = Keys::open(data.path()).expect_err("is broken").to_string();
        assert!(error.starts_with("expected tables like [keys.WRITE_KEY] in"), "{error}");
    }
}
