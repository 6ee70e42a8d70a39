// SvelteKit: rendered on the server, taken over in the page.

import assert from "node:assert/strict";

import { freePort } from "./app.mjs";
import { eventually } from "./checklist.mjs";
import { role } from "./role.mjs";
import { openBrowser } from "./visitor.mjs";

await role("sveltekit", async ({ app, collector, check }) => {
  await app.installNpm();
  await check("the app builds", () => app.run("npx", ["vite", "build", "--logLevel", "warn"]));

  const browser = await openBrowser();
  const open = async (env, run) => {
    const port = await freePort();
    const server = await app.start("node", ["build/index.js"], /Listening/, { HOST: "127.0.0.1", PORT: String(port), ...env });
    const visit = await browser.visit(`http://127.0.0.1:${port}/`);
    await run(visit, `http://127.0.0.1:${port}/`);
    await visit.leave();
    await server.stop();
    return server.printed();
  };
  try {
    await check("rendered on the server; views and events of the page are stored once", () =>
      open({ PUBLIC_HOLLOWAY_KEY: "web", PUBLIC_HOLLOWAY_HOST: collector.host }, async (visit, url) => {
        assert.match(await (await fetch(url)).text(), /<h1>Shop<\/h1>/);
        const button = await visit.page.waitForSelector("button");
        // The button works from the moment at which Svelte has taken the page over.
        const clicked = async () => {
          await button.click();
          return visit.page.evaluate(() => Object.values(localStorage).some((text) => text.includes('"Bought"')));
        };
        await eventually(clicked, (isRecorded) => isRecorded);
        await visit.page.click("a[href='/about']");
        await visit.page.waitForFunction(() => document.title === "About");
        await visit.page.goto("about:blank");
        const paths = await eventually(
          () => collector.events().filter(({ type }) => type === "page").map(({ context }) => context.page.path),
          (found) => found.length >= 2,
        );
        assert.deepEqual(paths, ["/", "/about"]);
        assert.deepEqual(visit.said("error").concat(visit.errors), []);
      }),
    );
    await check("without its variables the page lives, on the server and in the browser", async () => {
      const printed = await open({}, async (visit) => {
        await visit.page.waitForSelector("h1");
        await eventually(() => visit.said("error").length, (count) => count > 0, 3_000);
        assert.deepEqual(visit.errors, []);
        assert.equal(visit.said("error").length, 1, JSON.stringify(visit.said("error")));
        assert.match(visit.said("error")[0], /writeKey/);
      });
      assert.doesNotMatch(printed, /TypeError|Error:/);
    });
  } finally {
    await browser.close();
  }
});
