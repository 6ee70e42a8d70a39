"""What an app may say about one event besides its properties, on its way to the client."""

from __future__ import annotations

import datetime
import enum
import logging
import typing

from . import holloway_mobile as ffi
from .text import TooLarge, json_object, unicode, unix_ms

Properties = typing.Mapping[str, typing.Any]
Time = typing.Union[datetime.datetime, float]

log = logging.getLogger("holloway")

_NO_OBJECT = "no object"
"""Stands for an object that could not be written: the client drops the event and counts it as ``serialize``."""

_TOO_LARGE = '{"v":"' + "x" * 33_000 + '"}'
"""Stands for an object that no event can hold: the client drops the event and counts it as ``too_large``."""


class Own(enum.Enum):
    """The default of an id: the client's own visitor. None is not that: it is an id that the app does not have."""

    VISITOR = "the client's own visitor"


OWN = Own.VISITOR

Id = typing.Union[str, int, None, Own]


def options(
    label: str,
    timestamp: Time | None,
    message_id: str | None,
    context: Properties | None,
    user_id: Id = OWN,
    anonymous_id: Id = OWN,
) -> ffi.EventOptions | None:
    """Returns the options of a call. Never raises."""
    user, anonymous = _ids(label, user_id, anonymous_id)
    if timestamp is None and message_id is None and context is None and user is None and anonymous is None:
        return None
    return ffi.EventOptions(
        message_id=None if message_id is None else text(message_id),
        timestamp_ms=_milliseconds(label, timestamp),
        context=written(label, context),
        user_id=user,
        anonymous_id=anonymous,
    )


def text(value: object) -> str:
    """Returns a name or an id as text; empty, and so refused by the client, where the app's ``__str__`` fails."""
    try:
        return unicode(value)
    except Exception:
        return ""


def written(label: str, values: Properties | None) -> str | None:
    """Returns an object as JSON, or as a text that the client drops and counts. Never raises."""
    try:
        return json_object(values)
    except TooLarge as error:
        log.warning("%s is dropped: %s", label, error)
        return _TOO_LARGE
    except Exception as error:
        log.warning("%s is dropped: its properties, traits or context cannot be written as JSON: %s", label, _said(error))
        return _NO_OBJECT


def _ids(label: str, user_id: Id, anonymous_id: Id) -> tuple[str | None, str | None]:
    """Returns the ids of an event; none and none for the client's own visitor."""
    if user_id is OWN and anonymous_id is OWN:
        return None, None
    given = [None if id is OWN or id is None else text(id) for id in (user_id, anonymous_id)]
    if given == [None, None]:
        given[0] = ""  # the client refuses and counts it
    if any(id is not None and not id.strip() for id in given):
        log.warning("%s is dropped: expected a user id or an anonymous id, found none, or a blank one", label)
    return given[0], given[1]


def _milliseconds(label: str, timestamp: Time | None) -> int | None:
    if timestamp is None:
        return None
    try:
        return unix_ms(timestamp)
    except Exception as error:
        log.warning("%s has the time of the call: its timestamp is no time: %s", label, _said(error))
        return None


def _said(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
