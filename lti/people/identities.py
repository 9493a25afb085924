"""Identities: who a platform's people are here, with their logins (PRODUCT.md, I3), and erasure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.email_addresses import Address, read_address
from lms.core.errors import Invalid
from lms.core.model_base import Base, new_public_id
from lms.lti_facade.account_lookup_and_creation import addresses_of
from lms.lti_facade.learner_logins import (
    add_learner,
    forget_unused_learner,
    keeps_name,
    rename_learner,
)
from lti.models.courses import Context, RosterMember
from lti.models.embed_links import EmbedCode, EmbedViewer, OutsideCompletion
from lti.models.id_mappings import MapPair, PeopleMap
from lti.models.identities import Identity, IdentityLink
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.messages import Person

SEEN_EVERY: Final = timedelta(hours=1)  # avoids a write for every visit


@dataclass(frozen=True, slots=True)
class Known:
    """A platform person and their login, as row ids."""

    identity_id: int
    login_id: int


_IDENTITIES: Final = Base.metadata.tables[Identity.__tablename__]
_column: Final = _IDENTITIES.c
_PERSON: Final = (_column.issuer, _column.organization_id, _column.sub)
_LOGIN_OF: Final = CompiledStatement(
    select(_column.login_id).where(*(each == bindparam(each.name) for each in _PERSON))
)


def _upsert_into(insert_into: Any) -> CompiledStatement:  # noqa: ANN401  (either dialect's)
    put = insert_into(_IDENTITIES).values(
        {each.name: bindparam(each.name, type_=each.type) for each in _column if each.name != "id"}
    )
    said = put.excluded
    return CompiledStatement(
        put.on_conflict_do_update(
            index_elements=_PERSON,
            set_={
                "email": said.email,
                "email_key": said.email_key,
                "sis_id": said.sis_id,
                "registration_id": func.coalesce(said.registration_id, _column.registration_id),
                "has_come": said.has_come,
                "seen_at": said.seen_at,
            },
        ).returning(_column.id, _column.login_id)
    )


_UPSERT: Final = {
    "sqlite": _upsert_into(insert_on_sqlite),
    "postgresql": _upsert_into(insert_on_postgresql),
}


def ensure_identity(
    session: Session,
    *,
    issuer: str,
    organization_id: int,
    person: Person,
    registration_id: int | None = None,
    now: datetime,
) -> Known:
    """Return the row ids of a platform person; creates identity and login at the first launch.

    A new login has no address or password, and is not linked to another login even if the addresses
    match. Two simultaneous first launches create one identity. Updates the name and the registration.
    """
    driver = Driver.of(session)
    who = {"issuer": issuer, "organization_id": organization_id, "sub": person.sub}
    found = _LOGIN_OF.one(driver, who)
    login_id = found[0] if found else add_learner(session, name=person.name, now=now)
    address = _address(person.email)
    values = {
        **who,
        "public_id": new_public_id(),
        "login_id": login_id,
        "email": None if address is None else address.shown,
        "email_key": None if address is None else address.key,
        "sis_id": person.sis_id,
        "registration_id": registration_id,
        "has_come": True,
        "is_test_user": person.is_test_user,
        "created_at": now,
        "seen_at": now,
    }
    put = _UPSERT[driver.dialect.name].one(driver, values)
    assert put is not None  # noqa: S101  (what is inserted or updated is returned)
    came = Known(*put)
    if came.login_id != login_id:  # a simultaneous first launch created it
        forget_unused_learner(session, login_id)
    if found and person.name:
        rename_learner(session, came.login_id, person.name)
    return came


def is_unchanged(
    known_email: str | None, known_name: str | None, known_sis_id: str | None, person: Person
) -> bool:
    """Return whether a platform's data about a person is unchanged, so that nothing must be written."""
    if person.sis_id != known_sis_id:
        return False
    if person.email != known_email:
        address = _address(person.email)
        if known_email != (None if address is None else address.shown):
            return False
    return keeps_name(known_name, person.name)


def forget_person(session: Session, login_id: int) -> None:
    """Delete a login's identities, rosters, scores and sessions on platforms, when it is erased.

    Also invalidates emailed links to its addresses, and deletes what embed links stored under them.
    """
    _forget_addresses(session, login_id)
    session.execute(
        delete(IdentityLink).where(IdentityLink.email_key.in_(addresses_of(session, login_id)))
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
            delete(RosterMember).where(
                RosterMember.context_id.in_(courses), RosterMember.sub == identity.sub
            )
        )
    session.execute(delete(Identity).where(Identity.login_id == login_id))


def _forget_lines(session: Session, issuer: str, organization_id: int, sub: str) -> None:
    """Delete the mapping rows that name a person, including those without a matching identity."""
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
    session.execute(delete(MapPair).where(or_(*named)))


def _forget_addresses(session: Session, login_id: int) -> None:
    shown = select(EmbedViewer.email_key).where(EmbedViewer.login_id == login_id)
    keys = {*session.scalars(shown), *addresses_of(session, login_id)}
    for model in (EmbedCode, OutsideCompletion):
        session.execute(delete(model).where(model.email_key.in_(sorted(keys))))
    session.execute(delete(EmbedViewer).where(EmbedViewer.login_id == login_id))


def find_identity(session: Session, issuer: str, organization_id: int, sub: str) -> Identity | None:
    """Return the identity with an ID on an organization's platform, or None."""
    return session.scalar(
        select(Identity).where(
            Identity.issuer == issuer,
            Identity.organization_id == organization_id,
            Identity.sub == sub,
        )
    )


def make_identity(
    session: Session,
    issuer: str,
    organization_id: int,
    person: Person,
    *,
    registration_id: int | None = None,
    now: datetime,
) -> Identity:
    """Create an identity with its own login, or return the one that was created meanwhile.

    It is marked as not seen yet (`has_come` is False) until `ensure_identity` records a launch.
    """
    sub = person.sub or ""
    try:
        with session.begin_nested():
            made = Identity(
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
            session.add(made)
    except IntegrityError:
        found = find_identity(session, issuer, organization_id, sub)
        if found is None:
            raise
        return found
    return made


def _address(email: str | None) -> Address | None:
    if email is None:
        return None
    try:
        return read_address(email)
    except Invalid:
        return None
