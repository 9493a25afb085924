"""Organization merges: merge two records of one institution, and undo it (PRODUCT.md, I6).

`merged_into` of the one given up names the kept one, and nothing is moved: pools stay separate, and
orders and documents keep their organization.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.lti_hook_types import LmsConnection
from lms.mail import link_tokens_and_codes
from lms.models.organizations import MANAGING, MemberInvitation, Membership, Organization
from lms.models.seats import Assignment, Pool, VerifiedDomain
from lms.organizations.orders import count_orders
from lms.organizations.organization_lists import ids_below
from lms.organizations.organizations import NO_SUCH_ORGANIZATION

ListConnections = Callable[[Session, int], tuple[LmsConnection, ...]]

WITH_ITSELF = N_("This is the same organization. Choose another one.")
MERGED_ALREADY = N_(
    "This organization was already merged. Undo that merge first, or choose the organization it "
    "was merged into."
)
KEPT_IS_MERGED = N_(
    "The organization you want to keep was merged into another. Keep that one instead."
)
HAS_MERGED = N_(
    "Other organizations were merged into this one. Keep it, or undo those merges first."
)
PARENT_WITH_CHILD = N_(
    "One of these is the parent organization of the other. If that is a mistake, change the "
    "parent organization first."
)
NOT_MERGED = N_("This organization isn't merged.")


@dataclass(frozen=True, slots=True)
class MergeSide:
    """One of the two organizations in a preview; `seated` is the number of people with a seat."""

    public_id: str
    slug: str
    name: str
    zone: str | None
    people: int
    invited: int
    pools: int
    seated: int
    orders: int
    connections: int
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What each of two organizations has before a merge; `in_both` is the number of shared members."""

    kept: MergeSide
    merged: MergeSide
    in_both: int


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    public_id: str
    slug: str
    name: str
    zone: str | None
    merged_into: int | None


def preview_merge(
    session: Session, *, kept: str, merged: str, hooks: Sequence[ListConnections]
) -> MergePreview:
    """Return what each of two organizations (slugs) has.

    `hooks` list an organization's LMS connections. Raises what would prevent the merge: NotFound for an
    unknown organization; Invalid if they are the same; Conflict if one is already merged, since chains
    are not allowed, or is above the other.
    """
    stays, goes = _pair(session, kept, merged, locks=False)
    theirs = select(Membership.login_id).where(Membership.organization_id == goes.id)
    in_both = select(func.count(Membership.id)).where(
        Membership.organization_id == stays.id, Membership.login_id.in_(theirs)
    )
    return MergePreview(
        kept=_side(session, stays, hooks),
        merged=_side(session, goes, hooks),
        in_both=session.scalar(in_both) or 0,
    )


def merge(session: Session, *, kept: str, merged: str, actor: str | None, now: datetime) -> None:
    """Merge the organization `merged` into `kept`, both by slug.

    Links emailed to their managers when they managed only one of them stop working, as when they got
    that role.
    """
    stays, goes = _pair(session, kept, merged, locks=True)
    _set(session, goes.id, stays.id)
    managers = select(Membership.login_id).where(
        Membership.organization_id.in_(family_of(stays.id)), Membership.role.in_(MANAGING)
    )
    link_tokens_and_codes.void_before_power(
        session, session.scalars(managers).all(), actor=actor, now=now
    )
    for subject, other, act in (
        (goes, stays, "organization.merged"),
        (stays, goes, "organization.took_in"),
    ):
        detail = {"organization": other.public_id}
        audit.record(session, act, subject.public_id, actor=actor, now=now, detail=detail)
    session.flush()


