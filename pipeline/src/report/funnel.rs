//! How many came how far along a list of steps.

use super::history::{Keep, Occurrence, fold_people};
use super::{Range, ReportError, Selector, on_tables, require_derived};
use crate::catalog::Catalog;
use holloway_rules::funnel::{Funnel, Hit};
use serde::Serialize;
use std::path::Path;

pub use holloway_rules::funnel::Order;

/// The most steps of a funnel.
const STEPS_MAX: usize = 64;

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// People, over all of their visits.
    #[default]
    People,
    /// Sessions, each for itself.
    Sessions,
    /// Entries: a completed chain is put aside and the next one counts again.
    Totals,
}

/// The steps, and how to count them.
#[derive(Clone, Debug)]
pub struct FunnelOptions {
    /// The steps, as [`Selector`] texts, 1 to 64.
    pub steps: Vec<String>,
    /// From the first step to the last, ms, inclusive. 7 days.
    pub window_ms: i64,
    /// How the steps follow each other.
    pub order: Order,
    /// What is counted.
    pub by: By,
    /// Which events count.
    pub range: Range,
}

impl Default for FunnelOptions {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            window_ms: 7 * 86_400_000,
            order: Order::default(),
            by: By::default(),
            range: Range::default(),
        }
    }
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunnelReport {
    /// The steps in order.
    pub steps: Vec<StepCount>,
    /// The window, ms.
    pub window_ms: i64,
}

/// A step and who reached it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepCount {
    /// The step, as it was asked for.
    pub event: String,
    /// How many reached it.
    pub count: u64,
    /// Its share of those who reached the first step; 0 when nobody did.
    pub conversion: f64,
}

/// Counts how far people, sessions or entries came.
pub fn funnel(data: &Path, options: &FunnelOptions) -> Result<FunnelReport, ReportError> {
    let selectors = options.steps.iter().map(|text| Selector::parse(text)).collect::<Result<Vec<_>, _>>()?;
    if selectors.is_empty() || selectors.len() > STEPS_MAX {
        let found = format!("{} steps", selectors.len());
        return Err(ReportError::Options { expected: "1 to 64 steps", found });
    }
    let window_us = options.window_ms.saturating_mul(1_000);
    let rule = Funnel { steps: selectors.len(), window_us, order: options.order };
    on_tables(data, |catalog| {
        require_derived(catalog)?;
        let counts = count(catalog, options, &selectors, &rule)?;
        Ok(FunnelReport { steps: steps(&options.steps, &counts), window_ms: options.window_ms })
    })
}

fn count(
    catalog: &Catalog,
    options: &FunnelOptions,
    selectors: &[Selector],
    rule: &Funnel,
) -> Result<Vec<u64>, ReportError> {
    let keep = if options.order == Order::Strict { Keep::All } else { Keep::Matching };
    let mut counts = vec![0_u64; rule.steps];
    fold_people(
        catalog,
        &options.range,
        selectors,
        keep,
        |counts: &mut Vec<u64>, person| {
            counts.resize(rule.steps, 0);
            add(counts, options.by, rule, person);
        },
        |part| counts.iter_mut().zip(part).for_each(|(count, more)| *count += more),
    )?;
    Ok(counts)
}

fn add(counts: &mut [u64], by: By, rule: &Funnel, person: &[Occurrence]) {
    let hits: Vec<Hit> = person.iter().map(|occurrence| occurrence.hit).collect();
    match by {
        By::People => counts[..rule.level(&hits)].iter_mut().for_each(|count| *count += 1),
        By::Totals => counts.iter_mut().zip(rule.totals(&hits)).for_each(|(count, more)| *count += more),
        By::Sessions => {
            // Sessions of two devices may interleave; a stable sort keeps each one's order.
            let mut person = person.to_vec();
            person.sort_by_key(|occurrence| occurrence.session);
            for session in
                person.chunk_by(|a, b| a.session == b.session).filter(|session| session[0].session > 0)
            {
                let hits: Vec<Hit> = session.iter().map(|occurrence| occurrence.hit).collect();
                counts[..rule.level(&hits)].iter_mut().for_each(|count| *count += 1);
            }
        }
    }
}

fn steps(names: &[String], counts: &[u64]) -> Vec<StepCount> {
    let first = counts.first().copied().unwrap_or_default();
    let conversion = |count: u64| if first == 0 { 0.0 } else { count as f64 / first as f64 };
    let steps = names.iter().zip(counts);
    steps
        .map(|(event, &count)| StepCount { event: event.clone(), count, conversion: conversion(count) })
        .collect()
}
