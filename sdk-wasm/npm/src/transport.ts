// Requests. The write key is in the body and the body is text/plain: no preflight, and beacons may carry it.

/** Keepalive bodies and beacons of a page may have 64 KiB in flight together. */
const KEEPALIVE_BYTES_MAX = 60 * 1024;
/** A server that never answers must not hold the queue. */
const TIMEOUT_MS = 30_000;

export interface Answer {
  /** 0 when no answer came. */
  status: number;
  retryAfter: string;
  body: string;
}

export const openTransport = (url: string) => {
  let inFlight = 0;
  return {
    post: async (body: string, bytes: number): Promise<Answer> => {
      const keepalive = inFlight + bytes <= KEEPALIVE_BYTES_MAX;
      inFlight += bytes;
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "text/plain" },
          body,
          keepalive,
          signal: AbortSignal.timeout?.(TIMEOUT_MS),
        });
        return {
          status: response.status,
          retryAfter: response.headers.get("retry-after") || "",
          body: await response.text(),
        };
      } catch {
        return { status: 0, retryAfter: "", body: "" };
      } finally {
        inFlight -= bytes;
      }
    },
    /** Whether the browser took it; that says nothing about its arrival. */
    beacon: (body: string): boolean => {
      try {
        return navigator.sendBeacon(url, body);
      } catch {
        return false;
      }
    },
  };
};

export type Transport = ReturnType<typeof openTransport>;
