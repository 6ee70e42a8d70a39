//! Who came back: cohorts by the period in which people started.

use super::history::{Keep, fold_people};
use super::{Range, ReportError, Selector, on_tables, require_derived};
use crate::catalog::Catalog;
use crate::zone::{Zone, day_text, first_of_month, monday, month};
use holloway_rules::retention::Retention;
use holloway_wire::Timestamp;
use serde::Serialize;
use std::path::Path;

pub use holloway_rules::retention::CohortKind;

/// The most periods of a report, and the most cohorts.
const PERIODS_MAX: usize = 10_000;

/// A calendar period in the zone of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Day,
    /// A week; it begins on Monday.
    #[default]
    Week,
    /// A month.
    Month,
}

impl Period {
    /// The running number of the period of a moment.
    fn number(self, at: Timestamp, zone: &Zone) -> i64 {
        let day = zone.day(at);
        match self {
            Self::Day => day,
            // The week of 1970-01-01 began on 1969-12-29, which is day -3.
            Self::Week => (monday(day) + 3).div_euclid(7),
            Self::Month => month(day),
        }
    }

    /// The first day of a period.
    fn first_day(self, number: i64) -> i64 {
        match self {
            Self::Day => number,
            Self::Week => number * 7 - 3,
            Self::Month => first_of_month(number),
        }
    }
}

/// What is a start, what is a return, and over which periods.
#[derive(Clone, Debug)]
pub struct RetentionOptions {
    /// What makes a person a member of a cohort, as a [`Selector`] text.
    pub start: String,
    /// What counts as coming back, as a [`Selector`] text.
    pub returning: String,
    /// The length of a period. Week.
    pub period: Period,
    /// How many periods to follow a cohort, its own included. 8.
    pub periods: usize,
    /// Which starts count.
    pub cohort: CohortKind,
    /// Cohorts that start in it; events after its end do not count as returns.
    pub range: Range,
}

impl Default for RetentionOptions {
    fn default() -> Self {
        Self {
            start: "*".to_owned(),
            returning: "*".to_owned(),
            period: Period::default(),
            periods: 8,
            cohort: CohortKind::default(),
            range: Range::default(),
        }
    }
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RetentionReport {
    /// The cohorts by start, from the first to the last with a member.
    pub cohorts: Vec<CohortRow>,
}

/// A cohort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CohortRow {
    /// First day of its period.
    pub start: String,
    /// People in it.
    pub size: u64,
    /// How many of them returned in this period, the next, and so on.
    pub returned: Vec<u64>,
}

/// The periods of one person's starts and returns, ascending.
#[derive(Clone, Debug, Default)]
struct Comings {
    starts: Vec<i64>,
    returns: Vec<i64>,
}

/// Counts who came back.
pub fn retention(data: &Path, options: &RetentionOptions) -> Result<RetentionReport, ReportError> {
    let selectors = [Selector::parse(&options.start)?, Selector::parse(&options.returning)?];
    if options.periods == 0 || options.periods > PERIODS_MAX {
        let found = format!("{} periods", options.periods);
        return Err(ReportError::Options { expected: "1 to 10000 periods", found });
    }
    on_tables(data, |catalog| {
        require_derived(catalog)?;
        Ok(report(&comings(catalog, options, &selectors)?, options))
    })
}

fn comings(
    catalog: &Catalog,
    options: &RetentionOptions,
    selectors: &[Selector],
) -> Result<Vec<Comings>, ReportError> {
    // A first start is the first one ever, so events before the range count too.
    let range = Range { from: None, ..options.range.clone() };
    let mut people = Vec::new();
    fold_people(
        catalog,
        &range,
        selectors,
        Keep::Matching,
        |people: &mut Vec<Comings>, person| {
            let mut comings = Comings::default();
            for occurrence in person {
                let period = options.period.number(occurrence.hit.at, &range.zone);
                for (bit, periods) in [&mut comings.starts, &mut comings.returns].into_iter().enumerate() {
                    if occurrence.hit.steps >> bit & 1 == 1 && periods.last() != Some(&period) {
                        periods.push(period);
                    }
                }
            }
            if !comings.starts.is_empty() {
                people.push(comings);
            }
        },
        |part| people.extend(part),
    )?;
    Ok(people)
}

fn report(people: &[Comings], options: &RetentionOptions) -> RetentionReport {
    let counted = |comings: &Comings| match options.cohort {
        CohortKind::First => comings.starts[..1].to_vec(),
        CohortKind::Recurring => comings.starts.clone(),
    };
    let from = options.range.from.map(|from| options.period.number(from, &options.range.zone));
    let starts = people.iter().flat_map(counted).filter(|start| from.is_none_or(|from| *start >= from));
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for start in starts {
        (first, last) = (first.min(start), last.max(start));
    }
    if first > last {
        return RetentionReport { cohorts: Vec::new() };
    }
    // A date far off (a device without a clock) must not make a million empty rows: the newest cohorts stay.
    let first = first.max(last - PERIODS_MAX as i64);
    let mut retention = Retention::new(options.cohort, first..last + 1, options.periods);
    for comings in people {
        retention.person(&comings.starts, &comings.returns);
    }
    let rows = (first..).zip(retention.cohorts());
    let rows = rows.map(|(number, cohort)| CohortRow {
        start: day_text(options.period.first_day(number)),
        size: cohort.size,
        returned: cohort.returned.clone(),
    });
    RetentionReport { cohorts: rows.collect() }
}
