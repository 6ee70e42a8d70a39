"""One client of a server, many users, over real HTTP on loopback."""

import asyncio
import collections
import datetime
import decimal
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

import holloway
from collector import RealCollector, StubCollector

REQUEST = {"ip": "192.0.2.1", "userAgent": "Firefox", "page": {"path": "/cart"}, "locale": "de"}

EXITS = """
import holloway, sys
hw = holloway.Client("KEY", host=sys.argv[1], directory=sys.argv[2], flush_interval=3600)
hw.track("Left")
"""

FORKS = """
import holloway, os, sys
hw = holloway.Client("KEY", host=sys.argv[1], directory=sys.argv[2], flush_interval=3600)
hw.for_user("parent").track("Before")
children = []
for n in range(3):
    child = os.fork()
    if child == 0:
        hw.for_user(f"child-{n}").track("After")
        sys.exit(0)  # as a program ends: with the handlers of atexit and all destructors
    children.append(child)
unused = os.fork()
if unused == 0:
    del hw
    sys.exit(0)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in [*children, unused]]
hw.for_user("parent").track("Last")
hw.shutdown()
assert codes == [0, 0, 0, 0], codes
"""


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class BrokenMapping(collections.UserDict):
    def __iter__(self):
        raise RuntimeError("no keys")

    def items(self):
        raise RuntimeError("no items")


