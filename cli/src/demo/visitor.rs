//! One visitor with all devices and all visits, and the others who come to the shop.

use anyhow::Result;
use holloway::Consent;

use super::{
    Simulation,
    composition::{
        AT_TABLET, CONSENTS_LATE, FIRST_LANDINGS, GUEST_AFTER, LATER_LANDINGS, LOGS_IN, Landing, OFFLINE,
        ON_SECOND_DEVICE, PERSONAS, Persona, REFUSES, REGULAR, ROBOTS, SECOND_ACCOUNT, SECOND_DEVICE, WEEKS,
        WITH_PARTNER,
    },
    device::Device,
    dice::Dice,
    truth::{Cause, Truth},
    visit::{Shopper, walk},
};

const DAY_MS: u64 = 86_400_000;
/// The last hour of a day is left out, so that a visit ends on the day it began.
const VISIT_STARTS_MS: u64 = DAY_MS - 3_600_000;

/// The last Sunday, which is left to what must come after all other visits on a device.
const LAST_DAY: u64 = WEEKS * 7 - 1;

/// A visitor as drawn from the seed.
struct Visitor {
    number: u32,
    dice: Dice,
    shopper: Shopper,
    persona: &'static Persona,
}

impl Visitor {
    fn draw(simulation: &Simulation, number: u32) -> Self {
        let mut dice = Dice::new(simulation.seed, u64::from(number));
        let persona = drawn(&mut dice, &PERSONAS, |persona| persona.of_100);
        // The first one is shown as an example: a user on two devices.
        let logs_in_first = number == 0 || OFFLINE.has(number);
        let must_log_in =
            logs_in_first || AT_TABLET.has(number) || WITH_PARTNER.has(number) || SECOND_ACCOUNT.has(number);
        let logs_in = dice.chance(LOGS_IN) || must_log_in;
        let shopper = Shopper {
            user: format!("shopper-{number}"),
            cause: Cause::Visitor(number),
            logs_in,
            logs_in_first,
            buys: persona.buys,
            plan: persona.plan,
        };
        Self { number, dice, shopper, persona }
    }

    fn refuses(&self) -> bool {
        REFUSES.has(self.number)
    }

    /// Returns the days of the visits, in order, of which there is at least one. Day 0 is a Monday.
    fn days(&mut self) -> Vec<u64> {
        let dice = &mut self.dice;
        // The example comes from the first week on, and often.
        let first = dice.below(if self.number == 0 { 7 } else { LAST_DAY });
        let mut days = vec![first];
        let interest = dice.below(100);
        for (week, chance) in (1..).zip(self.persona.returns) {
            let stays = interest < chance;
            // Now and then one who stays skips a week, and one who left comes by.
            let comes = if dice.chance(REGULAR) { stays } else { dice.chance(chance) };
            if self.number == 0 || comes {
                let monday = (first / 7 + week) * 7;
                days.push(monday + dice.below(7));
                if dice.chance(chance / 2) {
                    days.push(monday + dice.below(7));
                }
            }
        }
        days.retain(|day| *day < LAST_DAY);
        days.sort_unstable();
        days.dedup();
        days
    }
}

/// Sends everything of one visitor but what a device without network holds back.
pub(super) fn visitor(simulation: &Simulation, number: u32, truth: &mut Truth) -> Result<()> {
    let mut visitor = Visitor::draw(simulation, number);
    let refuses = visitor.refuses();
    truth.visitors += 1;
    let days = visitor.days();
    if refuses {
        truth.refused_consent += 1;
    }
    let has_two = number == 0 || visitor.dice.chance(SECOND_DEVICE);
    let on_second =
        |dice: &mut Dice, at: usize| has_two && (dice.chance(ON_SECOND_DEVICE) || (number == 0 && at == 1));
    let device_of: Vec<usize> =
        (0..days.len()).map(|at| usize::from(on_second(&mut visitor.dice, at))).collect();
    for device_number in 0..2 {
        let visits: Vec<usize> = (0..days.len()).filter(|at| device_of[*at] == device_number).collect();
        if visits.is_empty() {
            continue;
        }
        let is_asked = refuses || CONSENTS_LATE.has(number);
        let consent = if is_asked { Consent::Unknown } else { Consent::Granted };
        let id = simulation.id(&format!("{number}-{device_number}"));
        let mut device = Device::open(&simulation.host, id, Cause::Visitor(number), consent, truth)?;
        for (count, &at) in visits.iter().enumerate() {
            let dice = &mut visitor.dice;
            device.set_time(simulation.day_ms(days[at]) + dice.below(VISIT_STARTS_MS));
            let landing = drawn_landing(dice, at == 0);
            if count == 0 && is_asked {
                device.page(dice, landing.path, landing.referrer, landing.search);
                device.set_consent(!refuses);
            }
            if refuses {
                break;
            }
            walk(&mut device, dice, &visitor.shopper, landing);
        }
        if device_number == 0 && !refuses {
            if WITH_PARTNER.has(number) {
                partner(simulation, &mut visitor, &mut device);
            }
            if SECOND_ACCOUNT.has(number) {
                second_account(simulation, &mut visitor, &mut device);
            }
        }
        device.close()?;
    }
    Ok(())
}

