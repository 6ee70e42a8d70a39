//! What the client adds to an app's library.

use std::{env::consts, fs};

use anyhow::{Context, Result};

use super::{Workspace, operations::grouped, say};

/// What the core may add to a stripped library without HTTP.
const ADDED_BYTES_BUDGET: u64 = 400_000;

/// Profile, and how it is named in the table.
const PROFILES: [(&str, &str); 4] = [
    ("size", "`opt-level = \"s\"`, `panic = \"unwind\"`"),
    ("size-abort", "`opt-level = \"s\"`, `panic = \"abort\"`"),
    ("size-z", "`opt-level = \"z\"`, `panic = \"unwind\"`"),
    ("size-z-abort", "`opt-level = \"z\"`, `panic = \"abort\"`"),
];

/// Bytes under one profile.
pub(crate) struct Size {
    profile: &'static str,
    with: u64,
    without: u64,
}

/// Builds both libraries under each profile.
pub(crate) fn weigh(workspace: &Workspace) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for (profile, title) in PROFILES {
        say(&format!("building libraries to be weighed, profile {profile}"));
        workspace.cargo(
            "build",
            &["--profile", profile, "--package", "holloway-size-with", "--package", "holloway-size-without"],
        )?;
        let bytes = |library: &str| {
            let name = format!("{}holloway_size_{library}{}", consts::DLL_PREFIX, consts::DLL_SUFFIX);
            let path = workspace.target.join(profile).join(name);
            fs::metadata(&path).map(|file| file.len()).with_context(|| format!("no {}", path.display()))
        };
        sizes.push(Size { profile: title, with: bytes("with")?, without: bytes("without")? });
    }
    Ok(sizes)
}

/// Prints the table as Markdown.
pub(crate) fn print(sizes: &[Size]) {
    println!("| stripped library, `lto`, one codegen unit, no HTTP | with | without | added |");
    println!("|---|--:|--:|--:|");
    for Size { profile, with, without } in sizes {
        let added = with.saturating_sub(*without);
        let over = if added > ADDED_BYTES_BUDGET { ", over the budget" } else { "" };
        println!("| {profile} | {} | {} | {}{over} |", grouped(*with), grouped(*without), grouped(added));
    }
    println!("\nBytes. Budget of what is added: {}.", grouped(ADDED_BYTES_BUDGET));
}
