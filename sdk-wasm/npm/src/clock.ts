// Time that somebody may have spent on the page.
//
// On Windows `performance.now()` counts the hours that a computer sleeps, elsewhere it stands still, and `Date.now()` goes
// on everywhere: no difference of the two tells of a sleep on all systems. A tick that comes far too late does.

const TICK_MS = 5_000;
/** A page that is busy, or shows a dialog, ticks late too. */
const GAP_MAX_MS = 10_000;

let timer: ReturnType<typeof setInterval> | undefined;
let lastMs = 0;
let sleptMs = 0;

/** Milliseconds on a clock that stands still while the computer sleeps. It starts when it is asked first. */
export const awakeMs = (): number => {
  const nowMs = performance.now();
  timer ??= setInterval(awakeMs, TICK_MS);
  sleptMs += Math.max(0, nowMs - lastMs - GAP_MAX_MS);
  lastMs = nowMs;
  return nowMs - sleptMs;
};
