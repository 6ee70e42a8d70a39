// Chromium as a visitor and a developer use it: pages in a profile of their own, and everything that the console says.

import { launch } from "../../sdk-wasm/npm/test/chromium.mjs";

/** Starts Chromium; `visit` opens a page with an empty profile. */
export const openBrowser = async () => {
  const browser = await launch();
  return {
    /** Opens `url`; `said(kind)` returns the console's lines of that kind, `errors` what was thrown. */
    visit: async (url) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const lines = [];
      const errors = [];
      page.on("console", (line) => lines.push({ kind: line.type(), text: line.text() }));
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(url, { waitUntil: "load" });
      return {
        page,
        errors,
        said: (kind) => lines.filter((line) => line.kind === kind).map((line) => line.text),
        leave: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
};
