// Without a page every entry may be imported and used, and does nothing: in Node, in a worker, and among the globals of
// other runtimes.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import vm from "node:vm";
import { Worker } from "node:worker_threads";

import { build } from "esbuild";

const folder = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
/** Every entry of the package that was built. */
const files = Object.values(exports)
  .map((entry) => entry.import?.default)
  .filter((file) => file && existsSync(join(folder, file)));

// Its name until Node 22.
const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";

/** Uses everything of the entries: makes clients and features, calls every method. Answers with the client's answers. */
const use = async (entries) => {
  const { init } = entries.find((entry) => entry.init);
  const hw = init({ writeKey: "web", host: "http://127.0.0.1:1" });
  for (const entry of entries) {
    for (const [name, value] of Object.entries(entry)) {
      // Components and hooks need a renderer.
      if (typeof value != "function" || value == init || /^([A-Z]|use[A-Z])/.test(name)) continue;
      const plugin = value();
      if (plugin?.setup) hw.use(plugin);
    }
  }
  hw.track("Signed Up", { plan: "pro" });
  hw.page();
  hw.identify("u1");
  hw.setConsent("granted");
  hw.reset();
  return [await hw.ready, await hw.flush(), hw.anonymousId(), hw.userId(), hw.use({ name: "mine", setup: () => fail() }) == hw];
};
const IDLE = [false, true, "", "", true];

test("the package has the entries that it promises", () => {
  for (const name of ["index", "react", "snippet", "holloway.iife", "holloway.all.iife"]) assert.ok(files.includes(`./dist/${name}.js`), name);
});

test("Node: no file, no connection, no global, and the process ends by itself", async () => {
  const program = `
    import net from "node:net";
    const touched = [];
    net.Socket.prototype.connect = () => touched.push("connect");
    globalThis.fetch = async () => touched.push("fetch");
    const before = Object.getOwnPropertyNames(globalThis).sort().join();
    const entries = [];
    for (const file of ${JSON.stringify(files)}) entries.push(await import(new URL(file, ${JSON.stringify(`file://${folder}/`)})));
    const answers = await (${use})(entries);
    if (Object.getOwnPropertyNames(globalThis).sort().join() != before) touched.push("globals");
    console.log(JSON.stringify({ answers, touched }));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // Without the right to write files or to start anything.
    [permission, `--allow-fs-read=${folder}/*`, "--no-warnings", "--input-type=module", "--eval", program],
    { cwd: folder, timeout: 20_000 },
  );
  assert.deepEqual(JSON.parse(stdout), { answers: IDLE, touched: [] });
});

test("a worker with self and without a document ends by itself", async () => {
  const program = `
    const { parentPort } = require("node:worker_threads");
    globalThis.self = globalThis;
    globalThis.WorkerGlobalScope = class {};
    globalThis.importScripts = () => { throw new Error("remote code"); };
    (async () => {
      const touched = [];
      globalThis.fetch = async () => touched.push("fetch");
      const before = Object.getOwnPropertyNames(globalThis).sort().join();
      const entries = [];
      for (const file of ${JSON.stringify(files)}) entries.push(await import(${JSON.stringify(`file://${folder}/`)} + file));
      const answers = await (${use})(entries);
      if (Object.getOwnPropertyNames(globalThis).sort().join() != before) touched.push("globals");
      parentPort.postMessage({ answers, touched });
    })();`;
  const worker = new Worker(program, { eval: true });
  const told = [];
  worker.on("message", (message) => told.push(message));
  const code = await new Promise((done, refuse) => worker.once("exit", done).once("error", refuse));
  assert.equal(code, 0);
  assert.deepEqual(told, [{ answers: IDLE, touched: [] }]);
});

test("a runtime with a navigator, a forbidden localStorage and no process", async () => {
  const touched = [];
  const note = (name) => () => {
    touched.push(name);
    return 0;
  };
  const globals = {
    TextEncoder,
    TextDecoder,
    URL,
    URLSearchParams,
    WebAssembly,
    atob,
    navigator: Object.freeze({ userAgent: "Deno/2", sendBeacon: note("sendBeacon") }),
    setTimeout: note("setTimeout"),
    setInterval: note("setInterval"),
    queueMicrotask,
    addEventListener: note("addEventListener"),
    fetch: note("fetch"),
  };
  const context = vm.createContext({ ...globals });
  Object.defineProperty(context, "localStorage", {
    enumerable: true,
    get() {
      touched.push("localStorage");
      throw new Error("forbidden");
    },
  });
  const before = vm.runInContext("Object.getOwnPropertyNames(globalThis).sort().join()", context);
  const entries = [];
  for (const file of files) {
    const { outputFiles } = await build({
      entryPoints: [join(folder, file)],
      bundle: true,
      write: false,
      format: "iife",
      globalName: "entry",
      define: { "process.env.NODE_ENV": '"production"' },
    });
    entries.push(vm.runInContext(`(() => { ${outputFiles[0].text}; return entry ?? {}; })()`, context));
  }
  const answers = await vm.runInContext(`(${use})`, context)(entries);
  assert.deepEqual([...answers], IDLE);
  assert.deepEqual(touched, []);
  assert.equal(vm.runInContext("Object.getOwnPropertyNames(globalThis).sort().join()", context), before);
});
