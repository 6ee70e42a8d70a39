// What the browser knows about the page and about itself.

import type { Consent, InitOptions, Properties } from "./options.js";

/** Keys of a query that say where a visitor came from; whatever else stands there may be a secret. */
const CAMPAIGN_KEY = /^utm_|clk?id$|^([gw]braid|li_fat_id|igshid|epik|mc_cid|sccid|rdt_cid)$/;
let allowed: readonly string[] = [];
/** The page that was last described, and how: events come in rows, and reading a URL is dear. */
let described = "";
let description: { page: Properties; campaign?: Properties };

/** Further keys of a query that may be told. */
export const allowQuery = (keys: readonly string[]): void => {
  allowed = keys;
  described = "";
};

/** A URL without credentials, without a fragment that is not a route, and without what its query may not tell. */
export const cleanUrl = (address: string): URL | undefined => {
  try {
    const url = new URL(address);
    url.username = url.password = "";
    for (const key of [...url.searchParams.keys()]) {
      if (!CAMPAIGN_KEY.test(key) && !allowed.includes(key)) url.searchParams.delete(key);
    }
    url.hash = /^#!?\/[^?]*/.exec(url.hash)?.[0] || "";
    return url;
  } catch {
    return undefined;
  }
};

/** The page of now: every event has it, since a page's URL and title change while it lives. */
export const pageContext = (
  address = location.href,
  from = document.referrer,
  title = document.title,
): { page: Properties; campaign?: Properties } => {
  const asked = [address, from, title].join();
  if (asked == described) return description;
  described = asked;
  const { href, pathname: path, search, searchParams } = cleanUrl(address)!;
  let campaign: Record<string, string> | undefined;
  for (const [key, value] of searchParams) {
    const name = key.replace("utm_", "");
    if (value && CAMPAIGN_KEY.test(key)) (campaign ||= {})[name == "campaign" ? "name" : name] = value;
  }
  return (description = {
    page: { path, referrer: cleanUrl(from)?.href || "", search, title, url: href },
    campaign,
  });
};

/** What does not change while the page lives. */
export const environment = (): Properties => ({
  userAgent: navigator.userAgent,
  locale: navigator.language,
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  screen: {
    width: screen.width,
    height: screen.height,
    innerWidth,
    innerHeight,
    density: devicePixelRatio,
  },
});

/** What counts as the decision of a visitor who has not decided. */
export const undecided = ({ consent, respectGpc, respectDnt }: InitOptions): Consent => {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  const isRefused = (respectGpc != false && browser.globalPrivacyControl) || (respectDnt != false && browser.doNotTrack == "1");
  return consent || (isRefused ? "denied" : "granted");
};
