// Makes the app of each recipe from nothing, builds it, and compares what its pages sent with what they should.
//
//   node docs/recipes/try.mjs [NAME…]     after `make npm` and `cargo build -p holloway-cli`
//
// A block of a recipe whose info string names a file (```ts file=src/analytics.ts) becomes that file. What belongs to the
// framework alone (packages, configuration, two pages) is below.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { serve } from "../../sdk-wasm/npm/test/app.mjs";
import { launch } from "../../sdk-wasm/npm/test/chromium.mjs";
import { startCollector } from "../../sdk-wasm/npm/test/collector.mjs";
import { tarball, target } from "../../sdk-wasm/npm/test/places.mjs";

const VITE_TYPES = `/// <reference types="vite/client" />\n`;
const TSCONFIG = (more = {}) =>
  JSON.stringify({
    compilerOptions: {
      target: "es2022", module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], strict: true, noEmit: true,
      skipLibCheck: true, ...more,
    },
    include: ["src"],
  });
const ROOT_HTML = (root) => `<!doctype html><html lang="en"><title>Home</title><div id="${root}"></div><script type="module" src="/src/main.`;

/** The files that a recipe's blocks name. */
const filesOf = (name) => {
  const page = readFileSync(join(import.meta.dirname, `${name}.md`), "utf8");
  return Object.fromEntries([...page.matchAll(/^```\w+ file=(\S+)\n(.*?)^```$/gms)].map(([, file, text]) => [file, text]));
};

/** For frameworks that want a newer Node.js than this repository does: npx finds it before the system's. */
const NODE_22 = "node@22.23.3";

