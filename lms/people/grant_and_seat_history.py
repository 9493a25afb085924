"""Grant and seat history of a login: current and past ones; revoke a grant."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Result, Row, func, or_, select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_cases
from lms.access.grant_paths import grant_facts
from lms.access.merged_logins import logins_of_kept
from lms.access.merged_organizations import kept_organization
from lms.access.policy import Action, Admitted, Case, Code, decide, weigh_holdings
from lms.accounts.login_lookup import kept_login
from lms.contracts import grace_periods
from lms.core.errors import or_not_found
from lms.core.model_base import copied
from lms.core.staff_reasons import checked_reason
from lms.grants import grants
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Presenter, Series, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, OfferKind, Scope, Withdrawal
from lms.models.orders import Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat
from lms.sales.billing import PO_NUMBER
from lms.seats import pools

LOOKED_AT_ONCE: Final = 400
MOST_TITLES: Final = 12


@dataclass(frozen=True, slots=True)
class OrderedAs:
    """The order that a grant came from; `organization` is its owner, "" for the person."""

    public_id: str
    organization: str
    terms: Terms
    po_number: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant of a login, its state, and where it came from.

    `covers` is the title or name of what it covers, "" for everything; `via` is the public ID of the
    login that has it, which differs if two logins were merged.
    """

    public_id: str
    kind: OfferKind
    scope: Scope
    covers: str
    starts_at: datetime
    ends_at: datetime | None
    awaits_payment_since: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    revoked_reason: str | None
    created_at: datetime
    via: str
    order: OrderedAs | None
    code: Code


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A person's time in a seat of an organization's pool."""

    pool: str
    organization: str
    organization_slug: str
    scope: Scope
    covers: str
    state: AssignmentState
    email: str | None
    created_at: datetime
    expires_at: datetime | None
    claimed_at: datetime | None
    ended_at: datetime | None
    ended_as: AssignmentEnd | None
    seat: str  # its public ID


@dataclass(frozen=True, slots=True)
class Watched:
    """A webinar that a login has started, and the watched share, 0 to 1."""

    slug: str
    title: str
    share: float
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """The recordings that a person could no longer watch without a grant: count and newest titles."""

    total: int
    titles: tuple[str, ...]


_covers = func.coalesce(Webinar.title, Series.title, Presenter.name, "")
_GRANTS = (
    select(
        Grant.public_id,
        Grant.kind,
        Grant.scope,
        _covers.label("covers"),
        Grant.starts_at,
        Grant.ends_at,
        Grant.grace_until,
        Grant.awaits_payment_since,
        Grant.suspended_at,
        Grant.revoked_at,
        Grant.revoked_as,
        Grant.revoked_reason,
        Grant.created_at,
        Login.public_id.label("via"),
        Order.public_id.label("order_id"),
        func.coalesce(Organization.name, "").label("organization"),
        Order.terms,
        PO_NUMBER.label("po_number"),
        Order.placed_at,
    )
    .join(Login, Login.id == Grant.login_id)
    .outerjoin(OrderLine, OrderLine.id == Grant.order_line_id)
    .outerjoin(Order, Order.id == OrderLine.order_id)
    .outerjoin(Organization, Organization.id == Order.organization_id)
    .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
)
_SEATS = (
    select(
        Pool.public_id,
        Organization.name,
        Organization.slug,
        Pool.scope,
        _covers,
        Assignment.state,
        Assignment.email,
        Assignment.created_at,
        Assignment.expires_at,
        Assignment.claimed_at,
        Assignment.ended_at,
        Assignment.ended_as,
        Seat.public_id,
    )
    .join_from(Assignment, Pool, Pool.id == Assignment.pool_id)
    .join(Seat, Seat.id == Assignment.seat_id)
    .join(Organization, Organization.id == kept_organization(Pool.organization_id))
    .outerjoin(Webinar, Webinar.id == Pool.webinar_id)
    .outerjoin(Series, Series.id == Pool.series_id)
    .outerjoin(Presenter, Presenter.id == Pool.presenter_id)
)


def read_grants(session: Session, login_id: int, *, now: datetime) -> tuple[HeldGrant, ...]:
    """Return the grants of a login and of logins merged into it, past ones included."""
    rows = session.execute(
        _GRANTS.where(Grant.login_id.in_(logins_of_kept(login_id))).order_by(
            Grant.revoked_at.is_not(None), Grant.starts_at.desc(), Grant.id.desc()
        )
    )
    return tuple(_held(row, now) for row in rows)


def read_grant(session: Session, grant_id: str, *, now: datetime) -> HeldGrant:
    """Return a login's grant by its public ID; raises NotFound."""
    row = or_not_found(session.execute(_GRANTS.where(Grant.public_id == grant_id)).one_or_none())
    return _held(row, now)


