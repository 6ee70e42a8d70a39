"""Errors of settings, of ``flush`` and of ``shutdown``. Calls that record something raise none of these."""

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
    """Some events are lost, and the others were delivered. The text counts them by reason, and so does ``Client.losses``."""


class StoppedError(HollowayError, RuntimeError):
    """The client was shut down before."""


# The binding adds the kinds of its error at import, where no type checker sees them.
_ffi: typing.Any = ffi.HollowayError

_NAMES: dict[type[Exception], type[HollowayError]] = {
    _ffi.WriteKey: WriteKeyError,
    _ffi.Setting: SettingError,
    _ffi.Host: HostError,
    _ffi.Directory: DirectoryError,
    _ffi.Start: StartError,
    _ffi.TimedOut: TimedOutError,
    _ffi.Refused: RefusedError,
    _ffi.Rejected: RejectedError,
    _ffi.Stopped: StoppedError,
    _ffi.Disabled: HollowayError,
}


@contextlib.contextmanager
def translated() -> typing.Iterator[None]:
    """Errors of the binding leave under the names of this package."""
    try:
        yield
    except tuple(_NAMES) as error:
        raise _NAMES[type(error)](str(error)) from None
