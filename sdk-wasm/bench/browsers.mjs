// Browsers as people have them: no mark of automation, and a profile of its own for each visitor.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import puppeteer from "puppeteer-core";

import { place } from "./places.mjs";

const LEFT_WAIT_MS = 10_000;

const chromium = (profile) => ({
  browser: "chrome",
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  userDataDir: profile,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-blink-features=AutomationControlled",
    // Whatever an SDK asks of its vendor's hosts stays here.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ],
});
const firefox = (profile) => ({
  browser: "firefox",
  executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr",
  headless: true,
  userDataDir: profile,
});

/** Starts one; `name` is `chromium` or `firefox`. */
export const openBrowser = async (name) => {
  const profile = mkdtempSync(join(place("profiles"), `${name}-`));
  const options = { chromium, firefox }[name]?.(profile);
  if (!options) throw new Error(`no browser named ${name}: chromium or firefox`);
  if (!existsSync(options.executablePath)) throw new Error(`no browser at ${options.executablePath}: install it, or set ${name.toUpperCase()}`);
  const browser = await puppeteer.launch(options);

  const disguise = async (page) => {
    await page.evaluateOnNewDocument(() => Object.defineProperty(Navigator.prototype, "webdriver", { get: () => false }));
    if (name != "chromium") return;
    const major = (await browser.version()).match(/\d+/)[0];
    const brands = [
      { brand: "Chromium", version: major },
      { brand: "Not=A?Brand", version: "24" },
    ];
    await page.setUserAgent({
      userAgent: (await browser.userAgent()).replace("Headless", ""),
      userAgentMetadata: { brands, platform: "Linux", platformVersion: "", architecture: "x86", model: "", mobile: false },
    });
  };

  return {
    version: () => browser.version(),
    /** Somebody who was never here before. */
    visitor: async () => {
      const context = await browser.createBrowserContext();
      let page;
      const left = async () => {
        const end = Date.now() + LEFT_WAIT_MS;
        while (!page.url().endsWith("/away")) {
          if (Date.now() > end) throw new Error(`expected the page to be left, found it at ${page.url()}`);
          await pause(10);
        }
      };
      const tab = async () => {
        if (page) return page;
        // A window of its own: a tab behind another would be a hidden page.
        page = await context.newPage({ type: "window" });
        await disguise(page);
        return page;
      };
      return {
        page: tab,
        /** Opens a page in the visitor's tab and waits for its script; `isLeaving` when that leaves at once. */
        open: async (url, isLeaving = false) => {
          const opened = (await tab()).goto(url);
          if (isLeaving) {
            opened.catch(() => {});
            return left();
          }
          await opened;
          await page.waitForFunction("window.bench");
        },
        run: (use, ...rest) => page.evaluate(use, ...rest),
        trackAndLeave: async (ids) => {
          // The page may be gone before it can answer.
          await page.evaluate((ids) => void bench.trackAndLeave(ids), ids).catch(() => {});
          await left();
        },
        close: () => page.close(),
        forget: () => context.close(),
      };
    },
    stop: async () => {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
