"""Behavioural analytics that survives a kill and counts every loss.

    import holloway

    with holloway.Client("KEY", host="http://127.0.0.1:8787", directory="events") as hw:
        hw.identify("u1", {"plan": "pro"})
        hw.track("Signed Up", {"source": "ad"})

An event is in a file of ``directory`` when ``track`` returns. It is sent in the background, again and again until the
collector has acknowledged it, by this process or by the next one that uses the same directory.
"""

from .client import Client
from .error import (
    DirectoryError,
    ForkedError,
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

__all__ = [
    "Client",
    "DirectoryError",
    "ForkedError",
    "HollowayError",
    "HostError",
    "RefusedError",
    "RejectedError",
    "SettingError",
    "StartError",
    "StoppedError",
    "TimedOutError",
    "WriteKeyError",
]
