"""Who may fetch media: the check of a token and of the fences its ticket carries."""

import hmac
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from media.signing import ExpiredToken, Signer, Ticket, fingerprint, network_of

Environ = Mapping[str, Any]


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
    """Lets in the requests of a live playback session, from where it was opened."""

    def __init__(
        self,
        *,
        signer: Signer,
        live: Callable[[str], bool],
        client_address: Callable[[Environ], str],
        session_cookie: str,
    ) -> None:
        self._signer = signer
        self._live = live
        self._client_address = client_address
        self._cookie = f"{session_cookie}="

    def admit(self, token: str, environ: Environ) -> Ticket:
        """Return the ticket of the token; raises BadToken, or TurnedAway with its code."""
        try:
            ticket = self._signer.read(token, time.time())
        except ExpiredToken:
            raise TurnedAway(TurnCode.LINK_EXPIRED) from None
        if not self._live(ticket.session):
            raise TurnedAway(TurnCode.SESSION_ENDED)
        if ticket.network and ticket.network != network_of(self._client_address(environ)):
            raise TurnedAway(TurnCode.OTHER_NETWORK)
        if ticket.agent and ticket.agent != fingerprint(environ.get("HTTP_USER_AGENT", "")):
            raise TurnedAway(TurnCode.OTHER_AGENT)
        if ticket.cookie and self._is_foreign(ticket.cookie, environ.get("HTTP_COOKIE", "")):
            raise TurnedAway(TurnCode.OTHER_SIGN_IN)
        return ticket

    def is_live(self, session: str) -> bool:
        """Tell whether the session may still go on."""
        return self._live(session)

    def _is_foreign(self, expected: str, header: str) -> bool:
        """Tell whether a sign-in cookie of ours is there and none is the one that was bound.

        No cookie at all is no fault: in the frame of another site none is sent.
        """
        if self._cookie not in header:
            return False
        values = [
            part.strip()[len(self._cookie) :].strip('"')
            for part in header.split(";")
            if part.strip().startswith(self._cookie)
        ]
        return bool(values) and not any(
            hmac.compare_digest(fingerprint(value), expected) for value in values
        )
