// The client in a React tree, and flags as a seam: Holloway has no flags of its own in the browser.

import { createContext, createElement, useCallback, useContext, useSyncExternalStore } from "react";
import type { ReactElement, ReactNode } from "react";

// Not bundled: the app that imports both entries must not have two cores.
import { init } from "./index.js";
import type { Holloway, InitOptions, Plugin } from "./options.js";

/** Where flags come from; an OpenFeature client or a plain object can be made one in a few lines. */
export interface FlagSource {
  /** The value of now, the same object while it is unchanged; `undefined` is "not known (yet)", which is not `false`. */
  get(key: string): unknown;
  /** Calls `listener` after any value changed, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** The value that server and page both have from the start, for a tree that is hydrated. */
  initial?(key: string): unknown;
}

export type HollowayProviderProps = (InitOptions | { readonly client: Holloway }) & {
  /** Features that a client made here begins with. */
  readonly plugins?: readonly Plugin[] | undefined;
  readonly flags?: FlagSource | undefined;
  readonly children?: ReactNode | undefined;
};

const nothing = (): void => {};
/** Components without a provider, in a test say, work and record nothing. */
const inert: Holloway = {
  ready: Promise.resolve(false),
  track: nothing,
  page: nothing,
  screen: nothing,
  identify: nothing,
  group: nothing,
  alias: nothing,
  reset: nothing,
  register: nothing,
  unregister: nothing,
  startSession: nothing,
  setConsent: nothing,
  setPurposes: nothing,
  flush: () => Promise.resolve(true),
  use: () => inert,
  anonymousId: () => "",
  userId: () => "",
  sessionId: () => "",
};

// A client lives as long as its page, whatever React does to the tree: StrictMode mounts twice, a suspended tree is
// rendered again. In an effect it would come too late, since the effects of children run first and track already.
const clients = new Map<string, Holloway>();

const clientOf = ({ plugins, flags, children, ...options }: InitOptions & Partial<HollowayProviderProps>): Holloway => {
  // On a server nothing is kept between requests.
  if (typeof document == "undefined") return inert;
  const key = `${options.writeKey} ${options.host}`;
  let client = clients.get(key);
  if (!client) {
    clients.set(key, (client = init(options)));
    plugins?.forEach(client.use);
  }
  return client;
};

const ClientContext = createContext<Holloway | undefined>(undefined);
let isWarned = false;
/** The client of a component without a provider. */
const outside = (): Holloway => {
  if (DEVELOPMENT && !isWarned) {
    isWarned = true;
    console.warn("Holloway: useHolloway() is outside of a <HollowayProvider>, and records nothing: render the component below one. A server component cannot be.");
  }
  return inert;
};
const FlagContext = createContext<FlagSource | undefined>(undefined);

/** Gives a client to the tree below it: an app's own, or one that is made from the options, once for each write key. */
export const HollowayProvider = (props: HollowayProviderProps): ReactElement =>
  createElement(
    ClientContext.Provider,
    { value: "client" in props ? props.client || inert : clientOf(props) },
    createElement(FlagContext.Provider, { value: props.flags }, props.children),
  );

/** The client of the nearest provider, with the app's plan if one is given: `useHolloway<Plan>()`. */
export const useHolloway = <Plan = any>(): Holloway<Plan> => useContext(ClientContext) ?? outside();

/** A flag's value of now, or `fallback` while it is not known. */
export const useFlag = <T = unknown>(key: string, fallback?: T): T => {
  const flags = useContext(FlagContext);
  // Another function would make React subscribe anew.
  const subscribe = useCallback((listener: () => void) => flags?.subscribe(listener) ?? nothing, [flags]);
  const value = useSyncExternalStore(
    subscribe,
    () => flags?.get(key),
    () => flags?.initial?.(key),
  );
  return (value === undefined ? fallback : value) as T;
};
