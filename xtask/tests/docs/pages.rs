//! Reading the pages.

use std::{fs, path::PathBuf};

/// Returns a file of the repository, by its path from the root.
pub(crate) fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Returns the text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the cells of a page's table rows, the marks of code removed.
pub(crate) fn rows(page: &str) -> impl Iterator<Item = Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    rows.map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    })
}

/// Returns the first cells of a page's table rows: the words that the page explains.
pub(crate) fn first_cells(page: &str) -> Vec<String> {
    rows(page).filter_map(|mut cells| (!cells.is_empty()).then(|| cells.remove(0))).collect()
}

/// Returns the fenced blocks whose info string is exactly this.
pub(crate) fn blocks(page: &str, info: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```")
            && !found.is_empty()
        {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == info {
                blocks.push(block.join("\n"));
            }
        }
    }
    blocks
}
