// What counts the events must not be wrong itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { idsIn, openSink } from "../sink.mjs";
import { openStub } from "../stub.mjs";
import { shortfalls } from "../verdict.mjs";

const EVENT = `{"event":"Product Viewed","properties":{"id":"e~leave.3~","plan":"pro","price":19.5}}`;
const base64 = (text) => Buffer.from(text).toString("base64");

for (const [name, body, ids] of [
  ["json", EVENT, ["leave.3"]],
  ["several in one body", `[${EVENT},${EVENT.replace("3~", "4~")}]`, ["leave.3", "leave.4"]],
  ["twice in one body", `[${EVENT},${EVENT}]`, ["leave.3", "leave.3"]],
  ["gzip", gzipSync(EVENT), ["leave.3"]],
  ["form", `data=${encodeURIComponent(EVENT)}`, ["leave.3"]],
  ["base64 in a form", `data=${encodeURIComponent(base64(EVENT))}`, ["leave.3"]],
  ["base64url in json", `{"ue_px":"${Buffer.from(EVENT).toString("base64url")}"}`, ["leave.3"]],
  ["a page's address is no event", `{"url":"http://127.0.0.1/?first=leave.3"}`, []],
  ["nothing", "", []],
]) {
  test(`ids are found: ${name}`, () => assert.deepEqual(idsIn(Buffer.from(body)), ids));
}

const post = (sink, body = EVENT, path = "/v1/batch") => fetch(sink.origin + path, { method: "POST", body });
const ids = ["leave.3"];

test("what is refused is not counted, and what is repeated is", async () => {
  const sink = await openSink(async () => ({ status: 200 }));
  sink.refuse(429, 8);
  const refused = await post(sink);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "8");
  assert.equal(refused.headers.get("access-control-expose-headers"), "Retry-After");
  assert.deepEqual(sink.count(ids), { distinct: 0, duplicates: 0 });
  assert.equal(sink.attempts("leave.3").length, 1);
  sink.refuse();
  await post(sink);
  await post(sink);
  assert.deepEqual(sink.count(ids), { distinct: 1, duplicates: 1 });
  assert.equal(sink.requests(ids).length, 2);
  await sink.stop();
});

test("a sink that is down takes nothing, and comes up again at the same place", async () => {
  const sink = await openSink(async () => ({ status: 200 }));
  await sink.down();
  await assert.rejects(post(sink));
  await sink.up();
  assert.equal((await post(sink)).status, 200);
  assert.equal(sink.count(ids).distinct, 1);
  await sink.stop();
});

test("settings are answered while events are refused", async () => {
  const stub = await openStub();
  stub.refuse(503);
  assert.equal((await post(stub)).status, 503);
  assert.equal((await post(stub, "{}", "/flags/?v=2")).status, 200);
  const settings = await (await fetch(`${stub.origin}/v1/projects/web/settings`)).json();
  assert.equal(settings.integrations["Segment.io"].apiKey, "web");
  stub.refuse();
  const receipt = await (await post(stub, `{"batch":[{"messageId":"m1"}]}`)).json();
  assert.deepEqual(receipt, { results: [{ messageId: "m1", verdict: "ok" }] });
  await stub.stop();
});

for (const [name, figures, count] of [
  ["everything arrived", { sent: 5, now: 5, later: 5, duplicates: 5 }, 0],
  ["seen twice and stored once", { sent: 5, later: 5, stored: { distinct: 5, duplicates: 0 } }, 0],
  ["later is not at once", { sent: 5, now: 4, later: 5 }, 1],
  ["one never arrived", { sent: 5, later: 4 }, 1],
  ["stored twice", { sent: 5, later: 5, stored: { distinct: 5, duplicates: 1 } }, 1],
  ["taken and not stored", { sent: 5, later: 5, stored: { distinct: 4, duplicates: 0 } }, 1],
  ["Retry-After obeyed", { sent: 5, later: 5, gapsMs: [8_010, 7_960], retryAfterMs: 8_000 }, 0],
  ["Retry-After ignored once", { sent: 5, later: 5, gapsMs: [8_010, 2_000], retryAfterMs: 8_000 }, 1],
  ["never tried again", { sent: 5, later: 5, gapsMs: [], retryAfterMs: 8_000 }, 1],
  ["the case broke", { error: "page crashed" }, 1],
]) {
  test(`a row is complete or not: ${name}`, () => {
    assert.equal(shortfalls({ name: "holloway", against: "stub", figures: { leave: figures } }).length, count);
  });
}
