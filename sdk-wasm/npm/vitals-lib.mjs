// The library inside of ./vitals, without what `src/vitals.ts` does not ask it for: soft navigations, attribution, the
// entries and the navigation behind a metric. It asks for each metric once, and for all changes.

import { readFileSync } from "node:fs";

/** What never runs then or is never read; esbuild leaves out what stands behind a `false`. */
const DEAD = [
  // Soft navigations.
  [/^( *)const (handleSoftNavEntry|handleSoftNavEntries|reportSoftNavTTFBs) = [^]*?^\1};/gm, ""],
  [/^ *const softNavsEnabled = .*/gm, ""],
  [/checkSoftNavsEnabled\(opts\)|\bsoftNavsEnabled\b|\w+(\.entryType)? === '(soft-navigation|interaction-contentful-paint)'/g, "false"],
  [/^( *)if \(reset\) \{[^]*?^\1\}|reset = false/gm, ""],
  // Attribution.
  [/^ *(const [fl]cpEntryManager = |lcpEntryManager\.|(this\.)?_on(Before|After)).*/gm, ""],
  // What is behind a metric.
  [/, (metric\.)?navigationId( = 0)?, (metric\.)?navigationInteractionId, (metric\.)?navigationURL, (navigationStartTime|getBFCacheRestoreTime\(\))/g, ""],
  [/^ *(navigation(Id|InteractionId|URL|StartTime): |const hardNavId = |metric\.(navigationId|entries|delta)\b|(let )?metricEntries = |const entries = \[\]|entries,|delta: ).*/gm, ""],
  // Once, and all changes.
  [/initUnique\(opts, (\w+)\)/g, "new $1()"],
  [/, opts\.reportAllChanges\)/g, ")"],
  [/!opts\.reportAllChanges/g, "false"],
  [/\.\.\.opts,\s+durationThreshold: opts\.durationThreshold \?\?/g, "durationThreshold:"],
  [/if \(forceReport \|\| reportAllChanges\)/g, ""],
];

export const vitalsLib = {
  name: "vitals-lib",
  setup({ onLoad }) {
    onLoad({ filter: /web-vitals[\\/]dist[\\/]modules[\\/](on\w+|lib[\\/](\w+Manager|initMetric|bindReporter|getVisibilityWatcher))\.js$/ }, ({ path }) => ({
      contents: DEAD.reduce((text, [pattern, by]) => text.replace(pattern, by), readFileSync(path, "utf8")),
    }));
  },
};