/** What `npm create` would give, reduced to two pages: `/` with a link `#about` and the recipe's button, and `/about`. */
const APPS = {
  next: {
    packages: ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1", "typescript@5.9.3", "@types/react@19.3.3", "@types/node@20"],
    files: {
      "app/layout.tsx": `export const metadata = { title: "Home" };
        export default ({ children }: { children: React.ReactNode }) => (<html lang="en"><body>{children}</body></html>);`,
      "app/page.tsx": `import Link from "next/link";
        import { BuyButton } from "./buy-button";
        export default () => (<main><Link id="about" href="/about">About</Link><BuyButton /></main>);`,
      "app/about/page.tsx": `export const metadata = { title: "About" };
        export default () => <h1>About</h1>;`,
    },
    build: ["npx", "next", "build"],
    start: (port) => ["npx", "next", "start", "-p", port],
  },
  react: {
    packages: ["vite@8.4.0", "@vitejs/plugin-react@6.3.0", "react@19.3.1", "react-dom@19.3.1", "typescript@7.0.2", "@types/react@19.3.3", "@types/react-dom@19"],
    files: {
      "tsconfig.json": TSCONFIG({ jsx: "react-jsx" }),
      "vite.config.js": `import react from "@vitejs/plugin-react"; export default { plugins: [react()] };`,
      "index.html": ROOT_HTML("root") + `tsx"></script></html>`,
      "src/vite-env.d.ts": VITE_TYPES,
      "src/app.tsx": `import { useState } from "react";
        import { BuyButton } from "./buy-button";
        export const App = () => {
          const [path, setPath] = useState(location.pathname);
          const go = (event: React.MouseEvent) => {
            event.preventDefault();
            history.pushState(null, "", "/about");
            setPath("/about");
          };
          return path == "/about" ? <h1>About</h1> : <main><a id="about" href="/about" onClick={go}>About</a><BuyButton /></main>;
        };`,
    },
    check: ["npx", "tsc"],
    build: ["npx", "vite", "build"],
    start: (port) => ["npx", "vite", "preview", "--port", port],
  },
  vue: {
    packages: ["vite@8.4.0", "@vitejs/plugin-vue@6.0.11", "vue@3.5.45", "vue-router@5.5.1", "typescript@5.9.3", "vue-tsc@3.3.14"],
    files: {
      "tsconfig.json": TSCONFIG(),
      "vite.config.js": `import vue from "@vitejs/plugin-vue"; export default { plugins: [vue()] };`,
      "index.html": ROOT_HTML("app") + `ts"></script></html>`,
      "src/vite-env.d.ts": VITE_TYPES,
      "src/App.vue": `<template><RouterView /></template>`,
      "src/Home.vue": `<script setup lang="ts">import BuyButton from "./BuyButton.vue";</script>
        <template><main><RouterLink id="about" to="/about">About</RouterLink><BuyButton /></main></template>`,
      "src/About.vue": `<template><h1>About</h1></template>`,
      "src/router.ts": `import { createRouter, createWebHistory } from "vue-router";
        import About from "./About.vue";
        import Home from "./Home.vue";
        export const router = createRouter({ history: createWebHistory(), routes: [{ path: "/", component: Home }, { path: "/about", component: About }] });`,
    },
    check: ["npx", "vue-tsc", "--noEmit"],
    build: ["npx", "vite", "build"],
    start: (port) => ["npx", "vite", "preview", "--port", port],
  },
  nuxt: {
    packages: ["nuxt@4.4.8", NODE_22],
    files: {
      "app/app.vue": `<template><NuxtPage /></template>`,
      "app/pages/index.vue": `<template><main><NuxtLink id="about" to="/about">About</NuxtLink><BuyButton /></main></template>`,
      "app/pages/about.vue": `<template><h1>About</h1></template>`,
    },
    build: ["npx", "nuxt", "build"],
    start: () => ["npx", "node", ".output/server/index.mjs"],
  },
  svelte: {
    packages: ["vite@8.4.0", "@sveltejs/kit@3.2.0", "@sveltejs/vite-plugin-svelte@7.3.1", "svelte@5.57.3", "@sveltejs/adapter-node@6.0.1", NODE_22],
    files: {
      "vite.config.js": `import adapter from "@sveltejs/adapter-node"; import { sveltekit } from "@sveltejs/kit/vite";
        export default { plugins: [sveltekit({ adapter: adapter() })] };`,
      "src/app.html": `<!doctype html><html lang="en"><head><title>Home</title>%sveltekit.head%</head><body><div style="display: contents">%sveltekit.body%</div></body></html>`,
      "src/routes/+page.svelte": `<script>import BuyButton from "../lib/BuyButton.svelte";</script><a id="about" href="/about">About</a><BuyButton />`,
      "src/routes/about/+page.svelte": `<h1>About</h1>`,
    },
    build: ["npx", "vite", "build"],
    start: () => ["npx", "node", "build"],
  },
  astro: {
    packages: ["astro@7.3.5", NODE_22],
    files: {
      "astro.config.mjs": `export default {};`,
      "src/pages/index.astro": `---
import BuyButton from "../components/BuyButton.astro";
import Layout from "../layouts/Layout.astro";
---
<Layout title="Home"><a id="about" href="/about">About</a><BuyButton /></Layout>`,
      "src/pages/about.astro": `---
import Layout from "../layouts/Layout.astro";
---
<Layout title="About"><h1>About</h1></Layout>`,
    },
    build: ["npx", "astro", "build"],
    start: (port) => ["npx", "astro", "preview", "--port", port],
  },
  tests: {
    packages: ["vitest@3.2.4", "vite@7.3.8", "jest@30.5.2", "typescript@5.9.3"],
    files: {
      "tsconfig.json": TSCONFIG(),
      "src/vite-env.d.ts": VITE_TYPES,
      "src/analytics.ts": filesOf("vue")["src/analytics.ts"],
      // The nearest manifest says how Jest reads a file.
      "jest/package.json": "{}",
      "jest/analytics.js": `const { init } = require("@holloway/browser");
        exports.hw = init({ writeKey: "my-shop", host: "http://127.0.0.1:8787" });`,
      "jest/shop.js": `const { hw } = require("./analytics"); exports.buy = (sku) => hw.track("Buy Clicked", { sku });`,
    },
    run: [["npx", "tsc"], ["npx", "vitest", "run", "--dir", "src"], ["npx", "jest", "--rootDir", "jest"]],
  },
  html: {
    packages: [],
    files: { "about.html": `<!doctype html><title>About</title><script src="/holloway.all.iife.js"></script><script>
      holloway.init({ writeKey: "my-shop", host: "http://127.0.0.1:8787", features: { autocapture: true } });</script><h1>About</h1>` },
    about: "/about.html",
  },
};

const KEY = "my-shop";

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(String(port)));
    });
  });

