"""The roles in SQL: for each, one selection of its people, with the same columns."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from lms.access.lost_seats import lost_seat
from lms.access.merged_logins import kept_login, logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.access.organization_people import is_emailed
from lms.audience.events import Role
from lms.models.accounts import Login, LoginAlias, SellerRole
from lms.models.catalog import Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.live import Registration
from lms.models.orders import Order, OrderLine
from lms.models.organizations import MANAGING, Membership
from lms.models.organizations import Role as MemberRole
from lms.models.seats import Assignment, AssignmentState, Pool, WaitingEntry
from lms.models.training import Trainee, Training, TrainingItem

Found = Select[Any]
_OPEN: Final = (AssignmentState.INVITED, AssignmentState.OFFERED)
# Aliases, so that neither is mistaken for the login of the enclosing statement.
_asked, _contact = aliased(Login), aliased(Login)
_POOL_OF_GRANT: Final = func.coalesce(Pool.allotted_from_id, Pool.id)


def everyone(webinar: Webinar, now: datetime, *, is_registered: bool) -> tuple[Found, ...]:
    """Return the selections of all roles; a person may appear in several, and repeatedly in one.

    With `is_registered`, people with a pass or contract need a registration.
    """
    found = [
        *_payers(webinar, now),
        _managers(webinar, now),
        *_owners(webinar, now),
        _seated(webinar, now),
        _seated_in_contracts(webinar, now, is_registered=is_registered),
        _pass_holders(webinar, now, is_registered=is_registered),
        _invited(webinar, now),
        _waiting(webinar),
        _trainees(webinar),
        _team(),
    ]
    if webinar.free:
        found.append(_registered(webinar))
    return tuple(found)


def covering_pools(webinar: Webinar, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a pool covers a webinar, by a grant that hasn't ended."""
    own = and_(Pool.scope == Scope.WEBINAR, Pool.webinar_id == webinar.id)
    return and_(or_(own, _is_wide(Pool, webinar)), _has_grant(now), _lasts_until_held(webinar))


