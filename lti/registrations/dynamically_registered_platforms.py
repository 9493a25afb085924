"""Dynamically registered platforms: stored when an invite is used, and updated later.

After use, the invite's secret can only update that one registration.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Gone
from lms.core.runtime import hash_secret
from lms.lti_facade.organizations import Customer, lock_organization
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.registrations.deployments import see_deployment
from lti.registrations.dynamic_registration import Granted, PlatformConfiguration
from lti.registrations.invites import OVER, Invite, find_invite, note_registration
from lti.registrations.manager_actions import await_approval_if_moved
from lti.registrations.registrations import (
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
    edit_registration,
    find_registration,
    list_registrations,
    name_of_platform,
    registrations_of_issuer,
)

NOT_YOURS: Final = N_(
    "This LMS is already registered for a different organization. Contact us to resolve this."
)
OTHER_PLATFORM: Final = N_(
    "This link was already used by a different LMS. Ask the person who gave it to you for a new one."
)


@dataclass(frozen=True, slots=True)
class Way:
    """What a registration link allows: an open invite, or the registration that a used invite created."""

    organization: Customer
    allows_loopback: bool
    invite: Invite | None
    registration: RegistrationFacts | None


def find_way(session: Session, secret: str, *, now: datetime) -> Way:
    """Return what a link's secret allows; raises NotFound for an unknown secret, Gone for an expired one."""
    public_id = session.scalar(
        select(Registration.public_id).where(Registration.update_token_hash == hash_secret(secret))
    )
    if public_id is None:
        invite = find_invite(session, secret, now=now)
        return Way(invite.organization, invite.allows_loopback, invite, None)
    known = find_registration(session, public_id)
    if known.organization is None or known.state is RegistrationState.DISABLED:
        raise Gone(OVER)
    return Way(known.organization, known.details.allows_loopback, None, known)


def check_platform(way: Way, configuration: PlatformConfiguration) -> None:
    """Raise Conflict if a used link belongs to another platform; call before any request is sent to it."""
    known = way.registration
    if known is not None and known.issuer != configuration.issuer:
        raise Conflict(OTHER_PLATFORM, code="other_platform")


def keep_registration(
    session: Session,
    way: Way,
    secret: str,
    configuration: PlatformConfiguration,
    granted: Granted,
    *,
    now: datetime,
) -> RegistrationFacts:
    """Store a registration: a new one, or changes to the existing one.

    An organization's first platform is active at once; further ones, and changed addresses, need our
    team's approval. Raises Conflict for a platform that is registered for another organization.
    """
    known = registrations_of_issuer(session, configuration.issuer, granted.client_id)
    if way.registration is not None and not any(each.id == way.registration.id for each in known):
        raise Conflict(OTHER_PLATFORM, code="other_platform")
    if known:
        kept = _updated(session, way, known[0], configuration, now)
    else:
        kept = _added(session, way, secret, configuration, granted, now)
    if granted.deployment_id is not None:
        see_deployment(session, kept.id, granted.deployment_id, now=now)
    if way.invite is not None:
        note_registration(session, way.invite, kept.id)
    return kept


def _added(
    session: Session,
    way: Way,
    secret: str,
    configuration: PlatformConfiguration,
    granted: Granted,
    now: datetime,
) -> RegistrationFacts:
    details = RegistrationDetails(
        name=name_of_platform(way.organization.name, configuration.product, configuration.auth_url),
        auth_url=configuration.auth_url,
        token_url=configuration.token_url,
        jwks_url=configuration.jwks_url,
        token_audience=configuration.token_audience,
        product=configuration.product,
        allows_loopback=way.allows_loopback,
    )
    new = NewRegistration(
        issuer=configuration.issuer,
        client_id=granted.client_id,
        details=details,
        organization=way.organization.slug,
        state=_first_state(session, way.organization),
        update_token_hash=hash_secret(secret),
    )
    return add_registration(session, new, actor=None, now=now)


def _first_state(session: Session, organization: Customer) -> RegistrationState:
    """Return the initial state of a new platform: an organization's first is active at once."""
    lock_organization(session, organization.id)  # of two that register at once, one is the first
    known = list_registrations(session, organization_id=organization.id)
    own = [one for one in known if one.organization and one.organization.id == organization.id]
    return RegistrationState.PENDING if own else RegistrationState.ACTIVE


def _updated(
    session: Session,
    way: Way,
    known: RegistrationFacts,
    configuration: PlatformConfiguration,
    now: datetime,
) -> RegistrationFacts:
    if known.organization is None or known.organization.id != way.organization.id:
        raise Conflict(NOT_YOURS, code="registered_for_another")
    details = replace(
        known.details,
        auth_url=configuration.auth_url,
        token_url=configuration.token_url,
        jwks_url=configuration.jwks_url,
        token_audience=configuration.token_audience or known.details.token_audience,
        product=configuration.product or known.details.product,
    )
    changed = edit_registration(session, known.public_id, details, actor=None, now=now)
    return await_approval_if_moved(session, known, changed, actor=None, now=now)
