"""The client."""

from __future__ import annotations

import asyncio
import os
import threading
import types
import typing

from . import holloway_mobile as ffi
from . import process
from .error import SettingError, translated
from .options import OWN, Id, Properties, Time, log, options, text, written
from .scope import Scope
from .text import json_object, unicode

Consent = typing.Literal["unknown", "granted", "denied"]

_CONSENT = {"unknown": ffi.Consent.UNKNOWN, "granted": ffi.Consent.GRANTED, "denied": ffi.Consent.DENIED}


class Client:
    """One app's client. May be shared by threads; every call but ``flush`` and ``shutdown`` returns at once.

    In an app with one user (a desktop app, a script) the client has a visitor of its own: ``identify`` sets its user. A
    server has many users: there ``for_user`` and ``for_anonymous``, or the keywords ``user_id`` and ``anonymous_id``, say
    whose event it is, and the client's own visitor is left alone.

    **Properties, traits and context** are mappings of JSON values. Dates, UUIDs, enums, lists, tuples, sets and dataclasses
    are written as JSON writes them best, bytes as base64, NaN and infinity as null, ``Decimal`` as text so that no digit is
    lost, anything else as its ``str``. A container that contains itself, and anything nested deeper than 32 levels, is
    written as null.

    **Calls that record never raise.** An event that cannot be written (properties that are no mapping, a key that fails, a
    blank id, more than 32 KiB) is dropped with a warning of the logger ``holloway`` and counted in ``losses``.

    **Keywords of every event**: ``timestamp`` is a datetime or seconds since 1970, for events of the past; ``message_id``
    makes a repeated call count once; ``context`` is laid over the client's own; ``user_id`` and ``anonymous_id`` name
    another visitor than the client's own. None as an id is one that the app does not have: without any other id the event
    is refused and counted.

    **Forks**: a client that was made before a fork (gunicorn with ``--preload``, multiprocessing) opens anew in the child
    with the first call there, in the same directory, since threads do not survive a fork.
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
        app_name: str | None = None,
        app_version: str | None = None,
        exit_timeout: float = 2.0,
    ) -> None:
        """Opens the directory, and starts sending what a former run left in it.

        :param write_key: whose events these are
        :param host: the collector's origin; default ``http://127.0.0.1:8787``
        :param directory: where events wait; default ``holloway-events`` in the current folder
        :param flush_at: events after which a batch is sent, of 1 to 2,500; default 20
        :param flush_interval: seconds after which a batch is sent; default 30
        :param consent: consent at the start, a decision of a former run wins; default ``"granted"``
        :param context: context of every event, laid over ``os``, ``device`` and ``app``, which the client knows
        :param app_name: name of the app, for ``context.app``; default none
        :param app_version: its version
        :param exit_timeout: seconds that the end of the program waits for delivery, where the app has not called
            ``shutdown``; what is not sent then is sent by the next run; default 2
        :raises WriteKeyError, HostError, DirectoryError, SettingError, StartError: the text says what to change
        """
        if flush_at is not None and not (isinstance(flush_at, int) and 0 <= flush_at < 2**32):
            raise SettingError(f"expected a number of events of 1 to 2500 as flush_at, found {flush_at!r}")
        if flush_interval is not None and not flush_interval > 0:
            raise SettingError(f"expected a number of seconds above 0 as flush_interval, found {flush_interval!r}")
        self._config = ffi.HollowayConfig(
            write_key=unicode(write_key),
            face=ffi.Face.PYTHON,
            host=None if host is None else unicode(host),
            directory=None if directory is None else os.path.abspath(os.fsdecode(directory)),
            flush_at=flush_at,
            flush_interval_ms=None if flush_interval is None else _ms(flush_interval),
            consent=None if consent is None else _consent(consent),
            context=json_object(context),
            app_name=None if app_name is None else unicode(app_name),
            app_version=None if app_version is None else unicode(app_version),
        )
        with translated():
            self._native = ffi.HollowayClient(self._config)
        self._process = os.getpid()
        self._opening = threading.Lock()
        self._unopened = 0  # events lost because the client could not be opened after a fork
        self._exit_timeout = exit_timeout
        self._is_shut_down = False
        process.clients.add(self)

    def for_user(self, user_id: str | int | None) -> Scope:
        """Returns a handle for the events of a user: ``hw.for_user("ada").track("Ordered", {"total": 12.5})``."""
        return Scope(self, user_id, OWN)

    def for_anonymous(self, anonymous_id: str | int | None) -> Scope:
        """Returns a handle for the events of a visitor without a user id, such as the one of a web page's cookie."""
        return Scope(self, OWN, anonymous_id)

    def track(
        self,
        event: str,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        user_id: Id = OWN,
        anonymous_id: Id = OWN,
    ) -> None:
        """Records an event: ``hw.track("Signed Up", {"plan": "pro"})``."""
        name = text(event)
        label = f'event "{name}"'
        if not name:
            log.warning("an event is dropped: expected its name, found none")
        own = options(label, timestamp, message_id, context, user_id, anonymous_id)
        body = written(label, properties)
        self._record(label, lambda native: native.track(name, body, own))

    def page(
        self,
        name: str | None = None,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        user_id: Id = OWN,
        anonymous_id: Id = OWN,
    ) -> None:
        """Records the view of a page."""
        label = f'page "{text(name)}"'
        own = options(label, timestamp, message_id, context, user_id, anonymous_id)
        body = written(label, properties)
        self._record(label, lambda native: native.page(text(name), body, own))

    def screen(
        self,
        name: str | None = None,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        user_id: Id = OWN,
        anonymous_id: Id = OWN,
    ) -> None:
        """Records the view of a screen."""
        label = f'screen "{text(name)}"'
        own = options(label, timestamp, message_id, context, user_id, anonymous_id)
        body = written(label, properties)
        self._record(label, lambda native: native.screen(text(name), body, own))

    def identify(
        self,
        user_id: str | int | None,
        traits: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        anonymous_id: Id = OWN,
    ) -> None:
        """Makes ``user_id`` the user of this client's own visitor, until ``reset`` or another ``identify``.

        With an ``anonymous_id`` it changes nothing here, and records that this visitor is the user; with None, the traits of
        the user alone. Not for servers, where each request has a user of its own: see ``for_user``.
        """
        user = text(user_id)
        if anonymous_id is not OWN:
            self._identify("", traits, timestamp, message_id, context, user, anonymous_id)
            return
        if not user.strip():
            log.warning("identify is dropped: expected a user id, found none, or a blank one")
        self._identify(user, traits, timestamp, message_id, context, OWN, OWN)

    def _identify(
        self,
        name: str,
        traits: Properties | None,
        timestamp: Time | None,
        message_id: str | None,
        context: Properties | None,
        user_id: Id,
        anonymous_id: Id,
    ) -> None:
        own = options("identify", timestamp, message_id, context, user_id, anonymous_id)
        body = written("identify", traits)
        self._record("identify", lambda native: native.identify(name, body, own))

    def group(
        self,
        group_id: str,
        traits: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        user_id: Id = OWN,
        anonymous_id: Id = OWN,
    ) -> None:
        """Records that the user belongs to a group, such as a company."""
        own = options("group", timestamp, message_id, context, user_id, anonymous_id)
        body = written("group", traits)
        self._record("group", lambda native: native.group(text(group_id), body, own))

    def alias(
        self,
        user_id: str,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
        anonymous_id: Id = OWN,
        previous_id: Id = OWN,
    ) -> None:
        """Records that ``user_id`` is the same user as ``previous_id``, or without it as this client's own visitor."""
        own = options("alias", timestamp, message_id, context, previous_id, anonymous_id)
        self._record("alias", lambda native: native.alias(text(user_id), own))

    def reset(self, *, keep_anonymous_id: bool = False, keep_registered: bool = False) -> None:
        """Parts with the user: a new anonymous id, no user id, no registered properties, but for what is to be kept."""
        self._call("reset", lambda native: native.reset(keep_anonymous_id, keep_registered))

    def register(self, properties: Properties) -> None:
        """Adds properties to every later track, page and screen of this client's own visitor."""
        body = written("register", properties) or "{}"
        self._call("register", lambda native: native.register(body))

    def unregister(self, key: str) -> None:
        """Takes one of the registered properties away."""
        self._call("unregister", lambda native: native.unregister(text(key)))

    def set_context(self, context: Properties) -> None:
        """Replaces the context that every later event gets: laid over ``os``, ``device`` and ``app``, which the client
        knows."""
        body = written("set_context", context) or "{}"
        self._call("set_context", lambda native: native.set_context(body))

    def resume(self) -> None:
        """Sends again after the collector had refused the write key, which is known there now."""
        self._call("resume", lambda native: native.resume())

    def set_consent(self, consent: Consent) -> None:
        """Sets the consent of all that this client records: ``"granted"``, ``"denied"`` (wipes what waits, and records for
        no user) or ``"unknown"`` (kept in memory).

        It is the client's consent and not a user's: a server that asks each user keeps the answers itself.
        """
        self._opened().set_consent(_consent(consent))

    def flush(self, timeout: float = 10.0) -> None:
        """Sends everything, and returns when the collector has acknowledged it. In async code use ``flush_async``.

        :param timeout: seconds
        :raises TimedOutError, RefusedError: what waits is kept and sent later
        :raises RejectedError: some events are lost; the text counts them by reason
        :raises StoppedError: after ``shutdown``
        """
        with translated():
            self._opened().flush(_ms(timeout))

    async def flush_async(self, timeout: float = 10.0) -> None:
        """Sends everything, and returns when the collector has acknowledged it; other tasks run meanwhile.

        May be cancelled: the events are sent all the same. Parameters and errors as ``flush``.
        """
        await asyncio.to_thread(self.flush, timeout)

    def shutdown(self, timeout: float = 10.0) -> None:
        """Flushes, then stops the client. What was not sent in time is sent by the next one on the same directory.

        :param timeout: seconds
        :raises HollowayError: as ``flush``, and ``RejectedError`` also for events since the last flush that could not be
            written; the client is stopped in any case
        """
        self._is_shut_down = True
        with translated():
            self._opened().shutdown(_ms(timeout))

    async def shutdown_async(self, timeout: float = 10.0) -> None:
        """Flushes, then stops the client; other tasks run meanwhile. Parameters and errors as ``shutdown``."""
        await asyncio.to_thread(self.shutdown, timeout)

    @property
    def anonymous_id(self) -> str:
        """The id of this client's own visitor, which ``reset`` changes."""
        return self._opened().anonymous_id()

    @property
    def user_id(self) -> str | None:
        """The user of this client's own visitor, after ``identify``."""
        return self._opened().user_id()

    @property
    def queued_events(self) -> int:
        """Events that wait to be acknowledged."""
        return self._opened().queued_events()

    @property
    def losses(self) -> dict[str, int]:
        """Events lost since this client was made, by reason."""
        losses = dict(self._opened().losses())
        if self._unopened:
            losses["storage"] = losses.get("storage", 0) + self._unopened
        return losses

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
        except Exception as hidden:
            log.warning("%s", hidden)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def __repr__(self) -> str:
        return f"<holloway.Client {self._native.queued_events()} queued>" if self._here() else "<holloway.Client forked>"

    def _after_fork(self) -> None:
        # A thread of the parent may hold the lock.
        self._opening = threading.Lock()

    def _deliver_at_exit(self) -> None:
        if self._here() and not self._is_shut_down:
            try:
                self.shutdown(self._exit_timeout)
            except Exception as error:
                log.warning("at exit: %s", error)

    def _here(self) -> bool:
        return os.getpid() == self._process

    def _opened(self) -> ffi.HollowayClient:
        """Returns the native client of this process, which a fork does not bring along."""
        if not self._here():
            self._reopen()
        return self._native

    def _reopen(self) -> None:
        with self._opening:
            if not self._here():
                with translated():
                    self._native = ffi.HollowayClient(self._config)
                self._process = os.getpid()

    def _record(self, label: str, call: typing.Callable[[ffi.HollowayClient], None]) -> None:
        """Makes a call of which an event comes; it is counted where no client can be opened."""
        if not self._call(label, call):
            self._unopened += 1

    def _call(self, label: str, call: typing.Callable[[ffi.HollowayClient], None]) -> bool:
        """Makes a call; false, with a line in the log, where it fails."""
        try:
            call(self._opened())
            return True
        except Exception as error:
            log.warning("%s is dropped: %s", label, error)
            return False


def _consent(consent: Consent) -> ffi.Consent:
    try:
        return _CONSENT[consent]
    except KeyError:
        raise ValueError(f"expected a consent of {', '.join(_CONSENT)}, found {consent!r}") from None


def _ms(seconds: float) -> int:
    """Returns whole milliseconds; infinity is some 300,000 years, and what is no number no time."""
    return int(min(max(seconds * 1000, 0), 2**53)) if seconds == seconds else 0
