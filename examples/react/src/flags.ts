// A source of flags as small as it gets: values of the page, replaced by those of a server when they come. An
// OpenFeature client, or any other, is put in its place with the same two functions.

import type { FlagSource } from "@holloway/browser/react";

let values: Readonly<Record<string, unknown>> = {};
const listeners = new Set<() => void>();

export const setFlags = (next: Readonly<Record<string, unknown>>): void => {
  values = next;
  for (const listener of listeners) listener();
};

export const flags: FlagSource = {
  get: (key) => values[key],
  subscribe: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
