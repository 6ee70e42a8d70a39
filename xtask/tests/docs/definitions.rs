//! `docs/definitions.md` has the numbers and names of the rules' defaults.

use holloway_rules::{identity::IdentityRules, session::SessionRules};

use crate::pages;

#[test]
fn defaults_are_those_of_the_rules() {
    let page = pages::text("docs/definitions.md");
    let says = |text: &str| assert!(page.contains(text), "docs/definitions.md says: {text}");
    let rules = SessionRules::default();
    says(&format!("longer than {} minutes", rules.timeout_us / 60_000_000));
    says(&format!("more than {} hours after", rules.length_max_us / 3_600_000_000));
    says(&format!("up to {} seconds", rules.active_gap_max_us / 1_000_000));
    assert!(rules.key_events.is_empty() && !rules.split_midnight && !rules.split_campaign);
    for event in &rules.passive_events {
        says(&format!("`{event}`"));
    }
    let rules = IdentityRules::default();
    says(&format!("at most {} e-mail addresses and phone numbers", rules.strong_max));
    says(&format!("{} anonymous ids within {} days", rules.weak_max, rules.weak_window_us / 86_400_000_000));
}
