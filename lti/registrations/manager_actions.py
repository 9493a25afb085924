"""Manager actions on registrations and deployments of their organization's platforms.

What they enter waits for staff: somebody could name a platform that isn't theirs and be given its
people. What staff have approved is theirs to look after, as long as its addresses stay.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.errors import N_, Forbidden, NotFound
from lms.lti_facade import audit
from lti.models.registrations_and_keys import DeploymentState, Registration, RegistrationState
from lti.registrations.deployments import DeploymentFacts, approve_deployment, find_deployment
from lti.registrations.registrations import (
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
    disable_registration,
    edit_registration,
    find_registration,
)

NOT_APPROVED = N_("This learning system waits for approval. Its courses can be connected after it.")
REFUSED = N_("We refused this installation. Ask us, and we look at it together.")


def add_own(
    session: Session, new: NewRegistration, *, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Register a platform for the organization that brings it, whatever state `new` says: it waits.

    Raises as `add_registration` does.
    """
    waiting = replace(new, state=RegistrationState.PENDING)
    return add_registration(session, waiting, actor=actor, now=now)


def find_own(session: Session, organization_id: int, public_id: str) -> RegistrationFacts:
    """Return a registration that this organization brought; raises NotFound for any other."""
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
    """Change what is agreed; where addresses move it waits for staff again. Raises NotFound, Invalid."""
    known = find_own(session, organization_id, public_id)
    changed = edit_registration(session, public_id, details, actor=actor, now=now)
    return await_approval_if_moved(session, known, changed, actor=actor, now=now)


def disable_own(
    session: Session, organization_id: int, public_id: str, *, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Take no more launches; only staff take it into use again. Raises NotFound."""
    find_own(session, organization_id, public_id)
    return disable_registration(session, public_id, actor=actor, now=now)


def approve_own_deployment(
    session: Session,
    organization_id: int,
    deployment: str,
    *,
    actor: str | None,
    now: datetime,
) -> DeploymentFacts:
    """Connect a deployment of the organization's own platform, by its outside id, to its library.

    Raises NotFound for one of another platform, Forbidden while staff have not approved this one
    and for a deployment that they refused.
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
    """Let a registration in use wait for staff where its addresses are others than before."""
    if was.state is not RegistrationState.ACTIVE or _addresses(was) == _addresses(changed):
        return changed
    session.get_one(Registration, was.id).state = RegistrationState.PENDING
    session.flush()
    audit.record(session, "registration.awaits_approval", was.public_id, actor=actor, now=now)
    return find_registration(session, was.public_id)


def _addresses(facts: RegistrationFacts) -> tuple[object, ...]:
    details = facts.details
    return (details.auth_url, details.token_url, details.jwks_url, details.frame_origins)
