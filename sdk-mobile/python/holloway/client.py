"""The client."""

from __future__ import annotations

import datetime
import os
import types
import typing

from . import holloway_mobile as ffi
from .error import ForkedError, translated
from .text import json_object, unicode, unix_ms

Properties = typing.Mapping[str, typing.Any]
Time = typing.Union[datetime.datetime, float]
Consent = typing.Literal["unknown", "granted", "denied"]

_CONSENT = {"unknown": ffi.Consent.UNKNOWN, "granted": ffi.Consent.GRANTED, "denied": ffi.Consent.DENIED}


class Client:
    """One app's client. May be shared by threads; every call but ``flush`` and ``shutdown`` returns at once.

    Properties and traits are mappings of JSON values. Dates, UUIDs, enums, sets and dataclasses are written as JSON
    writes them best, NaN and infinity as null, ``Decimal`` as text so that no digit is lost, anything else as its ``str``.

    ``timestamp`` is a datetime or seconds since 1970, for events of the past; ``message_id`` makes a repeated call count
    once; ``context`` is laid over the client's own.

    Each process makes its own client: threads do not survive a fork.
    """

    def __init__(
        self,
        write_key: str,
        *,
        host: str | None = None,
        directory: str | os.PathLike[str] | None = None,
        flush_at: int | None = None,
        flush_interval: float | None = None,
        consent: Consent | None = None,
        context: Properties | None = None,
    ) -> None:
        """Opens the directory, and starts sending what a former run left in it.

        :param write_key: whose events these are
        :param host: the collector's origin; default ``http://127.0.0.1:8787``
        :param directory: where events wait; default ``holloway-events`` in the current folder
        :param flush_at: events after which a batch is sent; default 20
        :param flush_interval: seconds after which a batch is sent; default 30
        :param consent: consent at the start, what the user said in a former run wins; default ``"granted"``
        :param context: context of every event, such as ``{"app": {"name": "shop", "version": "2.1"}}``
        :raises WriteKeyError, HostError, DirectoryError, StartError: the text says what to change
        """
        config = ffi.HollowayConfig(
            write_key=unicode(write_key),
            face=ffi.Face.PYTHON,
            host=None if host is None else unicode(host),
            directory=None if directory is None else os.fsdecode(directory),
            flush_at=flush_at,
            flush_interval_ms=None if flush_interval is None else _ms(flush_interval),
            consent=None if consent is None else _consent(consent),
            context=json_object(context),
        )
        with translated():
            self._native = ffi.HollowayClient(config)
        self._process = os.getpid()

    def track(
        self,
        event: str,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Somebody did something: ``hw.track("Signed Up", {"plan": "pro"})``."""
        options = _options(timestamp, message_id, context)
        self._client().track(unicode(event), json_object(properties), options)

    def page(
        self,
        name: str | None = None,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """A page was viewed."""
        options = _options(timestamp, message_id, context)
        self._client().page(None if name is None else unicode(name), json_object(properties), options)

    def screen(self, name: str | None = None, properties: Properties | None = None) -> None:
        """A screen was viewed."""
        self._client().screen(None if name is None else unicode(name), json_object(properties))

    def identify(
        self,
        user_id: str | None,
        traits: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """This client's user is ``user_id``, from now on and until ``reset`` or another ``identify``.

        With None the traits are of the user whom the client knows, or of nobody in particular.
        """
        options = _options(timestamp, message_id, context)
        self._client().identify(unicode(user_id), json_object(traits), options)

    def group(self, group_id: str, traits: Properties | None = None) -> None:
        """The user belongs to a group, such as a company."""
        self._client().group(unicode(group_id), json_object(traits))

    def alias(self, user_id: str) -> None:
        """``user_id`` is the same user as the one whom this client knew until now."""
        self._client().alias(unicode(user_id))

    def reset(self, *, keep_anonymous_id: bool = False, keep_registered: bool = False) -> None:
        """The user is gone: a new anonymous id, no user id, no registered properties, but for what is to be kept."""
        self._client().reset(keep_anonymous_id, keep_registered)

    def register(self, properties: Properties) -> None:
        """Adds properties to every later track, page and screen."""
        self._client().register(json_object(properties) or "{}")

    def unregister(self, key: str) -> None:
        """Takes one of the registered properties away."""
        self._client().unregister(unicode(key))

    def set_context(self, context: Properties) -> None:
        """Replaces the context that every later event gets, such as ``app`` and ``device``."""
        self._client().set_context(json_object(context) or "{}")

    def resume(self) -> None:
        """The write key that the collector refused is known there now: sending goes on."""
        self._client().resume()

    def set_consent(self, consent: Consent) -> None:
        """The user's decision: ``"granted"``, ``"denied"`` (wipes what waits) or ``"unknown"`` (kept in memory)."""
        self._client().set_consent(_consent(consent))

    def flush(self, timeout: float = 10.0) -> None:
        """Sends everything, and returns when the collector has acknowledged it.

        :param timeout: seconds
        :raises TimedOutError, RefusedError: nothing is lost, what waits is sent later
        :raises RejectedError: some events are lost, see ``losses``
        :raises StoppedError: after ``shutdown``
        """
        with translated():
            self._client().flush(_ms(timeout))

    def shutdown(self, timeout: float = 10.0) -> None:
        """Flushes, then stops the client. What was not sent in time is sent by the next one on the same directory.

        :param timeout: seconds
        :raises HollowayError: as ``flush``; the client is stopped in any case
        """
        with translated():
            self._client().shutdown(_ms(timeout))

    @property
    def anonymous_id(self) -> str:
        """The id of this client's directory, which ``reset`` changes."""
        return self._client().anonymous_id()

    @property
    def user_id(self) -> str | None:
        """The user's id, after ``identify``."""
        return self._client().user_id()

    @property
    def queued_events(self) -> int:
        """Events that wait to be acknowledged."""
        return self._client().queued_events()

    @property
    def losses(self) -> dict[str, int]:
        """Events lost since this client was made, by reason."""
        return self._client().losses()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if error is None:
            self.shutdown()
            return
        # The app's own error is the one to see; events are on disk.
        try:
            self.shutdown()
        except Exception:
            pass

    def __repr__(self) -> str:
        return f"<holloway.Client {self._native.queued_events()} queued>" if self._here() else "<holloway.Client forked>"

    def _here(self) -> bool:
        return os.getpid() == self._process

    def _client(self) -> ffi.HollowayClient:
        if not self._here():
            raise ForkedError(f"this client was made in process {self._process}: make one in each process, after the fork")
        return self._native


def _options(
    timestamp: Time | None, message_id: str | None, context: Properties | None
) -> ffi.EventOptions | None:
    if timestamp is None and message_id is None and context is None:
        return None
    return ffi.EventOptions(
        message_id=None if message_id is None else unicode(message_id),
        timestamp_ms=None if timestamp is None else unix_ms(timestamp),
        context=json_object(context),
    )


def _consent(consent: Consent) -> ffi.Consent:
    try:
        return _CONSENT[consent]
    except KeyError:
        raise ValueError(f"expected a consent of {', '.join(_CONSENT)}, found {consent!r}") from None


def _ms(seconds: float) -> int:
    """Whole milliseconds; for ever is some 300,000 years."""
    return int(min(max(seconds * 1000, 0), 2**53))
