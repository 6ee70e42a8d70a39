// What an app passes to the package, and what it gets: the types of its face.

import type { Diagnostic } from "./diagnostic.js";
import type { Track } from "./plan.js";
import type { Carried, Properties } from "./properties.js";

export type { Diagnostic, LossReason } from "./diagnostic.js";
export type { Carried, Properties } from "./properties.js";

/** The visitor's decision. `unknown` keeps events in memory only, until the decision. */
export type Consent = "unknown" | "granted" | "denied";

/** Options of `init`. Only `writeKey` and `host` are required. */
export interface InitOptions {
  /** The write key of this app. */
  readonly writeKey: string;
  /** The collector's origin with its scheme, such as `https://events.example.com`; a path behind it is left out. */
  readonly host: string;
  /** Path of the batch route, for proxies: `/v1/batch`. */
  readonly path?: string | undefined;
  /** Send after so many events: 20. */
  readonly flushAt?: number | undefined;
  /** Send after so many milliseconds: 30,000. */
  readonly flushIntervalMs?: number | undefined;
  /** Consent of visitors who have not decided yet: `granted`. */
  readonly consent?: Consent | undefined;
  /** Whether Global Privacy Control counts as `denied` for visitors who have not decided: true. */
  readonly respectGpc?: boolean | undefined;
  /** Whether Do Not Track does: true. */
  readonly respectDnt?: boolean | undefined;
  /**
   * Where the visitor's ids are kept: `cookie` (a cookie that all sub-domains share, and localStorage), `local`
   * (localStorage alone) or `memory` (cookieless: nothing is kept, a visit is a page). `cookie` if not given.
   */
  readonly persistence?: "cookie" | "local" | "memory" | undefined;
  /** The cookie's name: `hw_` and the write key. */
  readonly cookieName?: string | undefined;
  /** The cookie's domain: the registrable one, found by trial. */
  readonly cookieDomain?: string | undefined;
  /** A cookie that the collector sets with the anonymous id: browsers that shorten the life of others keep it. */
  readonly serverCookieName?: string | undefined;
  /** Keys of a URL's query that events may carry, besides those of campaigns: none. */
  readonly queryAllow?: readonly string[] | undefined;
  /** Writes to the console what goes wrong: true in the development build, false in the production build. */
  readonly debug?: boolean | undefined;
  /** Called with each session that begins: its id, and why (`first`, `idle`, `cap`, `user`, `reset`, `campaign`, `manual`). */
  readonly onSession?: ((id: string, reason: string) => void) | undefined;
  /** Called with everything that goes wrong, and with what is done about it. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** An id of the app's own; the collector keeps one event of each id. */
  readonly messageId?: string | undefined;
  /** When it happened, if not now. */
  readonly timestamp?: Date | string | number | undefined;
  /** Laid over the context that the package collects. */
  readonly context?: object | undefined;
  /** Which destinations may have the event. */
  readonly integrations?: object | undefined;
}

/** The page of an event, as its context has it, and the campaign of that page's URL. */
export interface PageContext {
  readonly page: Properties;
  readonly campaign?: Properties;
}

/** A feature that is added with `use`. */
export interface Plugin {
  readonly name: string;
  /** Called once, at `use`; never on a server. */
  setup(client: Holloway, host: PluginHost): void;
}

/** A request as it leaves (no `status`), and again when it ended: `status` 0 without an answer, 1 for a beacon. */
export interface Exchange {
  readonly body: string;
  readonly status?: number;
  readonly answer?: string;
}

/**
 * What a feature has besides the client's calls.
 *
 * What it records with `track` and `page` here is marked as automatic: the app did not choose these texts one by one, so the
 * core takes e-mail addresses, card numbers and social security numbers out of them before an event is made.
 */
export interface PluginHost {
  track(event: string, properties?: Properties, options?: CallOptions): void;
  /** `address` is the URL of the view, where the address bar may say another one already. */
  page(name?: string, properties?: Properties, options?: CallOptions, address?: string): void;
  /** Returns the page of now with its view's id; `isNew` begins another view, which came from the URL `from`. */
  view(isNew?: boolean, from?: string): PageContext;
  /** Called whenever the page is hidden or left, before the last flush: record here what is still to be recorded. */
  onLeave(listener: () => void): void;
  /** The visitor's anonymous id, empty without consent; `adopt` makes this browser's visitor the one of another place. */
  readonly visitor: { id(): string; adopt(anonymousId: string): void };
  /** Called with every call, the app's and the features'. */
  onCall(listener: (call: readonly [kind: number, name: string, body: string, messageId: string, timeMs: number, ...rest: string[]]) => void): void;
  /** Called with every diagnostic. */
  onDiagnostic(listener: (diagnostic: Diagnostic) => void): void;
  /** Called with every request, when it leaves and when it ends. */
  onExchange(listener: (exchange: Exchange) => void): void;
  /** Events that wait, and milliseconds to the next send. */
  status(): { waiting: number; nextSendMs: number };
  /** Reports why something was not recorded. */
  report(diagnostic: Diagnostic): void;
}

/** The client of a page. No method throws, and all but `flush` are done when they return. */
// A client with a plan is one without: `any` is the plan that all others can stand in for.
export interface Holloway<Plan = any> {
  /** True when the core runs; false when this browser cannot run it, and on a client that records nothing. */
  readonly ready: Promise<boolean>;
  /** Records what the user did: a name, and the properties that belong to it. */
  readonly track: Track<Plan>;
  /** Records a view of a page; its URL, path, title and referrer are added. The same view within a second counts once. */
  page<const Given extends object>(name?: string | null, properties?: Carried<Given> | null, options?: CallOptions): void;
  /** Records a view of a screen. */
  screen<const Given extends object>(name: string, properties?: Carried<Given> | null, options?: CallOptions): void;
  /** Makes the visitor this user. A call without an id (empty, `null`, `undefined`) is refused, and counted as a loss. */
  identify<const Given extends object>(userId: string | number, traits?: Carried<Given> | null, options?: CallOptions): void;
  /** Puts the user into this group; later events carry its id in `context.groupId`, until `reset`. */
  group<const Given extends object>(groupId: string | number, traits?: Carried<Given> | null, options?: CallOptions): void;
  /** Joins `userId` with `previousId`, or with the id known until now. */
  alias(userId: string | number, previousId?: string | number | null, options?: CallOptions): void;
  /** Ends the user's visit (a logout): a new visitor begins. */
  reset(): void;
  /** Adds properties to every later track, page and screen; `once` keeps values that are there, `session` ends with it. */
  register<const Given extends object>(properties: Carried<Given>, registration?: "once" | "session"): void;
  /** Takes one of them away. */
  unregister(key: string): void;
  /** Begins a session now. */
  startSession(): void;
  /** Carries out the visitor's decision. */
  setConsent(consent: Consent): void;
  /** The same by purpose; later events carry it, and `analytics` is the one that recording needs. */
  setPurposes(purposes: Readonly<Record<string, boolean>>): void;
  /** Sends what waits; true when nothing waits any more, false when something stays for later. */
  flush(): Promise<boolean>;
  /** Adds a feature. */
  use(plugin: Plugin): Holloway<Plan>;
  /** This browser's id; empty until it is known. */
  anonymousId(): string;
  /** The user's id; empty before `identify`. */
  userId(): string;
  /** The session's id; empty before the first event. */
  sessionId(): string;
}
