// In Node there is no page: importing and initialising the package do nothing, harmfully or otherwise.

import assert from "node:assert/strict";
import { test } from "node:test";

test("import and init without a page do nothing", async () => {
  const before = Object.keys(globalThis).sort();
  const { init } = await import("../dist/index.js");
  const fetched = [];
  globalThis.fetch = async (...request) => fetched.push(request);
  const hw = init({ writeKey: "web", host: "http://127.0.0.1:1" });
  hw.track("Signed Up", { plan: "pro" });
  hw.page();
  hw.identify("u1");
  hw.reset();
  assert.equal(await hw.ready, false);
  assert.equal(await hw.flush(), true);
  assert.equal(hw.anonymousId(), "");
  assert.deepEqual(fetched, []);
  assert.deepEqual(Object.keys(globalThis).sort(), before);
});

test("a feature is not set up without a page", async () => {
  const { init } = await import("../dist/index.js");
  let isSetUp = false;
  const hw = init({ writeKey: "web", host: "http://127.0.0.1:1" });
  assert.equal(hw.use({ name: "mine", setup: () => (isSetUp = true) }), hw);
  assert.equal(isSetUp, false);
});
