"""Embed links: an organization's iframe addresses for sites without LTI.

The secret of a link is derived from its public ID with the installation's key, so that managers can
copy the address again. Links are found only by the secret's hash.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, case, func, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.model_base import copied, locked, new_public_id
from lms.core.runtime import hash_secret
from lms.lti_facade.connection_emails import tell_of_revoked_link
from lms.lti_facade.content_names import content_named, titles_of
from lms.lti_facade.organizations import Customer, customers, family_of, organizations_named
from lms.mail.links import Links
from lti.frames.sessions import stop_frames_by
from lti.models.embed_links import EmbedLink, EmbedPlace, EmbedViewer, SeatRule
from lti.protocol.content_target import Target, read_target

EMBED_LINKS: Final = "embed links"  # the purpose of the derived key
LONGEST_LABEL: Final = 200
LONGEST_OPEN: Final = timedelta(days=366)
NO_LABEL: Final = N_("Enter a name, such as the page where you'll show it.")
BAD_END: Final = N_("Choose a date in the future.")
ANYBODY_ENDS: Final = N_(
    "A link that gives seats to anyone must expire within one year. You can extend it later."
)
NO_SUCH_LINK: Final = N_("Embed link not found.")
TAKEN_BACK_BEFORE: Final = N_("This link is already revoked.")
WORKS_ANYWAY: Final = N_("This link isn't revoked.")


@dataclass(frozen=True, slots=True)
class EmbedDetails:
    """The editable part of a link."""

    label: str
    origins: tuple[str, ...]
    seat_rule: SeatRule
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """A site on which a link was opened, how often, and when last."""

    origin: str
    uses: int
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class EmbedFacts:
    """An embed link; `title` is what it shows, `viewers` the number of people who gave their name.

    `made_by` is the organization that created it, `organization` the one it was merged into, if any.
    """

    id: int
    public_id: str
    organization: Customer
    made_by: int
    target: Target
    title: str
    details: EmbedDetails
    created_at: datetime
    revoked_at: datetime | None
    uses: int
    last_used_at: datetime | None
    viewers: int
    places: tuple[Place, ...]
    token_hash: bytes

    def is_over(self, now: datetime) -> bool:
        """Return whether the link has expired."""
        return self.details.expires_at is not None and self.details.expires_at <= now

    def works(self, now: datetime) -> bool:
        """Return whether the link is neither revoked nor expired."""
        return self.revoked_at is None and not self.is_over(now)


def token_of(key: bytes, public_id: str) -> str:
    """Return the secret in a link's URL: 256 bits, base64url."""
    mac = hmac.digest(key, public_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def add_embed(  # noqa: PLR0913  (every argument is needed)
    session: Session,
    organization_id: int,
    target: Target,
    details: EmbedDetails,
    *,
    key: bytes,
    actor: str | None,
    now: datetime,
) -> EmbedFacts:
    """Create a link to a webinar or series; the caller has checked that the organization can use it.

    Raises Invalid for an invalid name or expiry.
    """
    details = _checked(details, now)
    public_id = new_public_id()
    row = EmbedLink(
        public_id=public_id,
        organization_id=organization_id,
        token_hash=hash_secret(token_of(key, public_id)),
        label=details.label,
        target=target.custom,
        origins="\n".join(details.origins),
        seat_rule=details.seat_rule,
        created_at=now,
        expires_at=details.expires_at,
    )
    session.add(row)
    session.flush()
    _note(session, "embed.added", row, actor=actor, now=now)
    return find_embed(session, organization_id, public_id)


def edit_embed(
    session: Session,
    organization_id: int,
    public_id: str,
    details: EmbedDetails,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Edit a link; its URL stays the same. A changed rule or site list ends current playback.

    Raises NotFound for another organization's link, and Invalid.
    """
    row = _row(session, organization_id, public_id)
    details = _checked(details, now)
    was = (row.seat_rule, row.origins)
    row.label, row.origins = details.label, "\n".join(details.origins)
    row.seat_rule, row.expires_at = details.seat_rule, details.expires_at
    session.flush()
    if was != (row.seat_rule, row.origins):
        stop_frames_by(session, row.id, now=now)
    _note(session, "embed.edited", row, actor=actor, now=now)


def revoke_embed(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Revoke a link and end what plays through it.

    Raises NotFound for another organization's link, Conflict for one that is already revoked.
    """
    row = _row(session, organization_id, public_id)
    if row.revoked_at is not None:
        raise Conflict(TAKEN_BACK_BEFORE)
    row.revoked_at = now
    session.flush()
    stop_frames_by(session, row.id, now=now)
    _note(session, "embed.revoked", row, actor=actor, now=now)


def revoke_for_team(
    session: Session, public_id: str, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Revoke a link of any organization for our team, and email its managers; raises as `revoke_embed`."""
    link = find_anybodys(session, public_id)
    revoke_embed(session, link.organization.id, public_id, actor=actor, now=now)
    tell_of_revoked_link(
        session,
        link.organization.id,
        link.details.label,
        path=f"/organization/{link.organization.public_id}/embeds/{public_id}",
        links=links,
        now=now,
    )


def restore_embed(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> None:
    """Make a revoked link work again, with the same URL.

    Raises NotFound for another organization's link, Conflict for one that is not revoked.
    """
    row = _row(session, organization_id, public_id)
    if row.revoked_at is None:
        raise Conflict(WORKS_ANYWAY)
    row.revoked_at = None
    session.flush()
    _note(session, "embed.restored", row, actor=actor, now=now)


def list_embeds(session: Session, organization_id: int | None = None) -> tuple[EmbedFacts, ...]:
    """Return an organization's links, or all, newest first."""
    query = _LISTED.order_by(EmbedLink.id.desc())
    if organization_id is not None:
        query = query.where(EmbedLink.organization_id.in_(family_of(organization_id)))
    return _facts(session, session.execute(query).all())


def find_embed(session: Session, organization_id: int, public_id: str) -> EmbedFacts:
    """Return a link of an organization; raises NotFound."""
    query = _LISTED.where(
        EmbedLink.organization_id.in_(family_of(organization_id)), EmbedLink.public_id == public_id
    )
    found = _facts(session, session.execute(query).all())
    if not found:
        raise NotFound(NO_SUCH_LINK)
    return found[0]


def find_anybodys(session: Session, public_id: str) -> EmbedFacts:
    """Return a link of any organization; raises NotFound."""
    found = _facts(session, session.execute(_LISTED.where(EmbedLink.public_id == public_id)).all())
    if not found:
        raise NotFound(NO_SUCH_LINK)
    return found[0]


def find_by_token(session: Session, token: str) -> EmbedFacts:
    """Return the link of a secret, even if it no longer works; raises NotFound."""
    query = _LISTED.where(EmbedLink.token_hash == hash_secret(token))
    found = _facts(session, session.execute(query).all())
    if not found:
        raise NotFound
    return found[0]


def search_embeds(
    session: Session, query: str, *, offset: int, limit: int
) -> tuple[tuple[EmbedFacts, ...], int]:
    """Return a page of all links, newest first, and their number.

    Each word is in a link's name or sites, or in the name of its organization or content.
    """
    matching = [_says(word) for word in query.split()]
    total = session.scalar(select(func.count()).select_from(EmbedLink).where(*matching)) or 0
    rows = session.execute(
        _LISTED.where(*matching).order_by(EmbedLink.id.desc()).offset(offset).limit(limit)
    )
    return _facts(session, rows.all()), total


def count_use(session: Session, link_id: int, site: str | None, *, now: datetime) -> None:
    """Count that a link was opened, and on which site, if the browser named it."""
    if site is not None:
        seen = insert_into(session, EmbedPlace).values(
            embed_link_id=link_id, origin=site, uses=1, first_seen_at=now, last_seen_at=now
        )
        session.execute(
            seen.on_conflict_do_update(
                index_elements=["embed_link_id", "origin"],
                set_={
                    "uses": EmbedPlace.uses + 1,
                    # another request may have been counted first that came later
                    "last_seen_at": case(
                        (EmbedPlace.last_seen_at > now, EmbedPlace.last_seen_at), else_=now
                    ),
                },
            )
        )
    session.execute(
        update(EmbedLink)
        .where(EmbedLink.id == link_id)
        .values(uses=EmbedLink.uses + 1, last_used_at=now)
    )


_viewers = (
    select(func.count())
    .where(EmbedViewer.embed_link_id == EmbedLink.id)
    .correlate(EmbedLink)
    .scalar_subquery()
)
_LISTED: Final = select(EmbedLink, _viewers.label("viewers")).execution_options(
    populate_existing=True
)


def _says(word: str) -> ColumnElement[bool]:
    named = (EmbedLink.target[kind].as_string() for kind in ("webinar", "series"))
    return or_(
        EmbedLink.label.icontains(word, autoescape=True),
        EmbedLink.origins.icontains(word, autoescape=True),
        EmbedLink.organization_id.in_(organizations_named(word)),
        *(each.in_(content_named(word)) for each in named),
    )


def _places(session: Session, link_ids: Sequence[int]) -> Mapping[int, tuple[Place, ...]]:
    """Return where links were opened, by link, the latest first."""
    rows = session.scalars(
        select(EmbedPlace)
        .where(EmbedPlace.embed_link_id.in_(link_ids))
        .order_by(EmbedPlace.last_seen_at.desc(), EmbedPlace.id)
    )
    found: dict[int, list[Place]] = {}
    for row in rows:
        place = Place(row.origin, row.uses, row.last_seen_at)
        found.setdefault(row.embed_link_id, []).append(place)
    return {link_id: tuple(places) for link_id, places in found.items()}


def _facts(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[EmbedFacts, ...]:
    links: list[tuple[EmbedLink, int]] = [(row.EmbedLink, row.viewers) for row in rows]
    targets = [read_target(link.target) or Target() for link, _viewers in links]
    titles = titles_of(
        session,
        webinars=[each.webinar for each in targets if each.webinar],
        series=[each.series for each in targets if each.series],
    )
    whose = customers(session, [link.organization_id for link, _viewers in links])
    places = _places(session, [link.id for link, _viewers in links])
    return tuple(
        copied(
            EmbedFacts,
            link,
            organization=whose[link.organization_id],
            made_by=link.organization_id,
            target=target,
            title=titles.get(target.webinar or target.series or "", ""),
            details=EmbedDetails(
                link.label, tuple(link.origins.split()), link.seat_rule, link.expires_at
            ),
            viewers=viewers,
            places=places.get(link.id, ()),
        )
        for (link, viewers), target in zip(links, targets, strict=True)
    )


def _checked(details: EmbedDetails, now: datetime) -> EmbedDetails:
    label = " ".join(details.label.split())[:LONGEST_LABEL]
    if not label:
        raise Invalid(NO_LABEL, field="label")
    ends_at = details.expires_at
    if ends_at is not None and ends_at <= now:
        raise Invalid(BAD_END, field="expires")
    is_open = details.seat_rule is SeatRule.NAMED
    if is_open and (ends_at is None or ends_at > now + LONGEST_OPEN):
        raise Invalid(ANYBODY_ENDS, field="expires")
    return EmbedDetails(label, details.origins, details.seat_rule, ends_at)


def _row(session: Session, organization_id: int, public_id: str) -> EmbedLink:
    row = session.scalar(
        locked(
            select(EmbedLink).where(
                EmbedLink.organization_id.in_(family_of(organization_id)),
                EmbedLink.public_id == public_id,
            )
        )
    )
    return or_not_found(row, NO_SUCH_LINK)


def _note(session: Session, act: str, row: EmbedLink, *, actor: str | None, now: datetime) -> None:
    whose = customers(session, [row.organization_id])[row.organization_id]
    detail = {"organization": whose.public_id, "rule": row.seat_rule.value}
    audit.record(session, act, row.public_id, actor=actor, now=now, detail=detail)
