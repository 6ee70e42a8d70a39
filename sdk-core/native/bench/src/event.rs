//! The event that everybody sends: a name and five small properties.

use serde_json::{Value, json};

/// Its name.
pub(crate) const NAME: &str = "Checked Out";
/// Whose it is, for peers that ask with every event.
pub(crate) const USER: &str = "0190f5fe-7c00-7a00-8000-000000000001";

/// Its properties, as an app writes them.
pub(crate) fn properties() -> Value {
    json!({
        "order_id": ORDER_ID,
        "total": TOTAL,
        "currency": CURRENCY,
        "items": ITEMS,
        "is_gift": IS_GIFT,
    })
}

pub(crate) const ORDER_ID: &str = "A-10293";
pub(crate) const TOTAL: f64 = 48.5;
pub(crate) const CURRENCY: &str = "EUR";
pub(crate) const ITEMS: i64 = 3;
pub(crate) const IS_GIFT: bool = false;
