"""Our team's decisions on platforms, which are emailed to the organization's managers."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.lti_facade.connection_emails import tell_managers
from lms.mail.links import Links
from lti.models.registrations_and_keys import DeploymentState
from lti.registrations.deployments import approve_deployment, list_deployments
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
    was = find_registration(session, registration)
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
    _tell(session, was, kept, is_on=True, links=links, now=now)
    return kept


def stop_platform(
    session: Session, registration: str, *, links: Links, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Disable a platform; raises NotFound."""
    was = find_registration(session, registration)
    kept = disable_registration(session, registration, actor=actor, now=now)
    _tell(session, was, kept, is_on=False, links=links, now=now)
    return kept


def _tell(
    session: Session,
    was: RegistrationFacts,
    kept: RegistrationFacts,
    *,
    is_on: bool,
    links: Links,
    now: datetime,
) -> None:
    if kept.organization is not None and was.state is not kept.state:
        tell_managers(
            session, kept.organization.id, kept.details.name, is_on=is_on, links=links, now=now
        )
