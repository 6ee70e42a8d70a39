"""Events of one user among many: for servers."""

from __future__ import annotations

import typing

from .options import OWN, Id, Properties, Time, text

if typing.TYPE_CHECKING:
    from .client import Client


class Scope:
    """Records events of one user of a server; made by ``Client.for_user`` and ``Client.for_anonymous``.

        hw.for_user("ada").track("Ordered", {"total": 12.5}, context={"ip": "192.0.2.1"})

    An event carries the given ids alone: no session, no registered properties, and nothing of the client's own visitor,
    which it does not change. Cheap to make; may be shared by threads. No call raises.

    An id that is None, empty or white space is refused: the event is dropped with a warning of the logger ``holloway`` and
    counted in ``Client.losses`` as ``serialize``, never given to another visitor.
    """

    __slots__ = ("_anonymous_id", "_client", "_context", "_user_id")

    def __init__(self, client: Client, user_id: Id, anonymous_id: Id, context: Properties | None = None) -> None:
        self._client = client
        self._user_id = user_id
        self._anonymous_id = anonymous_id
        self._context = context

    def with_user_id(self, user_id: str | int | None) -> Scope:
        """Returns the same with this user id."""
        return Scope(self._client, user_id, self._anonymous_id, self._context)

    def with_anonymous_id(self, anonymous_id: str | int | None) -> Scope:
        """Returns the same with this anonymous id. Events with both ids join the user to the visitor of the web page. None
        leaves the visitor out, for a request without the cookie."""
        return Scope(self._client, self._user_id, OWN if anonymous_id is None else anonymous_id, self._context)

    def with_context(self, context: Properties) -> Scope:
        """Returns the same with this context, such as ``ip``, ``userAgent``, ``page`` and ``locale`` of the request.

        It lies over an earlier one and over the client's own, member by member. With a ``userAgent`` the client's ``os`` and
        ``device`` are left out: they are the server's.
        """
        return Scope(self._client, self._user_id, self._anonymous_id, _over(self._context, context))

    def track(
        self,
        event: str,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Records an event."""
        self._client.track(
            event,
            properties,
            timestamp=timestamp,
            message_id=message_id,
            context=_over(self._context, context),
            user_id=self._user_id,
            anonymous_id=self._anonymous_id,
        )

    def page(
        self,
        name: str | None = None,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Records the view of a page."""
        self._client.page(
            name,
            properties,
            timestamp=timestamp,
            message_id=message_id,
            context=_over(self._context, context),
            user_id=self._user_id,
            anonymous_id=self._anonymous_id,
        )

    def screen(
        self,
        name: str | None = None,
        properties: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Records the view of a screen."""
        self._client.screen(
            name,
            properties,
            timestamp=timestamp,
            message_id=message_id,
            context=_over(self._context, context),
            user_id=self._user_id,
            anonymous_id=self._anonymous_id,
        )

    def identify(
        self,
        traits: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Records traits of the user. With both ids it also joins the anonymous visitor to the user."""
        self._client._identify(
            "",
            traits,
            timestamp,
            message_id,
            _over(self._context, context),
            self._user_id,
            self._anonymous_id,
        )

    def group(
        self,
        group_id: str,
        traits: Properties | None = None,
        *,
        timestamp: Time | None = None,
        message_id: str | None = None,
        context: Properties | None = None,
    ) -> None:
        """Records that the user belongs to a group, such as a company."""
        self._client.group(
            group_id,
            traits,
            timestamp=timestamp,
            message_id=message_id,
            context=_over(self._context, context),
            user_id=self._user_id,
            anonymous_id=self._anonymous_id,
        )

    def alias(self, previous_id: str, *, context: Properties | None = None) -> None:
        """Records that the user was known as ``previous_id`` before."""
        user = "" if self._user_id is OWN else text(self._user_id)
        self._client.alias(
            user if user.strip() else " ",  # the client refuses and counts it
            context=_over(self._context, context),
            previous_id=previous_id,
            anonymous_id=self._anonymous_id,
        )

    def __repr__(self) -> str:
        ids = [f"{name}={id!r}" for name, id in (("user", self._user_id), ("anonymous", self._anonymous_id)) if id is not OWN]
        return f"<holloway.Scope {' '.join(ids)}>"


def _over(under: Properties | None, over: Properties | None) -> Properties | None:
    """Returns one context over another; one that is no mapping as it is, for the client to refuse."""
    if under is None:
        return over
    if over is None:
        return under
    try:
        return {**under, **over}
    except Exception:
        return over
