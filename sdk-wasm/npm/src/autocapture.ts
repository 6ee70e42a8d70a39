// What a page tells without being asked to. Each part is a plugin of its own; a bundle has what it imports.

import { clicks } from "./autocapture/clicks.js";
import type { ClickOptions } from "./autocapture/click.js";
import { engagement } from "./autocapture/engagement.js";
import type { EngagementOptions } from "./autocapture/engagement.js";
import { frustration } from "./autocapture/frustration.js";
import type { FrustrationOptions } from "./autocapture/frustration.js";
import { pageViews } from "./autocapture/page-views.js";
import type { PageViewOptions } from "./autocapture/page-views.js";
import { scrollDepth } from "./autocapture/scroll-depth.js";
import type { ScrollDepthOptions } from "./autocapture/scroll-depth.js";
import type { Plugin } from "./options.js";

export { clicks, engagement, frustration, pageViews, scrollDepth };
export type { ClickOptions, EngagementOptions, FrustrationOptions, PageViewOptions, ScrollDepthOptions };

/** Options of all parts. */
export interface AutocaptureOptions
  extends PageViewOptions,
    EngagementOptions,
    ScrollDepthOptions,
    ClickOptions,
    FrustrationOptions {}

/** All parts. */
export const autocapture = (options: AutocaptureOptions = {}): Plugin => ({
  name: "autocapture",
  setup(client, host) {
    for (const part of [pageViews, engagement, scrollDepth, clicks, frustration]) part(options).setup(client, host);
  },
});
