// Next with the app router: `next build`, `next start`, and `next dev` in StrictMode.

import assert from "node:assert/strict";

import { freePort, personOf } from "./app.mjs";
import { eventually } from "./checklist.mjs";
import { role } from "./role.mjs";
import { openBrowser } from "./visitor.mjs";

const QUIET = { NEXT_TELEMETRY_DISABLED: "1" };

await role("next", async ({ app, collector, check }) => {
  await app.installNpm();
  const configured = { ...QUIET, NEXT_PUBLIC_HOLLOWAY_KEY: "web", NEXT_PUBLIC_HOLLOWAY_HOST: collector.host };
  const browser = await openBrowser();

  /** Serves the app with `next WORDS`, and gives a visit of its first page. */
  const open = async (word, env, run) => {
    const port = await freePort();
    const server = await app.start("npx", ["next", word, "--hostname", "127.0.0.1", "--port", String(port)], /Ready in/, env);
    const visit = await browser.visit(`http://127.0.0.1:${port}/`);
    await run(visit, `http://127.0.0.1:${port}/`);
    await visit.leave();
    await server.stop();
  };
  /** Buys, goes to the second route, comes back, leaves; returns the paths of the views since `before`. */
  const shop = async (visit, before) => {
    await visit.page.locator("button").click();
    for (const [link, title] of [["/about", "About"], ["/", "Shop"]]) {
      await visit.page.click(`a[href='${link}']`);
      await visit.page.waitForFunction((title) => document.querySelector("h1")?.textContent === title, {}, title);
    }
    await visit.page.goto("about:blank");
    const views = () => collector.events().slice(before).filter(({ type }) => type === "page").map(({ context }) => context.page.path);
    return eventually(views, (found) => found.length >= 3);
  };
  try {
    await check("next build: server and client components import the package", () => app.run("npx", ["next", "build"], configured));
    await check("next start: each route is one view, by hand and automatic together", () =>
      open("start", configured, async (visit, url) => {
        assert.match(await (await fetch(url)).text(), /<h1>Shop<\/h1>/);
        assert.deepEqual(await shop(visit, 0), ["/", "/about", "/"]);
        assert.deepEqual(visit.said("error").concat(visit.errors), []);
        assert.equal((await collector.named("Bought", 1)).length, 1);
        assert.deepEqual(await collector.named("Rendered On The Server", 1, 0), []);
      }),
    );
    await check("the visitor is one person, by `holloway person`", async () => {
      const [bought] = await collector.named("Bought", 1);
      assert.equal(personOf(collector.data, bought.anonymousId).sessions.length, 1);
    });
    await check("next dev in StrictMode: effects run twice, views do not", () =>
      open("dev", configured, async (visit) => {
        assert.deepEqual(await shop(visit, collector.events().length), ["/", "/about", "/"]);
      }),
    );
    await check("an unset variable: the app builds, the page is there, one console.error says what is missing", async () => {
      await app.run("npx", ["next", "build"], QUIET);
      await open("start", QUIET, async (visit) => {
        await visit.page.locator("button").click();
        await eventually(() => visit.said("error").length, (count) => count > 0, 3_000);
        assert.deepEqual(visit.errors, []);
        assert.equal(await visit.page.$eval("h1", (it) => it.textContent), "Shop");
        assert.equal(visit.said("error").length, 1, JSON.stringify(visit.said("error")));
        assert.match(visit.said("error")[0], /writeKey/);
      });
    });
  } finally {
    await browser.close();
  }
});
