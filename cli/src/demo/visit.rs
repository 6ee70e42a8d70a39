//! One visit to the shop.

use holloway::{Client, Options};
use serde_json::{Value, json};

use super::{Plan, dice::Dice};

const SOURCES: [(&str, &str); 6] = [
    ("", ""),
    ("", ""),
    ("https://www.google.com/", ""),
    ("https://news.example/today", ""),
    ("https://www.instagram.com/", ""),
    ("", "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"),
];
const PRODUCTS: [&str; 6] = ["boots", "lantern", "map", "rope", "tent", "whistle"];

/// A visit in the making.
pub(super) struct Visit<'a> {
    pub(super) client: &'a Client,
    pub(super) dice: &'a mut Dice,
    pub(super) at_ms: u64,
    /// Unique to the visit; message ids follow from it.
    pub(super) id: String,
    pub(super) tally: Tally,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Events, each counted once.
    pub(crate) events: u64,
    /// Those of them that were sent a second time.
    pub(crate) twice: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.twice += other.twice;
    }
}

impl Visit<'_> {
    /// Walks through the shop, as far as this visitor goes; answers what was sent.
    pub(super) fn run(mut self, plan: &Plan<'_>) -> Tally {
        self.walk(plan);
        self.tally
    }

    fn walk(&mut self, plan: &Plan<'_>) {
        let (referrer, search) = *self.dice.pick(&SOURCES);
        self.page("/", referrer, search);
        if plan.logs_in_first {
            self.log_in(plan);
        }
        if self.dice.chance(25) {
            return;
        }
        for _ in 0..=self.dice.below(4) {
            let product = *self.dice.pick(&PRODUCTS);
            self.page(&format!("/products/{product}"), "", "");
            self.track("Product Viewed", json!({ "product": product, "price": 10 + product.len() }));
        }
        if !self.dice.chance(30 + plan.loyalty / 3) {
            return;
        }
        self.track("Added To Cart", json!({ "product": self.id.len() % PRODUCTS.len() }));
        if plan.logs_in {
            self.log_in(plan);
        }
        if !self.dice.chance(60) {
            return;
        }
        self.page("/checkout", "", "");
        self.track("Checkout Started", json!({}));
        if self.dice.chance(55) {
            self.track("Order Completed", json!({ "total": 20 + self.id.len() }));
        }
    }

    fn log_in(&mut self, plan: &Plan<'_>) {
        let traits = json!({ "plan": if plan.loyalty > 60 { "club" } else { "free" } });
        let options = self.next();
        self.client.identify_with(plan.user, traits, options);
    }

    fn page(&mut self, path: &str, referrer: &str, search: &str) {
        let url = format!("https://shop.example{path}{search}");
        let page = json!({ "path": path, "url": url, "search": search, "referrer": referrer });
        let mut options = self.next();
        options.context = Some(json!({ "page": page }));
        self.client.page_with(path, json!({}), options);
    }

    fn track(&mut self, name: &str, properties: Value) {
        let options = self.next();
        // Some are sent twice, under one id.
        if self.dice.chance(3) {
            self.tally.twice += 1;
            self.client.track_with(name, &properties, options.clone());
        }
        self.client.track_with(name, properties, options);
    }

    /// Id and time of the next event. All of them arrive late: they are sent today.
    fn next(&mut self) -> Options {
        self.at_ms += 2_000 + self.dice.below(90_000);
        self.tally.events += 1;
        Options {
            message_id: Some(format!("{}-{}", self.id, self.tally.events)),
            timestamp_unix_ms: Some(self.at_ms),
            context: None,
        }
    }
}
