"""Python values as the text that crosses to the client."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import numbers
import typing
import uuid

DEPTH_MAX = 32
"""Levels of nesting. Anything deeper is written as null."""

VALUES_MAX = 20_000
"""Values of one object. Each takes two bytes or more, so that a larger object is above the 32 KiB of an event in any case."""

_LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""


class TooLarge(ValueError):
    """An object has more values than fit into an event."""


def json_object(values: typing.Mapping[str, typing.Any] | None) -> str | None:
    """Returns the JSON text of a mapping; none for none.

    :raises TypeError: for anything but a mapping
    :raises TooLarge: for more values than an event can have
    :raises Exception: whatever a mapping or a key of the app raises
    """
    if values is None:
        return None
    if not isinstance(values, typing.Mapping):
        raise TypeError(f"expected a mapping such as {{'plan': 'pro'}}, found {type(values).__name__}")
    return unicode(json.dumps(_Writer().plain(values, 0), ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def unicode(text: object) -> str:
    """Returns the text, with U+FFFD for half a surrogate pair, which UTF-8 cannot hold.

    None is the empty text, which is no name and no id: it must not become the user "None".
    """
    text = "" if text is None else str(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def unix_ms(at: datetime.datetime | float) -> int:
    """Returns milliseconds since 1970, up to the year 9999. A datetime without a zone is of the local one, as
    ``datetime.timestamp`` has it.

    :raises Exception: for anything that is no time
    """
    seconds = at.timestamp() if isinstance(at, datetime.datetime) else at
    return min(max(0, round(seconds * 1000)), _LATEST_MS)


class _Writer:
    """Turns one object of the app into values of JSON."""

    def __init__(self) -> None:
        self._values = 0
        self._containers: set[int] = set()  # those that the current value lies in

    def plain(self, value: typing.Any, depth: int) -> typing.Any:
        """Returns the value in words of JSON; anything that JSON has no word for as its ``str``."""
        self._values += 1
        if self._values > VALUES_MAX:
            raise TooLarge(f"more than {VALUES_MAX} values")
        if depth > DEPTH_MAX:
            return None
        if isinstance(value, enum.Enum):
            return self.plain(value.value, depth + 1)
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, numbers.Integral):  # with those of numpy
            return int(value)
        if isinstance(value, decimal.Decimal):
            return str(value) if value.is_finite() else None
        if isinstance(value, numbers.Real):
            number = float(value)
            return number if math.isfinite(number) else None
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, (bytes, bytearray, memoryview)):
            return base64.b64encode(value).decode()
        if isinstance(value, uuid.UUID):
            return str(value)
        if isinstance(value, (typing.Mapping, list, tuple, set, frozenset)) or _is_dataclass(value):
            return self._container(value, depth)
        try:
            return str(value)
        except Exception:  # a broken __str__ is no reason to lose the event
            return None

    def _container(self, value: typing.Any, depth: int) -> typing.Any:
        if id(value) in self._containers:
            return None  # it contains itself
        self._containers.add(id(value))
        try:
            if isinstance(value, typing.Mapping):
                return {_key(key): self.plain(item, depth + 1) for key, item in value.items()}
            if _is_dataclass(value):
                fields = dataclasses.fields(value)
                return {field.name: self.plain(getattr(value, field.name), depth + 1) for field in fields}
            return [self.plain(item, depth + 1) for item in value]
        finally:
            self._containers.discard(id(value))


def _is_dataclass(value: typing.Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _key(key: typing.Any) -> str:
    return str(key.value if isinstance(key, enum.Enum) else key)
