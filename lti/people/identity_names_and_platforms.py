"""Identity names and platforms: a person's name, platform, and organization to show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.lti_facade.learner_logins import names_of
from lms.lti_facade.organizations import customers
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, Registration

UNNAMED = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A person as their LMS names them; `system` is the name of the registration."""

    name: str
    system: str
    organization: str


def origin_of(session: Session, identity_id: int) -> Origin:
    """Return the name, LMS and organization of an identity (row id)."""
    return origins_of(session, (identity_id,))[identity_id]


def origins_of(session: Session, identity_ids: Collection[int]) -> Mapping[int, Origin]:
    """Return the name, LMS and organization of several identities (row ids)."""
    identities = session.scalars(
        select(Identity).where(Identity.id.in_(sorted(set(identity_ids))))
    ).all()
    names = names_of(session, [one.login_id for one in identities])
    whose = customers(session, [one.organization_id for one in identities])
    systems = _systems(session, {(one.issuer, one.organization_id) for one in identities})
    return {
        one.id: Origin(
            name=names[one.login_id],
            system=systems.get((one.issuer, one.organization_id), UNNAMED),
            organization=whose[one.organization_id].name,
        )
        for one in identities
    }


def systems_of(session: Session, login_ids: Collection[int]) -> Mapping[int, str]:
    """Return the LMS and organization of these logins; those that never came from an LMS are left out."""
    owners = session.execute(
        select(Identity.id, Identity.login_id)
        .where(Identity.login_id.in_(login_ids))
        .order_by(Identity.id)
    ).all()
    origins = origins_of(session, [row.id for row in owners])
    found: dict[int, list[str]] = {}
    for row in owners:
        origin = origins[row.id]
        found.setdefault(row.login_id, []).extend(
            filter(None, (origin.system, origin.organization))
        )
    return {login_id: ", ".join(dict.fromkeys(names)) for login_id, names in found.items()}


def _systems(
    session: Session, places: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], str]:
    """Return the name of the newest registration of each issuer that serves an organization."""
    rows = session.execute(
        select(Registration.issuer, Deployment.organization_id, Registration.name)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(
            Registration.issuer.in_(sorted({issuer for issuer, _ in places})),
            Deployment.organization_id.in_(sorted({one for _, one in places})),
        )
        .order_by(Registration.id)
    )
    return {(row.issuer, row.organization_id): row.name for row in rows}
