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

/** Listens in the capture phase, where a page rarely stops an event; on the window if nothing else is given. */
export const listen = <T extends Event>(kinds: string, hear: (event: T) => unknown, root: EventTarget = window): void => {
  for (const kind of kinds.split(" ")) {
    root.addEventListener(kind, guarded(hear) as EventListener, { capture: true, passive: true });
  }
};

/**
 * The same in those open shadow roots too that the visitor touches: `submit`, `invalid` and the events of media never
 * leave a shadow root, not even for capturing listeners. `hear` is told of each event once.
 */
export const listenDeep = (kinds: string, hear: (event: Event, path: Element[]) => unknown): void => {
  const roots = new WeakSet<EventTarget>();
  let last: Event;
  const enter = (root: EventTarget) => {
    if (roots.has(root)) return;
    roots.add(root);
    listen(kinds, (event) => event != last && hear((last = event), event.composedPath() as Element[]), root);
  };
  enter(window);
  listen("pointerdown focusin", (event) => event.composedPath().forEach((node) => node instanceof ShadowRoot && enter(node)));
};
