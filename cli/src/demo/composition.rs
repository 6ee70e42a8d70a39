//! The composition of the simulation as data: the visitors, how they arrive, what they do, and what goes wrong.

/// Calendar weeks that the visits are spread over; the last one ends with the last Sunday.
pub(super) const WEEKS: u64 = 6;

/// A kind of visitor.
#[derive(Debug)]
pub(super) struct Persona {
    /// Visitors of a hundred.
    pub(super) of_100: u64,
    /// Chances to come back in the first, second, … calendar week after that of the first visit, percent.
    pub(super) returns: [u64; WEEKS as usize - 1],
    /// Chance that a visit with a look at a product goes on to the cart, percent.
    pub(super) buys: u64,
    /// The trait `plan` of those who log in.
    pub(super) plan: &'static str,
}

/// Most look once; few stay, and those stay long.
pub(super) const PERSONAS: [Persona; 3] = [
    Persona { of_100: 55, returns: [14, 9, 6, 4, 3], buys: 25, plan: "free" },
    Persona { of_100: 33, returns: [55, 44, 37, 32, 29], buys: 40, plan: "free" },
    Persona { of_100: 12, returns: [92, 86, 82, 79, 77], buys: 60, plan: "club" },
];

/// Weeks in which a visitor does what the weeks before let expect, percent.
pub(super) const REGULAR: u64 = 80;

/// How a visit begins.
#[derive(Debug)]
pub(super) struct Landing {
    /// Visits of a hundred.
    pub(super) of_100: u64,
    pub(super) path: &'static str,
    pub(super) referrer: &'static str,
    pub(super) search: &'static str,
}

const fn landing(of_100: u64, path: &'static str, referrer: &'static str, search: &'static str) -> Landing {
    Landing { of_100, path, referrer, search }
}

/// First visits come from searches, campaigns and other sites.
pub(super) const FIRST_LANDINGS: [Landing; 12] = [
    landing(18, "/", "", ""),
    landing(14, "/", "https://www.google.com/", ""),
    landing(13, "/guides/first-night-outdoors", "https://www.google.com/", ""),
    landing(
        11,
        "/products/tent",
        "https://www.google.com/",
        "?utm_source=google&utm_medium=cpc&utm_campaign=tents",
    ),
    landing(
        8,
        "/sale",
        "https://www.instagram.com/",
        "?utm_source=instagram&utm_medium=paid_social&utm_campaign=autumn-sale",
    ),
    landing(8, "/guides/ten-knots", "https://news.example/today", ""),
    landing(7, "/products/boots", "https://www.bing.com/", ""),
    landing(6, "/", "https://www.instagram.com/", ""),
    landing(5, "/products/lantern", "https://www.youtube.com/", ""),
    landing(4, "/sale", "", "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-sale"),
    landing(
        3,
        "/products/map",
        "https://hikers.example/maps",
        "?utm_source=hikers&utm_medium=affiliate&utm_campaign=maps",
    ),
    landing(3, "/sale", "", "?utm_source=sms&utm_medium=sms&utm_campaign=last-day"),
];

/// Later visits come mostly from the address bar and from the newsletter.
pub(super) const LATER_LANDINGS: [Landing; 5] = [
    landing(42, "/", "", ""),
    landing(16, "/account", "", ""),
    landing(20, "/sale", "", "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-sale"),
    landing(14, "/", "https://www.google.com/", ""),
    landing(8, "/guides/ten-knots", "https://www.instagram.com/", ""),
];

/// Products and their prices.
pub(super) const PRODUCTS: [(&str, u64); 6] =
    [("boots", 129), ("lantern", 39), ("map", 12), ("rope", 45), ("tent", 249), ("whistle", 6)];

/// Visitors who log in on some day, percent.
pub(super) const LOGS_IN: u64 = 55;
/// Visitors with a second device, percent.
pub(super) const SECOND_DEVICE: u64 = 25;
/// Visits on the second device, of those who have one, percent.
pub(super) const ON_SECOND_DEVICE: u64 = 30;
/// Visits that end on the page they began on, percent.
pub(super) const LEAVES_AT_ONCE: u64 = 25;
/// Carts that reach the checkout, and checkouts that are paid, percent.
pub(super) const CHECKS_OUT: u64 = 60;
pub(super) const PAYS: u64 = 55;
/// Events that the network delivers twice, percent.
pub(super) const TWICE: u64 = 3;

/// A group of visitors by their numbers: every `nth` one, from `first` on.
#[derive(Debug)]
pub(super) struct Every {
    nth: u32,
    first: u32,
}

impl Every {
    pub(super) const fn has(&self, number: u32) -> bool {
        number % self.nth == self.first
    }
}

/// Refuse consent on the first page.
pub(super) const REFUSES: Every = Every { nth: 20, first: 3 };
/// Give consent after the first page: until then their events wait in memory.
pub(super) const CONSENTS_LATE: Every = Every { nth: 11, first: 5 };
/// Log in at the tablet of the shop, and log out again.
pub(super) const AT_TABLET: Every = Every { nth: 16, first: 6 };
/// Of the logins at the tablet, after every so many a customer looks around without one.
pub(super) const GUEST_AFTER: u32 = 3;
/// Share a computer with a partner, and neither logs out.
pub(super) const WITH_PARTNER: Every = Every { nth: 33, first: 7 };
/// Open a second account with the e-mail address of the first.
pub(super) const SECOND_ACCOUNT: Every = Every { nth: 50, first: 9 };
/// Have a device without network: its events arrive after everything was reported once.
pub(super) const OFFLINE: Every = Every { nth: 29, first: 1 };

/// Robots by their user agents.
pub(super) const ROBOTS: [&str; 6] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
];

/// What a script without an SDK posts: each of these goes to the quarantine.
pub(super) const BROKEN: [&str; 5] = [
    r#"{"type":"track","event":"Stock Counted"}"#,
    r#"{"type":"track","userId":"warehouse"}"#,
    r#"{"type":"tracked","event":"Stock Counted","userId":"warehouse"}"#,
    r#"{"type":"track","event":"Stock Counted","userId":"warehouse","timestamp":"yesterday"}"#,
    r#"{"type":"group","userId":"warehouse"}"#,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_a_hundred() {
        assert_eq!(PERSONAS.iter().map(|persona| persona.of_100).sum::<u64>(), 100);
        for landings in [&FIRST_LANDINGS[..], &LATER_LANDINGS] {
            assert_eq!(landings.iter().map(|landing| landing.of_100).sum::<u64>(), 100);
        }
        for persona in PERSONAS {
            assert!(persona.returns.is_sorted_by(|earlier, later| earlier >= later), "{persona:?}");
        }
    }
}
