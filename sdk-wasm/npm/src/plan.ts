// The names and properties of an app's events, checked by the compiler: `init<Plan>(…)`.

import type { CallOptions } from "./options.js";
import type { Carried, Writable } from "./properties.js";

// Methods, not functions: their parameters are compared both ways, so that a client with a plan passes for one without.

/** Without a plan: any name, any properties. */
interface Anything {
  track<const Given extends object>(event: string, properties?: Carried<Given> | null, options?: CallOptions): void;
}

interface Planned<Plan> {
  track<Name extends keyof Plan & string>(event: Name, ...given: After<Plan[Name]>): void;
}

/** Properties may be left out where none is required. */
type After<Given> = [Given] extends [null | undefined | void]
  ? [properties?: null, options?: CallOptions]
  : {} extends Given
    ? [properties?: Writable<Given> | null, options?: CallOptions]
    : [properties: Writable<Given>, options?: CallOptions];

/** `track` for the events of `Plan`; any event for the plan that is `any`. */
export type Track<Plan> = 0 extends 1 & Plan ? Anything["track"] : Planned<Plan>["track"];
