"""Registrations: what was set up with a platform, identified by its issuer and our client ID."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import add_once
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.model_base import copied
from lms.lti_facade.organizations import Customer, customers, family_of, find_organization
from lti.frames.sessions import stop_frames_of
from lti.models.delivery_leases import Turn
from lti.models.registrations_and_keys import Deployment, Registration, RegistrationState
from lti.protocol.platform_urls import origins_of, read_origin
from lti.registrations.platform_addresses import read_reachable_address

OPEN_EDX: Final = "Open edX"
# Keys are product_family_code, as platforms send it, or the slug of a guide.
PRODUCTS: Final = {
    "moodle": "Moodle",
    "canvas": "Canvas",
    "desire2learn": "Brightspace",
    "brightspace": "Brightspace",
    "BlackboardLearn": "Blackboard",
    "blackboard": "Blackboard",
    "schoology": "Schoology",
    "sakai": "Sakai",
    "openedx": OPEN_EDX,
    "open-edx": OPEN_EDX,
}
LONGEST_NAME: Final = 200
LONGEST_ISSUER: Final = 500
LONGEST_ID: Final = 255  # client and deployment IDs: LTI 1.3 Core, 5.3.3
LONGEST_LEEWAY_S: Final = 300
LEEWAY_S: Final = 60
BAD_NAME: Final = N_("Enter a name of up to 200 characters.")
BAD_ISSUER: Final = N_("Enter the issuer exactly as the LMS shows it.")
BAD_CLIENT: Final = N_("Enter the client ID exactly as the LMS shows it.")
BAD_LEEWAY: Final = N_("Enter a number of seconds from 0 to 300.")
TAKEN: Final = N_("This issuer and client ID are already registered. Edit that connection instead.")
NO_SUCH_REGISTRATION: Final = N_("LMS connection not found.")


@dataclass(frozen=True, slots=True)
class RegistrationDetails:
    """The editable settings of a registration; lti/models/registrations_and_keys.py explains the fields."""

    name: str
    auth_url: str
    token_url: str
    jwks_url: str
    token_audience: str | None = None
    frame_origins: tuple[str, ...] = ()
    product: str = ""
    leeway_s: int = LEEWAY_S
    admits_anonymous: bool = False
    allows_loopback: bool = False


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """A platform to register; `organization` is the slug of its owner.

    `update_token_hash` is the hash of the token with which the platform can register again.
    """

    issuer: str
    client_id: str
    details: RegistrationDetails
    organization: str | None = None
    state: RegistrationState = RegistrationState.ACTIVE
    update_token_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """A registration; `organization` is its owner."""

    id: int
    public_id: str
    issuer: str
    client_id: str
    details: RegistrationDetails
    organization: Customer | None
    state: RegistrationState
    created_at: datetime

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins that can frame the tool and that it can send messages to."""
        return origins_of((self.issuer, self.details.auth_url, *self.details.frame_origins))


def name_of_platform(organization: str, product: str, address: str) -> str:
    """Return a distinctive name: organization, product and host."""
    parts = (organization, PRODUCTS.get(product, product), urlsplit(address).hostname or address)
    return " · ".join(filter(None, parts))[:LONGEST_NAME]


