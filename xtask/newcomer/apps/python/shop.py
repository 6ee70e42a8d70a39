"""A server of many users: one client, and each event says whose it is. Prints what the test reads."""

import asyncio
import os
import threading
import typing

import holloway

HOST = os.environ["HOLLOWAY_HOST"]


def threads() -> None:
    """The way of a server with threads."""
    with holloway.Client("server", host=HOST, directory="events-threads") as hw:
        def buy(user: str) -> None:
            for turn in range(50):
                hw.for_user(user).track("Bought", {"turn": turn, "by": user})

        workers = [threading.Thread(target=buy, args=(user,)) for user in ("ada", "bob")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        hw.for_anonymous("visitor-1").track("Looked")
        hw.flush()
        print("threads:", hw.queued_events, "queued, lost", hw.losses)


async def asynchronous() -> None:
    """The way of FastAPI: nothing may block the loop."""
    hw = holloway.Client("server", host=HOST, directory="events-async")
    for user in ("ada", "bob"):
        hw.for_user(user).track("Upgraded", {"by": user})
    await hw.flush_async()
    print("async:", hw.queued_events, "queued, lost", hw.losses)
    await hw.shutdown_async()


def wrong_settings() -> None:
    cases: dict[str, dict[str, typing.Any]] = {
        "unwritable": {"directory": "/proc/holloway"},
        "no scheme": {"directory": "wrong", "host": "events.example.com"},
        "port 99999": {"directory": "wrong", "host": "http://127.0.0.1:99999"},
        "flush_at 0": {"directory": "wrong", "flush_at": 0},
    }
    for what, settings in cases.items():
        try:
            holloway.Client("server", **{"host": HOST, **settings})
            print(f"{what}: accepted")
        except (holloway.HollowayError, ValueError) as error:
            print(f"{what}: refused: {error}")


threads()
asyncio.run(asynchronous())
wrong_settings()
