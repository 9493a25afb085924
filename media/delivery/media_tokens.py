"""Media tokens: who may fetch a recording's files, until when, and from where.

A token is `base64url(fields).base64url(HMAC-SHA256)` in the path of every media address, so that
relative addresses inherit it and no cookie is needed. It is a bearer token: log `redacted(path)`, never
the path itself.
"""

import functools
import hashlib
import hmac
import ipaddress
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SEPARATOR: Final = "|"
_NETWORKS: Final = "_"  # between the networks of a ticket, one per address family
_PURPOSE: Final = b"carrel media ticket 2\0"
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_FENCE: Final = re.compile(r"[A-Za-z0-9./:_-]{0,64}")
_BEARING: Final = re.compile(r"(/(?:media|playback)/)([^/?#\s]+)")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_FINGERPRINT_LENGTH: Final = 32
SHORTEST_KEY: Final = 32  # bytes


class BadToken(ValueError):
    """The token was not signed by this installation, or was altered."""


class ExpiredToken(BadToken):
    """The token was valid and has expired."""


class Use(StrEnum):
    """The purpose of a ticket.

    ANY gives access to all files without a cookie, for clients that don't send ours: frames on other
    sites, and players that fetch with their own program. The others need the cookie: PAGE is for our
    page, for everything except the film; FILM is for the film, and lives a few minutes.
    """

    ANY = "any"
    PAGE = "page"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Permission for one playback session to fetch files below `prefix` until `expires`.

    `expires` is in seconds since the epoch. `cookie` and `agent` are fingerprints, `network` is from
    `network_of` or `either_network`; each of the three may be empty and then restricts nothing.
    """

    session: str
    prefix: str
    expires: int
    cookie: str = ""
    agent: str = ""
    network: str = ""
    use: Use = Use.ANY


class Signer:
    """Signs and reads tickets, with a secret key of at least 32 bytes.

    Tickets signed with one of the keys that `former` returns at that time are accepted, too.
    """

    def __init__(self, key: bytes, former: Callable[[], Iterable[bytes]] = tuple) -> None:
        self._key = _derived(key)
        self._former = former

    def sign(self, ticket: Ticket) -> str:
        """Return the token; raises ValueError for a ticket that can't be encoded."""
        fences = (ticket.cookie, ticket.agent, ticket.network)
        if not (
            _SESSION.fullmatch(ticket.session)
            and _PREFIX.fullmatch(ticket.prefix)
            and all(_FENCE.fullmatch(fence) for fence in fences)
        ):
            raise ValueError("a ticket holds plain words only")
        fields = (ticket.session, ticket.prefix, str(ticket.expires), *fences, ticket.use)
        head = _encode(_SEPARATOR.join(fields).encode("ascii"))
        return f"{head.decode()}.{_signature(head, self._key).decode()}"

    def read(self, token: str, now_epoch: float) -> Ticket:
        """Return the signed ticket; raises BadToken, or ExpiredToken from `expires` on."""
        # The signature covers the encoded text, so nothing is decoded before the signature is
        # verified, and a token has only one spelling.
        head, _, tail = token.encode("utf-8", "replace").partition(b".")
        if not (_is_signed(head, tail, self._key) or self._is_former(head, tail)):
            raise BadToken("the signature does not fit")
        fields = a2b_base64(head.translate(_TO_STANDARD) + b"=" * (-len(head) % 4)).decode("ascii")
        session, prefix, expires, cookie, agent, network, use = fields.split(_SEPARATOR)
        if now_epoch >= int(expires):
            raise ExpiredToken("the time of this link is over")
        return Ticket(session, prefix, int(expires), cookie, agent, network, Use(use))

    def _is_former(self, head: bytes, tail: bytes) -> bool:
        return any(_is_signed(head, tail, _derived(key)) for key in self._former())


def _derived(key: bytes) -> bytes:
    """Return a key for tickets alone, so that their signatures are valid for nothing else."""
    if len(key) < SHORTEST_KEY:
        raise ValueError("a signing key has at least 32 bytes")
    return hmac.digest(key, _PURPOSE, "sha256")


def _is_signed(head: bytes, tail: bytes, key: bytes) -> bool:
    return hmac.compare_digest(_signature(head, key), tail)


def _signature(head: bytes, key: bytes) -> bytes:
    return _encode(hmac.digest(key, head, "sha256"))


@functools.lru_cache(maxsize=1024)
def fingerprint(text: str) -> str:
    """Return the first 128 bits of SHA-256 in hex, the form of cookies and agents in tickets."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_FINGERPRINT_LENGTH]


@functools.lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """Return the /24 (IPv4) or /48 (IPv6) of an address; empty for an invalid address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    bits = 24 if ip.version == 4 else 48
    return str(ipaddress.ip_network((ip, bits), strict=False))


def either_network(former: str, network: str) -> str:
    """Return a ticket's network, with the former one added if it is of the other address family."""
    is_other_family = former and network and (":" in former) != (":" in network)
    return f"{former}{_NETWORKS}{network}" if is_other_family else network


def is_from(network: str, ticket: Ticket) -> bool:
    """Return whether a ticket may be used from a network; PAGE from any, since it needs the cookie."""
    is_anywhere = ticket.use is Use.PAGE or not ticket.network
    return is_anywhere or network in ticket.network.split(_NETWORKS)


def is_signed_in(cookies: Sequence[str], ticket: Ticket) -> bool:
    """Return whether a browser with these cookies of ours may use a ticket.

    One matching cookie is enough: a viewer who confirms an order during playback is signed in from then
    on.
    """
    if not cookies:  # frames on other sites send none
        return ticket.use is Use.ANY
    return not ticket.cookie or any(
        hmac.compare_digest(fingerprint(cookie), ticket.cookie) for cookie in cookies
    )


def redacted(path: str) -> str:
    """Return the path with its token replaced by a short hash, safe for logs."""
    return _BEARING.sub(lambda found: f"{found[1]}~{fingerprint(found[2])[:12]}", path)


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
