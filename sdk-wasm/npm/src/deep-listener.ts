// Listening in the document and in those open shadow roots that the visitor touches: `submit`, `invalid` and the events
// of media never leave a shadow root, not even for capturing listeners.

/** The listener never throws into the page, and is told of each event once. */
export const listen = <T extends Event>(types: string[], listener: (event: T, path: Element[]) => void): void => {
  const roots = new WeakSet<Node>();
  let last: Event;
  const hear = (event: Event) => {
    if (event == last) return;
    last = event;
    try {
      listener(event as T, event.composedPath() as Element[]);
    } catch {
      // Measuring must never break what is measured.
    }
  };
  const enter = (root: Node) => {
    if (roots.has(root)) return;
    roots.add(root);
    for (const type of types) root.addEventListener(type, hear, true);
  };
  enter(document);
  for (const type of ["pointerdown", "focusin"]) {
    addEventListener(type, (event) => event.composedPath().forEach((node) => node instanceof ShadowRoot && enter(node)), true);
  }
};
