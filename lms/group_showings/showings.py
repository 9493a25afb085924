"""Group viewings: open, list, and close them, and read an attendee's slides (PRODUCT.md, G2)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.certificates import group_showing_certificates
from lms.core.database import insert_into
from lms.core.errors import N_, Gone, or_not_found
from lms.core.model_base import CROCKFORD, new_public_id
from lms.core.runtime import hash_secret
from lms.group_showings.entitlement import grant_to_show, must_stand
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, OfferKind
from lms.models.group_showings import Attendee, Showing
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization

LONGEST_NAME: Final = 200
CODE_LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a group viewing: a room or a call, and the zone whose midnight ends it."""

    room: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class ShowingFacts:
    """A group viewing: the webinar, host, place, and until when people can check in."""

    id: int
    public_id: str
    code: str
    login_id: int
    webinar_id: int
    grant: str
    slug: str
    title: str
    host: str
    room: str
    zone: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    minutes_shown: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A webinar that a person can show to a group; `owner` is the organization that bought it."""

    slug: str
    title: str
    owner: str


@dataclass(frozen=True, slots=True)
class Slides:
    """What an attendee's link opens: the handouts of one webinar, permanently, and their certificate."""

    webinar_id: int
    slug: str
    name: str
    certificate: str | None


_SHOWINGS: Final = (
    select(
        Showing.id,
        Showing.public_id,
        Showing.code,
        Showing.login_id,
        Showing.webinar_id,
        Grant.public_id.label("grant"),
        Webinar.slug,
        Webinar.title,
        Login.name.label("host"),
        Showing.room,
        Showing.zone,
        Showing.opened_at,
        Showing.closes_at,
        Showing.closed_at,
        Showing.minutes_shown,
    )
    .join_from(Showing, Webinar, Webinar.id == Showing.webinar_id)
    .join(Login, Login.id == Showing.login_id)
    .join(Grant, Grant.id == Showing.grant_id)
)
_person: Final = bindparam("person", type_=Login.id.type)
_MINE: Final = _SHOWINGS.where(Showing.login_id.in_(logins_of(_person))).order_by(
    Showing.opened_at.desc(), Showing.id.desc()
)
# Whether a person ever opened one; takes the parameter `person`.
HAS_SHOWINGS: Final = exists().where(Showing.login_id.in_(logins_of(_person)))
_HELD: Final = (
    select(Webinar.id, Webinar.slug, Webinar.title, func.max(Organization.name).label("owner"))
    .join(Grant, Grant.webinar_id == Webinar.id)
    .outerjoin(OrderLine, OrderLine.id == Grant.order_line_id)
    .outerjoin(Order, Order.id == OrderLine.order_id)
    .outerjoin(Organization, Organization.id == kept_organization(Order.organization_id))
    .where(Grant.login_id.in_(logins_of(_person)), Grant.kind == OfferKind.GROUP_SHOWING)
    .group_by(Webinar.id, Webinar.slug, Webinar.title)
    .order_by(Webinar.title)
)


def open_showing(
    session: Session,
    *,
    login_id: int,
    webinar_id: int,
    place: Place,
    actor: str | None,
    now: datetime,
) -> str:
    """Open a group viewing until midnight in its zone, or return the one that is open.

    Raises NotFound for a person who has no group viewing of the webinar.
    """
    grant_id = or_not_found(grant_to_show(session, login_id, webinar_id, now=now))
    close_due(session, now=now)
    put = insert_into(session, Showing).values(
        public_id=new_public_id(),
        webinar_id=webinar_id,
        login_id=login_id,
        grant_id=grant_id,
        room=" ".join(place.room.split())[:LONGEST_NAME],
        zone=place.zone.key,
        code="".join(secrets.choice(CROCKFORD) for _ in range(CODE_LETTERS)),
        opened_at=now,
        closes_at=_end_of_day(now, place.zone),
    )
    made = session.scalar(put.on_conflict_do_nothing().returning(Showing.public_id))
    if made is not None:
        audit.record(session, "showing.opened", made, actor=actor, now=now)
        return str(made)
    return session.scalars(
        select(Showing.public_id).where(
            Showing.login_id == login_id,
            Showing.webinar_id == webinar_id,
            Showing.closed_at.is_(None),
        )
    ).one()


