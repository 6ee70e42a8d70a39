// Which values an event may carry, checked by the compiler.

/** An object of properties, traits or context, whatever is in it. */
export type Properties = Readonly<Record<string, unknown>>;

/**
 * `T` as far as JSON can carry it: functions, symbols and bigints become `never`, at any depth. What has a `toJSON` (a `Date`,
 * a `URL`) passes, and so does what the compiler does not know (`unknown`).
 */
export type Writable<T> = unknown extends T
  ? T
  : T extends bigint | symbol | Function
    ? never
    : T extends string | number | boolean | null | undefined | { toJSON(): unknown }
      ? T
      : { [Key in keyof T]: Writable<T[Key]> };

/** An object that an event may carry: of an interface, a type or a literal, and no list. */
export type Carried<T> = T & Writable<T> & (T extends readonly unknown[] ? never : unknown);
