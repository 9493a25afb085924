"""Identity creation by the first launch, with a login (PRODUCT.md, I3), and identity erasure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.email_addresses import Address, read_address
from lms.core.errors import Invalid
from lms.lti_facade.account_lookup_and_creation import addresses_of
from lms.lti_facade.learner_logins import add_learner, keeps_name, rename_learner
from lti.models.courses import Context, RosterMember
from lti.models.embed_links import EmbedCode, EmbedViewer, OutsideCompletion
from lti.models.id_mappings import MapPair, PeopleMap
from lti.models.identities import Identity, IdentityLink
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.messages import Person

SEEN_EVERY: Final = timedelta(hours=1)  # that somebody comes and goes is not written each time


@dataclass(frozen=True, slots=True)
class Known:
    """A person of a platform and the login that is theirs, as rows of ours."""

    identity_id: int
    login_id: int


def know(
    session: Session, *, issuer: str, organization_id: int, sub: str, person: Person, now: datetime
) -> Known:
    """Return who this is, made with a login of their own when they come for the first time.

    The login has neither address nor password, and is linked to no other because addresses agree.
    Two first launches at once make one. The name follows what the platform says.
    """
    found = find_identity(session, issuer, organization_id, sub)
    if found is None:
        found = make_identity(session, issuer, organization_id, sub, person, now=now)
    _note(session, found, person, now)
    return Known(found.id, found.login_id)


def is_as_said(
    known_email: str | None, known_name: str | None, known_sis_id: str | None, person: Person
) -> bool:
    """Tell whether a platform says of somebody what is kept of them, so that nothing is to be noted."""
    if person.sis_id != known_sis_id:
        return False
    if person.email != known_email:
        address = _address(person.email)
        if known_email != (None if address is None else address.shown):
            return False
    return keeps_name(known_name, person.name)


def note_registration(session: Session, identity_id: int, registration_id: int) -> None:
    """Note by which registration somebody came, by row ids; who came by it before costs no statement."""
    identity = session.get_one(Identity, identity_id)
    if identity.registration_id != registration_id:
        identity.registration_id = registration_id
        session.flush()


def forget_person(session: Session, login_id: int) -> None:
    """Forget who a login is on platforms, when it is erased: identities, rosters, scores, sessions.

    Letters that would link somebody to one of its addresses are void with it, and what was kept
    under them for embed links goes as well.
    """
    _forget_addresses(session, login_id)
    session.execute(
        delete(IdentityLink)
        .where(IdentityLink.email_key.in_(addresses_of(session, login_id)))
        .execution_options(synchronize_session=False)
    )
    theirs = session.execute(
        select(Identity.id, Identity.issuer, Identity.organization_id, Identity.sub).where(
            Identity.login_id == login_id
        )
    ).all()
    for identity in theirs:
        _forget_lines(session, identity.issuer, identity.organization_id, identity.sub)
        courses = (
            select(Context.id)
            .join(Deployment, Deployment.id == Context.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(
                Registration.issuer == identity.issuer,
                Deployment.organization_id == identity.organization_id,
            )
        )
        session.execute(
            delete(RosterMember)
            .where(RosterMember.context_id.in_(courses), RosterMember.sub == identity.sub)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(Identity)
        .where(Identity.login_id == login_id)
        .execution_options(synchronize_session=False)
    )


def _forget_lines(session: Session, issuer: str, organization_id: int, sub: str) -> None:
    """Delete the lines of maps that name somebody, also where nobody was found for them."""
    of_ours = select(PeopleMap.id).where(PeopleMap.organization_id == organization_id)
    named = (
        and_(
            is_them == sub,
            MapPair.map_id.in_(
                of_ours.join(Registration, Registration.id == end).where(
                    Registration.issuer == issuer
                )
            ),
        )
        for is_them, end in (
            (MapPair.old_sub, PeopleMap.old_registration_id),
            (MapPair.new_sub, PeopleMap.new_registration_id),
        )
    )
    session.execute(delete(MapPair).where(or_(*named)).execution_options(synchronize_session=False))


def _forget_addresses(session: Session, login_id: int) -> None:
    shown = select(EmbedViewer.email_key).where(EmbedViewer.login_id == login_id)
    keys = {*session.scalars(shown), *addresses_of(session, login_id)}
    for model in (EmbedCode, OutsideCompletion):
        session.execute(
            delete(model)
            .where(model.email_key.in_(sorted(keys)))
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(EmbedViewer)
        .where(EmbedViewer.login_id == login_id)
        .execution_options(synchronize_session=False)
    )


def find_identity(session: Session, issuer: str, organization_id: int, sub: str) -> Identity | None:
    """Return who goes by an id on an organization's platform, None for nobody yet."""
    return session.scalar(
        select(Identity).where(
            Identity.issuer == issuer,
            Identity.organization_id == organization_id,
            Identity.sub == sub,
        )
    )


def make_identity(  # noqa: PLR0913  (who it is, where, and since when)
    session: Session,
    issuer: str,
    organization_id: int,
    sub: str,
    person: Person,
    *,
    registration_id: int | None = None,
    now: datetime,
) -> Identity:
    """Make an identity with a login of its own, or return the one that another made meanwhile.

    It counts as one that nobody has come by; `know` notes who comes.
    """
    try:
        with session.begin_nested():
            return _make(session, issuer, organization_id, sub, person, registration_id, now)
    except IntegrityError:
        found = find_identity(session, issuer, organization_id, sub)
        if found is None:
            raise
        return found


def _make(  # noqa: PLR0913
    session: Session,
    issuer: str,
    organization_id: int,
    sub: str,
    person: Person,
    registration_id: int | None,
    now: datetime,
) -> Identity:
    identity = Identity(
        issuer=issuer,
        organization_id=organization_id,
        sub=sub,
        login_id=add_learner(session, name=person.name, now=now),
        registration_id=registration_id,
        has_come=False,
        is_test_user=person.is_test_user,
        created_at=now,
        seen_at=now,
    )
    session.add(identity)
    session.flush()
    return identity


def _note(session: Session, identity: Identity, person: Person, now: datetime) -> None:
    if identity.seen_at <= now - SEEN_EVERY:
        identity.seen_at = now
    address = _address(person.email)
    identity.email = None if address is None else address.shown
    identity.email_key = None if address is None else address.key
    identity.sis_id, identity.has_come = person.sis_id, True
    if person.name:
        rename_learner(session, identity.login_id, person.name)


def _address(email: str | None) -> Address | None:
    if email is None:
        return None
    try:
        return read_address(email)
    except Invalid:
        return None
