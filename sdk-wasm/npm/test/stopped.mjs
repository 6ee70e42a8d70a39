// A script that the browser stops halfway: Firefox does it to a tab that closes, people to a page that hangs. No
// `catch` and no `finally` runs then.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** For `evaluateOnNewDocument`: a write of a key with `stopAt` in its name never comes to its end. */
export const hangAtWrite = () => {
  const set = Storage.prototype.setItem;
  Storage.prototype.setItem = function (key, value) {
    while (window.stopAt && key.includes(window.stopAt)) window.hangs = true;
    set.call(this, key, value);
  };
};

/** Runs `act` on a page with `hangAtWrite`, and stops it at the write. */
export const stopAt = async (page, key, act) => {
  await page.evaluate((key) => void (window.stopAt = key), key);
  const devtools = await page.createCDPSession();
  const hanging = page.evaluate(act).then(
    () => "ended",
    () => "was stopped",
  );
  await pause(500);
  await devtools.send("Runtime.terminateExecution");
  assert.equal(await hanging, "was stopped");
  assert.ok(await page.evaluate(() => ((window.stopAt = ""), hangs)), "it got to the write");
};
