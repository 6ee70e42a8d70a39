//! Who came back, in which period.

/// Which periods with a start event make a cohort of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CohortKind {
    /// Only the first one ever: each person is in one cohort.
    #[default]
    First,
    /// Every one.
    Recurring,
}

/// People who started in one period, and how many of them came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort {
    /// People who started in it.
    pub size: u64,
    /// Of those, how many returned in this period, in the next, and so on.
    pub returned: Vec<u64>,
}

/// Counts returns by cohort. Periods are running numbers of days, weeks or months that the caller makes of its time
/// zone's calendar.
///
/// ```
/// use holloway_rules::retention::{CohortKind, Retention};
/// let mut retention = Retention::new(CohortKind::First, 0..3, 3);
/// retention.person(&[0, 1], &[0, 1, 2]);
/// retention.person(&[1], &[1]);
/// let rows: Vec<_> = retention.cohorts().iter().map(|row| (row.size, row.returned.clone())).collect();
/// assert_eq!(rows, [(1, vec![1, 1, 1]), (1, vec![1, 0, 0]), (0, vec![0, 0, 0])]);
/// ```
#[derive(Clone, Debug)]
pub struct Retention {
    kind: CohortKind,
    first: i64,
    cohorts: Vec<Cohort>,
}

impl Retention {
    /// Cohorts of these periods, each followed through `periods` periods, its own included.
    pub fn new(kind: CohortKind, cohorts: std::ops::Range<i64>, periods: usize) -> Self {
        let row = Cohort { size: 0, returned: vec![0; periods] };
        let count = usize::try_from(cohorts.end - cohorts.start).unwrap_or_default();
        Self { kind, first: cohorts.start, cohorts: vec![row; count] }
    }

    /// Adds a person by the periods in which its start events and its return events lie, each ascending.
    /// A period may be named more than once.
    pub fn person(&mut self, starts: &[i64], returns: &[i64]) {
        let mut before = None;
        for start in starts {
            if before.replace(*start) == Some(*start) {
                continue;
            }
            self.start(*start, returns);
            if self.kind == CohortKind::First {
                break;
            }
        }
    }

    /// The cohorts, in the order of their periods.
    pub fn cohorts(&self) -> &[Cohort] {
        &self.cohorts
    }

    fn start(&mut self, start: i64, returns: &[i64]) {
        let row = usize::try_from(start - self.first).ok().and_then(|row| self.cohorts.get_mut(row));
        let Some(row) = row else { return };
        row.size += 1;
        let from = returns.partition_point(|period| *period < start);
        let mut before = None;
        for period in &returns[from..] {
            let Some(count) = row.returned.get_mut((period - start) as usize) else { break };
            if before.replace(*period) != Some(*period) {
                *count += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(kind: CohortKind, periods: usize, people: &[&[i64]]) -> Vec<Vec<u64>> {
        let mut retention = Retention::new(kind, 0..periods as i64, periods);
        for days in people {
            retention.person(days, days);
        }
        let returned = |(index, row): (usize, &Cohort)| row.returned[..periods - index].to_vec();
        retention.cohorts().iter().enumerate().map(returned).collect()
    }

    /// The day matrix of PostHog's retention tests: two people, on days 0 1 2 5 5 6 and 1 2 3 6.
    #[test]
    fn published_day_matrix() {
        let expected: [&[u64]; 7] = [
            &[1, 1, 1, 0, 0, 1, 1],
            &[2, 2, 1, 0, 1, 2],
            &[2, 1, 0, 1, 2],
            &[1, 0, 0, 1],
            &[0, 0, 0],
            &[1, 1],
            &[2],
        ];
        assert_eq!(rows(CohortKind::Recurring, 7, &[&[0, 1, 2, 5, 5, 6], &[1, 2, 3, 6]]), expected);
    }

    #[test]
    fn first_time_cohorts_hold_each_person_once() {
        let found = rows(CohortKind::First, 4, &[&[0, 2], &[1, 2], &[1, 1, 3]]);
        assert_eq!(found, [vec![1, 0, 1, 0], vec![2, 1, 1], vec![0, 0], vec![0]]);
    }

    #[test]
    fn returns_may_be_another_event_than_starts() {
        let mut retention = Retention::new(CohortKind::First, 0..2, 2);
        retention.person(&[0], &[1]);
        retention.person(&[0], &[]);
        retention.person(&[5], &[5]);
        let first = &retention.cohorts()[0];
        assert_eq!((first.size, &first.returned), (2, &vec![0, 1]));
        assert_eq!(retention.cohorts()[1].size, 0, "a start outside of the range makes no cohort");
    }

    proptest! {
        #[test]
        fn cells_are_bounded_by_their_periods(people in prop::collection::vec(prop::collection::vec(0_i64..6, 0..6), 0..8)) {
            let sorted: Vec<Vec<i64>> = people.into_iter().map(|mut days| { days.sort_unstable(); days }).collect();
            let views: Vec<&[i64]> = sorted.iter().map(Vec::as_slice).collect();
            let found = rows(CohortKind::Recurring, 6, &views);
            for (day, row) in found.iter().enumerate() {
                for (later, cell) in row.iter().enumerate() {
                    prop_assert!(*cell <= found[day][0].min(found[day + later][0]));
                }
            }
            let first: u64 = rows(CohortKind::First, 6, &views).iter().map(|row| row[0]).sum();
            prop_assert_eq!(first, views.iter().filter(|days| !days.is_empty()).count() as u64);
        }
    }
}
