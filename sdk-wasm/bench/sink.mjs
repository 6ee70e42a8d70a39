// What stands where a collector would: takes every request, notes the events in it, and answers as it is told.
//
// An event is known by the id that the page wrote into its properties (`e~leave.3.1~`), so that it does not matter
// in which shape an SDK sends it.

import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const ID = /e~([\w.-]+)~/g;

/** A body as text, unpacked. */
export const textOf = (body) => (body[0] == 0x1f && body[1] == 0x8b ? gunzipSync(body) : body).toString("utf8");

/** Every text that a body may mean: as it is, out of a form, out of base64. */
const texts = (body) => {
  let text = textOf(body);
  if (/^data=/.test(text)) text = new URLSearchParams(text).get("data");
  const packed = text.match(/[A-Za-z0-9+/_-]{40,}={0,2}/g) ?? [];
  return [text, ...packed.map((part) => Buffer.from(part, "base64").toString("latin1"))];
};

/** The ids of the events in a body, one for each time that it has one. */
export const idsIn = (body) => texts(body).flatMap((text) => [...text.matchAll(ID)].map(([, id]) => id));

const cors = (request) => ({
  "access-control-allow-origin": request.headers.origin ?? "*",
  "access-control-allow-credentials": "true",
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "content-type",
  "access-control-expose-headers": "Retry-After",
  "access-control-max-age": "86400",
  "cross-origin-resource-policy": "cross-origin",
  vary: "Origin",
});

/** Whether a request carries events: settings and flags are asked for elsewhere. */
const carriesEvents = ({ method, url }) => method == "POST" && !/^\/(flags|decide|config)\b/.test(url);

/** Starts one; `answer(request, body)` gives `{ status, headers, body }` for what is not refused. */
export const openSink = async (answer) => {
  const records = [];
  const watchers = new Set();
  let refusal;
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("error", () => {});
    // A request that was broken off never ends, and was never received.
    request.on("end", async () => {
      const body = Buffer.concat(parts);
      if (request.method == "OPTIONS") return void response.writeHead(204, cors(request)).end();
      const refused = carriesEvents(request) && refusal;
      const record = { at: Date.now(), path: request.url, bytes: body.length, ids: idsIn(body), status: 0 };
      const given = refused || (await answer(request, body).catch((error) => ({ status: 502, body: String(error) })));
      record.status = given.status;
      records.push(record);
      response.on("error", () => {});
      response.writeHead(given.status, { ...given.headers, ...cors(request) }).end(given.body ?? "");
      for (const watch of watchers) watch();
    });
  });
  const listen = (port) => new Promise((done) => server.listen(port, "127.0.0.1", done));
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  await listen(0);
  const { port } = server.address();

  /** Resolves when `isDone` holds after some request, or when the time is up. */
  const until = (isDone, waitMs) =>
    new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        watchers.delete(watch);
        done();
      };
      const watch = () => isDone() && finish();
      const timer = setTimeout(finish, waitMs);
      watchers.add(watch);
      watch();
    });
  const taken = () => records.filter(({ status }) => status >= 200 && status < 300);
  return {
    origin: `http://127.0.0.1:${port}`,
    until,
    /** Every attempt, refused ones too. */
    attempts: (id) => records.filter(({ ids }) => ids.includes(id)),
    /** Requests that were answered with success and had one of these. */
    requests: (wanted) => taken().filter(({ ids }) => ids.some((id) => wanted.includes(id))),
    /** How many of these events were taken, and how often beyond the first time. */
    count: (wanted) => {
      const times = taken().flatMap(({ ids }) => ids.filter((id) => wanted.includes(id)));
      const distinct = new Set(times).size;
      return { distinct, duplicates: times.length - distinct };
    },
    /** Refuses events with this status from now on; without one, takes them again. */
    refuse: (status, retryAfterS) => {
      refusal = status && {
        status,
        headers: { "content-type": "application/json", ...(retryAfterS && { "retry-after": `${retryAfterS}` }) },
        body: "{}",
      };
    },
    /** Nobody listens, until `up`. */
    down: close,
    up: () => listen(port),
    stop: close,
  };
};
