"""Embed link texts (content, who can watch, status), and the link's URL and embed code."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from lms.core.errors import N_
from lms.core.runtime import derived_key, hash_secret
from lms.lti_facade.dates import say_last_of, say_time_of
from lms.web.core.request_context import carrel
from lti.embed_links.embed_links import EMBED_LINKS, EmbedFacts, token_of
from lti.models.embed_links import SeatRule

RULES: Final = {
    SeatRule.SEATED: N_("Your people, with a code"),
    SeatRule.NAMED: N_("Anyone, with a code"),
    SeatRule.INSTITUTION: N_("Everyone on the page"),
}
HEIGHT: Final = 640
# Low enough to show only the video, its title and a button: lms/static/css/lti/player.css.
COMPACT_HEIGHT: Final = 360


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A site of a link: where it is allowed or was opened; `last_seen` is empty if never."""

    site: str
    last_seen: str
    uses: int
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class EmbedLine:
    """A link in a list."""

    id: str
    label: str
    title: str
    is_series: bool
    rule: str
    places: tuple[PlaceLine, ...]
    state: str
    badge: str
    works: bool
    is_revoked: bool
    until: str
    uses: int
    last_used: str
    viewers: int
    organization: str
    organization_id: str


def embed_key() -> bytes:
    """Return the installation's key for the secrets of embed links."""
    return derived_key(carrel().settings.secret_key, EMBED_LINKS)


def address_of(facts: EmbedFacts) -> str | None:
    """Return a link's URL; None if the installation's key has changed since it was created."""
    token = token_of(embed_key(), facts.public_id)
    if hash_secret(token) != facts.token_hash:
        return None
    return carrel().settings.base_url + url_for("embedded.embed", token=token)


def snippet_of(facts: EmbedFacts, address: str, *, height: int = HEIGHT) -> str:
    """Return the HTML to paste into a page; `height` is in pixels."""
    title = escape(facts.title or facts.details.label)
    return (
        f'<iframe src="{address}" title="{title}" width="100%" height="{height}" '
        'style="border:0" allow="fullscreen; picture-in-picture" allowfullscreen '
        'referrerpolicy="strict-origin" loading="lazy"></iframe>'
    )


def line_of(facts: EmbedFacts, *, zone: str, now: datetime) -> EmbedLine:
    """Return a link for a list."""
    state, badge = _state(facts, now)
    details = facts.details
    return EmbedLine(
        id=facts.public_id,
        label=details.label,
        title=facts.title or _("Deleted content"),
        is_series=facts.target.webinar is None,
        rule=_(RULES[details.seat_rule]),
        places=_places(facts, zone),
        state=state,
        badge=badge,
        works=facts.works(now),
        is_revoked=facts.revoked_at is not None,
        until="" if details.expires_at is None else say_last_of(details.expires_at, zone),
        uses=facts.uses,
        last_used="" if facts.last_used_at is None else say_time_of(facts.last_used_at, zone),
        viewers=facts.viewers,
        organization=facts.organization.name,
        organization_id=facts.organization.public_id,
    )


def _places(facts: EmbedFacts, zone: str) -> tuple[PlaceLine, ...]:
    """Return the sites where a link was opened, the latest first, then other sites that may show it."""
    allowed, seen = facts.details.origins, {each.origin for each in facts.places}
    opened = (
        PlaceLine(
            each.origin, say_time_of(each.last_seen_at, zone), each.uses, each.origin in allowed
        )
        for each in facts.places
    )
    others = (PlaceLine(site, "", 0, is_allowed=True) for site in allowed if site not in seen)
    return (*opened, *others)


def _state(facts: EmbedFacts, now: datetime) -> tuple[str, str]:
    if facts.revoked_at is not None:
        return _("Revoked"), "none"
    if facts.is_over(now):
        return _("Expired"), "none"
    return _("Active"), "open"
