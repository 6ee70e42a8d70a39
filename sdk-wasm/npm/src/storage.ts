// What outlives the page: localStorage, one key a record, so that an append writes only the event.
//
// Keys begin with `hw.<writeKey>.`: `s` state, `t` its copy, `i` identity, `c` consent, `h.<id>` calls that the stub in
// <head> kept, and `o.<writer>.<chunk>.<n>` records. Each tab is a writer of its own, so that tabs never touch each other's keys;
// calls that wait for the core are records of the chunk `q`.

/** localStorage under a prefix. Without it (private mode, disabled, full) everything answers "no". */
export const openStorage = (prefix: string, isAllowed: boolean) => {
  const area = <T>(use: (area: Storage) => T): T | undefined => {
    try {
      return isAllowed ? use(localStorage) : undefined;
    } catch {
      // Forbidden, or full.
      return undefined;
    }
  };
  const get = (key: string): string => area((at) => at.getItem(prefix + key)) || "";
  const set = (key: string, value: string): boolean => !!area((at) => (at.setItem(prefix + key, value), 1));
  const remove = (key: string): void => area((at) => at.removeItem(prefix + key));
  const keys = (under: string): string[] =>
    (area(Object.keys) || []).filter((key) => key.startsWith(prefix + under)).map((key) => key.slice(prefix.length));
  return [get, set, remove, keys] as const;
};

export type Store = ReturnType<typeof openStorage>;

/** The key of a record. */
export const recordKey = (writer: string, chunk: number | string, index: number): string =>
  `o.${writer}.${chunk}.${index}`;

/**
 * Keys of a writer's records by their chunk, in order. Sorted, its chunks are in the order of their ids, and `q` is behind
 * them: what waited for the core came last.
 */
export const byChunk = (keys: string[]): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  for (const key of keys.sort()) {
    const [, , chunk, index] = key.split(".");
    (found[chunk!] ||= [])[+index!] = key;
  }
  return found;
};
