const { init } = require("@holloway/browser");
const { createMockClient } = require("@holloway/browser/testing");

const { signUp } = require("./signup.js");

test("the package is required under CommonJS, and does nothing without a page", async () => {
  const hw = init({ writeKey: "web", host: "https://events.example.com" });
  expect(signUp(hw, "pro")).toBe("pro");
  expect(await hw.ready).toBe(false);
  expect(await hw.flush()).toBe(true);
  for (const entry of ["autocapture", "forms", "media", "vitals", "exposure", "linker", "devtools"]) {
    expect(typeof require(`@holloway/browser/${entry}`)).toBe("object");
  }
});

test("the mock keeps what was recorded", () => {
  const hw = createMockClient();
  signUp(hw, "pro");
  expect(hw.calls.map((call) => [call.method, call.arguments[0]])).toEqual([
    ["identify", "ada"],
    ["track", "Signed Up"],
  ]);
  expect(hw.events("Signed Up")).toEqual([{ plan: "pro" }]);
});
