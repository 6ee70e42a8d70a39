// What is the app's own, or a feature's: an error of theirs is not ours.

/** Tells each listener. */
export const notify = <T>(listeners: ((value: T) => void)[], value: T): void => {
  for (const listener of listeners) {
    try {
      listener(value);
    } catch {
      // Theirs.
    }
  }
};

/** Listeners of one kind: a function that calls all of them, and one that adds a listener. */
export const openListeners = <T>(first?: ((value: T) => void) | undefined) => {
  const all = first ? [first] : [];
  return [(value: T) => notify(all, value), (listener: (value: T) => void) => void all.push(listener)] as const;
};
