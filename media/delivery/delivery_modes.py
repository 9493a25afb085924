"""Delivery modes: this program, nginx (X-Accel), or a redirect to the S3 bucket.

All of them use the same authorization (media/delivery/authorization.py), and all stop within a minute
after the session ends: see docs/decisions/media-delivery.md.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from media.delivery.byte_ranges import Span
from media.delivery.media_tokens import Ticket, fingerprint
from media.video.renditions_and_commands import PROGRESSIVE

# How long nginx may reuse one answer about a token.
ADMITTED_S: Final = 15
# The limits of one bucket address: its lifetime in seconds, and its length in bytes.
ADDRESS_S: Final = 40
ADDRESS_BYTES: Final = 4 << 20
REDIRECTED: Final = (".mp4", ".m4s")


class Way(StrEnum):
    """How media is delivered (CARREL_DELIVERY)."""

    EMBEDDED = "embedded"
    NGINX = "nginx"
    REDIRECT = "redirect"


def admission(ticket: Ticket, token: str, *, seconds: int) -> list[tuple[str, str]]:
    """Return the headers that tell nginx where a token's files are and how long the answer is valid.

    `X-Carrel-Mark` appears in nginx's log in place of the token.
    """
    left = max(1, min(seconds, ticket.expires - int(time.time())))
    return [
        ("X-Carrel-Folder", ticket.prefix),
        ("X-Carrel-Mark", f"~{fingerprint(token)[:12]}"),
        ("X-Accel-Expires", str(left)),
        ("Cache-Control", "no-store"),
    ]


def may_redirect(environ: Mapping[str, Any], ticket: Ticket, key: str, span: Span | None) -> bool:
    """Return whether a request may be redirected to the bucket.

    Only a bounded part of a film may, for a player with Media Source Extensions: native players lose
    their position after a redirect, relative addresses in a playlist would resolve to the bucket, and a
    whole file would outlast the session.
    """
    return (
        environ["REQUEST_METHOD"] == "GET"
        and bool(ticket.agent)  # a native player's token is not bound to an agent
        and key.endswith(REDIRECTED)
        and not key.endswith(f"/{PROGRESSIVE}")
        and span is not None
        and not span.open_ended
        and span.length <= ADDRESS_BYTES
    )
