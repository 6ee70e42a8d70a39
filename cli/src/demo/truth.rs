//! The simulation's own account of what it did: what the pipeline must find.

use std::collections::{BTreeMap, BTreeSet};

/// A longer gap between two events of a person starts a session.
const SESSION_GAP_MS: u64 = 30 * 60 * 1_000;

/// Why a person is in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The visitor of this number.
    Visitor(u32),
    /// A second user of a visitor's computer.
    Partner,
    /// A customer at the shop's tablet without a login.
    TabletGuest,
    /// A second account of a visitor.
    SecondAccount,
    Robot,
}

/// Counts of a data folder, as the simulation expects them or as the pipeline found them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Counts {
    pub(crate) events: u64,
    pub(crate) people: u64,
    pub(crate) sessions: u64,
    pub(crate) refused_merges: u64,
    pub(crate) quarantined: u64,
}

/// Everything that was sent, by the people whose events they are.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) visitors: u64,
    pub(super) refused_consent: u64,
    /// Events that were sent a second time.
    pub(super) twice: u64,
    pub(super) refused_merges: u64,
    pub(super) broken: u64,
    people: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    cause: Cause,
    times_ms: Vec<u64>,
}

impl Truth {
    /// Counts an event of a person. `key` is the user, or the device before the first login on it.
    pub(super) fn saw(&mut self, key: &str, cause: Cause, at_ms: u64) {
        if let Some(known) = self.people.get_mut(key) {
            known.times_ms.push(at_ms);
            return;
        }
        self.people.insert(key.to_owned(), Known { cause, times_ms: vec![at_ms] });
    }

    /// Adds what another thread did.
    pub(super) fn absorb(&mut self, other: Self) {
        self.visitors += other.visitors;
        self.refused_consent += other.refused_consent;
        self.twice += other.twice;
        self.refused_merges += other.refused_merges;
        self.broken += other.broken;
        for (key, known) in other.people {
            for at_ms in known.times_ms {
                self.saw(&key, known.cause, at_ms);
            }
        }
    }

    /// Returns how many events were sent a second time.
    pub(crate) fn sent_twice(&self) -> u64 {
        self.twice
    }

    /// Returns what the pipeline must find.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            events: self.people.values().map(|known| known.times_ms.len() as u64).sum(),
            people: self.people.len() as u64,
            sessions: self.people.values().map(|known| sessions(&known.times_ms)).sum(),
            refused_merges: self.refused_merges,
            quarantined: self.broken,
        }
    }

    /// Returns the way from the number of visitors to the number of people, as a sum.
    pub(crate) fn steps(&self) -> Vec<(i64, &'static str)> {
        let visitors: Vec<u32> = self
            .people
            .values()
            .filter_map(|known| if let Cause::Visitor(number) = known.cause { Some(number) } else { None })
            .collect();
        let distinct = visitors.iter().collect::<BTreeSet<_>>().len();
        let of = |cause: Cause| self.people.values().filter(|known| known.cause == cause).count() as i64;
        vec![
            (self.visitors as i64, "visitors"),
            (-(self.refused_consent as i64), "who refused consent: nothing of them was recorded"),
            (
                (visitors.len() - distinct) as i64,
                "devices on which their visitor never logged in: no login links them to the visitor's other ids",
            ),
            (of(Cause::Partner), "partners on a visitor's computer, each with a login of their own"),
            (
                of(Cause::TabletGuest),
                "customers at the shop's tablet who did not log in, after another logged out",
            ),
            (
                of(Cause::SecondAccount),
                "second accounts with the e-mail address of the first: two users are never merged",
            ),
            (of(Cause::Robot), "robots by their user agent: by default the rules count robots like people"),
        ]
    }
}

fn sessions(times_ms: &[u64]) -> u64 {
    let mut times_ms = times_ms.to_vec();
    times_ms.sort_unstable();
    1 + times_ms.windows(2).filter(|pair| pair[1] - pair[0] > SESSION_GAP_MS).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_sessions_are_counted_from_what_was_sent() {
        let minute = |minute: u64| minute * 60_000;
        let mut truth = Truth { visitors: 3, refused_consent: 1, ..Truth::default() };
        // Ann on two devices with a login, her phone without one; Bob once; Cleo refused.
        for at in [0, 30, 61] {
            truth.saw("ann", Cause::Visitor(0), minute(at));
        }
        truth.saw("phone", Cause::Visitor(0), minute(5));
        truth.saw("bob", Cause::Visitor(1), minute(5));
        let mut other = Truth::default();
        other.saw("ann", Cause::Visitor(0), minute(62));
        other.saw("crawler", Cause::Robot, minute(0));
        truth.absorb(other);
        let expected = Counts { events: 7, people: 4, sessions: 5, ..Counts::default() };
        assert_eq!(truth.counts(), expected);
        let steps: Vec<i64> = truth.steps().iter().map(|(count, _)| *count).collect();
        assert_eq!(steps, [3, -1, 1, 0, 0, 0, 1]);
        assert_eq!(steps.iter().sum::<i64>(), 4);
    }
}
