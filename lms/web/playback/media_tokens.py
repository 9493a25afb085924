"""Media tokens of playback sessions: issued to a browser, checked and renewed at each heartbeat."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from flask import request

from lms.core.errors import N_, Forbidden, NotFound
from lms.playback.sessions import Playback
from lms.web.core.current_user import playback_cookies
from lms.web.core.request_context import carrel
from media.delivery.cookie_reader import cookies_in
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


# A media ticket ends at the second multiple of this from now: it lasts 5 to 10 minutes, and many
# heartbeats return the same one.
FILM_STEP_S: Final = 300


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a session: one for its media, and one for the page's other requests."""

    page: str
    film: str


@dataclass(frozen=True, slots=True)
class Client:
    """What a request reveals about its browser; `cookies` are those of this site, the decisive one first."""

    cookies: tuple[str, ...]
    agent: str
    network: str


def client_in(environ: Mapping[str, Any], cookies: Sequence[str]) -> Client:
    """Return what a request reveals about its browser, from a WSGI environment and these cookies."""
    return Client(
        cookies=cookies_in(environ, cookies),
        agent=environ.get("HTTP_USER_AGENT", ""),
        network=network_of(environ.get("REMOTE_ADDR", "")),
    )


def issue(playback: Playback, *, native: bool, framed: bool, now: datetime) -> Tokens:
    """Return the tokens for the URLs of a session that this request's browser opened.

    Our own page gets a short-lived media token, which each heartbeat renews; both tokens need its
    cookie. A page `framed` by another site has no cookie, and a `native` player fetches media with
    another program that has its own User-Agent and can't be given a newer token. These get one token
    for everything, which lasts as long as the session.
    """
    running = carrel()
    signer = running.signer
    client = client_in(request.environ, () if framed else playback_cookies(running.settings))
    ticket = Ticket(
        session=playback.session_id,
        prefix=f"renditions/{playback.recording_id}",
        # rounded up: a token that ended before its session would be refused, and the session opened
        # again
        expires=math.ceil(playback.expires_at.timestamp()),
        cookie=fingerprint(client.cookies[0]) if client.cookies else "",
        agent="" if native else fingerprint(client.agent),
        network=client.network,
    )
    if native or not client.cookies:
        token = signer.sign(ticket)
        return Tokens(page=token, film=token)
    page = replace(ticket, use=Use.PAGE)
    return Tokens(page=signer.sign(page), film=film_token(signer, page, client, now=now))


def film_token(signer: Signer, page: Ticket, client: Client, *, now: datetime) -> str:
    """Return the media token for a page whose ticket came with its cookie, valid on its current network."""
    expires = (int(now.timestamp()) // FILM_STEP_S + 2) * FILM_STEP_S
    network = either_network(page.network, client.network)
    return signer.sign(
        replace(page, use=Use.FILM, expires=min(expires, page.expires), network=network)
    )


def bearers_ticket(signer: Signer, token: str, client: Client, *, now: datetime) -> Ticket:
    """Return the ticket of a token if it comes from the browser that it was issued to.

    Raises NotFound for an invalid token, Forbidden for an expired one or one from another browser or
    network.
    """
    try:
        ticket = signer.read(token, now.timestamp())
    except ExpiredToken:
        raise Forbidden(N_("This link expired."), code="expired") from None
    except BadToken:
        raise NotFound from None
    is_same_browser = not ticket.agent or fingerprint(client.agent) == ticket.agent
    is_here = is_from(client.network, ticket) and is_signed_in(client.cookies, ticket)
    if not (is_same_browser and is_here):
        raise Forbidden(FENCED, code="fenced")
    return ticket


def read_ticket(token: str) -> Ticket:
    """Return the contents of a token from any browser, expired or not; raises NotFound if it is invalid."""
    try:
        return carrel().signer.read(token, 0.0)
    except BadToken:
        raise NotFound from None
