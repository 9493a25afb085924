"""Former parents: an organization that gets another parent returns what it hasn't used of their seats (S11).

People keep the seats they have, because the former parent paid for them (S2, S10). It can move back each
one that becomes available.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import family_of, kept_organization
from lms.core.errors import N_, Conflict
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.organizations import organizations
from lms.organizations.organizations import OrganizationDetails
from lms.seats.allotments import take_back_unused
from lms.seats.pools import PoolFacts, read_pool

SUBJECT = N_("%(organization)s has another parent organization")
SEATS_RETURN = N_("Check what happens to seats from the former parent organization.")


@dataclass(frozen=True, slots=True)
class Returning:
    """Seats that a former parent allotted; `unused` return to it, None if it set no limit.

    `kept` are those of people, invited ones included, who keep them.
    """

    pool: PoolFacts
    parent_id: int
    parent: str

    @property
    def unused(self) -> int | None:
        """Return how many seats return to the former parent."""
        return None if self.pool.allotted is None else self.pool.allotted - self.pool.used

    @property
    def kept(self) -> int:
        """Return how many seats stay."""
        return self.pool.used


class SeatsReturn(Conflict):
    """A change of the parent returns seats; `seen` must be sent along to confirm `returning`."""

    def __init__(self, returning: tuple[Returning, ...]) -> None:
        super().__init__(SEATS_RETURN)
        self.returning = returning
        self.seen = seen_of(returning)


def seen_of(returning: tuple[Returning, ...]) -> str:
    """Return what staff confirm: the seats of each pool, so that a change meanwhile is shown again."""
    return ",".join(f"{one.pool.public_id}:{one.unused}:{one.kept}" for one in returning)


def edit_organization(  # noqa: PLR0913  (every argument is needed)
    session: Session,
    organization_id: int,
    details: OrganizationDetails,
    *,
    seen: str,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Change an organization, return unused seats of a former parent, and email the managers of both.

    Raises SeatsReturn unless `seen` is what is returned, and as `organizations.edit_organization` does.
    """
    organizations.edit_organization(session, organization_id, details, actor=actor, now=now)
    returning = _returning(session, organization_id)
    if seen_of(returning) not in ("", seen):
        raise SeatsReturn(returning)
    for one in returning:
        take_back_unused(session, one.pool.id, actor=actor, now=now)
    _tell_managers(session, organization_id, returning, links=links, now=now)


def _returning(session: Session, organization_id: int) -> tuple[Returning, ...]:
    """Return the allotments with unused seats from organizations that aren't the parent."""
    source, here = aliased(Pool), aliased(Organization)
    parent = select(here.parent_id).where(here.id == kept_organization(organization_id))
    is_parent = source.organization_id.in_(family_of(parent.scalar_subquery()))
    rows = session.execute(
        select(Pool.id, Organization.id.label("parent_id"), Organization.name)
        .join(source, source.id == Pool.allotted_from_id)
        .join(Organization, Organization.id == kept_organization(source.organization_id))
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            ~is_parent,
            or_(Pool.allotted.is_(None), Pool.allotted > Pool.used),
        )
        .order_by(Pool.id)
    )
    return tuple(Returning(read_pool(session, row.id), row.parent_id, row.name) for row in rows)


def _tell_managers(
    session: Session,
    organization_id: int,
    returning: tuple[Returning, ...],
    *,
    links: Links,
    now: datetime,
) -> None:
    name, public_id = session.execute(
        select(Organization.name, Organization.public_id).where(Organization.id == organization_id)
    ).one()
    for parent_id in sorted({one.parent_id for one in returning}):
        lines = [one for one in returning if one.parent_id == parent_id]
        theirs = session.scalars(
            select(Organization.public_id).where(Organization.id == parent_id)
        ).one()
        told = {
            person.login_id: (person, page)
            for of, page in ((parent_id, theirs), (organization_id, public_id))
            for person in organizations.find_managers(session, of)
        }
        for person, page in told.values():
            if person.email is None:
                continue
            mail_outbox.post(
                session,
                kind="allotment_returned",
                to=person.email,
                login_id=person.login_id,
                subject=SUBJECT % {"organization": name},
                values={
                    "organization": name,
                    "parent": lines[0].parent,
                    "lines": [(one.pool.covers, one.unused, one.kept) for one in lines],
                    "action_url": links.page(f"/organization/{page}"),
                },
                now=now,
            )