def standing_lines(
    webinar_id: int | InstrumentedAttribute[int],
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on orders and their lines under which a purchase of a webinar is in force."""
    return (
        OrderLine.webinar_id == webinar_id,
        Order.placed_at.is_not(None),
        Order.canceled_at.is_(None),
        Order.livemode.is_(True),
        OrderLine.replaced_at.is_(None),
        exists()
        .where(
            Grant.order_line_id == OrderLine.id,
            Grant.webinar_id == OrderLine.webinar_id,
            Grant.revoked_at.is_(None),
        )
        .correlate(OrderLine),
    )


def _row(role: Role, login_id: Any, **given: Any) -> Found:  # noqa: ANN401  (columns)
    """Return a selection with all columns; those that a role doesn't use are NULL."""
    columns = {
        "email": null(),
        "email_key": null(),
        "name": literal(""),
        "organization_id": null(),
        "payer_id": null(),
        **given,
    }
    return select(
        literal(role.value).label("role"),
        login_id.label("login_id"),
        *(value.label(key) for key, value in columns.items()),
    )


def _payers(webinar: Webinar, now: datetime) -> tuple[Found, Found, Found]:
    """Return the buyers, managers in place of buyers who are no longer emailed, and billing contacts.

    Managers of an organization with seats are in the audience anyway, in their own role.
    """
    kept = kept_organization(Order.organization_id)
    lines = standing_lines(webinar.id)
    buyers = (
        _row(
            Role.BUYER,
            func.coalesce(Order.login_id, Order.contact_id),
            # people who paid before confirming an address are emailed at the order's address
            email=func.nullif(Order.contact_email, ""),
            name=Order.contact_name,
            organization_id=kept,
            payer_id=kept_login(Order.login_id),
            since=Order.placed_at,
        )
        .join_from(Order, OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(_contact, _contact.id == kept_login(Order.contact_id))
        .where(*lines, or_(Order.organization_id.is_(None), is_emailed(_contact)))
    )
    stand_ins = (
        _row(Role.BILLING, Membership.login_id, organization_id=kept, since=Order.placed_at)
        .join_from(Order, OrderLine, OrderLine.order_id == Order.id)
        .join(Membership, kept_organization(Membership.organization_id) == kept)
        .outerjoin(_contact, _contact.id == kept_login(Order.contact_id))
        .where(*lines, Membership.role.in_(MANAGING), kept.not_in(_with_seats(webinar, now)))
        .where(not_(is_emailed(_contact)))
    )
    billing = (
        _row(Role.BILLING, Membership.login_id, organization_id=kept, since=Order.placed_at)
        .join_from(Order, OrderLine, OrderLine.order_id == Order.id)
        .join(Membership, kept_organization(Membership.organization_id) == kept)
        .where(*lines, Membership.role == MemberRole.BILLING)
    )
    return buyers, stand_ins, billing


def _managers(webinar: Webinar, now: datetime) -> Found:
    kept = kept_organization(Membership.organization_id)
    return (
        _row(
            Role.MANAGER,
            Membership.login_id,
            organization_id=kept,
            since=Membership.created_at,
        )
        .select_from(Membership)
        .where(Membership.role.in_(MANAGING), kept.in_(_with_seats(webinar, now)))
    )


def _with_seats(webinar: Webinar, now: datetime) -> Select[int]:
    """Return the organizations that have seats for a webinar, by ID."""
    return select(kept_organization(Pool.organization_id)).where(covering_pools(webinar, now))


def _owners(webinar: Webinar, now: datetime) -> tuple[Found, Found]:
    """Return the people with a personal grant for this webinar, and those with a group viewing of it."""
    is_showing = Grant.kind == OfferKind.GROUP_SHOWING
    own = (Grant.login_id.is_not(None), Grant.webinar_id == webinar.id, _goes_on(now))
    return (
        _row(Role.HOLDER, Grant.login_id, since=Grant.created_at).where(*own, ~is_showing),
        _row(Role.HOST, Grant.login_id, since=Grant.created_at).where(*own, is_showing),
    )


def _seated(webinar: Webinar, now: datetime) -> Found:
    return (
        _seats(Role.HOLDER, Assignment.claimed_at)
        .where(Pool.webinar_id == webinar.id, _has_grant(now))
        .where(Assignment.state == AssignmentState.CLAIMED)
    )


def _seated_in_contracts(webinar: Webinar, now: datetime, *, is_registered: bool) -> Found:
    if not is_registered:
        return (
            _seats(Role.CONTRACT, Assignment.claimed_at)
            .where(_is_wide(Pool, webinar), _has_grant(now), _lasts_until_held(webinar))
            .where(Assignment.state == AssignmentState.CLAIMED)
        )
    registered = _registered_people(webinar)
    return (
        _seats(Role.CONTRACT, registered.c.since)
        .join(_asked, _asked.id == Assignment.login_id)
        .join(registered, registered.c.person == func.coalesce(_asked.merged_into, _asked.id))
        .where(_is_wide(Pool, webinar), _has_grant(now))
        .where(Assignment.state == AssignmentState.CLAIMED)
    )


def _pass_holders(webinar: Webinar, now: datetime, *, is_registered: bool) -> Found:
    if not is_registered:
        lasts = or_(Grant.ends_at.is_(None), Grant.ends_at > webinar.held_at)
        return _row(Role.PASS, Grant.login_id, since=Grant.created_at).where(
            Grant.login_id.is_not(None), _is_wide(Grant, webinar), _goes_on(now), lasts
        )
    registered = _registered_people(webinar)
    return (
        _row(Role.PASS, Grant.login_id, since=registered.c.since)
        .join_from(Grant, _asked, _asked.id == Grant.login_id)
        .join(registered, registered.c.person == func.coalesce(_asked.merged_into, _asked.id))
        .where(_is_wide(Grant, webinar), _goes_on(now))
    )


def _registered_people(webinar: Webinar) -> Subquery:
    """Return the people registered for a webinar, each by the login that the others were merged into.

    They are grouped so that both databases look a person up instead of comparing each with everyone.
    """
    person = func.coalesce(Login.merged_into, Login.id)
    return (
        select(person.label("person"), func.min(Registration.registered_at).label("since"))
        .join_from(Registration, Login, Login.id == Registration.login_id)
        .where(Registration.webinar_id == webinar.id, Registration.left_at.is_(None))
        .group_by(person)
        .subquery()
    )


def _registered(webinar: Webinar) -> Found:
    return _row(Role.HOLDER, Registration.login_id, since=Registration.registered_at).where(
        Registration.webinar_id == webinar.id, Registration.left_at.is_(None)
    )


def _invited(webinar: Webinar, now: datetime) -> Found:
    return (
        _seats(Role.INVITED, Assignment.created_at)
        .where(Pool.webinar_id == webinar.id, _has_grant(now))
        .where(Assignment.state.in_(_OPEN), Assignment.expires_at > now)
    )


def _waiting(webinar: Webinar) -> Found:
    return (
        _row(
            Role.WAITING,
            _login_of(WaitingEntry.login_id, WaitingEntry.email_key),
            email=WaitingEntry.email,
            email_key=WaitingEntry.email_key,
            name=WaitingEntry.name,
            organization_id=kept_organization(Pool.organization_id),
            since=WaitingEntry.joined_at,
        )
        .join_from(WaitingEntry, Pool, Pool.id == WaitingEntry.pool_id)
        .where(Pool.webinar_id == webinar.id, WaitingEntry.ended_at.is_(None))
    )


def _trainees(webinar: Webinar) -> Found:
    """Return members whose training with this webinar isn't done."""
    family = family_of(Training.organization_id)
    person = logins_of(Trainee.login_id)
    is_member = exists().where(
        Membership.login_id.in_(person), Membership.organization_id.in_(family)
    )
    has_seat = exists().where(
        Assignment.login_id.in_(person),
        Assignment.state == AssignmentState.CLAIMED,
        Pool.id == Assignment.pool_id,
        Pool.organization_id.in_(family),
    )
    return (
        _row(
            Role.TRAINEE,
            Trainee.login_id,
            organization_id=kept_organization(Training.organization_id),
            since=Trainee.created_at,
        )
        .join_from(Trainee, Training, Training.id == Trainee.training_id)
        .join(TrainingItem, TrainingItem.training_id == Training.id)
        .where(
            TrainingItem.webinar_id == webinar.id,
            Training.withdrawn_at.is_(None),
            Trainee.done_at.is_(None),
            or_(is_member, has_seat),
            ~lost_seat(person, family, webinar.id, Training.due_at),
        )
    )


def _team() -> Found:
    return _row(Role.TEAM, Login.id, since=Login.created_at).where(
        Login.seller_role.in_((SellerRole.OWNER, SellerRole.STAFF))
    )


def _seats(role: Role, since: ColumnElement[Any] | InstrumentedAttribute[Any]) -> Found:
    return (
        _row(
            role,
            _login_of(Assignment.login_id, Assignment.email_key),
            email=Assignment.email,
            email_key=Assignment.email_key,
            name=Assignment.name,
            organization_id=kept_organization(Pool.organization_id),
            since=since,
        )
        .join_from(Assignment, Pool, Pool.id == Assignment.pool_id)
        .where(Assignment.ended_at.is_(None))
    )


def _login_of(login_id: Any, email_key: Any) -> ColumnElement[Any]:  # noqa: ANN401  (columns)
    """Return the login of a person who may be known only by an address."""
    by_address = select(Login.id).where(Login.email_key == email_key).scalar_subquery()
    by_alias = (
        select(LoginAlias.login_id).where(LoginAlias.email_key == email_key).scalar_subquery()
    )
    return func.coalesce(login_id, by_address, by_alias)


def _is_wide(holder: type[Pool] | type[Grant], webinar: Webinar) -> ColumnElement[bool]:
    """Return the condition that a pool's or grant's scope is wider than one webinar and includes this one."""
    if not webinar.is_in_passes:
        return literal(value=False)
    presenters = select(WebinarPresenter.presenter_id).where(
        WebinarPresenter.webinar_id == webinar.id
    )
    series = select(WebinarSeries.series_id).where(WebinarSeries.webinar_id == webinar.id)
    return or_(
        holder.scope == Scope.EVERYTHING,
        holder.presenter_id.in_(presenters),
        holder.series_id.in_(series),
    )


def _goes_on(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a grant hasn't ended, including its grace period."""
    end = func.coalesce(Grant.grace_until, Grant.ends_at)
    return and_(Grant.revoked_at.is_(None), or_(Grant.ends_at.is_(None), end > now))


def _has_grant(now: datetime) -> ColumnElement[bool]:
    return exists().where(Grant.pool_id == _POOL_OF_GRANT, _goes_on(now)).correlate(Pool)


def _lasts_until_held(webinar: Webinar) -> ColumnElement[bool]:
    """Return the condition that a pool's grant ends after the webinar's date, or its former one."""
    first = min(webinar.held_at, webinar.moved_from or webinar.held_at)
    return (
        exists()
        .where(Grant.pool_id == _POOL_OF_GRANT, or_(Grant.ends_at.is_(None), Grant.ends_at > first))
        .where(Grant.revoked_at.is_(None))
        .correlate(Pool)
    )
