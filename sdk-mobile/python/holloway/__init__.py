"""Behavioural analytics that survives a kill and counts every loss.

An app with one user:

    import holloway

    with holloway.Client("KEY", host="http://127.0.0.1:8787", directory="events") as hw:
        hw.identify("u1", {"plan": "pro"})
        hw.track("Signed Up", {"source": "ad"})

A server with many users, in a handler:

    hw.for_user("ada").track("Ordered", {"total": 12.5}, context={"ip": "192.0.2.1"})

An event is in a file of ``directory`` when ``track`` returns. It is sent in the background, again and again until the
collector has acknowledged it, by this process or by the next one that uses the same directory.
"""

from .client import Client
from .error import (
    DirectoryError,
    HollowayError,
    HostError,
    RefusedError,
    RejectedError,
    SettingError,
    StartError,
    StoppedError,
    TimedOutError,
    WriteKeyError,
)
from .scope import Scope

__all__ = [
    "Client",
    "DirectoryError",
    "HollowayError",
    "HostError",
    "RefusedError",
    "RejectedError",
    "Scope",
    "SettingError",
    "StartError",
    "StoppedError",
    "TimedOutError",
    "WriteKeyError",
]
