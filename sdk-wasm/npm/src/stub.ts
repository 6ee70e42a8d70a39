// What the stub in <head> and the script that takes over from it know of each other.

import type { Holloway, InitOptions } from "./options.js";

/** A call as the stub found it. */
export type StubCall = [
  method: string,
  given: unknown[],
  timeMs?: number,
  messageId?: string,
  url?: string,
  referrer?: string,
  title?: string,
];

/** `window.holloway` until the script is there. */
export interface Stub extends Partial<Omit<Holloway, "ready">> {
  ready?: Promise<boolean>;
  init?(options: InitOptions): Holloway;
  /** Options of `init`, if that was called. */
  options?: InitOptions;
  /** In order; JSON, or what has none. */
  calls?: (string | StubCall)[];
  /** Settles `ready`. */
  settle?(ready: Promise<boolean>): void;
}
