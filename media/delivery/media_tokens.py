"""Media tokens: who may fetch a recording's files, until when, and from where.

A token is `base64url(fields).base64url(HMAC-SHA256)` and stands in the path of every media
address, so that relative addresses inherit it and no cookie is needed. It is a bearer's secret:
write `redacted(path)` into a log, never the path itself.
"""

import functools
import hashlib
import hmac
import ipaddress
import re
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SEPARATOR: Final = "|"
_NETWORKS: Final = "_"  # between the networks of a ticket, one a family of addresses
_PURPOSE: Final = b"carrel media ticket 2\0"
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_FENCE: Final = re.compile(r"[A-Za-z0-9./:_-]{0,64}")
_BEARING: Final = re.compile(r"(/(?:media|playback)/)([^/?#\s]+)")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_FINGERPRINT_LENGTH: Final = 32


class BadToken(ValueError):
    """The token was not signed by this house, or was altered."""


class ExpiredToken(BadToken):
    """The token was good and its time is over."""


class Use(StrEnum):
    """What a ticket is for.

    ANY opens everything to whoever bears it, and is for what sends no cookies of ours: frames of other sites,
    and players that fetch by a program of their own. The others need the cookie: PAGE is our page's,
    for all but the film; FILM is for the film, and lives a few minutes.
    """

    ANY = "any"
    PAGE = "page"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave for one playback session to fetch what lies below `prefix` until `expires`.

    `expires` is in seconds since the epoch. `cookie` and `agent` are fingerprints, `network` is
    what `network_of` says, or `either_network`; each of the three may be empty, and then fences nothing.
    """

    session: str
    prefix: str
    expires: int
    cookie: str = ""
    agent: str = ""
    network: str = ""
    use: Use = Use.ANY


class Signer:
    """Signs tickets and reads them back, with a secret key of at least 32 bytes.

    What was signed with a `former` key is read, too.
    """

    def __init__(self, key: bytes, *former: bytes) -> None:
        if any(len(each) < 32 for each in (key, *former)):
            raise ValueError("a signing key has at least 32 bytes")
        # Keys of their own: what is signed here is worth nothing anywhere else.
        self._key, *self._former = (
            hmac.digest(each, _PURPOSE, "sha256") for each in (key, *former)
        )

    def sign(self, ticket: Ticket) -> str:
        """Return the token; raises ValueError for a ticket that no token could carry."""
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
        """Return the ticket that was signed; raises BadToken, or ExpiredToken from `expires` on."""
        # What is signed is the text, so nothing is decoded before the signature has been seen
        # to fit, and a token has one spelling only.
        head, _, tail = token.encode("utf-8", "replace").partition(b".")
        keys = (self._key, *self._former)
        if not any(hmac.compare_digest(_signature(head, key), tail) for key in keys):
            raise BadToken("the signature does not fit")
        fields = a2b_base64(head.translate(_TO_STANDARD) + b"=" * (-len(head) % 4)).decode("ascii")
        session, prefix, expires, cookie, agent, network, use = fields.split(_SEPARATOR)
        if now_epoch >= int(expires):
            raise ExpiredToken("the time of this link is over")
        return Ticket(session, prefix, int(expires), cookie, agent, network, Use(use))


def _signature(head: bytes, key: bytes) -> bytes:
    return _encode(hmac.digest(key, head, "sha256"))


@functools.lru_cache(maxsize=1024)
def fingerprint(text: str) -> str:
    """Return the first 128 bits of SHA-256 in hex: how tickets carry cookies and agents."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_FINGERPRINT_LENGTH]


@functools.lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """Return the /24 (IPv4) or /48 (IPv6) an address lies in; empty when it is no address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    bits = 24 if ip.version == 4 else 48
    return str(ipaddress.ip_network((ip, bits), strict=False))


def either_network(former: str, network: str) -> str:
    """Return what fences a ticket by a network and, of the other family of addresses, by the former one."""
    is_other_family = former and network and (":" in former) != (":" in network)
    return f"{former}{_NETWORKS}{network}" if is_other_family else network


def is_from(network: str, ticket: Ticket) -> bool:
    """Tell whether a ticket may be used in a network; a page's in any, since its cookie comes along."""
    is_anywhere = ticket.use is Use.PAGE or not ticket.network
    return is_anywhere or network in ticket.network.split(_NETWORKS)


def is_signed_in(cookie: str | None, ticket: Ticket) -> bool:
    """Tell whether a browser with this cookie may use a ticket; None is a browser without one."""
    if cookie is None:  # in the frame of another site none is sent
        return ticket.use is Use.ANY
    return not ticket.cookie or hmac.compare_digest(fingerprint(cookie), ticket.cookie)


def redacted(path: str) -> str:
    """Return the path with its token replaced by a short hash, fit for a log."""
    return _BEARING.sub(lambda found: f"{found[1]}~{fingerprint(found[2])[:12]}", path)


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
