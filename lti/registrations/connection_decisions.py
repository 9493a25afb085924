"""Decisions on platforms and deployments, which are emailed to managers."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.lti_facade.connection_emails import tell_managers
from lms.mail.links import Links
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.deployments import (
    DeploymentFacts,
    approve_deployment,
    list_deployments,
    refuse_deployment,
)
from lti.registrations.registrations import (
    RegistrationFacts,
    approve_registration,
    disable_registration,
    find_registration,
)


def approve_platform(
    session: Session, registration: str, *, links: Links, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Activate a platform, and approve its pending deployments if it has an organization.

    Raises NotFound.
    """
    before = _connected(session, registration)
    kept = approve_registration(session, registration, actor=actor, now=now)
    if kept.organization is not None:
        for each in list_deployments(session, registration=registration):
            if each.state is DeploymentState.PENDING:
                approve_deployment(
                    session,
                    registration,
                    each.deployment_id,
                    organization=kept.organization.slug,
                    actor=actor,
                    now=now,
                )
    _tell(session, registration, before, links=links, now=now)
    return kept


def stop_platform(
    session: Session, registration: str, *, links: Links, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Disable a platform; raises NotFound."""
    before = _connected(session, registration)
    kept = disable_registration(session, registration, actor=actor, now=now)
    _tell(session, registration, before, links=links, now=now)
    return kept


def connect_deployment(  # noqa: PLR0913  (every argument is needed)
    session: Session,
    registration: str,
    deployment_id: str,
    *,
    organization: str,
    links: Links,
    actor: str | None,
    now: datetime,
) -> DeploymentFacts:
    """Approve a deployment for an organization; raises as `approve_deployment` does."""
    before = _connected(session, registration)
    kept = approve_deployment(
        session, registration, deployment_id, organization=organization, actor=actor, now=now
    )
    _tell(session, registration, before, links=links, now=now)
    return kept


def stop_deployment(
    session: Session,
    registration: str,
    deployment_id: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> DeploymentFacts:
    """Refuse all launches of a deployment from now on; raises NotFound."""
    before = _connected(session, registration)
    kept = refuse_deployment(session, registration, deployment_id, actor=actor, now=now)
    _tell(session, registration, before, links=links, now=now)
    return kept


def _connected(session: Session, registration: str) -> set[int]:
    """Return the organizations (row ids) with an approved deployment of a platform that is on.

    Its owner's first deployment may still be missing.
    """
    found = find_registration(session, registration)
    if found.state is not RegistrationState.ACTIVE:
        return set()
    deployed = list_deployments(session, registration=registration)
    is_new = all(one.state is DeploymentState.PENDING for one in deployed)
    whose = [one.organization for one in deployed if one.state is DeploymentState.APPROVED]
    return {one.id for one in (*whose, found.organization if is_new else None) if one is not None}


def _tell(
    session: Session, registration: str, before: set[int], *, links: Links, now: datetime
) -> None:
    """Email the managers of each organization that was connected or disconnected."""
    name = find_registration(session, registration).details.name
    after = _connected(session, registration)
    for organization_id in sorted(before ^ after):
        is_on = organization_id in after
        tell_managers(session, organization_id, name, is_on=is_on, links=links, now=now)
