// One timer for what is to be tried again.

/** Rings once, so many milliseconds after it was first set; only a wait that somebody asked for moves it, to later. */
export const openAlarm = (ring: () => void) => {
  let timer: ReturnType<typeof setTimeout> | 0 | undefined;
  let dueMs = 0;
  return (waitMs: number, isAsked: boolean): void => {
    const laterMs = Date.now() + waitMs;
    if (timer && !(isAsked && laterMs > dueMs)) return;
    clearTimeout(timer);
    dueMs = laterMs;
    timer = setTimeout(() => {
      timer = 0;
      ring();
    }, waitMs);
  };
};
