"""Media tokens of playback sessions: issued to a browser and checked at each heartbeat."""

import math
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from flask import Request

from lms.core.errors import N_, Forbidden, NotFound
from lms.playback.sessions import Playback
from lms.web.core.current_user import cookie_name
from lms.web.core.request_context import carrel
from media.delivery.cookie_reader import cookie_in
from media.delivery.media_tokens import (
    BadToken,
    ExpiredToken,
    Signer,
    Ticket,
    fingerprint,
    network_of,
)

FENCED = N_("This recording was opened in another browser or on another network.")


@dataclass(frozen=True, slots=True)
class Client:
    """What a request tells of the browser it comes from; an absent cookie is the empty text."""

    cookie: str
    agent: str
    network: str


def client_of(request: Request) -> Client:
    """Return what a request tells of its browser."""
    return client_in(request.environ, cookie_name(carrel().settings))


def client_in(environ: Mapping[str, Any], cookie: str) -> Client:
    """Return what a request in front of Flask tells of its browser; `cookie` is the sign-in's name."""
    return Client(
        cookie=cookie_in(environ, cookie) or "",
        agent=environ.get("HTTP_USER_AGENT", ""),
        network=network_of(environ.get("REMOTE_ADDR", "")),
    )


def issue(playback: Playback, client: Client, *, native: bool) -> str:
    """Return the token of a session that stands in its media addresses.

    A `native` player fetches media with a program of its own that names itself differently, so
    its token isn't bound to the browser's name.
    """
    return carrel().signer.sign(
        Ticket(
            session=playback.session_id,
            prefix=f"renditions/{playback.recording_id}",
            # no earlier than the session: in between it would be refused and yet admitted anew
            expires=math.ceil(playback.expires_at.timestamp()),
            cookie=fingerprint(client.cookie) if client.cookie else "",
            agent="" if native else fingerprint(client.agent),
            network=client.network,
        )
    )


def bearers_session(signer: Signer, token: str, client: Client, *, now: datetime) -> str:
    """Return the session of a token that came from the browser it was issued to.

    Raises NotFound for a token that is none, Forbidden for one that came from elsewhere or whose
    time is over.
    """
    try:
        ticket = signer.read(token, now.timestamp())
    except ExpiredToken:
        raise Forbidden(N_("The time of this link is over."), code="expired") from None
    except BadToken:
        raise NotFound from None
    if ticket.cookie and client.cookie and fingerprint(client.cookie) != ticket.cookie:
        _turn_away()
    if ticket.agent and fingerprint(client.agent) != ticket.agent:
        _turn_away()
    if ticket.network and client.network != ticket.network:
        _turn_away()
    return ticket.session


def read_ticket(token: str) -> Ticket:
    """Return what a token says, whoever bears it and in time or not; raises NotFound."""
    try:
        return carrel().signer.read(token, 0.0)
    except BadToken:
        raise NotFound from None


def text_of(buckets: bytes) -> str:
    """Return what is kept of a recording as players are told it: base64 of the bitmap."""
    return b64encode(buckets).decode("ascii")


def _turn_away() -> NoReturn:
    raise Forbidden(FENCED, code="fenced")
