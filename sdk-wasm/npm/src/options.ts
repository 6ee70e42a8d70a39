// What an app says to the package: the types of its face.

/** Anything that JSON can carry; `undefined` members are left out. */
export type Properties = Readonly<Record<string, unknown>>;

/** What the visitor decided. `unknown` keeps events in memory only, until the decision. */
export type Consent = "unknown" | "granted" | "denied";

/** Options of `init`. Only `writeKey` and `host` are required. */
export interface InitOptions {
  /** The write key of this app. */
  readonly writeKey: string;
  /** The collector's origin, such as `https://events.example.com`. */
  readonly host: string;
  /** Path of the batch route, for proxies: `/v1/batch`. */
  readonly path?: string;
  /** Send after so many events: 20. */
  readonly flushAt?: number;
  /** Send after so many milliseconds: 30,000. */
  readonly flushIntervalMs?: number;
  /** Consent of visitors who have not decided yet: `granted`. */
  readonly consent?: Consent;
  /** Whether Global Privacy Control counts as `denied` for visitors who have not decided: true. */
  readonly respectGpc?: boolean;
  /** Whether Do Not Track does: true. */
  readonly respectDnt?: boolean;
  /**
   * Where the visitor's ids are kept: `cookie` (a cookie that all sub-domains share, and localStorage), `local`
   * (localStorage alone) or `memory` (cookieless: nothing is kept, a visit is a page). `cookie` if not given.
   */
  readonly persistence?: "cookie" | "local" | "memory";
  /** The cookie's name: `hw_` and the write key. */
  readonly cookieName?: string;
  /** The cookie's domain: the registrable one, found by trial. */
  readonly cookieDomain?: string;
  /** A cookie that the collector sets with the anonymous id: browsers that shorten the life of others keep it. */
  readonly serverCookieName?: string;
  /** Keys of a URL's query that may be told, besides those of campaigns: none. */
  readonly queryAllow?: readonly string[];
  /** Told of each session that begins: its id, and why (`first`, `idle`, `cap`, `user`, `reset`, `campaign`, `manual`). */
  readonly onSession?: (id: string, reason: string) => void;
  /** Told of everything that went wrong and of what was done about it. */
  readonly onDiagnostic?: (diagnostic: Diagnostic) => void;
}

/** Options of one call. */
export interface CallOptions {
  /** An id of the app's own; the collector keeps one event of each id. */
  readonly messageId?: string;
  /** When it happened, if not now. */
  readonly timestamp?: Date | string | number;
  /** Laid over the context that the package collects. */
  readonly context?: Properties;
  /** Which destinations may have the event. */
  readonly integrations?: Properties;
}

/** What the package noticed. `first` and `second` by kind: see `README.md`. */
export interface Diagnostic {
  readonly kind:
    | "bad-json"
    | "name-missing"
    | "lost"
    | "state-damaged"
    | "storage-failed"
    | "paused"
    | "retrying"
    | "core-failed"
    | "unreachable"
    | "clock-skew"
    | "not-captured";
  readonly first: number;
  readonly second: number;
}

/** A feature that is added with `use`. */
export interface Plugin {
  readonly name: string;
  /** Called once, at `use`; never on a server. */
  setup(client: Holloway, host: PluginHost): void;
}

/**
 * What a feature has besides the client's calls.
 *
 * What it records with `track` and `page` here is marked as automatic: nobody chose these texts one by one, so the
 * core takes e-mail addresses, card numbers and social security numbers out of them before an event is made.
 */
export interface PluginHost {
  track(event: string, properties?: Properties, options?: CallOptions): void;
  page(name?: string, properties?: Properties, options?: CallOptions): void;
  /** Called whenever the page is hidden or left, before the last flush: record here what is still to be told. */
  onLeave(listener: () => void): void;
  /** The visitor's anonymous id, empty without consent; `adopt` makes this browser's visitor the one of another place. */
  readonly visitor: { id(): string; adopt(anonymousId: string): void };
  /** Called with every call, the app's and the features'. */
  onCall(listener: (call: readonly [kind: number, name: string, body: string, messageId: string, timeMs: number, ...rest: string[]]) => void): void;
  /** Called with every diagnostic. */
  onDiagnostic(listener: (diagnostic: Diagnostic) => void): void;
  /** Events that wait, and milliseconds to the next send. */
  status(): { waiting: number; nextSendMs: number };
  /** Tells why something was not recorded. */
  report(kind: Diagnostic["kind"], first?: number, second?: number): void;
}

/** The client of a page. No method throws, and all but `flush` are done when they return. */
export interface Holloway {
  /** True when the core runs; false when this browser cannot run it and events are sent without it. */
  readonly ready: Promise<boolean>;
  /** Somebody did something. */
  track(event: string, properties?: Properties, options?: CallOptions): void;
  /** A page was viewed; its URL, path, title and referrer are added. */
  page(name?: string, properties?: Properties, options?: CallOptions): void;
  /** A screen was viewed. */
  screen(name: string, properties?: Properties, options?: CallOptions): void;
  /** The visitor is this user. */
  identify(userId: string, traits?: Properties, options?: CallOptions): void;
  /** The user belongs to this group. */
  group(groupId: string, traits?: Properties, options?: CallOptions): void;
  /** `userId` is the same user as `previousId`, or as the one known until now. */
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  /** The user is gone: a new visitor begins. */
  reset(): void;
  /** Adds properties to every later track, page and screen; `once` keeps values that are there, `session` ends with it. */
  register(properties: Properties, registration?: "once" | "session"): void;
  /** Takes one of them away. */
  unregister(key: string): void;
  /** Begins a session now. */
  startSession(): void;
  /** The visitor decided. */
  setConsent(consent: Consent): void;
  /** The visitor decided by purpose; later events carry it, and `analytics` is the one that recording needs. */
  setPurposes(purposes: Readonly<Record<string, boolean>>): void;
  /** Sends what waits; true when nothing waits any more, false when something stays for later. */
  flush(): Promise<boolean>;
  /** Adds a feature. */
  use(plugin: Plugin): Holloway;
  /** This browser's id; empty until it is known. */
  anonymousId(): string;
  /** The user's id; empty for nobody. */
  userId(): string;
  /** The session's id; empty before the first event. */
  sessionId(): string;
}
