"""The page layout: the branding, the policies and the signed-in person that every page shows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from flask import Flask, current_app, session, url_for

from lms.branding import BrandingFacts, read_branding
from lms.core.version import VERSION
from lms.models.seller import PolicyKind
from lms.seller.policies import SLUGS, TITLES, published_policies
from lms.web.core.current_user import CART, viewer
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import may_open

Link = tuple[str, str, str]  # a label, an endpoint or a URL, and an icon
LinkGroup = tuple[str | None, list[Link]]
EXTENSION = "carrel_branding"
FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class _FrameFacts:
    """What the frame shows of the seller; the footer links to the published policies."""

    branding: BrandingFacts
    policies: tuple[PolicyKind, ...]


class _FrameCache:
    """Keeps what frames show for a few seconds, so that a page costs no statement for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: _FrameFacts | None = None
        self._read_at = 0.0

    def take(self) -> _FrameFacts:
        at = time.monotonic()
        with self._lock:
            if self._facts is not None and at - self._read_at < FRESH_S:
                return self._facts
        with read_session() as session:
            branding = read_branding(session, contact=carrel().settings.mail_from)
            facts = _FrameFacts(branding, published_policies(session))
        with self._lock:
            self._facts, self._read_at = facts, at
        return facts

    def forget(self) -> None:
        with self._lock:
            self._facts = None


def init_shell(app: Flask) -> None:
    """Give every template `branding`, `policies`, `viewer`, `has_cart`, `carrel_version` and `allowed_links`."""
    cache = _FrameCache()
    app.extensions[EXTENSION] = cache
    app.add_template_global(allowed_links)

    @app.context_processor
    def frame() -> dict[str, object]:
        facts = cache.take()
        return {
            "branding": facts.branding,
            "policies": [(TITLES[kind], SLUGS[kind]) for kind in facts.policies],
            "viewer": viewer(),
            "has_cart": CART in session,
            "carrel_version": VERSION,
        }


def allowed_links(groups: Sequence[LinkGroup], **values: str) -> list[LinkGroup]:
    """Return a menu with URLs in the place of endpoints, without those that this person may not open."""
    allowed = [
        (
            heading,
            [
                (label, url_for(endpoint, **values), icon)  # type: ignore[arg-type]  # variables of a route
                for label, endpoint, icon in links
                if may_open(endpoint)
            ],
        )
        for heading, links in groups
    ]
    return [group for group in allowed if group[1]]


def branding_facts() -> BrandingFacts:
    """Return the branding, as the frame of this page shows them."""
    cache: _FrameCache = current_app.extensions[EXTENSION]
    return cache.take().branding


def forget_frame() -> None:
    """Read what the frame shows anew at the next page; called when it was changed."""
    cache: _FrameCache = current_app.extensions[EXTENSION]
    cache.forget()
