"""Authorization of a media request: checks the token and the limits it carries."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from media.delivery.cookie_reader import cookies_in
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
    """Why a valid token gives no access; the page explains it in words."""

    LINK_EXPIRED = "LINK_EXPIRED"
    SESSION_ENDED = "SESSION_ENDED"
    OTHER_NETWORK = "OTHER_NETWORK"
    OTHER_AGENT = "OTHER_AGENT"
    OTHER_SIGN_IN = "OTHER_SIGN_IN"


class TurnedAway(Exception):
    """The token is validly signed but gives no access, for the reason in `code`."""

    def __init__(self, code: TurnCode) -> None:
        super().__init__(code)
        self.code = code


class Gate:
    """Admits the requests of a live playback session from the place where it was opened.

    `live` returns whether a playback session is live, and is called for every request; `cookies` names
    the cookies that are compared with a ticket's cookie fingerprint. The address that a request came
    from is its REMOTE_ADDR.
    """

    def __init__(
        self,
        *,
        signer: Signer,
        live: Callable[[str], bool],
        cookies: Sequence[str],
    ) -> None:
        self._signer = signer
        self.live = live
        self._cookies = cookies
        self._admitted: dict[Hand, Ticket] = {}

    def admit(self, token: str, environ: Environ) -> Ticket:
        """Return the token's ticket; raises BadToken, or TurnedAway with its code."""
        agent = environ.get("HTTP_USER_AGENT", "")
        cookies = environ.get("HTTP_COOKIE", "")
        hand = (token, environ.get("REMOTE_ADDR", ""), agent, cookies)
        ticket = self._admitted.get(hand)
        if ticket is None:
            ticket = self._read(token)
            self._check_time(ticket)
            self._check_fences(ticket, hand, cookies_in(environ, self._cookies))
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
        """Raise TurnedAway if the link has expired or its session has ended; checked for every request."""
        if time.time() >= ticket.expires:
            raise TurnedAway(TurnCode.LINK_EXPIRED)
        if not self.live(ticket.session):
            raise TurnedAway(TurnCode.SESSION_ENDED)

    def _check_fences(self, ticket: Ticket, hand: Hand, cookies: Sequence[str]) -> None:
        _, address, agent, _ = hand
        if not is_from(network_of(address), ticket):
            raise TurnedAway(TurnCode.OTHER_NETWORK)
        if ticket.agent and ticket.agent != fingerprint(agent):
            raise TurnedAway(TurnCode.OTHER_AGENT)
        if not is_signed_in(cookies, ticket):
            raise TurnedAway(TurnCode.OTHER_SIGN_IN)

    def _remember(self, hand: Hand, ticket: Ticket) -> None:
        """Cache an admitted request: the same token, address, agent and cookies pass the same checks."""
        if sum(map(len, hand)) > LONGEST_HAND:
            return
        if len(self._admitted) >= MOST_HANDS:
            self._admitted.clear()
        self._admitted[hand] = ticket
