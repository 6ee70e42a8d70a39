"""Python values as the text that crosses to the client."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import typing
import uuid

DEPTH_MAX = 32
"""Levels of nesting. What lies deeper is written as null, so that an object which contains itself comes to an end."""


def json_object(values: typing.Mapping[str, typing.Any] | None) -> str | None:
    """The JSON text of a mapping; none for none."""
    if values is None:
        return None
    if not isinstance(values, typing.Mapping):
        raise TypeError(f"expected a mapping such as {{'plan': 'pro'}}, found {type(values).__name__}")
    return unicode(json.dumps(_plain(values, 0), ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def unicode(text: object) -> str:
    """The text, with U+FFFD for what UTF-8 cannot hold: half a surrogate pair, from a cut emoji or a file name.

    None is the empty text, which names nobody and nothing: it must not become the user "None".
    """
    text = "" if text is None else str(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def unix_ms(at: datetime.datetime | float) -> int:
    """Milliseconds since 1970. A datetime without a zone is of the local one, as ``datetime.timestamp`` has it."""
    seconds = at.timestamp() if isinstance(at, datetime.datetime) else at
    return max(0, round(seconds * 1000))


def _plain(value: typing.Any, depth: int) -> typing.Any:
    """The value in words of JSON. Never fails: what JSON has no word for is written as its ``str``."""
    if depth > DEPTH_MAX:
        return None
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth + 1)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return str(value) if value.is_finite() else None
    if isinstance(value, typing.Mapping):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, uuid.UUID):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(value)}
    try:
        return str(value)
    except Exception:  # a broken __str__ is no reason to break the app
        return None


def _key(key: typing.Any) -> str:
    return str(key.value if isinstance(key, enum.Enum) else key)
