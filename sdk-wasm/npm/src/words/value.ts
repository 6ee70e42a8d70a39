// Where in an object is what JSON cannot carry.

const DEPTH_MAX = 100;

/** What the value is, in a word or two. */
export const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : typeof value == "object" ? "an object" : value === undefined ? "undefined" : `a ${typeof value}`;

/** A property's name as JavaScript writes it behind an object. */
const step = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? "." + key : /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`);

export interface Flaw {
  /** Such as `properties.cart[0].price`. */
  readonly path: string;
  readonly problem: string;
  /** Whether the event is lost with it; else only the value is. */
  readonly isFatal: boolean;
}

/** Every value below `value` that JSON cannot carry, or carries as something else. */
export const flawsOf = (value: unknown, path: string, above: readonly unknown[] = []): Flaw[] => {
  const flaw = (problem: string, isFatal = false): Flaw[] => [{ path, problem, isFatal }];
  try {
    const carried = typeof value == "object" && typeof (value as { toJSON?: unknown } | null)?.toJSON == "function" ? (value as { toJSON(): unknown }).toJSON() : value;
    if (typeof carried == "bigint") return flaw("is a bigint, which JSON does not have: pass a number or a string", true);
    if (typeof carried == "function" || typeof carried == "symbol") return flaw(`is a ${typeof carried} and is left out`);
    if (typeof carried == "number" && !Number.isFinite(carried)) return flaw(`is ${carried}, which becomes null`);
    if (typeof carried != "object" || carried === null) return [];
    if (carried instanceof Map || carried instanceof Set) return flaw(`is a ${carried.constructor.name}, which becomes {}: pass an object or a list`);
    if (above.includes(carried)) return flaw("refers to an object that it is inside of (a circular reference)", true);
    if (above.length >= DEPTH_MAX) return flaw(`is nested deeper than ${DEPTH_MAX} levels`, true);
    return Object.entries(carried).flatMap(([key, below]) => flawsOf(below, path + step(key), [...above, carried]));
  } catch (error) {
    return flaw(`cannot be read (${String(error)})`, true);
  }
};
