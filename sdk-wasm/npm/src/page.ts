// What the browser knows about the page and about itself.

import { uuid } from "./call.js";
import type { Consent, InitOptions, PageContext } from "./options.js";

/** Keys of a query that say where a visitor came from; whatever else stands there may be a secret. */
const CAMPAIGN_KEY = /^utm_|clk?id$|^([gw]braid|li_fat_id|igshid|epik|mc_cid|sccid|rdt_cid)$/;
let allowed: readonly string[] = [];
/** The page that was last described, and how: events come in rows, and reading a URL is dear. */
let described = "";
let description: PageContext;
/** The id of the view of now, and the path that it is of. */
let viewId = "";
let viewPath: string | undefined;

/** Begins a view: what a visitor sees under one route. Another path begins one by itself. */
export const beginView = (path = location.pathname): void => {
  viewPath = path;
  viewId = uuid(Date.now());
  described = "";
};

/** Lets further keys of a query stay in URLs. */
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
): PageContext => {
  const asked = [address, from, title].join();
  if (asked == described) return description;
  const { href, pathname: path, search, searchParams } = cleanUrl(address)!;
  const referrer = cleanUrl(from);
  // Of a page that was left before the script came no view is known.
  const isHere = address == location.href;
  if (isHere && path != viewPath) beginView(path);
  described = asked;
  let campaign: Record<string, string> | undefined;
  for (const [key, value] of searchParams) {
    const name = key.replace("utm_", "");
    if (value && CAMPAIGN_KEY.test(key)) (campaign ||= {})[name == "campaign" ? "name" : name] = value;
  }
  return (description = {
    page: {
      path,
      referrer: referrer?.href || "",
      referring_domain: referrer?.hostname || "",
      search,
      title,
      url: href,
      viewId: isHere ? viewId : undefined,
    },
    campaign,
  });
};

/** Returns the page of now for a feature; begins another view first if that is asked for. */
export const viewOfNow = (isNew?: boolean, from?: string): PageContext => {
  if (isNew) beginView();
  return pageContext(location.href, from);
};

/** Describes the browser: what does not change while the page lives. */
export const environment = (): object => {
  const { userAgent, language, userAgentData, connection } = navigator as Navigator & { userAgentData?: object; connection?: Record<string, unknown> };
  return {
    userAgent,
    userAgentData,
    locale: language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    network: connection && { effectiveType: connection.effectiveType, saveData: connection.saveData },
    screen: {
      width: screen.width,
      height: screen.height,
      innerWidth,
      innerHeight,
      density: devicePixelRatio,
    },
  };
};

/** What counts as the decision of a visitor who has not decided. */
export const undecided = ({ consent, respectGpc, respectDnt }: InitOptions): Consent => {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  const isRefused = (respectGpc != false && browser.globalPrivacyControl) || (respectDnt != false && browser.doNotTrack == "1");
  return consent || (isRefused ? "denied" : "granted");
};
