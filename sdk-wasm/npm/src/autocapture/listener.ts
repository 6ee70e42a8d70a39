// Listeners that the page cannot notice: they see every event first, never hold it up, and never throw.

/** Measuring must never break what is measured. */
export const guarded =
  <T>(run: (given: T) => unknown) =>
  (given: T): void => {
    try {
      run(given);
    } catch {
      // Then nothing is recorded.
    }
  };

/** Listens on the window in the capture phase, where a page rarely stops an event. */
export const listen = <T extends Event>(kinds: string, listener: (event: T) => unknown): void => {
  for (const kind of kinds.split(" ")) {
    addEventListener(kind, guarded(listener) as EventListener, { capture: true, passive: true });
  }
};
