#!/usr/bin/env python3
"""A shop's web server: one client for all requests, and each event of the user who made the request.

    pip install fastapi uvicorn
    COLLECTOR=http://127.0.0.1:8787 uvicorn shop:app --app-dir examples/fastapi
    curl -X POST -H 'x-user: ada' 'http://127.0.0.1:8000/orders?total=12.5'
"""

from __future__ import annotations

import contextlib
import logging
import os
import typing

import fastapi

import holloway

VISITOR_COOKIE = "hw_demo"
"""The cookie that @holloway/browser keeps: ``hw_`` and the write key. Its first field is the visitor's anonymous id."""


@contextlib.asynccontextmanager
async def lifespan(app: fastapi.FastAPI) -> typing.AsyncIterator[None]:
    """Opens the client in each worker, after the fork, and delivers what waits at the end."""
    app.state.hw = holloway.Client(
        "demo",
        host=os.environ.get("COLLECTOR", "http://127.0.0.1:8787"),
        directory=os.environ.get("HOLLOWAY_DIRECTORY", "holloway-events"),
        app_name="shop",
        app_version="1.0",
    )
    yield
    try:
        await app.state.hw.shutdown_async(timeout=5)
    except holloway.HollowayError as error:
        logging.getLogger("shop").warning("%s", error)  # what still waits, and what was lost, by reason


app = fastapi.FastAPI(lifespan=lifespan)


async def visitor(request: fastapi.Request) -> holloway.Scope | None:
    """The one who made the request; none where it names neither a user nor a visitor."""
    hw: holloway.Client = request.app.state.hw
    # The app's own login stands here. A header is right only behind a proxy that sets it.
    user_id = request.headers.get("x-user")
    anonymous_id = request.cookies.get(VISITOR_COOKIE, "").split("/")[0] or None
    if user_id:
        scope = hw.for_user(user_id).with_anonymous_id(anonymous_id)
    elif anonymous_id:
        scope = hw.for_anonymous(anonymous_id)
    else:
        return None
    return scope.with_context({
        "ip": request.client.host if request.client else None,
        "userAgent": request.headers.get("user-agent"),
        "locale": request.headers.get("accept-language", "").split(",")[0] or None,
        "page": {"path": request.url.path, "referrer": request.headers.get("referer")},
    })


Visitor = typing.Annotated[typing.Optional[holloway.Scope], fastapi.Depends(visitor)]


@app.get("/products/{sku}")
async def product(sku: str, visitor: Visitor) -> str:
    if visitor:
        visitor.page("Product", {"sku": sku})
    return "a lamp"


@app.post("/orders", status_code=201)
async def order(total: float, visitor: Visitor) -> None:
    if visitor:
        visitor.track("Ordered", {"total": total, "currency": "EUR"})


@app.post("/login", status_code=204)
async def login(visitor: Visitor) -> None:
    """The event carries the user and the visitor of the cookie, so that what the visitor did before is the user's too."""
    if visitor:
        visitor.identify({"plan": "pro"})