def read_showing(session: Session, public_id: str, *, login_id: int, now: datetime) -> ShowingFacts:
    """Return a group viewing to its host; raises NotFound for anyone else."""
    return _one(
        session,
        _SHOWINGS.where(Showing.public_id == public_id, Showing.login_id.in_(logins_of(login_id))),
        now,
    )


def showable(session: Session, login_id: int, *, now: datetime) -> tuple[Shown, ...]:
    """Return what a person can show to a group now, by title."""
    return tuple(
        Shown(row.slug, row.title, row.owner or "")
        for row in session.execute(_HELD, {"person": login_id})
        if grant_to_show(session, login_id, row.id, now=now) is not None
    )


def list_showings(session: Session, login_id: int, *, now: datetime) -> tuple[ShowingFacts, ...]:
    """Return a person's group viewings, newest first."""
    return tuple(_facts(row, now) for row in session.execute(_MINE, {"person": login_id}))


def read_room(session: Session, code: str, *, now: datetime) -> ShowingFacts:
    """Return the group viewing of a check-in link; raises NotFound, Gone once it is closed or refunded."""
    facts = _one(session, _SHOWINGS.where(Showing.code == code.lower()), now)
    if not facts.is_open:
        raise Gone(N_("This viewing ended. Ask the host to add your name."))
    must_stand(session, facts.login_id, facts.webinar_id, facts.grant, now)
    return facts


def close(session: Session, showing: ShowingFacts, *, actor: str | None, now: datetime) -> None:
    """Close check-in; does nothing if it is already closed."""
    if _close(session, Showing.id == showing.id, now):
        audit.record(session, "showing.closed", showing.public_id, actor=actor, now=now)


def close_all_of(session: Session, grant_id: int, *, now: datetime) -> None:
    """Close the open group viewings of a grant, such as when its host is replaced."""
    _close(session, Showing.grant_id == grant_id, now)


def close_due(session: Session, *, now: datetime) -> int:
    """Close the group viewings whose day has ended; return how many."""
    return _close(session, Showing.closes_at <= now, now)


def read_slides(session: Session, secret: str, *, now: datetime) -> Slides:
    """Return what an attendee's link opens; raises NotFound.

    Raises Gone for a removed webinar, and if the order was refunded or disputed (R1).
    """
    query = (
        select(
            Showing.webinar_id,
            Webinar.slug,
            Attendee.id.label("attendee_id"),
            Attendee.name,
            Showing.login_id,
            Grant.public_id.label("grant"),
        )
        .join_from(Attendee, Showing, Showing.id == Attendee.showing_id)
        .join(Grant, Grant.id == Showing.grant_id)
        .join(Webinar, Webinar.id == Showing.webinar_id)
        .where(Attendee.token_hash == hash_secret(secret))
    )
    row = or_not_found(session.execute(query).one_or_none())
    must_stand(session, row.login_id, row.webinar_id, row.grant, now)
    certificate = group_showing_certificates.certificate_of(session, row.attendee_id)
    return Slides(row.webinar_id, row.slug, row.name, certificate)


def _one(session: Session, statement: Select[*tuple[Any, ...]], now: datetime) -> ShowingFacts:
    row = or_not_found(session.execute(statement).one_or_none())
    return _facts(row, now)


def _facts(row: Any, now: datetime) -> ShowingFacts:  # noqa: ANN401  (a row of either statement)
    is_open = row.closed_at is None and now < row.closes_at
    return ShowingFacts(**row._asdict(), is_open=is_open)


def _close(session: Session, which: ColumnElement[bool], now: datetime) -> int:
    rows = session.execute(
        select(Showing.id, Showing.public_id, Showing.opened_at, Showing.closes_at, Webinar.minutes)
        .join(Webinar, Webinar.id == Showing.webinar_id)
        .where(which, Showing.closed_at.is_(None))
    ).all()
    for row in rows:
        until = min(now, row.closes_at)
        shown = min(row.minutes, int((until - row.opened_at).total_seconds() // 60))
        session.execute(
            update(Showing)
            .where(Showing.id == row.id, Showing.closed_at.is_(None))
            .values(closed_at=until, minutes_shown=shown)
            .execution_options(synchronize_session="auto")
        )
        group_showing_certificates.ask_for(session, row.public_id, now=now)
    return len(rows)


def _end_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)
