"""Delivery modes: this program, nginx (X-Accel), or a redirect to the S3 bucket.

Who may have them is asked the same way each time (media/delivery/authorization.py), and every way ends within a
minute of the session: see docs/decisions/three-ways-to-deliver.md.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from media.delivery.byte_ranges import Span
from media.delivery.media_tokens import Ticket, fingerprint
from media.video.renditions_and_commands import PROGRESSIVE

# How long nginx may go by one answer about a token.
ADMITTED_S: Final = 15
# What one address of the bucket is good for: so many seconds, and so many bytes.
ADDRESS_S: Final = 40
ADDRESS_BYTES: Final = 4 << 20
REDIRECTED: Final = (".mp4", ".m4s")


class Way(StrEnum):
    """How media leave the house (CARREL_DELIVERY)."""

    EMBEDDED = "embedded"
    NGINX = "nginx"
    REDIRECT = "redirect"


def admission(ticket: Ticket, token: str, *, seconds: int) -> list[tuple[str, str]]:
    """Return what nginx is told about a token: where its files lie, and how long that holds.

    `X-Carrel-Mark` is what stands in its log in place of the token.
    """
    left = max(1, min(seconds, ticket.expires - int(time.time())))
    return [
        ("X-Carrel-Folder", ticket.prefix),
        ("X-Carrel-Mark", f"~{fingerprint(token)[:12]}"),
        ("X-Accel-Expires", str(left)),
        ("Cache-Control", "no-store"),
    ]


def may_redirect(environ: Mapping[str, Any], ticket: Ticket, key: str, span: Span | None) -> bool:
    """Tell whether a request may be sent on to the bucket.

    One bounded piece of a film for a player with Media Source Extensions: native players lose
    their place behind a redirect, playlists would lead astray from there, and a whole file would
    outlast the session.
    """
    return (
        environ["REQUEST_METHOD"] == "GET"
        and bool(ticket.agent)  # a native player's token is bound to no agent
        and key.endswith(REDIRECTED)
        and not key.endswith(f"/{PROGRESSIVE}")
        and span is not None
        and not span.open_ended
        and span.length <= ADDRESS_BYTES
    )
