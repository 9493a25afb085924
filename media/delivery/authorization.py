"""Authorization of a media request: checks the token and the limits it carries."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from media.delivery.cookie_reader import first_cookie_in
from media.delivery.media_tokens import (
    ExpiredToken,
    Signer,
    Ticket,
    fingerprint,
    is_from,
    is_signed_in,
    network_of,
)

Environ = Mapping[str, Any]
# A request's token, address, agent and cookies.
Hand = tuple[str, str, str, str]
MOST_HANDS: Final = 2048
LONGEST_HAND: Final = 4096


class TurnCode(StrEnum):
    """Why a good token does not let in; the page says it in words."""

    LINK_EXPIRED = "LINK_EXPIRED"
    SESSION_ENDED = "SESSION_ENDED"
    OTHER_NETWORK = "OTHER_NETWORK"
    OTHER_AGENT = "OTHER_AGENT"
    OTHER_SIGN_IN = "OTHER_SIGN_IN"


class TurnedAway(Exception):
    """The token is ours and does not let in, for the reason of `code`."""

    def __init__(self, code: TurnCode) -> None:
        super().__init__(code)
        self.code = code


class Gate:
    """Lets in the requests of a live playback session, from where it was opened.

    `live` tells whether a playback session goes on and is asked for every request; `client_address`
    returns the address a request came from, proxies discounted; `cookies` are the names of those of which the first that
    a request has is compared with a ticket's fence.
    """

    def __init__(
        self,
        *,
        signer: Signer,
        live: Callable[[str], bool],
        client_address: Callable[[Environ], str],
        cookies: Sequence[str],
    ) -> None:
        self._signer = signer
        self._live = live
        self._client_address = client_address
        self._cookies = cookies
        self._admitted: dict[Hand, Ticket] = {}

    def admit(self, token: str, environ: Environ) -> Ticket:
        """Return the ticket of the token; raises BadToken, or TurnedAway with its code."""
        agent = environ.get("HTTP_USER_AGENT", "")
        cookies = environ.get("HTTP_COOKIE", "")
        hand = (token, self._client_address(environ), agent, cookies)
        ticket = self._admitted.get(hand)
        if ticket is None:
            ticket = self._read(token)
            self._check_time(ticket)
            self._check_fences(ticket, hand, first_cookie_in(environ, self._cookies))
            self._remember(hand, ticket)
        else:
            self._check_time(ticket)
        return ticket

    def _read(self, token: str) -> Ticket:
        try:
            return self._signer.read(token, time.time())
        except ExpiredToken:
            raise TurnedAway(TurnCode.LINK_EXPIRED) from None

    def _check_time(self, ticket: Ticket) -> None:
        """Raise when the time of the link or its session is over; asked for every request."""
        if time.time() >= ticket.expires:
            raise TurnedAway(TurnCode.LINK_EXPIRED)
        if not self._live(ticket.session):
            raise TurnedAway(TurnCode.SESSION_ENDED)

    def _check_fences(self, ticket: Ticket, hand: Hand, cookie: str | None) -> None:
        _, address, agent, _ = hand
        if not is_from(network_of(address), ticket):
            raise TurnedAway(TurnCode.OTHER_NETWORK)
        if ticket.agent and ticket.agent != fingerprint(agent):
            raise TurnedAway(TurnCode.OTHER_AGENT)
        if not is_signed_in(cookie, ticket):
            raise TurnedAway(TurnCode.OTHER_SIGN_IN)

    def _remember(self, hand: Hand, ticket: Ticket) -> None:
        """Keep who was let in: the same hand with the same token passes the same fences."""
        if sum(map(len, hand)) > LONGEST_HAND:
            return
        if len(self._admitted) >= MOST_HANDS:
            self._admitted.clear()
        self._admitted[hand] = ticket

    def is_live(self, session: str) -> bool:
        """Tell whether the session may still go on."""
        return self._live(session)
