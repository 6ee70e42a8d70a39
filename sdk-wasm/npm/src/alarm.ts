// One timer for what is sent without the core.

/** At most one request in so many milliseconds. */
const INTERVAL_MS = 5_000;

/** Rings once, as soon as it may or as somebody asked for; only who asks for longer moves it. */
export const openAlarm = (ring: () => void) => {
  let timer: ReturnType<typeof setTimeout> | 0 | undefined;
  let dueMs = 0;
  return (askedMs: number): void => {
    const waitMs = Math.max(INTERVAL_MS, askedMs);
    const laterMs = Date.now() + waitMs;
    if (timer && !(askedMs && laterMs > dueMs)) return;
    clearTimeout(timer);
    dueMs = laterMs;
    timer = setTimeout(() => {
      timer = 0;
      ring();
    }, waitMs);
  };
};
