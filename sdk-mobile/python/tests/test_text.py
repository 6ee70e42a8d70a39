"""What Python values become."""

import dataclasses
import datetime
import decimal
import enum
import json
import unittest
import uuid

from holloway.text import DEPTH_MAX, TooLarge, json_object, unicode, unix_ms


class Plan(enum.Enum):
    PRO = "pro"


@dataclasses.dataclass
class Price:
    amount: int
    currency: str


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Text(unittest.TestCase):
    def check(self, value: object, expected: str) -> None:
        self.assertEqual(json_object({"v": value}), f'{{"v":{expected}}}')

    def test_values_of_json_are_written_as_they_are(self) -> None:
        self.check(None, "null")
        self.check(True, "true")
        self.check(2**70, "1180591620717411303424")
        self.check(0.1, "0.1")
        self.check('é"\n', '"é\\"\\n"')
        self.check([1, (2, {"a": 3})], '[1,[2,{"a":3}]]')
        self.check({1: "a"}, '{"1":"a"}')

    def test_python_values_become_the_nearest_value_of_json(self) -> None:
        self.check(datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), '"2026-01-02T03:04:00+00:00"')
        self.check(datetime.date(2026, 1, 2), '"2026-01-02"')
        self.check(decimal.Decimal("19.90"), '"19.90"')
        self.check(uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"')
        self.check(Plan.PRO, '"pro"')
        self.check(Price(5, "EUR"), '{"amount":5,"currency":"EUR"}')
        self.check({7}, "[7]")
        self.check(b"\x00\xff", '"AP8="')

    def test_what_json_has_no_word_for_never_fails(self) -> None:
        self.check(float("nan"), "null")
        self.check(float("-inf"), "null")
        self.check(decimal.Decimal("NaN"), "null")
        self.check(Broken(), "null")
        self.check("cut \ud83d", '"cut \ufffd"')

    def test_an_object_that_contains_itself_comes_to_an_end(self) -> None:
        loop: list = []
        loop.extend([loop, loop, {"a": loop}])
        self.check(loop, '[null,null,{"a":null}]')
        twice = [1]
        self.check([twice, twice], "[[1],[1]]")

    def test_what_is_deeper_than_32_levels_is_null(self) -> None:
        deep: list = []
        for _ in range(100):
            deep = [deep]
        text = json_object({"v": deep})
        assert text is not None
        self.assertEqual(text.count("["), DEPTH_MAX)
        json.loads(text)

    def test_more_values_than_an_event_can_have_are_refused_early(self) -> None:
        doubled: list = []
        for _ in range(30):
            doubled = [doubled, doubled]
        with self.assertRaises(TooLarge):
            json_object({"v": doubled})

    def test_no_mapping_is_a_mistake_of_the_app(self) -> None:
        self.assertIsNone(json_object(None))
        with self.assertRaisesRegex(TypeError, "found list"):
            json_object(["plan"])  # type: ignore[arg-type]

    def test_text_that_utf8_cannot_hold_is_replaced(self) -> None:
        self.assertEqual(unicode("a\ud800b"), "a\ufffdb")
        self.assertEqual(unicode("\ud83d\ude00"), "\U0001f600", "two halves are one emoji")

    def test_times(self) -> None:
        self.assertEqual(unix_ms(1.5), 1500)
        self.assertEqual(unix_ms(datetime.datetime(1970, 1, 1, 0, 0, 2, tzinfo=datetime.timezone.utc)), 2000)
        self.assertEqual(unix_ms(-5), 0)


if __name__ == "__main__":
    unittest.main()
