// The client for an app's tests, in Node: what it records, and where it is as strict as the real one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createElement as h } from "react";
import { renderToString } from "react-dom/server";

import { HollowayProvider, useHolloway } from "@holloway/browser/react";
import { createMockClient } from "@holloway/browser/testing";

test("calls are recorded in order, as they were when they were made", () => {
  const client = createMockClient();
  const cart = { items: [1] };
  client.track("Added", cart);
  cart.items.push(2);
  client.page("Home");
  client.identify("u1", { plan: "pro" });
  client.track("Added", { items: [3], at: new Date(0), gone: undefined }, { timestamp: 5 });
  client.reset();
  assert.deepEqual(client.calls, [
    { method: "track", arguments: ["Added", { items: [1] }] },
    { method: "page", arguments: ["Home"] },
    { method: "identify", arguments: ["u1", { plan: "pro" }] },
    { method: "track", arguments: ["Added", { items: [3], at: "1970-01-01T00:00:00.000Z" }, { timestamp: 5 }] },
    { method: "reset", arguments: [] },
  ]);
  assert.deepEqual(client.events("Added"), [{ items: [1] }, { items: [3], at: "1970-01-01T00:00:00.000Z" }]);
  assert.deepEqual(client.events("Removed"), []);
});

test("methods need no `this`, ids change as the real ones do, and `clear` begins anew", async () => {
  const client = createMockClient();
  const { track, identify, reset, startSession, anonymousId, userId, sessionId } = client;
  assert.deepEqual([anonymousId(), userId(), sessionId()], ["anonymous-1", "", ""]);
  track("A");
  identify("u1");
  assert.deepEqual([anonymousId(), userId(), sessionId()], ["anonymous-1", "u1", "session-1"]);
  startSession();
  reset();
  assert.deepEqual([anonymousId(), userId(), sessionId()], ["anonymous-2", "", "session-2"]);
  assert.deepEqual([await client.ready, await client.flush()], [true, true]);
  client.clear();
  assert.deepEqual([client.calls, client.events("A"), anonymousId(), sessionId()], [[], [], "anonymous-1", ""]);
});

test("registered properties lie under an event's own, and consent decides", () => {
  const client = createMockClient();
  client.register({ shop: "north", plan: "free" });
  client.register({ shop: "south", tier: 1 }, "once");
  client.unregister("tier");
  client.track("A", { plan: "pro" });
  client.setConsent("denied");
  client.track("A");
  client.setConsent("yes");
  client.setPurposes({ analytics: true });
  client.track("A");
  assert.deepEqual(client.events("A"), [{ shop: "north", plan: "pro" }, { shop: "north", plan: "free" }]);
  assert.deepEqual(client.diagnostics, [{ kind: "bad-consent", found: "yes" }]);
});

test("what the real client loses is lost here, and nothing throws", () => {
  const client = createMockClient();
  const circular = {};
  circular.self = circular;
  client.track("Circ", circular);
  client.track("Big", { total: 1n });
  client.track();
  client.use(undefined);
  assert.deepEqual([client.events("Circ"), client.events("Big")], [[], []]);
  assert.deepEqual(client.diagnostics, [
    { kind: "lost", reason: "serialize", events: 1, event: "Circ" },
    { kind: "lost", reason: "serialize", events: 1, event: "Big" },
    { kind: "name-missing" },
    { kind: "lost", reason: "serialize", events: 1 },
  ]);
  let setups = 0;
  assert.equal(client.use({ name: "mine", setup: () => setups++ }), client);
  assert.equal(setups, 0, "a feature needs a page");
});

test("a React tree records with it", () => {
  const client = createMockClient();
  const App = () => (useHolloway().track("Rendered", { where: "server" }), null);
  renderToString(h(HollowayProvider, { client }, h(App)));
  assert.deepEqual(client.events("Rendered"), [{ where: "server" }]);
});
