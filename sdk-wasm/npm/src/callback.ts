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