class WithCollector(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.collector = StubCollector()
        self.addCleanup(self.collector.close)

    def client(self, **settings: object) -> holloway.Client:
        settings.setdefault("host", self.collector.url)
        hw = holloway.Client("KEY", directory=self.folder / "events", **settings)  # type: ignore[arg-type]
        return hw


class Users(WithCollector):
    def test_every_call_for_a_user_is_that_users_and_the_clients_own_visitor_stays(self) -> None:
        with self.client(app_name="shop", app_version="2.1") as hw:
            hw.register({"own": True})
            ada = hw.for_user("ada")
            ada.track("Ordered", {"n": 1})
            ada.page("Cart")
            ada.screen("Cart")
            ada.identify({"plan": "pro"})
            ada.group("acme", {"seats": 5})
            ada.alias("ada@example.com")
            hw.for_anonymous("a1").track("Searched")
            ada.with_anonymous_id("a1").track("Joined")
            hw.track("Keyword", user_id=7, anonymous_id=None)
            hw.track("Own")
            hw.flush()
            self.assertEqual((hw.user_id, hw.losses), (None, {}))
            own_id = hw.anonymous_id
        events = self.collector.events
        kinds = ["track", "page", "screen", "identify", "group", "alias", "track", "track", "track", "track"]
        self.assertEqual([e["type"] for e in events], kinds)
        users = ["ada"] * 6 + [None, "ada", "7", None]
        self.assertEqual([e.get("userId") for e in events], users)
        self.assertEqual([e.get("anonymousId") for e in events], [None] * 6 + ["a1", "a1", None, own_id])
        for event in events[:-1]:
            self.assertNotIn("session", event["context"])
            self.assertNotIn("own", event.get("properties", {}))
            self.assertEqual(event["context"]["app"], {"name": "shop", "version": "2.1"})
        self.assertEqual((events[3]["traits"], events[4]["groupId"]), ({"plan": "pro"}, "acme"))
        self.assertEqual(events[5]["previousId"], "ada@example.com")
        self.assertEqual(events[-1]["context"]["session"]["eventIndex"], 1)
        self.assertEqual(events[-1]["properties"], {"own": True})

    def test_the_context_of_a_request_lies_over_the_clients(self) -> None:
        with self.client() as hw:
            request = hw.for_user("ada").with_context(REQUEST)
            request.track("A")
            request.with_context({"ip": "192.0.2.2"}).track("B", context={"locale": "fr"})
            hw.track("C", user_id="ada", context=REQUEST)
        first, second, third = (e["context"] for e in self.collector.events)
        for context in (first, third):
            self.assertEqual({key: context[key] for key in REQUEST}, REQUEST)
            self.assertNotIn("os", context)
        self.assertEqual((second["ip"], second["locale"], second["userAgent"]), ("192.0.2.2", "fr", "Firefox"))

    def test_a_blank_id_is_refused_and_no_ones(self) -> None:
        with self.client() as hw:
            with self.assertLogs("holloway", "WARNING") as log:
                for blank in ("", " \t", None, Broken()):
                    hw.for_user(blank).track("A")  # type: ignore[arg-type]
                    hw.track("B", user_id=blank)  # type: ignore[arg-type]
                hw.for_anonymous(None).identify({"plan": "pro"})
                hw.for_user("").alias("before")
                hw.for_anonymous("a1").alias("before")
                hw.for_user("ada").with_anonymous_id(" ").track("C")
            hw.flush()
            self.assertEqual(hw.losses, {"serialize": 12})
        self.assertEqual(self.collector.events, [])
        self.assertIn('event "A" is dropped: expected a user id', log.output[0])

    def test_a_request_without_the_cookie_is_the_users_alone(self) -> None:
        with self.client() as hw:
            hw.for_user("ada").with_anonymous_id(None).track("A")
            hw.identify("ada", {"plan": "pro"}, anonymous_id=None)
            hw.flush()
            self.assertEqual((hw.losses, hw.user_id), ({}, None))
        events = self.collector.events
        self.assertEqual([(e["type"], e["userId"], e.get("anonymousId")) for e in events], [
            ("track", "ada", None),
            ("identify", "ada", None),
        ])

    def test_a_login_without_a_user_is_refused_also_with_a_visitor(self) -> None:
        with self.client() as hw:
            with self.assertLogs("holloway", "WARNING") as log:
                hw.identify(None, {"plan": "pro"}, anonymous_id="a1")
                hw.identify(" ", anonymous_id="a1")
            hw.flush()
            self.assertEqual(hw.losses, {"serialize": 2})
        self.assertEqual(self.collector.events, [])
        self.assertIn("identify is dropped: expected a user id", log.output[0])


class Anything(WithCollector):
    def test_no_argument_of_a_recording_call_raises(self) -> None:
        circular: dict = {"a": 1}
        circular["self"] = [circular, circular]
        shared: list = []
        for _ in range(40):
            shared = [shared, shared]
        odd = [None, 1, 1.5, "text", b"bytes", [1], {1, 2}, object(), Broken(), BrokenMapping(), lambda: 1, float("nan")]
        with self.client() as hw, self.assertLogs("holloway", "WARNING"):
            for value in odd:
                for call in (hw.track, hw.page, hw.screen, hw.identify, hw.group, hw.alias, hw.for_user(value).track):
                    call(value)
                hw.track("E", value)
                hw.track("E", {"v": value}, context=value)
                hw.track("E", timestamp=value, message_id=value)
                hw.for_user("ada").with_context(value).track("E", context=value)
                hw.register(value)
                hw.unregister(value)
                hw.set_context(value)
            for number in (float("inf"), -1, 1e300, datetime.datetime.max, datetime.date.today()):
                hw.track("E", timestamp=number)
            for properties in ({Broken(): 1}, {"v": 10**5000}, {"v": shared}):
                hw.track("E", properties)
            hw.flush()
        # Whatever was sent is JSON, and the client goes on.
        with self.client() as hw:
            hw.set_context({})
            hw.track("After")
        self.assertEqual(self.collector.events[-1]["event"], "After")

    def test_values_are_converted_or_the_event_is_dropped_with_a_reason(self) -> None:
        circular: dict = {"a": 1}
        circular["self"] = [circular, circular]
        with self.client() as hw:
            hw.track("Kept", {
                "set": {1}, "bytes": b"\x00\xff", "when": datetime.date(2026, 12, 1), "price": decimal.Decimal("9.90"),
                "nan": float("nan"), "circular": circular,
            })
            with self.assertLogs("holloway", "WARNING") as log:
                hw.track("List", [1])  # type: ignore[arg-type]
                hw.track("Many", {"v": list(range(30_000))})
            hw.flush()
            self.assertEqual(hw.losses, {"serialize": 1, "too_large": 1})
        (event,) = self.collector.events
        self.assertEqual(event["properties"], {
            "set": [1], "bytes": "AP8=", "when": "2026-12-01", "price": "9.90", "nan": None,
            "circular": {"a": 1, "self": [None, None]},
        })
        self.assertIn('event "List" is dropped', log.output[0])
        self.assertIn("expected a mapping", log.output[0])
        self.assertIn('event "Many" is dropped: more than 20000 values', log.output[1])

    def test_a_shutdown_reports_what_was_lost(self) -> None:
        hw = self.client()
        hw.track("Large", {"text": "x" * 40_000})
        hw.track("Kept")
        with self.assertRaisesRegex(holloway.RejectedError, r"1 events are lost \(1 too_large\)"):
            hw.shutdown()
        self.assertEqual([e["event"] for e in self.collector.events], ["Kept"])


class Processes(WithCollector):
    def run_program(self, program: str, host: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", program, host, str(self.folder / "events")], capture_output=True, text=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_program_that_ends_delivers_first(self) -> None:
        self.run_program(EXITS, self.collector.url)
        self.assertEqual([e["event"] for e in self.collector.events], ["Left"])

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_client_of_before_a_fork_records_in_every_child(self) -> None:
        self.run_program(FORKS, self.collector.url)
        with self.client() as hw:  # sends what a child that ended in a hurry left
            hw.flush()
        users = sorted(e["userId"] for e in self.collector.events)
        self.assertEqual(users, ["child-0", "child-1", "child-2", "parent", "parent"])
        self.assertEqual(len({e["messageId"] for e in self.collector.events}), 5)


class Async(WithCollector):
    def test_async_forms_deliver_while_other_tasks_run(self) -> None:
        async def run() -> int:
            turns = 0

            async def other() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            async with self.client() as hw:
                task = asyncio.create_task(other())
                hw.for_user("ada").track("A")
                await hw.flush_async()
                self.assertEqual([e["event"] for e in self.collector.events], ["A"])
                hw.for_user("bob").track("B")
                task.cancel()
            with self.assertRaises(holloway.StoppedError):
                await hw.shutdown_async()
            return turns

        self.assertGreater(asyncio.run(run()), 1)
        self.assertEqual([e["userId"] for e in self.collector.events], ["ada", "bob"])

    def test_a_cancelled_flush_sends_all_the_same(self) -> None:
        async def run() -> None:
            async with self.client() as hw:
                hw.track("A")
                flush = asyncio.create_task(hw.flush_async())
                await asyncio.sleep(0)
                flush.cancel()

        asyncio.run(run())
        self.assertEqual([e["event"] for e in self.collector.events], ["A"])


@unittest.skipUnless(os.environ.get("HOLLOWAY_BIN"), "HOLLOWAY_BIN names no holloway program")
class RealUsers(unittest.TestCase):
    def test_two_users_through_one_client_are_two_persons(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        data = pathlib.Path(folder.name) / "data"
        program = os.environ["HOLLOWAY_BIN"]
        collector = RealCollector(program, str(data))
        self.addCleanup(collector.close)
        with holloway.Client("KEY", host=collector.url, directory=pathlib.Path(folder.name) / "events") as hw:
            threads = [
                threading.Thread(target=lambda u=user, n=count: [hw.for_user(u).track("Ordered") for _ in range(n)])
                for user, count in (("ada", 3), ("bob", 5))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        collector.stop()
        subprocess.run([program, "derive", "--data", str(data)], check=True, capture_output=True)

        def person(id: str) -> dict:
            told = subprocess.run([program, "person", id, "--data", str(data), "--json"], check=True, capture_output=True)
            return json.loads(told.stdout)

        ada, bob = person("ada"), person("bob")
        self.assertNotEqual(ada["person_id"], bob["person_id"])
        self.assertEqual([i["id"] for i in ada["ids"]], ["ada"])
        self.assertEqual((ada["profile"]["events"], bob["profile"]["events"]), (3, 5))


if __name__ == "__main__":
    unittest.main()
