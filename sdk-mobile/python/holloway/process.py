"""The clients of a process, at its end and after a fork."""

from __future__ import annotations

import atexit
import os
import typing
import weakref

if typing.TYPE_CHECKING:
    from .client import Client

clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _after_fork() -> None:
    for client in list(clients):
        client._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _deliver_at_exit() -> None:
    """Gives clients that the app did not shut down a moment for delivery."""
    for client in list(clients):
        client._deliver_at_exit()
