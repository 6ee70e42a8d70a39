"""The client, over real HTTP on loopback."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import holloway
from collector import RealCollector, StubCollector

# Nobody listens on port 9, and no event waits for a flush before the end.
KILLED = """
import holloway, os, signal, sys
hw = holloway.Client("KEY", host="http://127.0.0.1:9", directory=sys.argv[1])
for n in range(100):
    hw.track("Kept", {"n": n})
os.kill(os.getpid(), signal.SIGKILL)
"""


class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Delivery(WithFolder):
    def setUp(self) -> None:
        super().setUp()
        self.collector = StubCollector()
        self.addCleanup(self.collector.close)

    def client(self, directory: str = "events", **settings: object) -> holloway.Client:
        settings.setdefault("host", self.collector.url)
        return holloway.Client("KEY", directory=self.folder / directory, **settings)  # type: ignore[arg-type]

    def test_every_kind_of_event_arrives_in_order(self) -> None:
        with self.client() as hw:
            hw.track("Signed Up", {"plan": "pro", "price": 19.9, "tags": ["a"]})
            hw.identify("u1", {"email": "a@example.com"})
            hw.page("Home", {"path": "/"})
            hw.screen("Cart")
            hw.group("acme", {"seats": 5})
            hw.alias("u2")
            hw.flush()
            self.assertEqual(hw.queued_events, 0)
            self.assertEqual(hw.losses, {})
            self.assertEqual(hw.user_id, "u2")
        events = self.collector.events
        self.assertEqual([e["type"] for e in events], ["track", "identify", "page", "screen", "group", "alias"])
        track, identify, page, screen, group, alias = events
        self.assertEqual(track["event"], "Signed Up")
        self.assertEqual(track["properties"], {"plan": "pro", "price": 19.9, "tags": ["a"]})
        self.assertEqual(track["context"]["library"]["name"], "holloway-python")
        self.assertNotIn("userId", track)
        self.assertEqual((identify["userId"], identify["traits"]), ("u1", {"email": "a@example.com"}))
        self.assertEqual((page["name"], page["userId"]), ("Home", "u1"))
        self.assertEqual(screen["name"], "Cart")
        self.assertEqual((group["groupId"], group["traits"]), ("acme", {"seats": 5}))
        self.assertEqual((alias["userId"], alias["previousId"]), ("u2", "u1"))
        self.assertEqual(len({e["anonymousId"] for e in events}), 1)
        self.assertEqual(len({e["messageId"] for e in events}), 6)
        self.assertEqual({b["writeKey"] for b in self.collector.batches}, {"KEY"})

    def test_registered_properties_are_on_later_events_until_reset(self) -> None:
        with self.client() as hw:
            hw.register({"build": 7, "beta": True})
            hw.unregister("beta")
            hw.track("A", {"x": 1})
            hw.flush()
            first = hw.anonymous_id
            hw.reset()
            hw.track("B")
        a, b = self.collector.events
        self.assertEqual(a["properties"], {"build": 7, "x": 1})
        self.assertEqual(a["anonymousId"], first)
        self.assertFalse(b.get("properties"))
        self.assertNotEqual(b["anonymousId"], first)

    def test_an_event_may_bring_its_own_id_time_and_context(self) -> None:
        with self.client(context={"app": {"name": "shop"}}) as hw:
            hw.track("Paid", timestamp=1_700_000_000.25, message_id="order-7", context={"locale": "de-AT"})
        (event,) = self.collector.events
        self.assertEqual(event["messageId"], "order-7")
        self.assertEqual(event["timestamp"], "2023-11-14T22:13:20.250Z")
        self.assertEqual(event["context"]["locale"], "de-AT")
        self.assertEqual(event["context"]["app"], {"name": "shop"})
        self.assertEqual(event["context"]["library"]["name"], "holloway-python")

    def test_text_that_utf8_cannot_hold_does_not_break_the_app(self) -> None:
        with self.client() as hw:
            hw.track("cut \ud83d", {"k\ud83d": float("nan")})
            hw.identify("u\ud800")
        track, identify = self.collector.events
        self.assertEqual((track["event"], track["properties"]), ("cut \ufffd", {"k\ufffd": None}))
        self.assertEqual(identify["userId"], "u\ufffd")

    def test_events_of_many_threads_all_arrive_once(self) -> None:
        with self.client() as hw:
            threads = [
                threading.Thread(target=lambda t=t: [hw.track("T", {"n": t * 100 + i}) for i in range(100)])
                for t in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        numbers = sorted(e["properties"]["n"] for e in self.collector.events)
        self.assertEqual(numbers, list(range(800)))

    def test_events_of_an_outage_are_sent_by_the_next_client(self) -> None:
        self.collector.status = 503
        hw = self.client()
        hw.track("Kept")
        with self.assertRaises(holloway.TimedOutError):
            hw.flush(timeout=0.2)
        with self.assertRaises(holloway.HollowayError):
            hw.shutdown(timeout=0.2)
        with self.assertRaises(holloway.StoppedError):
            hw.flush()
        self.collector.status = 200
        with self.client() as hw:
            hw.flush()
        self.assertEqual([e["event"] for e in self.collector.events], ["Kept"])

    @unittest.skipUnless(hasattr(signal, "SIGKILL"), "no SIGKILL here")
    def test_events_of_a_killed_process_are_sent_by_the_next(self) -> None:
        killed = subprocess.run([sys.executable, "-c", KILLED, str(self.folder / "events")])
        self.assertEqual(killed.returncode, -signal.SIGKILL)
        with self.client() as hw:
            hw.flush()
        self.assertEqual([e["properties"]["n"] for e in self.collector.events], list(range(100)))
        self.assertEqual(len({e["messageId"] for e in self.collector.events}), 100)

    def test_a_refused_key_says_so(self) -> None:
        self.collector.status = 401
        hw = self.client()
        hw.track("Kept")
        with self.assertRaisesRegex(holloway.RefusedError, "write key"):
            hw.flush()
        self.collector.status = 200
        hw.resume()
        hw.flush()
        hw.shutdown()
        self.assertEqual([e["event"] for e in self.collector.events], ["Kept"])

    def test_nothing_is_sent_when_consent_is_denied(self) -> None:
        with self.client(consent="unknown") as hw:
            hw.track("Before")
            hw.set_consent("denied")
            hw.track("After")
        self.assertEqual([e.get("event") for e in self.collector.events if e["type"] == "track"], [])

    def test_an_event_that_is_too_large_is_a_counted_loss(self) -> None:
        with self.client() as hw:
            hw.track("Large", {"text": "x" * 40_000})
            hw.track("Small")
            hw.flush()
            self.assertEqual(sum(hw.losses.values()), 1, hw.losses)
        self.assertEqual([e["event"] for e in self.collector.events], ["Small"])
        self.assertEqual(sum(sum(b.get("losses", {}).values()) for b in self.collector.batches), 1)

    def test_no_id_names_nobody_rather_than_the_user_none(self) -> None:
        with self.client() as hw:
            hw.identify(42, {})
            hw.identify(None, {"plan": "free"})
            hw.track(None)  # type: ignore[arg-type]
            hw.flush(timeout=float("inf"))
            self.assertEqual(hw.losses, {"serialize": 2})
            self.assertEqual(hw.user_id, "42")
        (user,) = self.collector.events
        self.assertEqual(user["userId"], "42")

    def test_the_error_of_the_app_is_the_one_to_see(self) -> None:
        with self.assertRaisesRegex(KeyError, "of the app"):
            with self.client() as hw:
                hw.shutdown()
                raise KeyError("of the app")  # leaving shuts down once more, which fails, and is not what is seen


class Settings(WithFolder):
    def test_mistakes_are_named_with_what_to_do(self) -> None:
        (self.folder / "file").write_text("")
        cases = [
            ({"write_key": ""}, holloway.WriteKeyError, "write key"),
            ({"host": "example.com"}, holloway.HostError, "https://events.example.com, found \"example.com\""),
            ({"directory": self.folder / "file" / "sub"}, holloway.DirectoryError, "directory that can be written to"),
            ({"host": "http://example.com:99999"}, holloway.HostError, "1 to 65535"),
            ({"consent": "yes"}, ValueError, "unknown, granted, denied"),
            ({"flush_at": 0}, holloway.SettingError, "flush_at, found 0"),
            ({"flush_at": -1}, holloway.SettingError, "flush_at, found -1"),
            ({"flush_interval": 0}, holloway.SettingError, "flush_interval, found 0"),
            ({"flush_interval": float("nan")}, holloway.SettingError, "flush_interval, found nan"),
        ]
        for settings, error, words in cases:
            with self.subTest(settings), self.assertRaisesRegex(error, words):
                settings.setdefault("directory", self.folder / "events")
                holloway.Client(settings.pop("write_key", "KEY"), **settings)  # type: ignore[arg-type]


@unittest.skipUnless(os.environ.get("HOLLOWAY_BIN"), "HOLLOWAY_BIN names no holloway program")
class RealDelivery(WithFolder):
    def test_the_collector_stores_every_event_once(self) -> None:
        collector = RealCollector(os.environ["HOLLOWAY_BIN"], str(self.folder / "data"))
        self.addCleanup(collector.close)
        with holloway.Client("KEY", host=collector.url, directory=self.folder / "events") as hw:
            hw.identify("u1", {"plan": "pro"})
            for n in range(50):
                hw.track("Counted", {"n": n})
            hw.flush()
            self.assertEqual((hw.queued_events, hw.losses), (0, {}))
        fates = collector.fates()
        self.assertEqual(fates["stored"], 51)
        self.assertEqual({fate: n for fate, n in fates.items() if n}, {"stored": 51})


if __name__ == "__main__":
    unittest.main()
