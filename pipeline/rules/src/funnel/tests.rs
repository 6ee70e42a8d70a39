//! Cases of ClickHouse and PostHog, and every choice of events tried on small inputs.

use super::*;
use proptest::prelude::*;

/// `times` as `A0 B5`: a letter a step, seconds. `x` is an event of no step.
fn hits(text: &str) -> Vec<Hit> {
    let hit = |word: &str| {
        let (letters, second) = word.split_at(word.find(|c: char| c.is_ascii_digit()).expect("a time"));
        let steps =
            letters.bytes().filter(|letter| *letter != b'x').map(|letter| 1_u64 << (letter - b'A')).sum();
        Hit { at: Timestamp::from_millis(second.parse::<i64>().expect("a number") * 1_000), steps }
    };
    text.split_whitespace().map(hit).collect()
}

fn check(text: &str, steps: usize, window_s: i64, order: Order, level: usize) {
    let funnel = Funnel { steps, window_us: window_s * 1_000_000, order };
    assert_eq!(funnel.level(&hits(text)), level, "{text} {order:?}");
}

/// Answers of ClickHouse's windowFunnel and of PostHog's funnel tests.
#[test]
fn published_answers() {
    use Order::{Ordered, Strict, Unordered};
    check("A0 B60", 2, 60, Ordered, 2);
    check("A0 B61", 2, 60, Ordered, 1);
    check("A0 A30 B45 C75", 3, 60, Ordered, 3);
    check("A5 B5", 2, 60, Ordered, 2);
    check("B5 A5", 2, 60, Ordered, 2);
    check("A0 D1 B2 C3", 3, 60, Strict, 1);
    check("A0 C1 B2", 3, 60, Strict, 1);
    check("A0 B1 x2 C3", 3, 60, Strict, 2);
    check("A0 B1 C2", 3, 60, Strict, 3);
    check("A0 x1 B2 x3 C4", 3, 60, Ordered, 3);
    check("A0 A30 B61 C62", 3, 60, Ordered, 3);
    check("A0 B1 B2 C3", 3, 60, Ordered, 3);
    check("A0 AB0", 2, 60, Ordered, 2);
    check("AB0 A0", 2, 60, Ordered, 2);
    check("ABC0 ABC0", 3, 60, Ordered, 2);
    check("A0 B1 A1 C1", 3, 60, Ordered, 3);
    check("A5 x5 B6", 2, 60, Strict, 2);
    check("A5 x6 B6", 2, 60, Strict, 2);
    check("A5 x6 B7", 2, 60, Strict, 1);
    check("A0 A1 B2", 2, 60, Strict, 2);
    check("AB0 A1", 2, 60, Unordered, 2);
    check("AB0 BC1 A2", 3, 60, Unordered, 3);
    check("A0 A1 A2", 3, 60, Unordered, 1);
    check("C0 B1 A2", 3, 60, Unordered, 3);
    check("C0 B1 A62", 3, 60, Unordered, 2);
    check("ABC0", 3, 60, Ordered, 1);
    check("", 3, 60, Ordered, 0);
    check("B0 C1", 3, 60, Ordered, 0);
}

/// ClickHouse's stateless test 00632: events 1000 to 1008 at seconds 0 to 8, steps 1003 to 1007.
#[test]
fn clickhouse_windows() {
    for (window, level) in [(2, 3), (3, 4), (4, 5)] {
        check("x0 x1 x2 A3 B4 C5 D6 E7 x8", 5, window, Order::Ordered, level);
    }
}

/// PostHog's `test_funnel_udf`: ten steps, all events at one time.
#[test]
fn ten_steps_of_one_moment() {
    check("J0 I0 H0 G0 F0 E0 D0 C0 B0 A0", 10, 60, Order::Ordered, 10);
}

/// PostHog's `conversion_time_cases`: p1 at 12, 13, 15; p2 at 14, 16; p3 at 14, 16, 17 o'clock.
#[test]
fn times_between_steps() {
    let funnel = Funnel { steps: 3, window_us: 86_400_000_000, order: Order::Ordered };
    let hours = |text: &str| {
        let hits = hits(text).into_iter();
        let hits: Vec<Hit> =
            hits.map(|hit| Hit { at: Timestamp::from_micros(hit.at.as_micros() * 3_600), ..hit }).collect();
        let times = funnel.reach(&hits).times;
        times.windows(2).map(|pair| (pair[1].as_millis() - pair[0].as_millis()) / 1_000).collect::<Vec<_>>()
    };
    assert_eq!(hours("A12 B13 C15"), [3_600, 7_200]);
    assert_eq!(hours("A14 B16"), [7_200]);
    assert_eq!(hours("A14 B16 C17"), [7_200, 3_600]);
    assert_eq!(hours("A1 A2 B3 B4 C5"), [3_600, 7_200], "the latest start, then the earliest way on");
}

#[test]
fn totals_count_every_attempt() {
    let check = |text: &str, order, totals: &[u64]| {
        let funnel = Funnel { steps: totals.len(), window_us: 60_000_000, order };
        assert_eq!(funnel.totals(&hits(text)), totals, "{text} {order:?}");
    };
    check("A0 B1 A2 B3 A4", Order::Ordered, &[3, 2]);
    check("B0", Order::Ordered, &[0, 0]);
    check("", Order::Ordered, &[0, 0]);
    check("A0 A100 A200", Order::Ordered, &[3, 0]);
    check("A0 A30 B45 C75", Order::Ordered, &[1, 1, 1]);
    check("A0 A1 B2 B3", Order::Ordered, &[1, 1]);
    check("A0 B1 A1 B2", Order::Ordered, &[2, 2]);
    check("A0 A0 B0 B0", Order::Ordered, &[2, 2]);
    check("A0 x1 A2 B3", Order::Strict, &[2, 1]);
    check("B0 A1 A2 B3 A4", Order::Unordered, &[3, 2]);
    check("A0 A0 B0", Order::Unordered, &[2, 1]);
}