def read_seats(session: Session, login_id: int) -> tuple[HeldSeat, ...]:
    """Return a login's seats, those any of its addresses is invited to, and former ones."""
    theirs = logins_of_kept(login_id)
    keys = select(Login.email_key).where(Login.id.in_(theirs), Login.email_key.is_not(None))
    further = select(LoginAlias.email_key).where(LoginAlias.login_id.in_(theirs))
    mine = or_(
        Assignment.login_id.in_(theirs),
        (Assignment.login_id.is_(None)) & Assignment.email_key.in_(keys.union(further)),
    )
    return _seats(session, mine)


def read_seats_for(session: Session, email_key: str) -> tuple[HeldSeat, ...]:
    """Return the seats that an address is invited to, for an address without a login."""
    return _seats(session, Assignment.email_key == email_key)


def read_watched(session: Session, login_id: int) -> tuple[Watched, ...]:
    """Return what one login alone has started to watch, latest first."""
    rows = session.execute(
        select(
            Webinar.slug,
            Webinar.title,
            func.max(1.0 * WatchRecord.watched_s / Recording.seconds),
            func.max(WatchRecord.updated_at).label("seen_at"),
        )
        .join_from(WatchRecord, Recording, Recording.id == WatchRecord.recording_id)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(WatchRecord.login_id == login_id, Recording.seconds > 0)
        .group_by(Webinar.id)
        .order_by(func.max(WatchRecord.updated_at).desc())
    )
    return tuple(
        Watched(slug, title, min(1.0, float(share)), at) for slug, title, share, at in rows
    )


def weigh_loss(session: Session, grant_id: str, *, now: datetime) -> Loss:
    """Return which recordings the holder of a grant could no longer watch without it.

    Each recording is decided with and without the grant, so recordings that another grant covers are
    not lost. Raises NotFound.
    """
    query = select(
        Grant.login_id, Grant.scope, Grant.webinar_id, Grant.series_id, Grant.presenter_id
    ).where(Grant.public_id == grant_id, Grant.login_id.is_not(None))
    line = or_not_found(session.execute(query).one_or_none())
    login_id = kept_login(session, line.login_id)
    covered = session.execute(_covered_by(line)).all()
    titles = []
    for first in range(0, len(covered), LOOKED_AT_ONCE):
        some = covered[first : first + LOOKED_AT_ONCE]
        cases = load_cases(session, login_id=login_id, webinar_ids=[row.id for row in some])
        titles += [row.title for row in some if _is_lost(cases[row.id], grant_id, now)]
    return Loss(len(titles), tuple(titles[:MOST_TITLES]))


def revoke(
    session: Session,
    grant_id: str,
    *,
    withdrawal: Withdrawal,
    reason: str,
    actor: str | None,
    now: datetime,
) -> None:
    """Revoke one grant at once, a login's or a pool's, found by its public ID.

    Raises NotFound, Conflict if it was already revoked, Invalid without a reason.
    """
    why = checked_reason(reason)
    of_pool = session.scalar(select(Grant.pool_id).where(Grant.public_id == grant_id))
    if of_pool is None:
        grants.take_back(session, grant_id, withdrawal=withdrawal, reason=why, actor=actor, now=now)
    else:
        pools.revoke_pool_grant(session, grant_id, withdrawal, reason=why, actor=actor, now=now)
        grace_periods.fit_grace(session, of_pool, now=now)


def _is_lost(case: Case, grant_id: str, now: datetime) -> bool:
    others = tuple(each for each in case.login.grants if each.public_id != grant_id)
    without = replace(case.login, grants=others)
    before = decide(case.login, case.webinar, Action.RECORDING, now)
    after = decide(without, case.webinar, Action.RECORDING, now)
    return isinstance(before, Admitted) and not isinstance(after, Admitted)


def _covered_by(line: Row[*tuple[Any, ...]]) -> Any:  # noqa: ANN401  (a select of two columns)
    covered = select(Webinar.id, Webinar.title).order_by(Webinar.held_at.desc())
    match line.scope:
        case Scope.WEBINAR:
            return covered.where(Webinar.id == line.webinar_id)
        case Scope.SERIES:
            return covered.join(WebinarSeries).where(WebinarSeries.series_id == line.series_id)
        case Scope.PRESENTER:
            return covered.join(WebinarPresenter).where(
                WebinarPresenter.presenter_id == line.presenter_id
            )
        case _:
            return covered


def _held(row: Row[*tuple[Any, ...]], now: datetime) -> HeldGrant:
    facts = grant_facts(row, row.covers, place=None)
    (weighed,) = weigh_holdings((facts,), now)
    order = None
    if row.order_id is not None:
        order = OrderedAs(row.order_id, row.organization, row.terms, row.po_number, row.placed_at)
    return copied(HeldGrant, row, order=order, code=weighed.code)


def _seats(session: Session, which: Any) -> tuple[HeldSeat, ...]:  # noqa: ANN401  (a condition)
    rows: Result[*tuple[Any, ...]] = session.execute(
        _SEATS.where(which).order_by(Assignment.ended_at.is_not(None), Assignment.id.desc())
    )
    return tuple(HeldSeat(*row) for row in rows)
