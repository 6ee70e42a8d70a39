//! Names of the shop that its reports use.

/// The way to an order.
pub(crate) const FUNNEL: [&str; 4] =
    ["Product Viewed", "Added To Cart", "Checkout Started", "Order Completed"];
/// A visitor who logs in on two devices.
pub(crate) const EXAMPLE_USER: &str = "shopper-0";
