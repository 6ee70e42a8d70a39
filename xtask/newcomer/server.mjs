// What every server's role checks: one client, several users, each event with its own person.

import assert from "node:assert/strict";

import { personOf } from "./app.mjs";

/** The lines that an app printed, by the word before the first colon. */
export const sayings = (printed) =>
  new Map(printed.split("\n").filter((line) => line.includes(": ")).map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));

/**
 * Checks that each of `users` bought `each` times, by the stored events and by `holloway person`, and that no event has
 * another's id.
 */
export const checkUsers = async ({ collector, check }, users, each) => {
  const bought = collector.events().filter(({ event }) => event === "Bought");
  await check(`${users.length} users through one client: each event carries its own user`, () => {
    assert.equal(bought.length, users.length * each);
    for (const { userId, properties } of bought) assert.equal(userId, properties.by);
  });
  const people = new Set();
  for (const user of users) {
    await check(`holloway person ${user}: its own ${each} events, and no other id`, () => {
      const person = personOf(collector.data, user);
      people.add(person.person_id);
      assert.deepEqual(person.ids.filter(({ kind }) => kind === "user").map(({ id }) => id), [user]);
      assert.equal(count(person, "Bought"), each, JSON.stringify(person.profile));
    });
  }
  await check("they are different people", () => assert.equal(people.size, users.length));
  await check("no event has a session of the client's", () => {
    assert.deepEqual(bought.filter(({ context }) => context?.session), []);
  });
  await check("the visitor without a name is a person of its own", () => {
    const looked = collector.events().filter(({ event }) => event === "Looked");
    assert.deepEqual(looked.map(({ anonymousId, userId }) => [anonymousId, userId]), [["visitor-1", undefined]]);
    assert.ok(!people.has(personOf(collector.data, "visitor-1").person_id));
  });
};

const count = ({ profile }, event) => {
  const counts = profile.event_counts;
  return Array.isArray(counts) ? counts.find(({ key }) => key === event)?.value : counts[event];
};
