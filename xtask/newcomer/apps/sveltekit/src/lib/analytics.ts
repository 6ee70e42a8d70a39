import { init } from "@holloway/browser";
import { pageViews } from "@holloway/browser/autocapture";

import { env } from "$env/dynamic/public";

/** One client for the page; on the server one that records nothing. */
export const hw = init({ writeKey: env.PUBLIC_HOLLOWAY_KEY!, host: env.PUBLIC_HOLLOWAY_HOST! }).use(pageViews());
