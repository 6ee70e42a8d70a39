// What tests of visitors stand on: an app and Chromium for all of them, a collector and a profile for each.

import { after, afterEach, before, beforeEach } from "node:test";

import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

/** Sets it all up, and takes it down after; `tell` hears what there is before each test. */
export const stage = (serveApp, tell, collectorOptions = []) => {
  let app, browser, collector, context;
  before(async () => {
    app = await serveApp();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await app?.stop();
  });
  beforeEach(async () => {
    collector = await startCollector(undefined, 0, collectorOptions);
    context = await browser.createBrowserContext();
    tell({ app, browser, collector, context });
  });
  afterEach(async () => {
    await context.close();
    await collector.stop();
    collector.remove();
  });
};
