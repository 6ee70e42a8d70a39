// The same visitor on another domain of the same owner: links there carry the anonymous id, for a short while.

import type { Plugin } from "./options.js";

export interface LinkerOptions {
  /** Domains that may know the visitor, such as `["example.org"]`; sub-domains are meant too. None if not given. */
  readonly domains?: readonly string[] | undefined;
  /** The key in a link's query: `hw_link`. */
  readonly key?: string | undefined;
  /** For how long a link is good, in milliseconds: two minutes. Whoever passes it on later passes on nothing. */
  readonly lifeMs?: number | undefined;
}

/** Both domains need it, and it must be the first feature that is used: the link's key goes out of the address at once. */
export const linker = ({ domains = [], key = "hw_link", lifeMs = 120_000 }: LinkerOptions = {}): Plugin => ({
  name: "linker",
  setup(_, { visitor }) {
    const arrived = new URL(location.href);
    const [time, id] = (arrived.searchParams.get(key) || "").split("*");
    if (time) {
      arrived.searchParams.delete(key);
      history.replaceState(history.state, "", arrived);
      // Clocks of two sites are one: the browser's.
      const ageMs = Date.now() - parseInt(time, 36);
      if (/^[\w-]{1,64}$/.test(id || "") && ageMs >= 0 && ageMs < lifeMs) visitor.adopt(id!);
    }
    const isOurs = (host: string) => host != location.hostname && domains.some((domain) => ("." + host).endsWith("." + domain));
    const decorate = (event: Event) => {
      const link = event.composedPath().find((part): part is HTMLAnchorElement => (part as Partial<HTMLAnchorElement>).href != null && (part as Element).localName == "a");
      if (!link || !isOurs(link.hostname) || !visitor.id()) return;
      const url = new URL(link.href);
      url.searchParams.set(key, Date.now().toString(36) + "*" + visitor.id());
      link.href = url.href;
    };
    // What opens a link: a click, a middle click, a key; a menu's "open in new tab" comes after `contextmenu`.
    for (const type of ["click", "auxclick", "contextmenu"]) addEventListener(type, decorate, true);
  },
});
