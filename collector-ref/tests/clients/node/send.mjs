import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "NODE", host: process.argv[2], flushAt: 3 });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
analytics.track({ userId: "u1", event: "Signed Up", properties: { plan: "pro", price: 1.1 } });
analytics.page({ anonymousId: "a1", name: "Home", properties: { path: "/" } });
analytics.screen({ anonymousId: "a1", name: "Inbox" });
analytics.identify({ userId: "u1", traits: { email: "ada@example.com" } });
analytics.group({ userId: "u1", groupId: "g1", traits: { name: "Acme" } });
analytics.alias({ userId: "u1", previousId: "a1" });
await analytics.closeAndFlush({ timeout: 10_000 });