def unmerge(session: Session, merged: str, *, actor: str | None, now: datetime) -> str:
    """Undo a merge of an organization (slug); return the kept one's slug.

    Each has the same rows as before; rows added since the merge stay where they were added. Raises NotFound for an
    unknown organization, Conflict for one that isn't merged.
    """
    query = (
        select(Organization.id, Organization.public_id, Organization.merged_into)
        .where(Organization.slug == merged)
        .with_for_update()
    )
    row = or_not_found(session.execute(query).one_or_none(), NO_SUCH_ORGANIZATION)
    if row.merged_into is None:
        raise Conflict(NOT_MERGED)
    kept = session.execute(
        select(Organization.slug, Organization.public_id).where(Organization.id == row.merged_into)
    ).one()
    _set(session, row.id, None)
    for subject, other in ((row.public_id, kept.public_id), (kept.public_id, row.public_id)):
        audit.record(
            session,
            "organization.unmerged",
            subject,
            actor=actor,
            now=now,
            detail={"organization": other},
        )
    session.flush()
    return str(kept.slug)


def merged_with(session: Session, organization_id: int) -> tuple[tuple[str, str], ...]:
    """Return slug and name of the organizations that were merged into this one, by name."""
    rows = session.execute(
        select(Organization.slug, Organization.name)
        .where(Organization.merged_into == organization_id)
        .order_by(func.lower(Organization.name), Organization.id)
    )
    return tuple((slug, name) for slug, name in rows)


def _set(session: Session, organization_id: int, kept: int | None) -> None:
    session.execute(
        update(Organization)
        .where(Organization.id == organization_id)
        .values(merged_into=kept)
        .execution_options(synchronize_session="auto")
    )


def _pair(session: Session, kept: str, merged: str, *, locks: bool) -> tuple[_Row, _Row]:
    """Return both rows after checking them; `locks` them so that simultaneous merges can't form a chain."""
    if kept == merged:
        raise Invalid(WITH_ITSELF, field="other")
    both = (
        select(
            Organization.id,
            Organization.public_id,
            Organization.slug,
            Organization.name,
            Organization.zone,
            Organization.merged_into,
        )
        .where(Organization.slug.in_((kept, merged)))
        .order_by(Organization.id)
    )
    rows = session.execute(both.with_for_update() if locks else both)
    found = {row.slug: _Row(*row) for row in rows}
    if len(found) < 2:
        raise NotFound(NO_SUCH_ORGANIZATION)
    stays, goes = found[kept], found[merged]
    has_merged = session.scalar(select(exists().where(Organization.merged_into == goes.id)))
    for is_so, sentence in (
        (goes.merged_into is not None, MERGED_ALREADY),
        (stays.merged_into is not None, KEPT_IS_MERGED),
        (has_merged, HAS_MERGED),
        (stays.id in ids_below(session, goes.id), PARENT_WITH_CHILD),
        (goes.id in ids_below(session, stays.id), PARENT_WITH_CHILD),
    ):
        if is_so:
            raise Conflict(sentence)
    return stays, goes


def _side(session: Session, row: _Row, hooks: Sequence[ListConnections]) -> MergeSide:
    its_pools = select(Pool.id).where(Pool.organization_id == row.id)
    seated = select(func.count(Assignment.id)).where(
        Assignment.pool_id.in_(its_pools),
        Assignment.ended_at.is_(None),
        Assignment.claimed_at.is_not(None),
    )
    invited = select(func.count(Assignment.id)).where(
        Assignment.pool_id.in_(its_pools),
        Assignment.ended_at.is_(None),
        Assignment.claimed_at.is_(None),
    )
    asked = select(func.count(MemberInvitation.id)).where(
        MemberInvitation.organization_id == row.id
    )
    people = select(func.count(Membership.id)).where(Membership.organization_id == row.id)
    pools = select(func.count(Pool.id)).where(Pool.organization_id == row.id)
    domains = select(VerifiedDomain.domain).where(VerifiedDomain.organization_id == row.id)
    return MergeSide(
        public_id=row.public_id,
        slug=row.slug,
        name=row.name,
        zone=row.zone,
        people=session.scalar(people) or 0,
        invited=(session.scalar(invited) or 0) + (session.scalar(asked) or 0),
        pools=session.scalar(pools) or 0,
        seated=session.scalar(seated) or 0,
        orders=count_orders(session, row.id),
        connections=sum(len(hook(session, row.id)) for hook in hooks),
        domains=tuple(session.scalars(domains.order_by(VerifiedDomain.domain))),
    )
