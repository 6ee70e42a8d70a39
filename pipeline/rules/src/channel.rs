//! Where a visit came from: GA4's default channel grouping.

/// A channel of GA4's default channel grouping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are GA4's own names, see `as_str`")]
pub enum Channel {
    Direct,
    CrossNetwork,
    PaidShopping,
    PaidSearch,
    PaidSocial,
    PaidVideo,
    PaidOther,
    Display,
    OrganicShopping,
    OrganicSocial,
    OrganicVideo,
    OrganicSearch,
    Referral,
    Email,
    Affiliates,
    Audio,
    Sms,
    MobilePush,
    Unassigned,
}

impl Channel {
    /// GA4's name of the channel, as in the `channel` columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "Direct",
            Self::CrossNetwork => "Cross-network",
            Self::PaidShopping => "Paid Shopping",
            Self::PaidSearch => "Paid Search",
            Self::PaidSocial => "Paid Social",
            Self::PaidVideo => "Paid Video",
            Self::PaidOther => "Paid Other",
            Self::Display => "Display",
            Self::OrganicShopping => "Organic Shopping",
            Self::OrganicSocial => "Organic Social",
            Self::OrganicVideo => "Organic Video",
            Self::OrganicSearch => "Organic Search",
            Self::Referral => "Referral",
            Self::Email => "Email",
            Self::Affiliates => "Affiliates",
            Self::Audio => "Audio",
            Self::Sms => "SMS",
            Self::MobilePush => "Mobile Push Notifications",
            Self::Unassigned => "Unassigned",
        }
    }
}

/// What is known of how a visit came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Landing<'a> {
    /// The host of another site that linked here.
    pub referrer_host: Option<&'a str>,
    /// Campaign source.
    pub source: Option<&'a str>,
    /// Campaign medium.
    pub medium: Option<&'a str>,
    /// Campaign name.
    pub campaign: Option<&'a str>,
    /// An advertising click id in the address.
    pub paid_click: bool,
}

/// Sorts a visit into a channel, by the rules that GA4 publishes for its default channel group, in their order.
///
/// Without campaign parameters the referrer speaks: a search engine counts as medium `organic`, any other site as
/// `referral`; neither is direct. A click id without a medium counts as `cpc`.
///
/// ```
/// use holloway_rules::channel::{Channel, Landing, channel_of};
/// let search = Landing { referrer_host: Some("google.com"), ..Landing::default() };
/// assert_eq!(channel_of(&search), Channel::OrganicSearch);
/// assert_eq!(channel_of(&Landing { paid_click: true, ..search }), Channel::PaidSearch);
/// assert_eq!(channel_of(&Landing::default()), Channel::Direct);
/// ```
pub fn channel_of(landing: &Landing<'_>) -> Channel {
    let lower = |text: Option<&str>| text.unwrap_or_default().trim().to_ascii_lowercase();
    let has_campaign = landing.source.is_some() || landing.medium.is_some() || landing.campaign.is_some();
    let mut source = lower(landing.source);
    let mut medium = lower(landing.medium);
    let campaign = lower(landing.campaign);
    if source.is_empty() {
        source = lower(landing.referrer_host);
    }
    if medium.is_empty() {
        if landing.paid_click {
            "cpc".clone_into(&mut medium);
        } else if !has_campaign && !source.is_empty() {
            let organic = is_search(&source);
            if organic { "organic" } else { "referral" }.clone_into(&mut medium);
        }
    }
    if source.is_empty() && medium.is_empty() && campaign.is_empty() {
        return Channel::Direct;
    }
    classify(&source, &medium, &campaign)
}

fn classify(source: &str, medium: &str, campaign: &str) -> Channel {
    let shops = is_site(source, &SHOPPING) || names_a_shop(campaign);
    let social = is_site(source, &SOCIAL);
    let video = is_site(source, &VIDEO);
    let search = is_search(source);
    let one_of = |words: &[&str]| words.contains(&medium);
    let is_email = |text: &str| ["email", "e-mail", "e_mail", "e mail"].contains(&text);
    if matches!(source, "" | "(direct)")
        && matches!(medium, "" | "(none)" | "(not set)")
        && campaign.is_empty()
    {
        return Channel::Direct;
    }
    let paid =
        medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.starts_with("paid");
    match () {
        () if campaign.contains("cross-network") => Channel::CrossNetwork,
        () if paid && shops => Channel::PaidShopping,
        () if paid && search => Channel::PaidSearch,
        () if paid && social => Channel::PaidSocial,
        () if paid && video => Channel::PaidVideo,
        () if one_of(&["display", "banner", "expandable", "interstitial", "cpm"]) => Channel::Display,
        () if paid => Channel::PaidOther,
        () if shops => Channel::OrganicShopping,
        () if social
            || one_of(&[
                "social",
                "social-network",
                "social-media",
                "sm",
                "social network",
                "social media",
            ]) =>
        {
            Channel::OrganicSocial
        }
        () if video || medium.contains("video") => Channel::OrganicVideo,
        () if search || medium == "organic" => Channel::OrganicSearch,
        () if one_of(&["referral", "app", "link"]) => Channel::Referral,
        () if is_email(source) || is_email(medium) => Channel::Email,
        () if medium == "affiliate" => Channel::Affiliates,
        () if medium == "audio" => Channel::Audio,
        () if source == "sms" || medium == "sms" => Channel::Sms,
        () if medium.ends_with("push")
            || medium.contains("mobile")
            || medium.contains("notification")
            || source == "firebase" =>
        {
            Channel::MobilePush
        }
        () => Channel::Unassigned,
    }
}

