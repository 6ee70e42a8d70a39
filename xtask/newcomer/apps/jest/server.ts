// TypeScript in a CommonJS project, as tsc takes it there: `import` becomes `require`.

import { init } from "@holloway/browser";
import type { Holloway } from "@holloway/browser";
import { pageViews } from "@holloway/browser/autocapture";

const hw: Holloway = init({ writeKey: "web", host: "https://events.example.com" });
hw.use(pageViews());
hw.track("Started", { at: new Date() });
console.log(`required ${typeof hw.track}`);