/// The partner uses the same computer with another login; neither logs out, so the anonymous id stays.
fn partner(simulation: &Simulation, visitor: &mut Visitor, device: &mut Device<'_>) {
    let Visitor { number, dice, shopper, .. } = visitor;
    let partner = Shopper {
        user: format!("partner-{number}"),
        cause: Cause::Partner,
        logs_in_first: true,
        ..shopper.clone()
    };
    for (shopper, hour) in [(&*shopper, 1), (&partner, 5), (&*shopper, 9)] {
        device.set_time(simulation.day_ms(LAST_DAY) + hour * 3_600_000);
        shopper.log_in(device, dice);
        let landing = drawn_landing(dice, false);
        walk(device, dice, shopper, landing);
    }
}

/// The visitor has forgotten the first account: the e-mail address is the same, the user is not.
fn second_account(simulation: &Simulation, visitor: &mut Visitor, device: &mut Device<'_>) {
    let Visitor { number, dice, shopper, .. } = visitor;
    device.set_time(simulation.day_ms(LAST_DAY) + 13 * 3_600_000);
    shopper.log_in(device, dice);
    device.log_out();
    device.set_time(simulation.day_ms(LAST_DAY) + 15 * 3_600_000);
    let traits =
        serde_json::json!({ "plan": "free", "email": format!("{}@mail.shop.example", shopper.user) });
    device.log_in(dice, &format!("shopper-{number}-again"), Cause::SecondAccount, traits);
    device.page(dice, "/account", "", "");
    device.expect_refusal();
}

/// The tablet of the shop: one device, many users, each of whom logs out.
pub(super) fn tablet(simulation: &Simulation, truth: &mut Truth) -> Result<()> {
    let users: Vec<u32> =
        (0..simulation.visitors).filter(|number| AT_TABLET.has(*number) && !REFUSES.has(*number)).collect();
    if users.is_empty() {
        return Ok(());
    }
    let mut dice = Dice::new(simulation.seed, TABLET_STREAM);
    let mut device =
        Device::open(&simulation.host, simulation.id("tablet"), Cause::TabletGuest, Consent::Granted, truth)?;
    let walk_in = Landing { of_100: 100, path: "/in-store", referrer: "", search: "" };
    for (turn, number) in (0..).zip(users) {
        let day = u64::from(turn) % (WEEKS * 7);
        let shopper = Shopper { logs_in_first: true, ..Visitor::draw(simulation, number).shopper };
        // Turns of a later round come later on the same day; the tablet's time only goes forward within a round.
        device.set_time(simulation.day_ms(day) + 9 * 3_600_000 + u64::from(turn) / (WEEKS * 7) * 7_200_000);
        walk(&mut device, &mut dice, &shopper, &walk_in);
        device.log_out();
        if turn % GUEST_AFTER == 1 {
            let guest = Shopper { logs_in: false, logs_in_first: false, ..shopper };
            walk(&mut device, &mut dice, &guest, &walk_in);
            device.log_out();
        }
    }
    device.close()
}

/// Crawlers that run the page's scripts.
pub(super) fn robots(simulation: &Simulation, truth: &mut Truth) -> Result<()> {
    for (number, user_agent) in (0_u64..).zip(ROBOTS) {
        let mut dice = Dice::new(simulation.seed, ROBOT_STREAM + number);
        let id = simulation.id(&format!("robot-{number}"));
        let mut device = Device::open(&simulation.host, id, Cause::Robot, Consent::Granted, truth)?;
        device.set_user_agent(user_agent);
        device.set_time(simulation.day_ms(number * 6) + dice.below(VISIT_STARTS_MS));
        for landing in FIRST_LANDINGS.iter().chain(&LATER_LANDINGS) {
            device.page(&mut dice, landing.path, "", "");
        }
        device.close()?;
    }
    Ok(())
}

/// Sends what a device without network held back; returns whether this visitor has one.
pub(super) fn late(simulation: &Simulation, number: u32, truth: &mut Truth) -> Result<bool> {
    if !OFFLINE.has(number) || REFUSES.has(number) {
        return Ok(false);
    }
    let mut visitor = Visitor::draw(simulation, number);
    let id = simulation.id(&format!("{number}-late"));
    let mut device = Device::open(&simulation.host, id, Cause::Visitor(number), Consent::Granted, truth)?;
    let day = visitor.dice.below(WEEKS * 7);
    device.set_time(simulation.day_ms(day) + visitor.dice.below(VISIT_STARTS_MS));
    let landing = drawn_landing(&mut visitor.dice, false);
    walk(&mut device, &mut visitor.dice, &visitor.shopper, landing);
    device.close()?;
    Ok(true)
}

/// Streams of chance apart from those of the visitors, which are their numbers.
const TABLET_STREAM: u64 = 1 << 40;
const ROBOT_STREAM: u64 = 2 << 40;

fn drawn_landing(dice: &mut Dice, is_first: bool) -> &'static Landing {
    let landings: &[Landing] = if is_first { &FIRST_LANDINGS } else { &LATER_LANDINGS };
    drawn(dice, landings, |landing| landing.of_100)
}

/// Draws one by its share of a hundred.
fn drawn<'a, T>(dice: &mut Dice, from: &'a [T], of_100: impl Fn(&T) -> u64) -> &'a T {
    let mut point = dice.below(100);
    for one in from {
        let share = of_100(one);
        if point < share {
            return one;
        }
        point -= share;
    }
    &from[0]
}