/// Hosts of search engines that are no search: links from there are referrals.
const NO_SEARCH: [&str; 8] = [
    "mail.google.com",
    "docs.google.com",
    "drive.google.com",
    "groups.google.com",
    "sites.google.com",
    "accounts.google.com",
    "classroom.google.com",
    "mail.yahoo.com",
];
const SEARCH: [&str; 18] = [
    "google",
    "bing",
    "yahoo",
    "duckduckgo",
    "baidu",
    "yandex",
    "ecosia",
    "ask",
    "aol",
    "naver",
    "seznam",
    "qwant",
    "startpage",
    "brave",
    "sogou",
    "daum",
    "lycos",
    "alltheweb",
];
const SOCIAL: [&str; 27] = [
    "facebook",
    "fb",
    "instagram",
    "ig",
    "linkedin",
    "lnkd",
    "twitter",
    "t.co",
    "x.com",
    "pinterest",
    "reddit",
    "tiktok",
    "snapchat",
    "whatsapp",
    "telegram",
    "vk",
    "weibo",
    "quora",
    "mastodon",
    "bsky",
    "threads",
    "tumblr",
    "messenger",
    "wechat",
    "ycombinator",
    "stackoverflow",
    "plus.google.com",
];
const SHOPPING: [&str; 11] = [
    "amazon",
    "ebay",
    "etsy",
    "shopify",
    "walmart",
    "aliexpress",
    "alibaba",
    "igshopping",
    "mercadolibre",
    "shopping",
    "google shopping",
];
const VIDEO: [&str; 9] =
    ["youtube", "youtu.be", "vimeo", "dailymotion", "twitch", "netflix", "hulu", "disneyplus", "utreon"];

/// Whether a source or host is one of these sites: the same word, the same host, or a host whose own name it is.
fn is_site(source: &str, sites: &[&str]) -> bool {
    let name = own_name(source);
    sites.iter().any(|site| {
        source == *site
            || if site.contains('.') {
                source.strip_suffix(site).is_some_and(|rest| rest.ends_with('.'))
            } else {
                name == Some(site)
            }
    })
}

fn is_search(source: &str) -> bool {
    is_site(source, &SEARCH) && !is_site(source, &NO_SEARCH)
}

/// The label that a host's owner chose: `google` of `www.google.co.uk`.
fn own_name(host: &str) -> Option<&str> {
    let mut labels = host.rsplit('.').skip(1);
    let second = labels.next()?;
    let is_registry = matches!(second, "co" | "com" | "org" | "net" | "ac" | "gov" | "edu");
    Some(if is_registry { labels.next().unwrap_or(second) } else { second })
}

