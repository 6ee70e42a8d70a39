//! Times by the clock.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Workspace, operations::OPERATIONS, say};

/// Each operation's time, by its name.
pub(crate) type Times = BTreeMap<&'static str, Time>;

/// Nanoseconds of one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time {
    /// Of all samples.
    pub(crate) median: f64,
    /// Of the sample that was disturbed least: other programs only ever add.
    pub(crate) fastest: f64,
}

/// Runs the benches and reads what the harness found.
pub(crate) fn measure(workspace: &Workspace) -> Result<Times> {
    say("building the benches and the peers; the first time this takes minutes");
    workspace.cargo("bench", &["--bench", "operations", "--no-run"])?;
    say("measuring times, a minute or two");
    workspace.cargo("bench", &["--bench", "operations"])?;
    let time = |name: &'static str| {
        let path = workspace.criterion().join(name).join("new/sample.json");
        let text = fs::read(&path).with_context(|| format!("expected the result in {}", path.display()))?;
        let found = read(&serde_json::from_slice(&text)?);
        Ok((name, found.with_context(|| format!("no samples in {}", path.display()))?))
    };
    OPERATIONS.iter().map(|operation| time(operation.name)).collect()
}

/// Reads the harness's samples: so many runs each, and what they took together.
fn read(samples: &Value) -> Option<Time> {
    let numbers = |name: &str| {
        let numbers = samples[name].as_array()?.iter().map(Value::as_f64);
        numbers.collect::<Option<Vec<f64>>>()
    };
    let pairs = numbers("times")?.into_iter().zip(numbers("iters")?);
    let mut sorted: Vec<f64> = pairs.map(|(time, runs)| time / runs).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (at, is_between) = (sorted.len() / 2, sorted.len().is_multiple_of(2));
    let upper = *sorted.get(at)?;
    let median = if is_between { f64::midpoint(sorted[at - 1], upper) } else { upper };
    Some(Time { median, fastest: sorted[0] })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sample_is_what_one_run_of_it_took() {
        let odd = json!({ "iters": [2.0, 2.0, 4.0], "times": [20.0, 6.0, 16.0] });
        assert_eq!(read(&odd), Some(Time { median: 4.0, fastest: 3.0 }));
        let even = json!({ "iters": [1.0, 1.0], "times": [5.0, 2.0] });
        assert_eq!(read(&even), Some(Time { median: 3.5, fastest: 2.0 }));
        assert_eq!(read(&json!({ "iters": [], "times": [] })), None);
    }
}
