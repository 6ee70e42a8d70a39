// The real collector behind a sink: what the sink does not refuse goes through, and what is stored can be counted.

import { startCollector } from "../npm/test/collector.mjs";
import { idsIn, openSink } from "./sink.mjs";

const HOP_BY_HOP = ["host", "connection", "content-length", "transfer-encoding", "keep-alive"];
const without = (headers, names) => Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

/** Starts a collector, and the sink before it. */
export const openProxy = async () => {
  const collector = await startCollector();
  const sink = await openSink(async (request, body) => {
    const answer = await fetch(collector.host + request.url, {
      method: request.method,
      headers: without(request.headers, HOP_BY_HOP),
      body: request.method == "POST" ? body : undefined,
    });
    const headers = without(Object.fromEntries(answer.headers), [...HOP_BY_HOP, "content-encoding"]);
    return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) };
  });
  return {
    ...sink,
    /** As `count`, of what the collector has stored. */
    stored: (wanted) => {
      const times = collector
        .events()
        .flatMap((event) => idsIn(Buffer.from(JSON.stringify(event))))
        .filter((id) => wanted.includes(id));
      const distinct = new Set(times).size;
      return { distinct, duplicates: times.length - distinct };
    },
    stop: async () => {
      await sink.stop();
      await collector.stop();
      collector.remove();
    },
  };
};
