// What the browser knows about the page and about itself.

import type { Properties } from "./options.js";

const CAMPAIGN = ["source", "medium", "name", "term", "content", "id"];

/** The page of now: every event has it, since a page's URL and title change while it lives. */
export const pageContext = (): { page: Properties; campaign?: Properties } => {
  const { href, pathname, search } = location;
  const campaign: Record<string, string> = {};
  const query = new URLSearchParams(search);
  for (const key of CAMPAIGN) {
    const value = query.get("utm_" + (key == "name" ? "campaign" : key));
    if (value) campaign[key] = value;
  }
  return {
    page: { path: pathname, referrer: document.referrer, search, title: document.title, url: href },
    ...(Object.keys(campaign).length && { campaign }),
  };
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
