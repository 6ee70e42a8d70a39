// The pages that visitors open: one an SDK, from one origin on loopback, and `/away`, which has none.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";

const KINDS = { ".html": "text/html", ".js": "text/javascript" };
const AWAY = `<!doctype html><title>Away</title><link rel="icon" href="data:,">`;
const PAGE = `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>`;

/** Serves `folder/SDK/main.js` and its chunks under `/SDK/`; `page` is the text of each index. */
export const openPages = async (folder, page = PAGE) => {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    const send = (status, kind, body) => response.writeHead(status, { "content-type": kind }).end(body);
    if (pathname == "/away") return void send(200, KINDS[".html"], AWAY);
    if (/^\/[\w-]+\/$/.test(pathname)) return void send(200, KINDS[".html"], page);
    if (!/^(\/[\w-]+){1,2}\.js$/.test(pathname)) return void send(404, "text/plain", "");
    try {
      send(200, KINDS[extname(pathname)], await readFile(join(folder, pathname)));
    } catch {
      send(404, "text/plain", "");
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
};

/** What every page's script does, whatever its SDK: the ids travel without their marks, since SDKs send the page's URL. */
export const SCRIPT = `
import { start, track } from "bench:sdk";
const query = new URLSearchParams(location.search);
const send = (id) => track("Product Viewed", { id: "e~" + id + "~", plan: "pro", price: 19.5, position: 3 });
const leave = () => (location.href = "/away");
const startedMs = Date.now();
start(query.get("host"));
if (query.has("first")) send(query.get("first"));
if (query.has("leave")) leave();
window.bench = {
  startedMs,
  track: (ids) => ids.forEach(send),
  trackAndLeave: (ids) => (ids.forEach(send), leave()),
};
`;
