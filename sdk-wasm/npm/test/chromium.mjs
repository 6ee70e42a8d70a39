// Chromium, fresh each time.

import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

import puppeteer from "puppeteer-core";

import { target } from "./places.mjs";

export const launch = async () => {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}: install it, or set CHROMIUM`);
  return puppeteer.launch({
    executablePath,
    userDataDir: mkdtempSync(join(target, "npm-test/profile-")),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-quic",
      "--no-first-run",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
};

/** Opens the app's page in a profile of its own, with its core running. */
export const visit = async (browser, url) => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector("html[data-ready=true]");
  return { context, page };
};
