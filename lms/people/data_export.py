"""The data export: all personal data about one person, for that person to download."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CompoundSelect, func, or_, select, union
from sqlalchemy.orm import Session

from lms.accounts.login_lookup import list_further
from lms.certificates.read_models import Status, list_history
from lms.core.errors import or_not_found
from lms.core.lti_hook_types import OwnSystem
from lms.live.answers import OwnAnswer, export_answers
from lms.models.accounts import FactorKind, Login, LoginAlias, SecondFactor
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.group_showings import Attendee, Showing
from lms.models.live import Attendance, LiveJoin, Registration, RoomStay
from lms.models.mail import Mail
from lms.models.organizations import MemberInvitation, Membership, Organization, Role
from lms.models.requests import DeskRequest, RequestKind
from lms.models.tax import ExemptionBasis
from lms.models.training import GroupSupervisor, TrainingGroupMember
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import list_exemptions
from lms.people.grant_and_seat_history import HeldSeat, read_grants, read_seats, read_watched
from lms.people.order_export import (
    OwnDocument,
    OwnOrder,
    OwnPayment,
    read_documents,
    read_orders,
    read_payments,
)
from lms.people.subscription_export import OwnSubscription, read_subscriptions
from lms.people.training_export import OwnAssigned, OwnGroup, groups_of, trainings_of
from lms.playback.notes import OwnNote, list_own

OnExport = Callable[[Session, int], tuple[OwnSystem, ...]]


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """A bought or given grant, in force or not; `covers` is "" for everything."""

    kind: OfferKind
    scope: Scope
    covers: str
    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnSecondFactor:
    """An authenticator app or passkey of the person, without its secret."""

    kind: FactorKind
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """The person's role in an organization."""

    organization: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnAsked:
    """An invitation to an organization that the person has not accepted.

    `email` and `name` are as the organization's managers wrote them.
    """

    organization: str
    role: Role
    email: str
    name: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class OwnProgress:
    """A webinar that the person began; `share` is the watched part, 0 to 1."""

    webinar: str
    share: float
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate issued to the person; corrected and revoked ones are included."""

    number: str
    webinar: str
    name: str
    credit_minutes: int
    earned_at: datetime
    issued_at: datetime
    state: Status


@dataclass(frozen=True, slots=True)
class OwnRegistration:
    """A live webinar that the person registered for."""

    webinar: str
    registered_at: datetime
    left_at: datetime | None
    came_at: tuple[datetime, ...]
    stayed: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class OwnLiveMinutes:
    """How long the person attended a live webinar, as counted for the certificate."""

    webinar: str
    minutes: int
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class OwnShowing:
    """A group viewing whose roster lists the person, as the host or the person entered it."""

    webinar: str
    name: str
    email: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request that the person sent to our team, and the answer."""

    kind: RequestKind
    name: str
    email: str
    message: str
    answer: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class OwnTaxPaper:
    """Why the person pays no sales tax; `states` are two-letter codes, empty for all states."""

    basis: ExemptionBasis
    states: tuple[str, ...]
    number: str
    until: date | None
    file: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """An email that was written to the person."""

    to: str
    subject: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All stored data about a person, over all their logins."""

    name: str
    email: str | None
    further_emails: tuple[str, ...]
    recovery_email: str | None
    time_zone: str | None
    language: str | None
    since: datetime
    second_factors: tuple[OwnSecondFactor, ...]
    memberships: tuple[OwnMembership, ...]
    asked: tuple[OwnAsked, ...]
    grants: tuple[OwnGrant, ...]
    seats: tuple[HeldSeat, ...]
    progress: tuple[OwnProgress, ...]
    notes: tuple[OwnNote, ...]
    certificates: tuple[OwnCertificate, ...]
    registrations: tuple[OwnRegistration, ...]
    registration_answers: tuple[OwnAnswer, ...]
    live_minutes: tuple[OwnLiveMinutes, ...]
    showings: tuple[OwnShowing, ...]
    requests: tuple[OwnRequest, ...]
    orders: tuple[OwnOrder, ...]
    documents: tuple[OwnDocument, ...]
    payments: tuple[OwnPayment, ...]
    trainings: tuple[OwnAssigned, ...]
    groups: tuple[OwnGroup, ...]
    tax_papers: tuple[OwnTaxPaper, ...]
    supervises: tuple[OwnGroup, ...]
    letters: tuple[Letter, ...]
    subscriptions: tuple[OwnSubscription, ...]
    learning_systems: tuple[OwnSystem, ...]


def read_personal_data(
    session: Session, login_id: int, *, hooks: Sequence[OnExport], now: datetime
) -> PersonalData:
    """Return the stored data about the person of a login, including merged logins; raises NotFound.

    `hooks` return the data that components store about each login.
    """
    login = or_not_found(session.scalar(select(Login).where(Login.id == login_id)))
    own = select(Login.id).where(or_(Login.id == login_id, Login.merged_into == login_id))
    own_ids = session.scalars(own.order_by(Login.id)).all()
    memberships = session.execute(
        select(Organization.name, Membership.role, Membership.created_at)
        .join_from(Membership, Organization, Organization.id == Membership.organization_id)
        .where(Membership.login_id.in_(own))
        .order_by(Membership.created_at)
    )
    asked = session.execute(
        select(
            Organization.name,
            MemberInvitation.role,
            MemberInvitation.email,
            MemberInvitation.name,
            MemberInvitation.created_at,
        )
        .join_from(
            MemberInvitation, Organization, Organization.id == MemberInvitation.organization_id
        )
        .where(MemberInvitation.login_id.in_(own))
        .order_by(MemberInvitation.created_at)
    )
    letters = session.execute(
        select(Mail.recipient, Mail.subject, Mail.created_at)
        .where(Mail.login_id.in_(own))
        .order_by(Mail.created_at)
    )
    return PersonalData(
        name=login.name,
        email=login.email,
        further_emails=tuple(list_further(session, login_id)),
        recovery_email=login.recovery_email,
        time_zone=login.zone,
        language=login.language,
        since=login.created_at,
        second_factors=tuple(
            OwnSecondFactor(one.kind, one.name, one.created_at, one.last_used_at)
            for one in session.scalars(
                select(SecondFactor)
                .where(SecondFactor.login_id.in_(own_ids))
                .order_by(SecondFactor.id)
            )
        ),
        memberships=tuple(OwnMembership(*row) for row in memberships),
        asked=tuple(OwnAsked(*row) for row in asked),
        grants=tuple(
            OwnGrant(one.kind, one.scope, one.covers, one.starts_at, one.ends_at, one.revoked_at)
            for one in read_grants(session, login_id, now=now)
        ),
        seats=read_seats(session, login_id),
        progress=tuple(
            OwnProgress(one.title, round(one.share, 4), one.seen_at)
            for own_id in own_ids
            for one in read_watched(session, own_id)
        ),
        notes=list_own(session, login_id),
        certificates=tuple(
            OwnCertificate(
                one.public_id,
                one.title,
                one.holder,
                one.credit_minutes,
                one.earned_at,
                one.issued_at,
                one.status,
            )
            for one in list_history(session, login_id)
        ),
        registrations=_registrations(session, own_ids),
        registration_answers=export_answers(session, own_ids),
        live_minutes=_live_minutes(session, own_ids),
        showings=_showings(session, own_ids),
        requests=_requests(session, own_ids),
        orders=read_orders(session, own_ids, _own_addresses(own_ids)),
        documents=read_documents(session, own_ids, _own_addresses(own_ids)),
        payments=read_payments(session, own_ids),
        trainings=trainings_of(session, own_ids),
        groups=groups_of(session, TrainingGroupMember, own_ids),
        supervises=groups_of(session, GroupSupervisor, own_ids),
        tax_papers=tuple(
            OwnTaxPaper(
                one.basis, one.states, one.number, one.until, one.file.name if one.file else None
            )
            for one in list_exemptions(session, Payer(login_id=login_id))
        ),
        letters=tuple(Letter(*row) for row in letters),
        subscriptions=read_subscriptions(session, _own_addresses(own_ids)),
        learning_systems=tuple(
            system for own_id in own_ids for hook in hooks for system in hook(session, own_id)
        ),
    )


def _registrations(session: Session, own_ids: Sequence[int]) -> tuple[OwnRegistration, ...]:
    came = session.execute(
        select(LiveJoin.webinar_id, LiveJoin.joined_at)
        .where(LiveJoin.login_id.in_(own_ids))
        .order_by(LiveJoin.joined_at)
    ).all()
    stayed = session.execute(
        select(RoomStay.webinar_id, RoomStay.began_at, RoomStay.ended_at)
        .where(RoomStay.login_id.in_(own_ids))
        .order_by(RoomStay.began_at)
    ).all()
    registered = session.execute(
        select(Webinar.id, Webinar.title, Registration.registered_at, Registration.left_at)
        .join_from(Registration, Webinar, Webinar.id == Registration.webinar_id)
        .where(Registration.login_id.in_(own_ids))
        .order_by(Registration.registered_at)
    )
    return tuple(
        OwnRegistration(
            row.title,
            row.registered_at,
            row.left_at,
            tuple(one.joined_at for one in came if one.webinar_id == row.id),
            tuple((one.began_at, one.ended_at) for one in stayed if one.webinar_id == row.id),
        )
        for row in registered
    )


def _live_minutes(session: Session, own_ids: Sequence[int]) -> tuple[OwnLiveMinutes, ...]:
    rows = session.execute(
        select(Webinar.title, Attendance.minutes, Attendance.noted_at)
        .join_from(Attendance, Webinar, Webinar.id == Attendance.webinar_id)
        .where(Attendance.login_id.in_(own_ids))
        .order_by(Attendance.noted_at)
    )
    return tuple(OwnLiveMinutes(*row) for row in rows)


def _showings(session: Session, own_ids: Sequence[int]) -> tuple[OwnShowing, ...]:
    rows = session.execute(
        select(Webinar.title, Attendee.name, Attendee.email, Attendee.entered_at)
        .join_from(Attendee, Showing, Showing.id == Attendee.showing_id)
        .join(Webinar, Webinar.id == Showing.webinar_id)
        .where(Attendee.email_key.in_(_own_addresses(own_ids)))
        .order_by(Attendee.id)
    )
    return tuple(OwnShowing(*row) for row in rows)


def _requests(session: Session, own_ids: Sequence[int]) -> tuple[OwnRequest, ...]:
    theirs = or_(
        DeskRequest.login_id.in_(own_ids),
        func.lower(DeskRequest.email).in_(_own_addresses(own_ids)),
    )
    rows = session.execute(
        select(
            DeskRequest.kind,
            DeskRequest.name,
            DeskRequest.email,
            DeskRequest.message,
            DeskRequest.answer,
            DeskRequest.created_at,
        )
        .where(theirs)
        .order_by(DeskRequest.id)
    )
    return tuple(OwnRequest(*row) for row in rows)


def _own_addresses(own_ids: Sequence[int]) -> CompoundSelect[str | None]:
    """Return the keys of the person's confirmed addresses."""
    return union(
        select(Login.email_key).where(
            Login.id.in_(own_ids), Login.email_key.is_not(None), Login.confirmed_at.is_not(None)
        ),
        select(LoginAlias.email_key).where(LoginAlias.login_id.in_(own_ids)),
    )
