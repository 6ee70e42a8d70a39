//! The quiet crates are the same on every target, and hold no global state.

use super::{Checked, tree::Tree};

/// Layers 0 and 1.
const QUIET: [&str; 4] =
    ["sdk-core/src/", "sdk-core/wire/src/", "collector-ref/rawlog/src/", "pipeline/rules/src/"];
const PLATFORM: [&str; 4] = ["cfg(target", "cfg(unix", "cfg(windows", "cfg!(target"];

/// What makes a static more than a constant.
const CHANGING: [&str; 6] = ["static mut", "Mutex", "RwLock", "Atomic", "Once", "Lazy"];

/// Finds platform switches and statics.
pub(crate) fn check(tree: &Tree) -> Checked {
    let mut findings = Vec::new();
    let mut cfgs = 0;
    for file in tree.sources() {
        let is_quiet = QUIET.iter().any(|folder| file.path.starts_with(folder));
        for (index, line) in file.text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") {
                continue;
            }
            cfgs += usize::from(code.starts_with("#[cfg(") && !code.starts_with("#[cfg(test)]"));
            if is_quiet && PLATFORM.iter().any(|switch| code.contains(switch)) {
                findings.push(format!(
                    "{}:{} asks for the platform in a layer that has none",
                    file.path,
                    index + 1
                ));
            }
            let is_static = code.starts_with("static ") || code.starts_with("pub static ");
            if is_quiet && is_static && CHANGING.iter().any(|kind| code.contains(kind)) {
                findings.push(format!("{}:{} holds global state", file.path, index + 1));
            }
        }
    }
    (format!("{cfgs} cfgs outside of tests, none for a platform in layers 0 and 1"), findings)
}
