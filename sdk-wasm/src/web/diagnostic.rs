//! What the client noticed.

/// Kinds by number, as `shell::numbers` has them and as `npm/src/core.ts` repeats them; the eighth is the npm package's
/// own.
pub(super) const KINDS: [&str; 10] = [
    "bad-json",
    "name-missing",
    "lost",
    "state-damaged",
    "storage-failed",
    "paused",
    "retrying",
    "core-failed",
    "unreachable",
    "clock-skew",
];

/// What the client noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// `bad-json`, `name-missing`, `lost`, `state-damaged`, `storage-failed`, `paused`, `retrying`, `unreachable` or
    /// `clock-skew`.
    pub kind: &'static str,
    /// By kind: the position of bad JSON, the index of a loss's reason, 1 when the state's copy was used, the status of a
    /// refusal, the milliseconds of a wait or of the clock's skew.
    pub first: f64,
    /// By kind: the events that were lost, the milliseconds of a wait.
    pub second: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_npm_package_has_the_same_kinds_in_the_same_order() {
        let core = include_str!("../../npm/src/core.ts");
        let after = core.split_once("const DIAGNOSTICS").map(|(_, after)| after).expect("the table");
        let table = after.split_once("= [").and_then(|(_, rest)| rest.split_once(']')).expect("a list").0;
        let theirs: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
        assert_eq!(theirs, KINDS);
    }

    #[test]
    fn the_shell_says_so_too() {
        // "0 bad JSON (position) · 1 name missing · …": the first word of each kind, where the core's are told.
        let shell = include_str!("../shell.rs");
        let told = shell.split_once("one character from `0`:").map(|(_, after)| after).expect("the kinds");
        let told = told.split_once("fn numbers").expect("its function").0.replace("\n///", "");
        for (number, kind) in KINDS.iter().enumerate().filter(|(_, kind)| **kind != "core-failed") {
            let words = kind.replace('-', " ").replace("json", "JSON");
            assert!(told.contains(&format!(" {number} {words}")), "{number} {words}: {told}");
        }
    }
}
