//! Comments and documents use the plain words of CONTRIBUTING: a ratchet towards zero findings.

use std::collections::BTreeMap;

use super::{Checked, tree::Tree};

/// Findings that the repository may have. Lower it when a change removes some; never raise it.
const FINDINGS_MAX: usize = 610;

/// Words that hide the actor of a sentence.
const VAGUE: [&str; 6] = ["told", "nobody", "somebody", "whoever", "for ever", "hears of"];

/// First words of a doc line that ask a question in place of describing an item.
const RIDDLES: [&str; 3] = ["Who", "Whose", "What"];

/// Counts vague words in comments, documents and messages, and doc lines that begin with a riddle.
pub(crate) fn check(tree: &Tree) -> Checked {
    let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
    for file in tree.files.iter().filter(|file| is_prose(&file.path)) {
        let is_document = extension(&file.path) == "md";
        let count = file.text.lines().map(|line| findings_in(line, is_document)).sum();
        if count > 0 {
            by_file.insert(&file.path, count);
        }
    }
    let total: usize = by_file.values().sum();
    let summary = format!("{total} phrases to make plain, at most {FINDINGS_MAX}");
    if total <= FINDINGS_MAX {
        return (summary, Vec::new());
    }
    let mut most: Vec<(usize, &str)> = by_file.into_iter().map(|(path, count)| (count, path)).collect();
    most.sort_unstable_by(|left, right| right.cmp(left));
    let named: Vec<String> = most.iter().take(12).map(|(count, path)| format!("{path} ({count})")).collect();
    let finding = format!(
        "{total} phrases with {} or a doc line that begins with {}, expected at most {FINDINGS_MAX}: name the actor; most are in {}",
        VAGUE.join(", "),
        RIDDLES.join(", "),
        named.join(", ")
    );
    (summary, vec![finding])
}

/// Returns whether a file holds prose that readers meet; the check itself has to name the words.
fn is_prose(path: &str) -> bool {
    path != "xtask/src/tidy/prose.rs"
        && matches!(extension(path), "rs" | "ts" | "tsx" | "js" | "mjs" | "kt" | "swift" | "py" | "sh" | "md")
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Counts the findings of one line: of the whole line in a document, of its comment and its texts in code.
fn findings_in(line: &str, is_document: bool) -> usize {
    let prose = if is_document { Some(line) } else { prose_of(line) };
    let Some(prose) = prose else { return 0 };
    let words = prose.to_lowercase();
    VAGUE.iter().filter(|word| contains_word(&words, word)).count() + usize::from(begins_with_riddle(line))
}

/// Returns what follows the first comment mark or quote, if the line has one.
fn prose_of(line: &str) -> Option<&str> {
    let start = ["//", "/*", "\"", "# "].iter().filter_map(|mark| line.find(mark)).min();
    let is_continued = line.trim_start().starts_with("* ");
    start.map(|at| &line[at..]).or(is_continued.then_some(line))
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Returns whether a doc comment's line begins with a question word.
fn begins_with_riddle(line: &str) -> bool {
    let line = line.trim_start();
    let doc = ["/// ", "//! ", "/** ", "* "].iter().find_map(|mark| line.strip_prefix(mark));
    doc.is_some_and(|doc| {
        let word: String = doc.chars().take_while(|letter| letter.is_alphabetic()).collect();
        RIDDLES.contains(&word.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vague_words_and_riddles_count() {
        let check =
            |line, is_document, expected| assert_eq!(findings_in(line, is_document), expected, "{line}");
        check("/// Returns the id of the visitor.", false, 0);
        check("/// Who the visitor is.", false, 1);
        check("    /// What the host is told.", false, 2);
        check("/// Whatever was stored.", false, 0);
        check("let told = false;", false, 0);
        check("let told = false; // nobody reads it", false, 1);
        check("panic!(\"somebody else has it\")", false, 1);
        check(" * What happens next.", false, 1);
        check("It is kept for ever, and Nobody sees it.", true, 2);
        check("retold untold", true, 0);
    }
}
