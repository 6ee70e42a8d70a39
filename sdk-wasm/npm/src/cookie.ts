// The one record that sub-domains share: who the visitor is, and the running session.

/** Browsers keep a cookie for 400 days at most (RFC 6265bis). */
const MAX_AGE_S = 34_560_000;

/** A cookie's value; empty for none. */
export const readCookie = (name: string): string =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(name + "="))
    ?.slice(name.length + 1) || "";

/** The cookie of this name on the registrable domain: the widest one that the browser lets the page write. */
export const openCookie = (name: string, given?: string) => {
  let domain = given;
  const write = (value: string) => {
    const scope = domain && location.hostname.includes(".") ? `;domain=${domain}` : "";
    const secure = location.protocol == "https:" ? ";secure" : "";
    document.cookie = `${name}=${value};path=/;samesite=lax;max-age=${value ? MAX_AGE_S : 0}${scope}${secure}`;
  };
  return {
    read: () => readCookie(name),
    write: (value: string) => {
      const labels = location.hostname.split(".");
      // A public suffix is refused, so the first that is taken is the registrable domain.
      for (let from = labels.length - 1; domain == undefined && from >= 0; from--) {
        domain = labels.slice(from).join(".");
        write("probe");
        if (from && readCookie(name) != "probe") domain = undefined;
      }
      write(value);
    },
  };
};
