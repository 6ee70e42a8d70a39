//! Files are named by a noun and short enough to read.

use super::{Checked, tree::Tree};

/// Source lines of one file, inline tests apart.
const LINES_MAX: usize = 400;
const VAGUE: [&str; 6] = ["util", "utils", "common", "helpers", "misc", "types"];

/// Counts lines, finds vague names.
pub(crate) fn check(tree: &Tree) -> Checked {
    let mut sizes: Vec<(usize, &str)> =
        tree.sources().map(|file| (lines_without_tests(&file.text), file.path.as_str())).collect();
    sizes.sort_unstable();
    let mut findings = Vec::new();
    for (lines, path) in &sizes {
        if *lines > LINES_MAX {
            findings.push(format!(
                "{path} has {lines} lines without tests, expected at most {LINES_MAX}: split it by noun"
            ));
        }
    }
    for file in tree.sources() {
        let vague = file.path.split(['/', '.']).find(|part| VAGUE.contains(part));
        if let Some(name) = vague {
            findings.push(format!("{} is named {name}, which says nothing: name the noun", file.path));
        }
    }
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    let (longest, path) = sizes.last().copied().unwrap_or_default();
    (format!("{} source files, median {median} lines, longest {longest} ({path})", sizes.len()), findings)
}

fn lines_without_tests(text: &str) -> usize {
    let mut lines = 0;
    let mut rest = text.lines().peekable();
    while let Some(line) = rest.next() {
        let opens_tests =
            line.trim() == "#[cfg(test)]" && rest.peek().is_some_and(|next| next.starts_with("mod "));
        if opens_tests && rest.peek().is_some_and(|next| next.ends_with('{')) {
            break;
        }
        lines += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_tests_do_not_count() {
        assert_eq!(lines_without_tests("a\nb\n#[cfg(test)]\nmod tests {\nc\n}\n"), 2);
        assert_eq!(lines_without_tests("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
    }
}
