//! The files of the repository, as git sees them.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

/// A text file.
pub(crate) struct File {
    /// Path from the root, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// Every text file that is tracked or could be.
pub(crate) struct Tree {
    /// In the order of their paths.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Lists through git, so that ignored files do not count.
    pub(crate) fn read() -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("cannot start git")?;
        if !listed.status.success() {
            bail!("expected to run inside the git checkout, found none");
        }
        let listed = String::from_utf8(listed.stdout).context("a path that is not UTF-8")?;
        let mut paths: Vec<&str> = listed.lines().collect();
        paths.sort_unstable();
        let files = paths.into_iter().filter_map(|path| {
            // Binary and deleted files are none of these checks' business.
            Some(File { path: path.to_owned(), text: fs::read_to_string(path).ok()? })
        });
        Ok(Self { files: files.collect() })
    }

    /// Source files of the product, tests apart.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| is_source(&file.path) && !is_test(&file.path))
    }
}

fn is_source(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "rs" | "ts" | "tsx" | "js" | "mjs" | "kt" | "swift" | "py")
}

fn is_test(path: &str) -> bool {
    let in_folder = |name: &str| path.split('/').rev().skip(1).any(|folder| folder == name);
    ["test", "tests", "benches", "fuzz", "scenarios", "vectors"].into_iter().any(in_folder)
        || ["/tests.rs", "Test.kt", "Tests.swift", ".test.ts", ".test.mjs"]
            .iter()
            .any(|end| path.ends_with(end))
}
