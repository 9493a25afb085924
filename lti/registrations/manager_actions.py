"""Manager actions on registrations and deployments of their organization's platforms.

New registrations need our team's approval: a manager could enter another institution's platform and get
access to its people. Managers can edit approved registrations, but changed addresses need approval
again.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Forbidden, NotFound
from lms.lti_facade.organizations import find_organization
from lms.mail.links import Links
from lti.models.registrations_and_keys import DeploymentState, Registration, RegistrationState
from lti.protocol.platform_urls import origin_of
from lti.registrations.connection_decisions import stop_platform
from lti.registrations.deployments import (
    DeploymentFacts,
    approve_deployment,
    find_deployment,
    see_deployment,
)
from lti.registrations.registrations import (
    OPEN_EDX,
    PRODUCTS,
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
    edit_registration,
    find_registration,
    list_registrations,
)

NOT_APPROVED = N_(
    "This LMS isn't approved yet. You can connect its deployments after we approve it."
)
REFUSED = N_("We refused this deployment. Contact us if you think that's a mistake.")


def add_own(
    session: Session,
    new: NewRegistration,
    *,
    deployment_id: str = "",
    actor: str | None,
    now: datetime,
) -> RegistrationFacts:
    """Register a platform for an organization; ignores `new.state`, since it is pending until approved.

    Another placement of an approved Open edX is active at once, with its deployment. An empty
    deployment ID is filled in by the first launch. Raises as `add_registration` does.
    """
    customer = find_organization(session, new.organization or "")
    works = any(_is_placement(new, each) for each in open_edx_of(session, customer.id))
    state = RegistrationState.ACTIVE if works else RegistrationState.PENDING
    made = add_registration(session, replace(new, state=state), actor=actor, now=now)
    if works and deployment_id:
        approve_deployment(
            session,
            made.public_id,
            deployment_id,
            organization=customer.slug,
            actor=actor,
            now=now,
        )
    elif deployment_id:
        see_deployment(session, made.id, deployment_id, now=now)
    return made


def open_edx_of(session: Session, organization_id: int) -> tuple[RegistrationFacts, ...]:
    """Return the active placements of an organization's own Open edX."""
    return tuple(
        one
        for one in list_registrations(session, organization_id=organization_id)
        if one.organization is not None
        and one.organization.id == organization_id
        and one.state is RegistrationState.ACTIVE
        and PRODUCTS.get(one.details.product) == OPEN_EDX
    )


def _is_placement(new: NewRegistration, known: RegistrationFacts) -> bool:
    """Return whether a registration is on the known Open edX: same issuer and login URL, same hosts."""
    mine, theirs = new.details, known.details
    return (
        PRODUCTS.get(mine.product) == OPEN_EDX
        and (new.issuer.strip(), mine.auth_url.strip()) == (known.issuer, theirs.auth_url)
        and origin_of(mine.jwks_url.strip()) == origin_of(theirs.jwks_url)
        and origin_of(mine.token_url.strip()) == origin_of(theirs.token_url)
    )


def find_own(session: Session, organization_id: int, public_id: str) -> RegistrationFacts:
    """Return a registration that belongs to this organization; raises NotFound for any other."""
    found = find_registration(session, public_id)
    if found.organization is None or found.organization.id != organization_id:
        raise NotFound
    return found


def change_own(
    session: Session,
    organization_id: int,
    public_id: str,
    details: RegistrationDetails,
    *,
    actor: str | None,
    now: datetime,
) -> RegistrationFacts:
    """Edit a registration; changed addresses make it pending again. Raises NotFound, Invalid."""
    known = find_own(session, organization_id, public_id)
    changed = edit_registration(session, public_id, details, actor=actor, now=now)
    return await_approval_if_moved(session, known, changed, actor=actor, now=now)


def disable_own(
    session: Session,
    organization_id: int,
    public_id: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> RegistrationFacts:
    """Turn off a registration, also for others that use it; only our team can turn it on again.

    Raises NotFound.
    """
    find_own(session, organization_id, public_id)
    return stop_platform(session, public_id, links=links, actor=actor, now=now)


def approve_own_deployment(
    session: Session,
    organization_id: int,
    deployment: str,
    *,
    actor: str | None,
    now: datetime,
) -> DeploymentFacts:
    """Approve a deployment (public ID) of the organization's own platform.

    Raises NotFound for a deployment of another platform, Forbidden while the platform is not approved
    and for a deployment that our team refused.
    """
    found = find_deployment(session, deployment)
    registration = find_own(session, organization_id, found.registration)
    if registration.state is not RegistrationState.ACTIVE:
        raise Forbidden(NOT_APPROVED, code="awaits_approval")
    if found.organization is not None and found.organization.id != organization_id:
        raise NotFound
    if found.state is DeploymentState.REFUSED:
        raise Forbidden(REFUSED, code="refused")
    assert registration.organization is not None  # noqa: S101  (it is this organization's own)
    return approve_deployment(
        session,
        found.registration,
        found.deployment_id,
        organization=registration.organization.slug,
        actor=actor,
        now=now,
    )


def await_approval_if_moved(
    session: Session,
    was: RegistrationFacts,
    changed: RegistrationFacts,
    *,
    actor: str | None,
    now: datetime,
) -> RegistrationFacts:
    """Make an active registration pending if its addresses changed; return it."""
    if was.state is not RegistrationState.ACTIVE or _addresses(was) == _addresses(changed):
        return changed
    session.get_one(Registration, was.id).state = RegistrationState.PENDING
    session.flush()
    audit.record(session, "registration.awaits_approval", was.public_id, actor=actor, now=now)
    return find_registration(session, was.public_id)


def _addresses(facts: RegistrationFacts) -> tuple[object, ...]:
    details = facts.details
    return (details.auth_url, details.token_url, details.jwks_url, details.frame_origins)
