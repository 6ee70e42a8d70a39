//! The user's decision about being recorded, for every client on a store folder: the newest word, whoever was told.

use std::{fs, io, path::Path};

use holloway_core::Consent;

const NAME: &str = "consent";
const WORDS: [(Consent, &str); 3] =
    [(Consent::Unknown, "unknown"), (Consent::Granted, "granted"), (Consent::Denied, "denied")];

/// What was decided last; `None` when nobody was asked.
pub(crate) fn read(store: &Path) -> Option<Consent> {
    let text = fs::read_to_string(store.join(NAME)).ok()?;
    WORDS.into_iter().find(|(_, word)| *word == text.trim()).map(|(consent, _)| consent)
}

/// Keeps a decision, as one step.
pub(crate) fn write(store: &Path, consent: Consent) -> io::Result<()> {
    let (_, word) = WORDS.into_iter().find(|(known, _)| *known == consent).expect("each decision has a word");
    let new = store.join("consent.new");
    fs::write(&new, word)?;
    fs::rename(new, store.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_comes_back_as_written() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()), None);
        for (consent, _) in WORDS {
            write(folder.path(), consent).expect("writes");
            assert_eq!(read(folder.path()), Some(consent));
        }
        fs::write(folder.path().join(NAME), "perhaps").expect("writes");
        assert_eq!(read(folder.path()), None);
    }
}
