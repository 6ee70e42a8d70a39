//! Simulated visitors of a shop, who use the real Rust SDK over HTTP.
//!
//! Drawn from a seed: the same seed gives the same visitors, events and message ids, so that running it twice adds
//! nothing. Among them are people with several devices, logins, shared devices that are handed over, events that
//! arrive late, and events that are sent twice.

mod dice;
mod visit;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result};
use holloway::{Client, FsyncPolicy};
use holloway_pipeline::Progress as _;

pub(crate) use self::visit::Tally;
use self::{dice::Dice, visit::Visit};
use crate::{clock::now, progress::Bars};

/// What the demo's funnel counts.
pub(crate) const FUNNEL: [&str; 4] =
    ["Product Viewed", "Added To Cart", "Checkout Started", "Order Completed"];
/// A visitor who logs in on two devices.
pub(crate) const EXAMPLE_USER: &str = "shopper-0";

/// Visitors who shop at the same time: each waits for the collector's disk most of its time.
const AT_A_TIME: usize = 8;

const WEEKS: u64 = 6;
const DAY_MS: u64 = 86_400_000;

/// Who comes.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) visitors: u32,
    pub(crate) seed: u64,
    pub(crate) host: String,
}

/// Sends everything, and returns when the collector has acknowledged it.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let bars = Bars::default();
    // The same day gives the same events.
    let today_ms = now().as_millis() as u64 / DAY_MS * DAY_MS;
    bars.begin("simulated visitors", Some(u64::from(options.visitors)));
    let next = AtomicU32::new(0);
    let tally = std::thread::scope(|scope| {
        let shopper = || {
            let mut tally = Tally::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= options.visitors {
                    return Ok(tally);
                }
                tally += visitor(options, number, today_ms)?;
                bars.advance(1);
            }
        };
        let shoppers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(shopper)).collect();
        let all = shoppers.into_iter().map(|shopper| shopper.join().expect("a visitor does not panic"));
        all.collect::<Result<Vec<Tally>>>()
    })?;
    bars.end();
    Ok(tally.into_iter().fold(Tally::default(), |mut sum, tally| {
        sum += tally;
        sum
    }))
}

/// One visitor with all devices and all visits.
fn visitor(options: &Options, number: u32, today_ms: u64) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut dice = Dice::new(options.seed, u64::from(number));
    let user = format!("shopper-{number}");
    let logs_in = number == 0 || dice.chance(55);
    let devices = if number == 0 { 2 } else { 1 + u32::from(dice.chance(25)) };
    let loyalty = dice.below(100);
    // The example is there from the first week on, so that there is something to show.
    let first_day = dice.below(if number == 0 { 7 } else { WEEKS * 7 });
    let plan = Plan { logs_in, logs_in_first: number == 0, loyalty, user: &user };
    for device in 0..devices {
        let store = tempfile::tempdir().context("cannot make a folder for a simulated device")?;
        let client = Client::builder("demo")
            .host(&options.host)
            .store_dir(store.path())
            .flush_at(500)
            // What a simulated device has not sent when the machine fails is of no loss.
            .fsync(FsyncPolicy::Never)
            .build()
            .context("cannot start a simulated device")?;
        let mut day = first_day + u64::from(device) * dice.below(5);
        let mut visits = 0;
        while day < WEEKS * 7 {
            let start_ms = today_ms - (WEEKS * 7 - day) * DAY_MS + dice.below(DAY_MS - 3_600_000);
            let id = format!("demo-{}-{today_ms}-{number}-{device}-{visits}", options.seed);
            tally += Visit { client: &client, dice: &mut dice, at_ms: start_ms, id, tally: Tally::default() }
                .run(&plan);
            visits += 1;
            // The loyal come every few days, the others hardly again.
            day += 1 + if loyalty > 60 { dice.below(5) } else { 5 + dice.below(40) };
        }
        let is_shared = number % 20 == 3 && logs_in;
        if is_shared {
            tally += hand_over(
                &client,
                &mut dice,
                today_ms,
                &format!("demo-{}-{today_ms}-{number}-{device}-guest", options.seed),
                number,
            );
        }
        client.shutdown(Duration::from_mins(1)).context("the collector did not take the demo's events")?;
    }
    Ok(tally)
}

/// What a visitor is like.
pub(crate) struct Plan<'a> {
    logs_in: bool,
    /// On the first page, not at the cart: the one who is shown as an example does on every device.
    logs_in_first: bool,
    loyalty: u64,
    user: &'a str,
}

/// The device gets another user: with a reset in between, as an app does at logout.
fn hand_over(client: &Client, dice: &mut Dice, today_ms: u64, id: &str, number: u32) -> Tally {
    client.reset();
    let guest = format!("guest-{number}");
    let plan = Plan { logs_in: true, logs_in_first: true, loyalty: 20, user: &guest };
    Visit { client, dice, at_ms: today_ms - DAY_MS / 2, id: id.to_owned(), tally: Tally::default() }
        .run(&plan)
}
