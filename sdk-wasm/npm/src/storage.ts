// What outlives the page: localStorage, one key a record, so that an append writes only the event.
//
// Keys begin with `hw.<writeKey>.`: `s` state, `t` its copy, `i` identity, `c` consent, and
// `o.<writer>.<chunk>.<n>` records. Each tab is a writer of its own, so that tabs never touch each other's keys;
// calls that wait for the core are records of the chunk `q`.

/** localStorage under a prefix. Without it (private mode, disabled, full) everything answers "no". */
export const openStorage = (prefix: string, isAllowed: boolean) => {
  const area = <T>(use: (area: Storage) => T, otherwise: T): T => {
    try {
      return isAllowed ? use(localStorage) : otherwise;
    } catch {
      // Forbidden, or full.
      return otherwise;
    }
  };
  return {
    get: (key: string): string => area((at) => at.getItem(prefix + key), "") || "",
    set: (key: string, value: string): boolean => area((at) => (at.setItem(prefix + key, value), true), false),
    remove: (key: string): void => area((at) => at.removeItem(prefix + key), undefined),
    keys: (under: string): string[] =>
      area((at) => Object.keys(at), [])
        .filter((key) => key.startsWith(prefix + under))
        .map((key) => key.slice(prefix.length)),
  };
};

export type Store = ReturnType<typeof openStorage>;

/** The key of a record. */
export const recordKey = (writer: string, chunk: number | string, index: number): string =>
  `o.${writer}.${chunk}.${index}`;