fn small() -> impl Strategy<Value = (Vec<Hit>, usize, i64)> {
    let hit = (0_i64..4, 0_u64..16);
    (prop::collection::vec(hit, 0..8), 1_usize..5, 1_i64..12).prop_map(|(raw, steps, window)| {
        let mut at = 0;
        let hits = raw.into_iter().map(|(gap, mask)| {
            at += gap;
            Hit { at: Timestamp::from_micros(at), steps: mask & ((1 << steps) - 1) }
        });
        (hits.collect(), steps, window)
    })
}

/// Every choice of different events, tried one after the other; `chosen` so far, one a step.
fn exhaustive(funnel: &Funnel, hits: &[Hit], chosen: &mut Vec<usize>) -> usize {
    let step = chosen.len();
    let mut best = step;
    for index in 0..hits.len() {
        if step == funnel.steps || chosen.contains(&index) || hits[index].steps >> step & 1 == 0 {
            continue;
        }
        chosen.push(index);
        if allowed(funnel, hits, chosen) {
            best = best.max(exhaustive(funnel, hits, chosen));
        }
        chosen.pop();
    }
    best
}

fn allowed(funnel: &Funnel, hits: &[Hit], chosen: &[usize]) -> bool {
    let time = |index: usize| hits[index].at.as_micros();
    let between = |a: i64, b: i64| hits.iter().any(|hit| a < hit.at.as_micros() && hit.at.as_micros() < b);
    let in_time = time(chosen[chosen.len() - 1]) - time(chosen[0]) <= funnel.window_us;
    let forwards = chosen.windows(2).all(|pair| time(pair[0]) <= time(pair[1]));
    let strict = chosen.windows(2).all(|pair| !between(time(pair[0]), time(pair[1])));
    in_time && forwards && (strict || funnel.order == Order::Ordered)
}

/// The most steps served by different events within a window, by trying all of them for each step, or none.
fn exhaustive_unordered(funnel: &Funnel, hits: &[Hit], step: usize, chosen: &mut Vec<usize>) -> usize {
    let times: Vec<i64> = chosen.iter().map(|index| hits[*index].at.as_micros()).collect();
    let span = times.iter().max().zip(times.iter().min()).map_or(0, |(last, first)| last - first);
    if span > funnel.window_us {
        return 0;
    }
    if step == funnel.steps {
        return chosen.len();
    }
    let mut best = exhaustive_unordered(funnel, hits, step + 1, chosen);
    for index in 0..hits.len() {
        if hits[index].steps >> step & 1 == 1 && !chosen.contains(&index) {
            chosen.push(index);
            best = best.max(exhaustive_unordered(funnel, hits, step + 1, chosen));
            chosen.pop();
        }
    }
    best
}

const ORDERS: [Order; 3] = [Order::Ordered, Order::Strict, Order::Unordered];

proptest! {
    #[test]
    fn one_pass_finds_the_best_of_all_choices((hits, steps, window) in small()) {
        for order in ORDERS {
            let funnel = Funnel { steps, window_us: window, order };
            let best = match order {
                Order::Unordered => exhaustive_unordered(&funnel, &hits, 0, &mut Vec::new()),
                _ => exhaustive(&funnel, &hits, &mut Vec::new()),
            };
            prop_assert_eq!(funnel.level(&hits), best, "{:?}", order);
        }
    }

    #[test]
    fn events_of_one_moment_may_come_in_any_order((mut hits, steps, window) in small(), key in any::<u64>()) {
        for order in ORDERS {
            let funnel = Funnel { steps, window_us: window, order };
            let before = (funnel.reach(&hits), funnel.totals(&hits));
            hits.sort_by_key(|hit| (hit.at, hit.steps.wrapping_mul(key | 1) % 16));
            prop_assert_eq!((funnel.reach(&hits), funnel.totals(&hits)), before, "{:?}", order);
        }
    }

    #[test]
    fn times_are_those_of_a_valid_choice((hits, steps, window) in small()) {
        for order in ORDERS {
            let funnel = Funnel { steps, window_us: window, order };
            let Reach { level, times } = funnel.reach(&hits);
            prop_assert_eq!(level, funnel.level(&hits));
            prop_assert_eq!(times.len(), level);
            prop_assert!(times.is_sorted());
            if let (Some(first), Some(last)) = (times.first(), times.last()) {
                prop_assert!(last.as_micros() - first.as_micros() <= window);
            }
        }
    }

    #[test]
    fn totals_reach_as_far_as_the_best_chain((hits, steps, window) in small()) {
        for order in ORDERS {
            let funnel = Funnel { steps, window_us: window, order };
            let totals = funnel.totals(&hits);
            prop_assert!(totals.is_sorted_by(|a, b| a >= b), "{:?}", totals);
            prop_assert_eq!(totals.iter().filter(|total| **total > 0).count(), funnel.level(&hits));
        }
    }

    #[test]
    fn strict_is_never_more_than_ordered_nor_that_than_unordered((hits, steps, window) in small()) {
        let level = |order| Funnel { steps, window_us: window, order }.level(&hits);
        prop_assert!(level(Order::Strict) <= level(Order::Ordered));
        prop_assert!(level(Order::Ordered) <= level(Order::Unordered));
    }
}
