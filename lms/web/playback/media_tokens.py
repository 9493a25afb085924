"""Media tokens of playback sessions: issued to a browser, checked and renewed at each heartbeat."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from flask import Request

from lms.core.errors import N_, Forbidden, NotFound
from lms.core.settings import Settings
from lms.playback.sessions import Playback
from lms.web.core.current_user import cookie_name
from lms.web.core.order_browser import order_cookie
from lms.web.core.request_context import carrel
from media.delivery.cookie_reader import first_cookie_in
from media.delivery.media_tokens import (
    BadToken,
    ExpiredToken,
    Signer,
    Ticket,
    Use,
    either_network,
    fingerprint,
    is_from,
    is_signed_in,
    network_of,
)

FENCED = N_("This recording was opened in another browser or on another network.")


# A film's ticket ends at the next of these seconds but one: it lives 5 to 10 minutes, and many beats bring the same.
FILM_STEP_S: Final = 300


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a session: one for its film, and one for what else its page asks for."""

    page: str
    film: str


@dataclass(frozen=True, slots=True)
class Client:
    """What a request tells of the browser it comes from; an absent cookie is the empty text."""

    cookie: str
    agent: str
    network: str


def client_of(request: Request) -> Client:
    """Return what a request tells of its browser."""
    return client_in(request.environ, cookie_names(carrel().settings))


def cookie_names(settings: Settings) -> tuple[str, ...]:
    """Return the cookies by which playback is opened, the one that counts first: sign-in, then order."""
    return (cookie_name(settings), order_cookie(settings))


def client_in(environ: Mapping[str, Any], cookies: Sequence[str]) -> Client:
    """Return what a request in front of Flask tells of its browser, by the first of these cookies."""
    return Client(
        cookie=first_cookie_in(environ, cookies) or "",
        agent=environ.get("HTTP_USER_AGENT", ""),
        network=network_of(environ.get("REMOTE_ADDR", "")),
    )


def issue(playback: Playback, client: Client, *, native: bool, now: datetime) -> Tokens:
    """Return the tokens of a session that stand in its addresses.

    Our own page gets a short one for the film, which each beat renews, and both need its cookie. A frame has no cookie of
    ours, and a `native` player fetches media with a program of its own that names itself differently and can't be
    given a newer token: these get one for everything, as long as the session.
    """
    signer = carrel().signer
    ticket = Ticket(
        session=playback.session_id,
        prefix=f"renditions/{playback.recording_id}",
        # no earlier than the session: in between it would be refused and yet admitted anew
        expires=math.ceil(playback.expires_at.timestamp()),
        cookie=fingerprint(client.cookie) if client.cookie else "",
        agent="" if native else fingerprint(client.agent),
        network=client.network,
    )
    if native or not client.cookie:
        token = signer.sign(ticket)
        return Tokens(page=token, film=token)
    page = replace(ticket, use=Use.PAGE)
    return Tokens(page=signer.sign(page), film=film_token(signer, page, client, now=now))


def film_token(signer: Signer, page: Ticket, client: Client, *, now: datetime) -> str:
    """Return the film's token for a page whose ticket came with its cookie, for the network that it is in now."""
    expires = (int(now.timestamp()) // FILM_STEP_S + 2) * FILM_STEP_S
    network = either_network(page.network, client.network)
    return signer.sign(
        replace(page, use=Use.FILM, expires=min(expires, page.expires), network=network)
    )


def bearers_ticket(signer: Signer, token: str, client: Client, *, now: datetime) -> Ticket:
    """Return the ticket of a token that came from the browser it was issued to.

    Raises NotFound for a token that is none, Forbidden for one that came from elsewhere or whose
    time is over.
    """
    try:
        ticket = signer.read(token, now.timestamp())
    except ExpiredToken:
        raise Forbidden(N_("The time of this link is over."), code="expired") from None
    except BadToken:
        raise NotFound from None
    is_same_browser = not ticket.agent or fingerprint(client.agent) == ticket.agent
    is_here = is_from(client.network, ticket) and is_signed_in(client.cookie or None, ticket)
    if not (is_same_browser and is_here):
        raise Forbidden(FENCED, code="fenced")
    return ticket


def read_ticket(token: str) -> Ticket:
    """Return what a token says, whoever bears it and in time or not; raises NotFound."""
    try:
        return carrel().signer.read(token, 0.0)
    except BadToken:
        raise NotFound from None


def text_of(buckets: bytes) -> str:
    """Return what is kept of a recording as players are told it: base64 of the bitmap."""
    return b64encode(buckets).decode("ascii")
