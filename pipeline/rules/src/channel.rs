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
            let organic = is_site(&source, &SEARCH);
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
    let search = is_site(source, &SEARCH);
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

const SEARCH: [&str; 19] = [
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
    "search",
];
const SOCIAL: [&str; 26] = [
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
];
const SHOPPING: [&str; 10] = [
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
];
const VIDEO: [&str; 9] =
    ["youtube", "youtu.be", "vimeo", "dailymotion", "twitch", "netflix", "hulu", "disneyplus", "utreon"];

/// Whether a source or host is one of these sites: the same word, the same host, or with the word as a part of it.
fn is_site(source: &str, sites: &[&str]) -> bool {
    sites.iter().any(|site| {
        source == *site
            || (site.contains('.') && source.strip_suffix(site).is_some_and(|rest| rest.ends_with('.')))
            || (!site.contains('.') && source.split('.').rev().skip(1).any(|label| label == *site))
    })
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

    /// GA4's published definitions, one or more rows for each channel.
    #[test]
    fn visits_are_sorted_as_ga4_defines() {
        let check = |source: &str, medium: &str, campaign: &str, answer: Channel| {
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
        };
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
    }
}
