// What outlives the page: localStorage, one key a record, so that an append writes only the event.
//
// Keys begin with `hw.<writeKey>.`: `s` state, `t` its copy, `i` identity, `c` consent, and
// `o.<writer>.<chunk>.<n>` records. Each tab is a writer of its own, so that tabs never touch each other's keys;
// calls that wait for the core are records of the chunk `q`.

/** localStorage under a prefix. Without it (private mode, disabled, full) everything answers "no". */
export const openStorage = (prefix: string) => {
  let area: Storage | undefined;
  try {
    area = localStorage;
  } catch {
    // Access itself is forbidden: memory has to do.
  }
  return {
    get: (key: string): string => {
      try {
        return area?.getItem(prefix + key) || "";
      } catch {
        return "";
      }
    },
    set: (key: string, value: string): boolean => {
      try {
        area!.setItem(prefix + key, value);
        return true;
      } catch {
        return false;
      }
    },
    remove: (key: string): void => {
      try {
        area!.removeItem(prefix + key);
      } catch {
        // Not there.
      }
    },
    keys: (under: string): string[] => {
      try {
        return Object.keys(area!)
          .filter((key) => key.startsWith(prefix + under))
          .map((key) => key.slice(prefix.length));
      } catch {
        return [];
      }
    },
  };
};

export type Store = ReturnType<typeof openStorage>;

/** The key of a record. */
export const recordKey = (writer: string, chunk: number | string, index: number): string =>
  `o.${writer}.${chunk}.${index}`;
