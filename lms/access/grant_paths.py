"""Grant paths: SQL for every way a login reaches a grant (own, pool seat, claimable pool).

They are one UNION ALL, and each branch is driven by an index, so that a decision stays one fast
statement however many logins, seats and grants there are.
"""

from typing import Any, Final

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from lms.access.policy import GrantFacts, PoolPlace, Way
from lms.access.self_enrollment import is_bar
from lms.core.model_base import Base, UTCDateTime
from lms.models.accounts import Login, LoginAlias
from lms.models.grants import Grant, OfferKind
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    ClaimPolicy,
    Pool,
    VerifiedDomain,
    WaitingEntry,
)


class _MailDomain(GenericFunction[str]):
    """The part of an email address key after the @."""

    type = String()
    name = "mail_domain"
    inherit_cache = True


@compiles(_MailDomain, "sqlite")
def _on_sqlite(element: _MailDomain, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401  (as compilers pass it)
    key = compiler.process(element.clauses, **how)
    return f"substr({key}, instr({key}, '@') + 1)"


@compiles(_MailDomain, "postgresql")
def _on_postgresql(element: _MailDomain, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    return f"split_part({compiler.process(element.clauses, **how)}, '@', 2)"


# Core tables, because mapped classes would pass each row through the ORM.
_LOGIN, _ALIAS, _ORGANIZATION, _GRANT, _POOL, _ASSIGNMENT, _WAITING, _DOMAIN, _MEMBERSHIP = (
    Base.metadata.tables[model.__tablename__]
    for model in (
        Login,
        LoginAlias,
        Organization,
        Grant,
        Pool,
        Assignment,
        WaitingEntry,
        VerifiedDomain,
        Membership,
    )
)
_OWNER, _FAMILY = _ORGANIZATION.alias("owner"), _ORGANIZATION.alias("family")


def _kept(organization: FromClause) -> ColumnElement[int]:
    """Return the ID of the remaining organization after a merge (I6)."""
    return func.coalesce(organization.c.merged_into, organization.c.id)


def _whose() -> CTE:
    """Return the login and those merged into it, with all confirmed addresses of the person."""
    merged = _LOGIN.alias("merged")
    is_own, is_merged = (
        _LOGIN.c.id == bindparam("login_id"),
        merged.c.merged_into == bindparam("login_id"),
    )
    own, other = (
        select(
            login.c.id,
            case((login.c.confirmed_at.is_not(None), login.c.email_key)).label("key"),
        )
        for login in (_LOGIN, merged)
    )
    further = select(cast(null(), Integer), _ALIAS.c.email_key)
    return union_all(
        own.where(is_own),
        other.where(is_merged),
        further.where(_ALIAS.c.login_id == bindparam("login_id")),
        further.join_from(merged, _ALIAS, _ALIAS.c.login_id == merged.c.id).where(is_merged),
    ).cte("whose")


_WHOSE: Final = _whose()


def _seated(theirs: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the assignments, past ones included, that match a person."""
    return select(
        _ASSIGNMENT.c.pool_id,
        type_coerce(_ASSIGNMENT.c.state, String).label("state"),
        type_coerce(_ASSIGNMENT.c.ended_as, String).label("ended_as"),
        _ASSIGNMENT.c.expires_at,
        _ASSIGNMENT.c.claimed_at,
        func.coalesce(_ASSIGNMENT.c.frozen_at, _ASSIGNMENT.c.ended_at).label("left_at"),
    ).outerjoin_from(_WHOSE, _ASSIGNMENT, theirs)


def _nobodys(login_id: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Return the condition that a row has no login, in a form that no index on logins matches.

    There are as many rows without a login as open invitations; the address index finds the few.
    """
    return func.coalesce(login_id, 0) == 0


def _unseated(way: Way, pool_id: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Return the head of a branch for pools in which this person has no seat yet."""
    nothing, never = cast(null(), String), cast(null(), UTCDateTime)
    return select(pool_id, literal(way.value, String), nothing, never, never, never)


def _by_domain() -> Select[*tuple[Any, ...]]:
    """Return the pools of organizations with a verified domain of the person, unless a manager took their seat (S7).

    For merged organizations, a domain of either opens the pools of both.
    """
    theirs, owner, family = _POOL.alias("theirs"), _OWNER, _FAMILY
    its_organization = (
        select(_kept(owner))
        .join_from(theirs, owner, owner.c.id == theirs.c.organization_id)
        .where(theirs.c.id == _ASSIGNMENT.c.pool_id)
        .correlate(_ASSIGNMENT)
        .scalar_subquery()
    )

    def has_lost(who: ColumnElement[bool]) -> ColumnElement[bool]:
        # Found by the person, because an organization has more seats than a person has had.
        return (
            exists()
            .select_from(_ASSIGNMENT)
            .where(
                who,
                is_bar(_ASSIGNMENT.c.ended_as, _ASSIGNMENT.c.pool_id, _POOL.c.id),
                its_organization == _kept(family),
            )
            .correlate(family, _POOL)
        )

    is_barred = or_(
        has_lost(_ASSIGNMENT.c.login_id.in_(select(_WHOSE.c.id))),
        has_lost(_ASSIGNMENT.c.email_key.in_(select(_WHOSE.c.key))),
    )
    whose_domain = (  # a scalar subquery, so that no planner reads all domains instead
        select(_kept(owner))
        .join_from(_DOMAIN, owner, owner.c.id == _DOMAIN.c.organization_id)
        .where(_DOMAIN.c.domain == _MailDomain(_WHOSE.c.key))
        .correlate(_WHOSE)
        .scalar_subquery()
    )
    is_open = and_(
        _POOL.c.organization_id == family.c.id, _POOL.c.claim_policy == ClaimPolicy.DOMAIN
    )
    is_theirs = or_(family.c.id == whose_domain, family.c.merged_into == whose_domain)
    return (
        _unseated(Way.BY_DOMAIN, _POOL.c.id)
        .outerjoin_from(_WHOSE, family, is_theirs)
        .outerjoin(_POOL, is_open)
        # Not a condition of the join: PostgreSQL would read all pools, to check those of one organization.
        .where(~is_barred)
    )


def _managed() -> Select[*tuple[Any, ...]]:
    """Return the pools of the organizations that the person manages, including merged ones (S12)."""
    is_theirs = and_(
        _MEMBERSHIP.c.login_id == _WHOSE.c.id,
        or_(_MEMBERSHIP.c.role == Role.MANAGER, _MEMBERSHIP.c.role == Role.OWNER),
    )
    is_one = or_(_FAMILY.c.id == _kept(_OWNER), _FAMILY.c.merged_into == _kept(_OWNER))
    return (
        _unseated(Way.MANAGED, _POOL.c.id)
        .outerjoin_from(_WHOSE, _MEMBERSHIP, is_theirs)
        .outerjoin(_OWNER, _OWNER.c.id == _MEMBERSHIP.c.organization_id)
        .outerjoin(_FAMILY, is_one)
        .outerjoin(_POOL, _POOL.c.organization_id == _FAMILY.c.id)
    )


def _ways() -> Subquery:
    is_expired = _ASSIGNMENT.c.ended_as == AssignmentEnd.EXPIRED
    # Two comparisons, because SQLAlchemy renders a list of values again on every execution.
    is_open = or_(
        _ASSIGNMENT.c.state == AssignmentState.INVITED,
        _ASSIGNMENT.c.state == AssignmentState.OFFERED,
    )
    is_active = _ASSIGNMENT.c.ended_at.is_(None)
    by_login = and_(
        _ASSIGNMENT.c.login_id == _WHOSE.c.id,
        or_(is_active, _ASSIGNMENT.c.claimed_at.is_not(None), is_expired),
    )
    by_key = and_(
        _ASSIGNMENT.c.email_key == _WHOSE.c.key,
        _nobodys(_ASSIGNMENT.c.login_id),
        or_(is_open, is_expired),
    )
    waits = _WAITING.c.ended_at.is_(None)
    waits_by_key = and_(_WAITING.c.email_key == _WHOSE.c.key, _nobodys(_WAITING.c.login_id), waits)
    waiting = _unseated(Way.WAITING, _WAITING.c.pool_id)
    return union_all(
        _seated(by_login),
        _seated(by_key),
        waiting.outerjoin_from(_WHOSE, _WAITING, and_(_WAITING.c.login_id == _WHOSE.c.id, waits)),
        waiting.outerjoin_from(_WHOSE, _WAITING, waits_by_key),
        _by_domain(),
        _managed(),
    ).subquery("ways")


def _is_hosts_own() -> ColumnElement[bool]:
    """Return the condition that a grant isn't that of a group viewing's host with an unproven address (S13)."""
    proven = _WHOSE.alias("proven")
    is_proven = exists().select_from(proven).where(proven.c.key.is_not(None))
    return or_(_GRANT.c.host_email == "", is_proven)


_ALL: Final = true()
OF_A_GRANT: Final = (
    _GRANT.c.public_id,
    _GRANT.c.scope,
    _GRANT.c.webinar_id,
    _GRANT.c.presenter_id,
    _GRANT.c.series_id,
    _GRANT.c.starts_at,
    _GRANT.c.ends_at,
    _GRANT.c.grace_until,
    _GRANT.c.awaits_payment_since,
    _GRANT.c.created_at,
    _GRANT.c.opens_live,
    _GRANT.c.suspended_at,
    _GRANT.c.revoked_at,
    _GRANT.c.revoked_as,
    _GRANT.c.kind,
)


def lines(pools: ColumnElement[bool] = _ALL) -> Subquery:
    """Return all grants a login can reach, each with its path; takes the parameter `login_id`.

    `pools` narrows the search early, with a condition on `Pool`. An allotted pool admits by the
    grants of the pool it was allotted from. Ignore rows without a grant (`public_id` is NULL).
    """
    # Outer joins, so that no planner reorders them and reads all pools or grants.
    ways = _ways()
    held = select(
        *OF_A_GRANT,
        cast(null(), String).label("pool"),
        cast(null(), Boolean).label("has_room"),
        cast(null(), Integer).label("organization_id"),
        cast(null(), String).label("organization"),
        cast(null(), String).label("organization_name"),
        cast(null(), String).label("state"),
        cast(null(), String).label("ended_as"),
        cast(null(), UTCDateTime).label("expires_at"),
        cast(null(), UTCDateTime).label("claimed_at"),
        cast(null(), UTCDateTime).label("left_at"),
    ).outerjoin_from(_WHOSE, _GRANT, and_(_GRANT.c.login_id == _WHOSE.c.id, _is_hosts_own()))
    reached = (
        select(
            *OF_A_GRANT,
            _POOL.c.public_id,
            or_(_POOL.c.capacity.is_(None), _POOL.c.used < _POOL.c.capacity),
            _ORGANIZATION.c.id,
            _ORGANIZATION.c.public_id,
            _ORGANIZATION.c.name,
            ways.c.state,
            ways.c.ended_as,
            ways.c.expires_at,
            ways.c.claimed_at,
            ways.c.left_at,
        )
        .outerjoin_from(ways, _POOL, and_(_POOL.c.id == ways.c.pool_id, pools))
        .outerjoin(_OWNER, _OWNER.c.id == _POOL.c.organization_id)
        .outerjoin(_ORGANIZATION, _ORGANIZATION.c.id == _kept(_OWNER))
        .outerjoin(_GRANT, _GRANT.c.pool_id == func.coalesce(_POOL.c.allotted_from_id, _POOL.c.id))
    )
    return union_all(held, reached).subquery("lines")


def grant_of(row: Any, covers: str) -> GrantFacts:  # noqa: ANN401  (a row, however it was read)
    """Return the facts of one of the `lines`; `covers` names what its scope covers."""
    place = None if row.pool is None else _place(row)
    return grant_facts(row, covers, opens_live=row.opens_live, place=place)


def grant_facts(
    row: Any,  # noqa: ANN401  (a row, however it was read)
    covers: str = "",
    *,
    opens_live: bool = False,
    place: PoolPlace | None,
) -> GrantFacts:
    """Return the facts of a row with the columns of a grant, reached at this place."""
    return GrantFacts(
        public_id=row.public_id,
        scope=row.scope,
        covers=covers,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        suspended_at=row.suspended_at,
        revoked_at=row.revoked_at,
        revoked_as=row.revoked_as,
        grace_until=row.grace_until,
        awaits_payment_since=row.awaits_payment_since,
        granted_at=row.created_at,
        opens_live=opens_live,
        is_pass=row.kind is OfferKind.PASS,
        is_showing=row.kind is OfferKind.GROUP_SHOWING,
        place=place,
    )


def _place(row: Any) -> PoolPlace:  # noqa: ANN401
    return PoolPlace(
        pool=row.pool,
        organization_id=row.organization_id,
        organization=row.organization,
        organization_name=row.organization_name,
        way=_way(row.state, row.ended_as),
        has_room=bool(row.has_room),
        expires_at=row.expires_at,
        claimed_at=row.claimed_at,
        left_at=row.left_at,
    )


def _way(state: str, ended_as: str | None) -> Way:
    # An assignment that expired or lapsed has its own way; otherwise its state decides.
    if ended_as in (AssignmentEnd.EXPIRED, AssignmentEnd.LAPSED):
        return Way(ended_as)
    return Way(state)
