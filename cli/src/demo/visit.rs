//! One visit to the shop.

use serde_json::json;

use super::{
    composition::{CHECKS_OUT, LEAVES_AT_ONCE, Landing, PAYS, PRODUCTS},
    device::Device,
    dice::Dice,
    truth::Cause,
};

/// The one who visits.
#[derive(Clone, Debug)]
pub(super) struct Shopper {
    pub(super) user: String,
    pub(super) cause: Cause,
    pub(super) logs_in: bool,
    /// On the first page, not at the cart.
    pub(super) logs_in_first: bool,
    pub(super) buys: u64,
    pub(super) plan: &'static str,
}

impl Shopper {
    pub(super) fn log_in(&self, device: &mut Device<'_>, dice: &mut Dice) {
        let traits = json!({ "plan": self.plan, "email": format!("{}@mail.shop.example", self.user) });
        device.log_in(dice, &self.user, self.cause, traits);
    }
}

/// Walks through the shop, as far as this visit goes.
pub(super) fn walk(device: &mut Device<'_>, dice: &mut Dice, shopper: &Shopper, landing: &Landing) {
    device.page(dice, landing.path, landing.referrer, landing.search);
    if shopper.logs_in_first {
        shopper.log_in(device, dice);
    }
    if dice.chance(LEAVES_AT_ONCE) {
        return;
    }
    let (mut product, mut price) = PRODUCTS[0];
    for _ in 0..=dice.below(4) {
        (product, price) = *dice.pick(&PRODUCTS);
        device.page(dice, &format!("/products/{product}"), "", "");
        device.track(dice, "Product Viewed", json!({ "product": product, "price": price }));
    }
    if !dice.chance(shopper.buys) {
        return;
    }
    device.track(dice, "Added To Cart", json!({ "product": product, "price": price }));
    if shopper.logs_in && !device.is_logged_in() {
        shopper.log_in(device, dice);
    }
    if !dice.chance(CHECKS_OUT) {
        return;
    }
    device.page(dice, "/checkout", "", "");
    device.track(dice, "Checkout Started", json!({ "total": price }));
    if dice.chance(PAYS) {
        device.track(dice, "Order Completed", json!({ "total": price }));
        device.page(dice, "/thanks", "", "");
    }
}
