"""Deployments: each belongs to one customer of a platform, and is blocked until approved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import add_once
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.core.model_base import copied
from lms.lti_facade.connection_emails import tell_team_of_deployment
from lms.lti_facade.organizations import Customer, customers, family_of, find_organization
from lms.mail.links import Links
from lti.frames.sessions import stop_frames_of
from lti.models.launches import LaunchEntry
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.registrations.registrations import LONGEST_ID, find_registration

MOST_WAITING_TOLD: Final = 5  # so that users of a shared platform can't flood our mailbox
SEEN_EVERY: Final = timedelta(hours=1)  # limits a burst of launches to one write
BAD_ID: Final = N_("Enter the deployment ID exactly as the LMS shows it.")
NO_SUCH_DEPLOYMENT: Final = N_("Deployment not found. It appears here after its first launch.")


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """A deployment; `registration` is the public ID of its registration and `platform` its name.

    `seen_at` is the last launch or entry, to the hour; `launched_at` is the newest line in the launch
    log, which covers 90 days.
    """

    id: int
    public_id: str
    registration: str
    platform: str
    deployment_id: str
    organization: Customer | None
    state: DeploymentState
    seen_at: datetime
    launched_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """The tenant of a launch: the deployment's row id, its state, and its organization once approved.

    `is_new` is True if the deployment was just recorded for the first time.
    """

    id: int
    state: DeploymentState
    organization_id: int | None
    is_new: bool = False


def see_deployment(
    session: Session, registration_id: int, deployment_id: str, *, now: datetime
) -> Tenant:
    """Return the tenant of a deployment, and record an unknown deployment as pending.

    The first deployment of a platform that registered with its organization's invite is approved for
    it.
    """
    query = select(Deployment).where(
        Deployment.registration_id == registration_id, Deployment.deployment_id == deployment_id
    )
    row, is_new = session.scalar(query), False
    if row is None:
        owner = _owner_of_first(session, registration_id)
        made = Deployment(
            registration_id=registration_id,
            deployment_id=deployment_id,
            organization_id=owner,
            state=DeploymentState.PENDING if owner is None else DeploymentState.APPROVED,
            seen_at=now,
            decided_at=None if owner is None else now,
        )
        is_new = add_once(session, made)
        if is_new:
            _record_owner(session, made, now)
        row = made if is_new else session.scalars(query).one()  # from a simultaneous launch
    if row.seen_at <= now - SEEN_EVERY:
        row.seen_at = now
        session.flush()
    return Tenant(row.id, row.state, row.organization_id, is_new)


def tell_of_waiting(
    session: Session, tenant: Tenant, deployment_id: str, *, links: Links, now: datetime
) -> None:
    """Email our team about a new pending deployment, unless its platform already has many."""
    if not tenant.is_new or tenant.state is not DeploymentState.PENDING:
        return
    platform = session.scalars(
        select(Registration).join(Deployment).where(Deployment.id == tenant.id)
    ).one()
    waiting = session.scalar(
        select(func.count())
        .select_from(Deployment)
        .where(Deployment.registration_id == platform.id)
        .where(Deployment.state == DeploymentState.PENDING)
    )
    if (waiting or 0) <= MOST_WAITING_TOLD:
        tell_team_of_deployment(session, platform.name, deployment_id, links=links, now=now)


def _owner_of_first(session: Session, registration_id: int) -> int | None:
    """Return the owner of a first deployment; None if there is another, or the platform had no invite."""
    # The lock serializes simultaneous first launches, so that only one deployment is approved.
    registration = session.scalars(
        select(Registration).where(Registration.id == registration_id).with_for_update()
    ).one()
    is_invited = registration.update_token_hash is not None
    if not is_invited or registration.state is not RegistrationState.ACTIVE:
        return None
    seen = select(Deployment.id).where(Deployment.registration_id == registration_id).limit(1)
    return None if session.scalar(seen) is not None else registration.organization_id


def _record_owner(session: Session, row: Deployment, now: datetime) -> None:
    owner = customers(session, [row.organization_id or 0]).get(row.organization_id or 0)
    if owner is not None:
        detail = {"organization": owner.public_id}
        audit.record(
            session, "deployment.approved", row.public_id, actor=None, now=now, detail=detail
        )


def approve_deployment(
    session: Session,
    registration: str,
    deployment_id: str,
    *,
    organization: str,
    actor: str | None,
    now: datetime,
) -> DeploymentFacts:
    """Approve a deployment for an organization, given by its slug.

    An unknown deployment is created, so that the first launch succeeds. If it had another organization,
    its framed sessions end. Raises NotFound for an unknown registration or organization, Invalid for an
    impossible ID.
    """
    if not 0 < len(deployment_id) <= LONGEST_ID:
        raise Invalid(BAD_ID, field="deployment_id")
    customer = find_organization(session, organization)
    known = find_registration(session, registration)
    seen = see_deployment(session, known.id, deployment_id, now=now)
    row = session.get_one(Deployment, seen.id)
    if row.organization_id not in session.scalars(family_of(customer.id)).all():
        if row.organization_id is not None:
            stop_frames_of(session, select(Deployment.id).where(Deployment.id == row.id), now=now)
        row.organization_id = customer.id
    row.state, row.decided_at = DeploymentState.APPROVED, now
    session.flush()
    audit.record(
        session,
        "deployment.approved",
        row.public_id,
        actor=actor,
        now=now,
        detail={"organization": customer.public_id},
    )
    return find_deployment(session, row.public_id)


def refuse_deployment(
    session: Session, registration: str, deployment_id: str, *, actor: str | None, now: datetime
) -> DeploymentFacts:
    """Refuse all launches of a deployment from now on, and end its framed sessions; raises NotFound."""
    known = find_registration(session, registration)
    query = select(Deployment).where(
        Deployment.registration_id == known.id, Deployment.deployment_id == deployment_id
    )
    row = or_not_found(session.scalar(query), NO_SUCH_DEPLOYMENT)
    row.state, row.decided_at = DeploymentState.REFUSED, now
    session.flush()
    stop_frames_of(session, select(Deployment.id).where(Deployment.id == row.id), now=now)
    audit.record(session, "deployment.refused", row.public_id, actor=actor, now=now)
    return find_deployment(session, row.public_id)


def find_deployment(session: Session, public_id: str) -> DeploymentFacts:
    """Return a deployment by its public ID; raises NotFound."""
    found = _facts(session, _listed().where(Deployment.public_id == public_id))
    if not found:
        raise NotFound(NO_SUCH_DEPLOYMENT)
    return found[0]


def list_deployments(
    session: Session,
    *,
    registration: str | None = None,
) -> tuple[DeploymentFacts, ...]:
    """Return deployments, most recently seen first: all, or those of one registration."""
    query = _listed().order_by(Deployment.seen_at.desc(), Deployment.id.desc())
    if registration is not None:
        query = query.where(Registration.public_id == registration)
    return _facts(session, query)


_Listed = Select[Deployment, str, str, datetime | None]


def _listed() -> _Listed:
    launched_at = (
        select(LaunchEntry.at)
        .where(LaunchEntry.deployment_id == Deployment.id)
        .order_by(LaunchEntry.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Deployment, Registration.public_id, Registration.name, launched_at).join(
        Registration, Registration.id == Deployment.registration_id
    )


def _facts(session: Session, query: _Listed) -> tuple[DeploymentFacts, ...]:
    rows = session.execute(query).all()
    owners = customers(
        session, {row.organization_id for row, *_ in rows if row.organization_id is not None}
    )
    return tuple(
        copied(
            DeploymentFacts,
            row,
            registration=registration,
            platform=platform,
            organization=owners.get(row.organization_id or 0),
            launched_at=launched_at,
        )
        for row, registration, platform, launched_at in rows
    )
