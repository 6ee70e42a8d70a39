"""What a client can tell its app. Calls that record something raise none of these: what cannot be sent is counted."""

from __future__ import annotations

import contextlib
import typing

from . import holloway_mobile as ffi


class HollowayError(Exception):
    """Base of all errors of this package. Raised itself when a defect inside has turned the client off."""


class WriteKeyError(HollowayError, ValueError):
    """The write key is empty."""


class SettingError(HollowayError, ValueError):
    """A setting has a value that no client can work with; the text says which one."""


class HostError(HollowayError, ValueError):
    """``host`` is not the origin of a collector, such as ``https://events.example.com``."""


class DirectoryError(HollowayError, OSError):
    """Events cannot be kept in ``directory``."""


class StartError(HollowayError, RuntimeError):
    """The client's thread or its HTTP client does not start."""


class TimedOutError(HollowayError, TimeoutError):
    """The collector has not acknowledged everything in time. Nothing is lost: what waits is sent later."""


class RefusedError(HollowayError, PermissionError):
    """The collector does not know the write key. Events wait until it does."""


class RejectedError(HollowayError, RuntimeError):
    """Some events were not accepted and are lost; the others were delivered. ``Client.losses`` has the reasons."""


class StoppedError(HollowayError, RuntimeError):
    """The client was shut down before."""


class ForkedError(HollowayError, RuntimeError):
    """The client was made before a fork: its threads live in the parent only. Make one in each process."""


_NAMES: dict[type[Exception], type[HollowayError]] = {
    ffi.HollowayError.WriteKey: WriteKeyError,
    ffi.HollowayError.Setting: SettingError,
    ffi.HollowayError.Host: HostError,
    ffi.HollowayError.Directory: DirectoryError,
    ffi.HollowayError.Start: StartError,
    ffi.HollowayError.TimedOut: TimedOutError,
    ffi.HollowayError.Refused: RefusedError,
    ffi.HollowayError.Rejected: RejectedError,
    ffi.HollowayError.Stopped: StoppedError,
    ffi.HollowayError.Disabled: HollowayError,
}


@contextlib.contextmanager
def translated() -> typing.Iterator[None]:
    """Errors of the binding leave under the names of this package."""
    try:
        yield
    except tuple(_NAMES) as error:
        raise _NAMES[type(error)](str(error)) from None