const make = (name, { packages, files }, host) => {
  const folder = join(target, "recipes", name);
  rmSync(folder, { recursive: true, force: true });
  const all = {
    "package.json": JSON.stringify({ name: `recipe-${name}`, private: true, type: "module" }),
    ".npmrc": "omit-lockfile-registry-resolved=true\n",
    ...files,
    ...filesOf(name),
  };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    // The recipes name the default port; here the collector has a free one.
    writeFileSync(join(folder, file), text.replaceAll("http://127.0.0.1:8787", host));
  }
  const install = packages.length ? ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages, tarball()] : ["--version"];
  execFileSync("npm", install, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (!packages.length) {
    // As the recipe says.
    execFileSync("tar", ["-xzf", tarball(), "--strip-components=2", "package/dist"], { cwd: folder });
  }
  return folder;
};

/** Serves what was built; answers with its origin and a function that ends it. */
const open = async (app, folder, env) => {
  if (!app.start) {
    const { origin, stop } = await serve(folder);
    return { origin, stop };
  }
  const port = await freePort();
  const [command, ...rest] = app.start(port);
  const child = spawn(command, rest, {
    cwd: folder, env: { ...env, PORT: port, HOST: "127.0.0.1" }, stdio: ["ignore", "pipe", "inherit"], detached: true,
  });
  child.stdout.resume();
  for (const host of ["127.0.0.1", "localhost"].flatMap((host) => Array(60).fill(host))) {
    const origin = `http://${host}:${port}`;
    const answer = await fetch(origin).catch(() => undefined);
    if (answer?.ok) return { origin, stop: () => process.kill(-child.pid) };
    await pause(100);
  }
  process.kill(-child.pid);
  throw new Error(`${command} ${rest.join(" ")} does not answer on port ${port}`);
};

/** One visitor: a view, a click, a route, and the tab is closed. */
const visit = async (browser, origin, about = "/about") => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => message.type() == "error" && !/favicon|404/.test(message.text()) && trouble.push(message.text()));
  await page.goto(origin, { waitUntil: "networkidle0" });
  await page.click("#buy");
  await page.click("#about");
  await page.waitForFunction((path) => location.pathname.startsWith(path), {}, about);
  await page.waitForSelector("h1");
  // A route's view waits for its title.
  await pause(1_500);
  await context.close();
  return trouble;
};

const attempt = async (name, browser) => {
  const app = APPS[name];
  if (app.run) {
    const folder = make(name, app, "http://127.0.0.1:8787");
    for (const [command, ...rest] of app.run) execFileSync(command, rest, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    return;
  }
  const collector = await startCollector();
  try {
    const env = { ...process.env, CI: "1", NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", NUXT_TELEMETRY_DISABLED: "1" };
    for (const prefix of ["VITE", "NEXT_PUBLIC", "NUXT_PUBLIC", "PUBLIC"]) {
      Object.assign(env, { [`${prefix}_HOLLOWAY_KEY`]: KEY, [`${prefix}_HOLLOWAY_HOST`]: collector.host });
    }
    const folder = make(name, app, collector.host);
    for (const command of [app.check, app.build].filter(Boolean)) {
      execFileSync(command[0], command.slice(1), { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
    }
    const { origin, stop } = await open(app, folder, env);
    const trouble = await visit(browser, origin, app.about);
    await stop();
    const bought = await collector.named("Buy Clicked", 1);
    const events = collector.events();
    const views = events.filter((event) => event.type == "page").map((event) => event.context.page.path.replace(/(.)\/$/, "$1"));
    const found = { views, bought: bought.map((event) => event.properties.sku), visitors: new Set(events.map((event) => event.anonymousId)).size, trouble };
    const expected = { views: ["/", app.about ?? "/about"], bought: ["boots"], visitors: 1, trouble: [] };
    if (JSON.stringify(found) != JSON.stringify(expected)) {
      throw new Error(`${name}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
    }
  } finally {
    await collector.stop();
    collector.remove();
  }
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(APPS);
const browser = await launch();
let failed = 0;
for (const name of names) {
  const start = Date.now();
  try {
    await attempt(name, browser);
    console.log(`${name}: ${APPS[name].run ? "passed" : "built, visited, stored"} (${Math.round((Date.now() - start) / 1_000)} s)`);
  } catch (error) {
    failed++;
    console.error(`${name}: ${error.message}`);
  }
}
await browser.close();
process.exitCode = failed ? 1 : 0;