def add_registration(
    session: Session, new: NewRegistration, *, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Register a platform.

    Raises Invalid with the invalid fields, NotFound for an unknown organization, Conflict if the issuer
    and client ID are already registered.
    """
    details = _checked(new)
    organization = (
        None if new.organization is None else find_organization(session, new.organization)
    )
    row = Registration(
        organization_id=None if organization is None else organization.id,
        issuer=new.issuer.strip(),
        client_id=new.client_id.strip(),
        state=new.state,
        update_token_hash=new.update_token_hash,
        created_at=now,
        **_columns(details),
    )
    if not add_once(session, row):
        raise Conflict(TAKEN)
    audit.record(
        session,
        "registration.added",
        row.public_id,
        actor=actor,
        now=now,
        detail={"organization": None if organization is None else organization.public_id},
    )
    return find_registration(session, row.public_id)


def find_registration(session: Session, public_id: str) -> RegistrationFacts:
    """Return a registration by its public ID; raises NotFound."""
    return _one(session, select(Registration).where(Registration.public_id == public_id))


def registration_of_row(session: Session, row_id: int) -> RegistrationFacts:
    """Return a registration by its row id; raises NotFound."""
    return _one(session, select(Registration).where(Registration.id == row_id))


def registrations_of_issuer(
    session: Session, issuer: str, client_id: str | None
) -> tuple[RegistrationFacts, ...]:
    """Return an issuer's registrations: the one with a client ID, or all if it is None."""
    query = select(Registration).where(Registration.issuer == issuer).order_by(Registration.id)
    if client_id is not None:
        query = query.where(Registration.client_id == client_id)
    return _all(session, query)


def list_registrations(
    session: Session, *, organization_id: int | None = None
) -> tuple[RegistrationFacts, ...]:
    """Return registrations by name: all, or those that an organization owns or has a deployment in."""
    query = select(Registration).order_by(Registration.name, Registration.id)
    if organization_id is not None:
        whose = family_of(organization_id)
        deployed = select(Deployment.registration_id).where(Deployment.organization_id.in_(whose))
        query = query.where(Registration.organization_id.in_(whose) | Registration.id.in_(deployed))
    return _all(session, query)


def edit_registration(
    session: Session,
    public_id: str,
    details: RegistrationDetails,
    *,
    actor: str | None,
    now: datetime,
) -> RegistrationFacts:
    """Edit a registration, and try its platform at once, since the edit may have fixed an outage.

    Raises NotFound, or Invalid with the invalid fields.
    """
    row = _row(session, public_id)
    for name, value in _columns(_checked_details(details)).items():
        setattr(row, name, value)
    session.flush()
    ask_now(session, row.id, now=now)
    audit.record(session, "registration.edited", public_id, actor=actor, now=now)
    return find_registration(session, public_id)


def approve_registration(
    session: Session, public_id: str, *, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Activate a pending or disabled platform, and try it at once; raises NotFound."""
    if _moved(session, public_id, RegistrationState.ACTIVE):
        audit.record(session, "registration.approved", public_id, actor=actor, now=now)
    found = find_registration(session, public_id)
    ask_now(session, found.id, now=now)
    return found


def ask_now(session: Session, registration_id: int, *, now: datetime) -> None:
    """Try a platform in an outage again at once, at someone's request."""
    session.execute(
        update(Turn)
        .where(Turn.registration_id == registration_id, Turn.asks_at > now)
        .values(asks_at=now)
    )


def disable_registration(
    session: Session, public_id: str, *, actor: str | None, now: datetime
) -> RegistrationFacts:
    """Disable a platform and end its framed sessions; raises NotFound."""
    if _moved(session, public_id, RegistrationState.DISABLED):
        its_own = (
            select(Deployment.id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(Registration.public_id == public_id)
        )
        stop_frames_of(session, its_own, now=now)
        audit.record(session, "registration.disabled", public_id, actor=actor, now=now)
    return find_registration(session, public_id)


def _moved(session: Session, public_id: str, state: RegistrationState) -> bool:
    row = _row(session, public_id)
    was, row.state = row.state, state
    session.flush()
    return was is not state


def _checked(new: NewRegistration) -> RegistrationDetails:
    faults = {}
    if not 0 < len(new.issuer.strip()) <= LONGEST_ISSUER:
        faults["issuer"] = BAD_ISSUER
    if not 0 < len(new.client_id.strip()) <= LONGEST_ID:
        faults["client_id"] = BAD_CLIENT
    return _checked_details(new.details, faults)


def _checked_details(
    given: RegistrationDetails, faults: dict[str, str] | None = None
) -> RegistrationDetails:
    faults = {} if faults is None else faults
    if not 0 < len(given.name.strip()) <= LONGEST_NAME:
        faults["name"] = BAD_NAME
    if not 0 <= given.leeway_s <= LONGEST_LEEWAY_S:
        faults["leeway_s"] = BAD_LEEWAY
    read: dict[str, str] = {}
    for field in ("auth_url", "token_url", "jwks_url"):
        try:
            read[field] = read_reachable_address(
                getattr(given, field), field=field, allows_loopback=given.allows_loopback
            )
        except Invalid as fault:
            faults.update(fault.fields)
    origins = _checked_origins(given, faults)
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    return RegistrationDetails(
        name=given.name.strip(),
        token_audience=(given.token_audience or "").strip() or None,
        frame_origins=origins,
        product=given.product.strip()[:60],
        leeway_s=given.leeway_s,
        admits_anonymous=given.admits_anonymous,
        allows_loopback=given.allows_loopback,
        **read,
    )


def _checked_origins(given: RegistrationDetails, faults: dict[str, str]) -> tuple[str, ...]:
    try:
        return tuple(
            read_origin(origin, field="frame_origins", allows_loopback=given.allows_loopback)
            for origin in given.frame_origins
        )
    except Invalid as fault:
        faults.update(fault.fields)
        return ()


def _columns(details: RegistrationDetails) -> dict[str, Any]:
    columns: dict[str, Any] = {name: getattr(details, name) for name in details.__slots__}
    return {**columns, "frame_origins": "\n".join(details.frame_origins)}


def _row(session: Session, public_id: str) -> Registration:
    row = session.scalar(select(Registration).where(Registration.public_id == public_id))
    return or_not_found(row, NO_SUCH_REGISTRATION)


def _one(session: Session, query: Select[Registration]) -> RegistrationFacts:
    found = _all(session, query)
    if not found:
        raise NotFound(NO_SUCH_REGISTRATION)
    return found[0]


def _all(session: Session, query: Select[Registration]) -> tuple[RegistrationFacts, ...]:
    rows = session.scalars(query).all()
    owners = customers(session, _owner_ids(rows))
    return tuple(_facts(row, owners.get(row.organization_id or 0)) for row in rows)


def _owner_ids(rows: Iterable[Registration]) -> set[int]:
    return {row.organization_id for row in rows if row.organization_id is not None}


def _facts(row: Registration, organization: Customer | None) -> RegistrationFacts:
    details = copied(RegistrationDetails, row, frame_origins=tuple(row.frame_origins.split()))
    return copied(RegistrationFacts, row, details=details, organization=organization)
