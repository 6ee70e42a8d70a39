//! Simulated visitors of a shop, who use the real Rust SDK over HTTP.
//!
//! Drawn from a seed: the same seed and week give the same visitors, events and message ids, so that a second run adds
//! nothing. The simulation keeps its own account of what it did ([`Truth`]), which the reports are checked against.

mod broken;
pub(crate) mod check;
mod composition;
mod device;
mod dice;
mod shop;
mod truth;
mod visit;
mod visitor;

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context as _, Result};
use holloway_pipeline::Progress as _;
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    shop::{EXAMPLE_USER, FUNNEL},
    truth::{Counts, Truth},
};
use crate::{clock::now, progress::Bars};

/// Visitors who shop at the same time: each waits for the collector's disk most of its time.
const AT_A_TIME: usize = 8;

const DAY_MS: u64 = 86_400_000;

/// A simulation of a number of visitors, up to the end of a day.
#[derive(Clone, Debug)]
pub(crate) struct Simulation {
    pub(crate) visitors: u32,
    pub(crate) seed: u64,
    /// The collector's address.
    pub(crate) host: String,
    /// The end of the last visit's week.
    pub(crate) end_ms: u64,
}

/// What the data folder remembers of the demo, so that the next run sends the same events again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    visitors: u32,
    seed: u64,
    pub(crate) end_ms: u64,
    /// What the folder held before the first run.
    pub(crate) before: Counts,
}

const MEMORY: &str = "demo.json";

impl Memory {
    /// Reads what an earlier run of the same demo left in the data folder.
    pub(crate) fn read(data: &Path, visitors: u32, seed: u64) -> Option<Self> {
        let memory: Self = serde_json::from_slice(&std::fs::read(data.join(MEMORY)).ok()?).ok()?;
        (memory.visitors == visitors && memory.seed == seed).then_some(memory)
    }

    /// Begins a demo in a folder with these counts. It ends with the last Sunday, so that each of its weeks is whole.
    pub(crate) fn begin(data: &Path, visitors: u32, seed: u64, before: Counts) -> Result<Self> {
        let today = now().as_millis() as u64 / DAY_MS;
        // 1970-01-05, day 4, was a Monday.
        let end_ms = (today - (today + 3) % 7) * DAY_MS;
        let memory = Self { visitors, seed, end_ms, before };
        let path = data.join(MEMORY);
        std::fs::write(&path, serde_json::to_vec(&memory)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(memory)
    }
}

impl Simulation {
    /// Sends everything but the late events, and returns when the collector has acknowledged it.
    pub(crate) fn send(&self) -> Result<Truth> {
        let (mut truth, _) = self.each_visitor("simulated visitors", |number, truth| {
            visitor::visitor(self, number, truth).map(|()| true)
        })?;
        visitor::tablet(self, &mut truth)?;
        visitor::robots(self, &mut truth)?;
        broken::send(&self.host, &mut truth)?;
        Ok(truth)
    }

    /// Sends the events of devices that had no network; returns how many visitors have one.
    pub(crate) fn send_late(&self, truth: &mut Truth) -> Result<u64> {
        let (late, devices) =
            self.each_visitor("late devices", |number, truth| visitor::late(self, number, truth))?;
        truth.absorb(late);
        Ok(devices)
    }

    /// Runs the job for each visitor, several at a time; counts those for which it returns true.
    fn each_visitor(
        &self,
        what: &str,
        job: impl Fn(u32, &mut Truth) -> Result<bool> + Sync,
    ) -> Result<(Truth, u64)> {
        let bars = Bars::default();
        bars.begin(what, Some(u64::from(self.visitors)));
        let next = AtomicU32::new(0);
        let work = || {
            let (mut truth, mut count) = (Truth::default(), 0);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.visitors {
                    return Ok((truth, count));
                }
                count += u64::from(job(number, &mut truth)?);
                bars.advance(1);
            }
        };
        let parts: Vec<(Truth, u64)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
            let parts = threads.into_iter().map(|thread| thread.join().expect("a visitor does not panic"));
            parts.collect::<Result<_>>()
        })?;
        bars.end();
        let mut all = (Truth::default(), 0);
        for (truth, count) in parts {
            all.0.absorb(truth);
            all.1 += count;
        }
        Ok(all)
    }

    /// The first moment of a day, counted from the first one of the simulation.
    fn day_ms(&self, day: u64) -> u64 {
        self.end_ms - (composition::WEEKS * 7 - day) * DAY_MS
    }

    /// The id of a device in this simulation.
    fn id(&self, device: &str) -> String {
        format!("demo-{}-{}-{device}", self.seed, self.end_ms / DAY_MS)
    }
}
