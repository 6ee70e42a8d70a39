// A Vite app made from nothing: no plugin, no configuration, the package from its tarball.

import { execFileSync } from "node:child_process";
import { cpSync, createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { tarball, target } from "./places.mjs";

const FILES = {
  "package.json": JSON.stringify({ name: "from-nothing", private: true, type: "module" }),
  ".npmrc": "omit-lockfile-registry-resolved=true\n",
  "index.html": `<!doctype html><title>Shop</title><button id="buy">Buy</button><script type="module" src="/main.js"></script>`,
  "main.js": `
import { init } from "@holloway/browser";
import { linker } from "@holloway/browser/linker";
const query = new URLSearchParams(location.search);
const hw = init({
  writeKey: "web",
  host: query.get("host"),
  onDiagnostic: (it) => (window.diagnostics ??= []).push(it),
  onSession: (...it) => (window.sessions ??= []).push(it),
  ...JSON.parse(query.get("options") ?? "{}"),
});
window.hw = hw;
if (query.has("link")) hw.use(linker({ domains: ["other.localhost"] }));
hw.page();
let clicks = 0;
document.querySelector("#buy").addEventListener("click", () => hw.track("Clicked", { n: ++clicks }));
if (query.has("cold")) {
  hw.track("Cold", { plan: "pro" });
  location.href = "about:blank";
}
hw.ready.then((ready) => (document.documentElement.dataset.ready = ready));
`,
};

/** Builds the app; answers with the folder of the built files. */
export const buildApp = () => {
  const app = join(target, "npm-test/app");
  rmSync(app, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(app, name), text);
  const run = (command, ...rest) => execFileSync(command, rest, { cwd: app, stdio: ["ignore", "pipe", "inherit"] });
  run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "vite", tarball());
  run("npx", "vite", "build", "--logLevel", "warn");
  return join(app, "dist");
};

/** The same page without a bundler: the package's own files, and a script with a nonce. */
export const plainApp = (nonce) => {
  const plain = join(target, "npm-test/plain");
  rmSync(plain, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, "../dist"), join(plain, "holloway"), { recursive: true });
  const script = FILES["main.js"].replace(/@holloway\/browser(\/\w+)?/g, (_, entry = "/index") => `/holloway${entry}.js`);
  writeFileSync(join(plain, "index.html"), `<!doctype html><title>Shop</title><button id="buy">Buy</button><script type="module" nonce="${nonce}">${script}</script>`);
  return plain;
};

/** Serves a folder on a free port of loopback; `headers` by the request's URL. */
export const serve = async (folder, headers = () => ({})) => {
  const kinds = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = join(folder, path.endsWith("/") ? path + "index.html" : path);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": kinds[extname(file)] ?? "application/octet-stream", ...headers(new URL(request.url, "http://x")) });
    createReadStream(file).pipe(response);
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
