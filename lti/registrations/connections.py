"""LMS connections as organization pages list them, and the number that await approval."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.lti_hook_types import ConnectionState, LmsConnection
from lms.lti_facade.organizations import customers
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.registrations.deployments import list_deployments
from lti.registrations.registrations import list_registrations


def connections_of(session: Session, organization_id: int) -> tuple[LmsConnection, ...]:
    """Return the connections of an organization and of those merged with it, by name."""
    known = customers(session, [organization_id]).get(organization_id)
    if known is None:
        return ()
    found = []
    for one in list_registrations(session, organization_id=organization_id):
        name = one.details.name
        own = [
            each
            for each in list_deployments(session, registration=one.public_id)
            if each.organization is not None and each.organization.id == known.id
        ]
        found += [
            LmsConnection(name, each.deployment_id, _state(one.state, each.state), each.launched_at)
            for each in own
        ]
        if not own:
            state = _state(one.state, DeploymentState.PENDING)
            found.append(LmsConnection(name, "", state, None))
    return tuple(found)


def count_waiting(session: Session) -> int:
    """Return the number of pending platforms plus pending deployments at active platforms."""
    platforms = select(func.count(Registration.id)).where(
        Registration.state == RegistrationState.PENDING
    )
    deployments = (
        select(func.count(Deployment.id))
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            Registration.state == RegistrationState.ACTIVE,
            Deployment.state == DeploymentState.PENDING,
        )
    )
    return session.scalars(platforms).one() + session.scalars(deployments).one()


def _state(registration: RegistrationState, deployment: DeploymentState) -> ConnectionState:
    if registration is RegistrationState.DISABLED or deployment is DeploymentState.REFUSED:
        return ConnectionState.OFF
    if registration is RegistrationState.ACTIVE and deployment is DeploymentState.APPROVED:
        return ConnectionState.CONNECTED
    return ConnectionState.WAITING
