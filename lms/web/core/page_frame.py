"""The page layout: the branding, policies and signed-in person that every page shows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import Lock

from flask import Flask, current_app, url_for
from flask import session as web_session
from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.branding import BrandingFacts, read_branding
from lms.core.languages import Language, language
from lms.core.markdown import to_html
from lms.core.version import VERSION
from lms.models.seller import PolicyKind
from lms.pricing.price_list import Price, read_prices
from lms.seller.policies import SLUGS, TITLES, published_policies
from lms.seller.sales_texts import read_sales_texts
from lms.web.core.current_user import CART, viewer
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import may_open

Link = tuple[str, str, str]  # a label, an endpoint or a URL, and an icon
LinkGroup = tuple[str | None, list[Link]]
EXTENSION = "carrel_branding"
FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class SalesWords:
    """What pages that sell say about the seller, as HTML ("" if nothing), and the general prices."""

    home: Markup
    testimonials: Markup
    faq: Markup
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class _FrameFacts:
    """What the layout shows about the seller; the footer links to the published policies."""

    branding: BrandingFacts
    policies: tuple[PolicyKind, ...]
    sales: SalesWords


class _FrameCache:
    """Caches the layout's facts for FRESH_S seconds, so that most pages need no query for them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: _FrameFacts | None = None
        self._read_at = 0.0

    def take(self) -> _FrameFacts:
        at = time.monotonic()
        with self._lock:
            if self._facts is not None and at - self._read_at < FRESH_S:
                return self._facts
        # Read outside the lock: other threads shouldn't wait for a query.
        with read_session() as session:
            branding = read_branding(session, contact=carrel().settings.mail_from)
            facts = _FrameFacts(branding, published_policies(session), _sales_words(session))
        with self._lock:
            self._facts, self._read_at = facts, at
        return facts

    def forget(self) -> None:
        with self._lock:
            self._facts = None


def init_shell(app: Flask) -> None:
    """Add `branding`, `policies`, `viewer`, `has_cart`, `carrel_version` and helpers to every template.

    `memoized` keeps what a macro returned for the same arguments.
    """
    cache = _FrameCache()
    app.extensions[EXTENSION] = cache
    app.add_template_global(allowed_links)
    app.add_template_global(stylesheet)
    app.add_template_global(script)
    app.add_template_global(fixed_part)
    app.add_template_global(lru_cache(maxsize=1024, typed=True), "memoized")

    @app.context_processor
    def frame() -> dict[str, object]:
        facts = cache.take()
        return {
            "branding": facts.branding,
            "policies": [(TITLES[kind], SLUGS[kind]) for kind in facts.policies],
            "viewer": viewer(),
            "has_cart": CART in web_session,
            "carrel_version": VERSION,
        }


def allowed_links(groups: Sequence[LinkGroup], **values: str) -> list[LinkGroup]:
    """Return the menu with endpoints resolved to URLs, without links that this person can't open."""
    allowed = [
        (
            heading,
            [
                (label, url_for(endpoint, **values), icon)  # type: ignore[arg-type]  # values for the route
                for label, endpoint, icon in links
                if may_open(endpoint)
            ],
        )
        for heading, links in groups
    ]
    return [group for group in allowed if group[1]]


def branding_facts() -> BrandingFacts:
    """Return the branding that this page's layout shows."""
    cache: _FrameCache = current_app.extensions[EXTENSION]
    return cache.take().branding


def sales_words() -> SalesWords:
    """Return the seller's sales texts and general prices, cached as the layout's facts are."""
    cache: _FrameCache = current_app.extensions[EXTENSION]
    return cache.take().sales


def _sales_words(session: Session) -> SalesWords:
    texts = read_sales_texts(session)
    home, testimonials, faq = (
        Markup(to_html(text))  # noqa: S704  (nh3 sanitized it)
        for text in (texts.home, texts.testimonials, texts.faq)
    )
    return SalesWords(home, testimonials, faq, read_prices(session))


def forget_frame() -> None:
    """Clear the layout cache of this process, after a change."""
    cache: _FrameCache = current_app.extensions[EXTENSION]
    cache.forget()


def stylesheet(name: str) -> Markup:
    """Return the link element of a stylesheet in lms/static/css."""
    url = url_for("static", filename=f"css/{name}")
    return Markup('<link rel="stylesheet" href="{}">').format(url)


def fixed_part(template: str) -> Markup:
    """Return a part of pages that is the same on all of them in a language, made once."""
    return _fixed_part(template, language())


@cache
def _fixed_part(template: str, _language: Language) -> Markup:
    return Markup(current_app.jinja_env.get_template(template).render())  # noqa: S704  (escaped)


def script(name: str, *, arranges: bool = False) -> Markup:
    """Return the script element that loads a module of lms/static/js.

    Use `arranges` for a script that changes the layout: it blocks rendering until it has run, so that
    nothing shifts afterward. It belongs in the head.
    """
    url = url_for("static", filename=f"js/{name}")
    early = Markup(' blocking="render"') if arranges else ""
    return Markup('<script type="module" src="{}"{}></script>').format(url, early)
