// The one record that sub-domains share: who the visitor is, and the running session.

/** Browsers keep a cookie for 400 days at most (RFC 6265bis). */
const MAX_AGE_S = 34_560_000;

/** A record's fields; what is no record has none. */
export const fields = (record: string): string[] => {
  try {
    return record.split("/").map(decodeURIComponent);
  } catch {
    return [""];
  }
};

/** A cookie's value; empty for none. */
export const readCookie = (name: string): string => {
  try {
    return (
      document.cookie
        .split("; ")
        .find((pair) => pair.startsWith(name + "="))
        ?.slice(name.length + 1) || ""
    );
  } catch {
    // A frame in a sandbox.
    return "";
  }
};

/** The cookie of this name on the registrable domain: the widest one that the browser lets the page write. */
export const openCookie = (name: string, isAllowed: boolean, given?: string) => {
  let domain = given;
  const put = (value: string, key = name) => {
    try {
      document.cookie = `${key}=${value};path=/;samesite=lax;max-age=${value ? MAX_AGE_S : 0}${domain && ";domain=" + domain}${location.protocol == "https:" ? ";secure" : ""}`;
    } catch {
      // A frame in a sandbox.
    }
  };
  const read = () => (isAllowed ? readCookie(name) : "");
  const write = (value: string) => {
    // Nothing is written in order to delete it.
    if (!isAllowed || (!value && !read())) return;
    const labels = location.hostname.split(".");
    // An address of numbers has no domain, a top-level domain no cookies; of the others a public suffix is refused, so
    // that the first one taken is the registrable domain.
    for (let from = labels.length - 2; domain == undefined && from >= 0 && !/\d$/.test(location.hostname); from--) {
      domain = labels.slice(from).join(".");
      // Under a name of its own: a sub-domain's page may read the record at any moment.
      put("1", name + "_");
      if (readCookie(name + "_")) put("", name + "_");
      else domain = undefined;
    }
    domain ??= "";
    put(value);
  };
  return [read, write] as const;
};
