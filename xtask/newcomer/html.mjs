// A page without a bundler: the stub in <head>, and the script file beside it, both from the packed package.

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { serve } from "../../sdk-wasm/npm/test/app.mjs";
import { personOf, tarball } from "./app.mjs";
import { eventually } from "./checklist.mjs";
import { role } from "./role.mjs";
import { openBrowser } from "./visitor.mjs";

await role("html", async ({ app, collector, check }) => {
  await app.run("tar", ["-xzf", tarball()]);
  const dist = join(app.folder, "package/dist");
  const site = join(app.folder, "site");
  for (const name of ["holloway.iife.js", "holloway.all.iife.js", "core-script.js", "words.js"]) cpSync(join(dist, name), join(site, name));
  const page = (name, head) => writeFileSync(join(site, name), `<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">${head}</head><body><h1>Shop</h1><button>Buy</button><script>document.body.dataset.alive = "yes"</script></body></html>`);
  const stub = (calls) => `<script>${readFileSync(join(dist, "snippet.js"), "utf8")}\n${calls}</script><script async src="/holloway.all.iife.js"></script>`;
  const init = (options) => `window.hw = holloway.init(${JSON.stringify(options)});`;
  const options = { writeKey: "web", host: collector.host };
  page("index.html", stub(`${init({ ...options, features: { autocapture: true } })} hw.page(); hw.track("Opened"); hw.identify("ada");`));
  page("keyless.html", stub(`${init({ host: collector.host })} hw.page(); hw.track("Unheard");`));
  page("script.html", `<script src="/holloway.iife.js"></script><script>${init({})} hw.track("Unheard");</script>`);
  page("origin.html", `<script src="/holloway.iife.js"></script><script>${init({ ...options, host: "events.example.com" })} hw.track("Unheard");</script>`);
  page("debug.html", `<script src="/holloway.all.iife.js"></script><script>${init({ ...options, debug: true, features: { formz: true } })}</script>`);

  await check("the package has its licences, and source maps with their sources", () => {
    for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "NOTICE", "README.md"]) assert.ok(existsSync(join(app.folder, "package", name)), name);
    const { sourcesContent } = JSON.parse(readFileSync(join(dist, "index.js.map"), "utf8"));
    assert.ok(sourcesContent.every((text) => text.length > 0));
  });
  const served = await serve(site);
  const browser = await openBrowser();
  try {
    await check("the stub and the script deliver views, events and the user", async () => {
      const visit = await browser.visit(`${served.origin}/`);
      await visit.page.click("button");
      await visit.page.goto("about:blank");
      const types = await eventually(
        () => collector.events().map((event) => event.event ?? event.type),
        (found) => found.includes("Opened") && found.includes("identify"),
      );
      assert.deepEqual(visit.said("error").concat(visit.errors), []);
      assert.equal(types.filter((type) => type === "page").length, 1, `views of one page by hand and by autocapture: ${types}`);
      await visit.leave();
    });
    await check("they are one person's, by `holloway person`", () => {
      const person = personOf(collector.data, "ada");
      assert.equal(person.profile.event_counts.Opened ?? person.profile.event_counts.find?.(({ key }) => key === "Opened")?.value, 1, JSON.stringify(person.profile));
    });
    for (const [name, missing] of [["keyless.html", /writeKey|write key/i], ["script.html", /writeKey|write key/i], ["origin.html", /host/i]]) {
      await check(`${name}: the page lives, and one console.error says what is missing`, async () => {
        const visit = await browser.visit(`${served.origin}/${name}`);
        await eventually(() => visit.said("error").length, (count) => count > 0, 3_000);
        assert.deepEqual(visit.errors, [], "nothing is thrown");
        assert.equal(await visit.page.$eval("body", (body) => body.dataset.alive), "yes");
        assert.equal(visit.said("error").length, 1, `console.error: ${JSON.stringify(visit.said("error"))}`);
        assert.match(visit.said("error")[0], missing);
        await visit.leave();
      });
    }
    await check("debug: true: an unknown feature is warned of, by its name", async () => {
      const visit = await browser.visit(`${served.origin}/debug.html`);
      const lines = await eventually(() => visit.said("warn").join("\n"), (text) => text.includes("formz"), 5_000);
      assert.match(lines, /formz/);
      await visit.leave();
    });
    await check("nothing of these pages was stored", () => {
      assert.deepEqual(collector.events().filter((event) => event.event === "Unheard"), []);
    });
  } finally {
    await browser.close();
    await served.stop();
  }
});
