// The cases: what a visitor does, what the collector does meanwhile, and what must be counted.
//
// Each takes `{ visitor, url, sink }` and answers with its figures and with the ids that were tracked. Tabs stay open until
// all is counted: closing them is an occasion to send.

import { setTimeout as pause } from "node:timers/promises";

/** The SDK has loaded, asked its questions, and said its own first words. */
const WARM_MS = 2_500;
/** After the last page is gone: what was on its way is here. */
const SETTLE_MS = 3_000;
/** A second delivery may follow the first. */
const ECHO_MS = 2_000;
const RETURN_MS = 20_000;
const OUTAGE_MS = 12_000;
const OUTAGE_RETURN_MS = 30_000;
const REFUSED_MS = 10_000;
const RETRY_AFTER_S = 8;
/** Some flush by a timer of 30 s only. */
const SENT_MS = 35_000;
const FIRST_MS = 12_000;

const ids = (name, count) => Array.from({ length: count }, (_, n) => `${name}.${n + 1}`);

const opened = async ({ visitor, url }) => {
  const someone = await visitor();
  await someone.open(url());
  await pause(WARM_MS);
  return someone;
};

/** All of them, and then what comes twice. */
const arrived = async (sink, wanted, waitMs) => {
  await sink.until(() => sink.count(wanted).distinct == wanted.length, waitMs);
  await pause(ECHO_MS);
};

/** They all come back to the page, and do one thing more. */
const comeBack = async ({ sink, url }, people, wanted) => {
  const back = ids(`${wanted[0].split(".")[0]}-back`, people.length);
  for (const [n, someone] of people.entries()) {
    await someone.open(url());
    await someone.run((id) => bench.track([id]), back[n]);
  }
  await arrived(sink, [...wanted, ...back], RETURN_MS);
};

const leave = async (bench) => {
  const people = [];
  const wanted = ids("leave", 24);
  for (let visit = 0; visit < 8; visit++) {
    const someone = await opened(bench);
    await someone.trackAndLeave(wanted.slice(visit * 3, visit * 3 + 3));
    people.push(someone);
  }
  await pause(SETTLE_MS);
  const now = bench.sink.count(wanted).distinct;
  await comeBack(bench, people, wanted);
  return { wanted, now };
};

const cold = async (bench) => {
  const people = [];
  const wanted = ids("cold", 8);
  for (const id of wanted) {
    const someone = await bench.visitor();
    await someone.open(bench.url(`&first=${id}&leave`), true);
    people.push(someone);
  }
  await pause(SETTLE_MS);
  const now = bench.sink.count(wanted).distinct;
  await comeBack(bench, people, wanted);
  return { wanted, now };
};

const close = async (bench) => {
  const wanted = ids("close", 12);
  for (let visit = 0; visit < 4; visit++) {
    const someone = await opened(bench);
    await someone.run((ids) => bench.track(ids), wanted.slice(visit * 3, visit * 3 + 3));
    await someone.close();
  }
  await pause(SETTLE_MS);
  const now = bench.sink.count(wanted).distinct;
  return { wanted, now };
};

const outage = async (bench) => {
  const { sink, url } = bench;
  const wanted = ids("outage", 5);
  const back = ids("outage-back", 1);
  const someone = await opened(bench);
  sink.refuse(503);
  await someone.run((ids) => bench.track(ids), wanted);
  await pause(OUTAGE_MS);
  await someone.trackAndLeave([]);
  await pause(SETTLE_MS);
  sink.refuse();
  await someone.open(url());
  await someone.run((ids) => bench.track(ids), back);
  await arrived(sink, [...wanted, ...back], OUTAGE_RETURN_MS);
  return { wanted, refused: sink.attempts(wanted[0]).filter(({ status }) => status == 503).length };
};

const limit = async (bench) => {
  const { sink } = bench;
  const wanted = ids("limit", 20);
  const someone = await opened(bench);
  sink.refuse(429, RETRY_AFTER_S);
  await someone.run((ids) => bench.track(ids), wanted);
  await sink.until(() => sink.attempts(wanted[0]).length, SENT_MS);
  await pause(REFUSED_MS);
  sink.refuse();
  await arrived(sink, wanted, SENT_MS);
  const times = sink.attempts(wanted[0]).map(({ at }) => at);
  return { wanted, gapsMs: times.slice(1).map((at, n) => at - times[n]), retryAfterMs: RETRY_AFTER_S * 1_000 };
};

const burst = async (bench) => {
  const { sink, visitor, url } = bench;
  const [first] = ids("first", 1);
  const wanted = ids("burst", 20);
  const someone = await visitor();
  await someone.open(url(`&first=${first}`));
  await sink.until(() => sink.attempts(first).length, FIRST_MS);
  const firstMs = sink.attempts(first)[0]?.at - (await someone.run(() => bench.startedMs));
  await pause(WARM_MS);
  await someone.run((ids) => bench.track(ids), wanted);
  await arrived(sink, wanted, SENT_MS);
  const requests = sink.requests(wanted);
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  return { wanted, firstMs: firstMs || undefined, requests: requests.length, bytesPerEvent: Math.round(bytes / wanted.length) };
};

export const CASES = { leave, cold, close, outage, limit, burst };