/// GA4's pattern for campaigns: the word shop or shopping, not as the end of another word such as workshop.
fn names_a_shop(campaign: &str) -> bool {
    campaign.match_indices("shop").any(|(at, _)| {
        let before = campaign[..at].chars().next_back();
        before.is_none_or(|letter| !matches!(letter, 'a'..='d' | 'f'..='z'))
            || campaign[at..].starts_with("shopping")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, medium: &str, campaign: &str, answer: Channel) {
        fn some(text: &str) -> Option<&str> {
            (!text.is_empty()).then_some(text)
        }
        let landing = Landing {
            source: some(source),
            medium: some(medium),
            campaign: some(campaign),
            ..Landing::default()
        };
        assert_eq!(channel_of(&landing), answer, "{source} / {medium} / {campaign}");
    }

    /// GA4's published definitions, one or more rows for each channel.
    #[test]
    fn visits_are_sorted_as_ga4_defines() {
        check("", "", "", Channel::Direct);
        check("(direct)", "(none)", "", Channel::Direct);
        check("google", "cpc", "2026 cross-network", Channel::CrossNetwork);
        check("alibaba", "cpc", "", Channel::PaidShopping);
        check("partner", "ppc", "summer shop", Channel::PaidShopping);
        check("partner", "ppc", "workshop", Channel::PaidOther);
        check("google", "cpc", "", Channel::PaidSearch);
        check("Bing", "PPC", "", Channel::PaidSearch);
        check("facebook", "paid-social", "", Channel::PaidSocial);
        check("youtube", "cpv", "", Channel::PaidVideo);
        check("youtube", "cpc", "", Channel::PaidVideo);
        check("dbm", "banner", "", Channel::Display);
        check("dbm", "cpm", "", Channel::Display);
        check("partner", "retargeting", "", Channel::PaidOther);
        check("etsy", "referral", "", Channel::OrganicShopping);
        check("m.facebook.com", "referral", "", Channel::OrganicSocial);
        check("somewhere", "social-media", "", Channel::OrganicSocial);
        check("t.co", "referral", "", Channel::OrganicSocial);
        check("vimeo.com", "referral", "", Channel::OrganicVideo);
        check("partner", "video ad", "", Channel::OrganicVideo);
        check("google", "organic", "", Channel::OrganicSearch);
        check("www.google.co.uk", "referral", "", Channel::OrganicSearch);
        check("partner.example", "referral", "", Channel::Referral);
        check("partner", "link", "", Channel::Referral);
        check("newsletter", "email", "", Channel::Email);
        check("e-mail", "x", "", Channel::Email);
        check("partner", "affiliate", "", Channel::Affiliates);
        check("spotify", "audio", "", Channel::Audio);
        check("sms", "x", "", Channel::Sms);
        check("app", "webpush", "", Channel::MobilePush);
        check("firebase", "x", "", Channel::MobilePush);
        check("partner", "offline", "", Channel::Unassigned);
    }

    /// The rows of dbt-ga4 (MIT), `unit_tests/test_macro_default_channel_grouping.py`. One answers otherwise there: a
    /// shop without a medium is organic, since GA4 asks for a paid medium in words.
    #[test]
    fn visits_are_sorted_as_in_dbt_ga4() {
        check("(direct)", "(none)", "", Channel::Direct);
        check("(direct)", "(not set)", "", Channel::Direct);
        check("some-source", "some-medium", "some-cross-network-campaign", Channel::CrossNetwork);
        check("some-source", "some-medium", "cross-network", Channel::CrossNetwork);
        check("alibaba", "", "", Channel::OrganicShopping); // there: Paid Shopping
        check("some-source", "retargeting", "shopping", Channel::PaidShopping);
        check("google", "ppc", "", Channel::PaidSearch);
        check("facebook", "retargeting", "", Channel::PaidSocial);
        check("youtube.com", "paid-something", "", Channel::PaidVideo);
        check("youtube.com", "display", "", Channel::Display);
        check("some-source", "cpc", "", Channel::PaidOther);
        check("Google Shopping", "", "", Channel::OrganicShopping);
        check("some-source", "", "some-shopping-campaign", Channel::OrganicShopping);
        check("facebook", "", "", Channel::OrganicSocial);
        check("some-source", "social", "", Channel::OrganicSocial);
        check("youtube.com", "", "", Channel::OrganicVideo);
        check("some-source", "video", "", Channel::OrganicVideo);
        check("bing", "", "", Channel::OrganicSearch);
        check("some-source", "organic", "", Channel::OrganicSearch);
        check("some-source", "referral", "", Channel::Referral);
        check("email", "", "", Channel::Email);
        check("", "e mail", "", Channel::Email);
        check("some-source", "affiliate", "", Channel::Affiliates);
        check("some-source", "audio", "", Channel::Audio);
        check("sms", "", "", Channel::Sms);
        check("", "sms", "", Channel::Sms);
        check("some-source", "something-push", "", Channel::MobilePush);
        check("some-source", "mobile-notification", "", Channel::MobilePush);
        check("firebase", "", "", Channel::MobilePush);
        check("some-source", "some-medium", "some-campaign", Channel::Unassigned);
    }

    #[test]
    fn without_a_campaign_the_referrer_speaks() {
        let check = |host: &str, paid_click: bool, answer: Channel| {
            let landing = Landing { referrer_host: Some(host), paid_click, ..Landing::default() };
            assert_eq!(channel_of(&landing), answer, "{host}");
        };
        check("google.de", false, Channel::OrganicSearch);
        check("google.de", true, Channel::PaidSearch);
        check("news.ycombinator.com", false, Channel::OrganicSocial);
        check("blog.example", false, Channel::Referral);
        check("ask-me.example", false, Channel::Referral);
        check("m.youtube.com", false, Channel::OrganicVideo);
        check("mail.google.com", false, Channel::Referral);
        check("plus.google.com", false, Channel::OrganicSocial);
        check("www.google.com.br", false, Channel::OrganicSearch);
        check("ask.metafilter.com", false, Channel::Referral);
        check("brave.blog.example", false, Channel::Referral);
    }
}
