"""The data export: all personal data about one person, for that person to download."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of_kept
from lms.accounts.login_lookup import list_further
from lms.certificates.read_models import list_history
from lms.core.errors import or_not_found
from lms.core.lti_hook_types import OwnSystem
from lms.live.answers import OwnAnswer, export_answers
from lms.models.accounts import Login, LoginAlias, SecondFactor
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.group_showings import Attendee, Showing
from lms.models.live import Attendance, LiveJoin, Registration, RoomStay
from lms.models.mail import Mail, Subscription
from lms.models.organizations import MemberInvitation, Membership, Organization
from lms.models.requests import DeskRequest
from lms.models.training import (
    GroupSupervisor,
    Trainee,
    Training,
    TrainingGroup,
    TrainingGroupMember,
)
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import list_exemptions
from lms.people.grant_and_seat_history import HeldSeat, read_grants, read_seats, read_watched
from lms.people.order_export import (
    Addresses,
    Told,
    documents_of,
    orders_of,
    payments_of,
    told,
)
from lms.playback.notes import OwnNote, list_own

OnExport = Callable[[Session, int], tuple[OwnSystem, ...]]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All stored data about a person, over all their logins.

    Rows are by the names that they have in the file.
    """

    name: str
    email: str | None
    further_emails: tuple[str, ...]
    recovery_email: str | None
    time_zone: str | None
    language: str | None
    since: datetime
    second_factors: tuple[Told, ...]
    memberships: tuple[Told, ...]
    asked: tuple[Told, ...]
    grants: tuple[Told, ...]
    seats: tuple[HeldSeat, ...]
    progress: tuple[Told, ...]
    notes: tuple[OwnNote, ...]
    certificates: tuple[Told, ...]
    registrations: tuple[Told, ...]
    registration_answers: tuple[OwnAnswer, ...]
    live_minutes: tuple[Told, ...]
    showings: tuple[Told, ...]
    requests: tuple[Told, ...]
    orders: tuple[Told, ...]
    documents: tuple[Told, ...]
    payments: tuple[Told, ...]
    trainings: tuple[Told, ...]
    groups: tuple[Told, ...]
    tax_papers: tuple[Told, ...]
    supervises: tuple[Told, ...]
    emails_sent: tuple[Told, ...]
    subscriptions: tuple[Told, ...]
    learning_systems: tuple[OwnSystem, ...]


def read_personal_data(
    session: Session, login_id: int, *, hooks: Sequence[OnExport], now: datetime
) -> PersonalData:
    """Return the stored data about the person of a login, including merged logins; raises NotFound.

    `hooks` return the data that components store about each login.
    """
    login = or_not_found(session.scalar(select(Login).where(Login.id == login_id)))
    own_ids = sorted(session.scalars(logins_of_kept(login_id)))
    addresses = _own_addresses(own_ids)
    return PersonalData(
        name=login.name,
        email=login.email,
        further_emails=tuple(list_further(session, login_id)),
        recovery_email=login.recovery_email,
        time_zone=login.zone,
        language=login.language,
        since=login.created_at,
        second_factors=_second_factors(session, own_ids),
        memberships=_memberships(session, own_ids),
        asked=_asked(session, own_ids),
        grants=tuple(
            {
                "kind": one.kind,
                "scope": one.scope,
                "covers": one.covers,  # "" for everything
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
                "revoked_at": one.revoked_at,
            }
            for one in read_grants(session, login_id, now=now)
        ),
        seats=read_seats(session, login_id),
        progress=tuple(
            {"webinar": one.title, "share": round(one.share, 4), "seen_at": one.seen_at}
            for own_id in own_ids
            for one in read_watched(session, own_id)
        ),
        notes=list_own(session, login_id),
        certificates=tuple(
            {
                "number": one.public_id,
                "webinar": one.title,
                "name": one.holder,
                "credit_minutes": one.credit_minutes,
                "earned_at": one.earned_at,
                "issued_at": one.issued_at,
                "state": one.status,
            }
            for one in list_history(session, login_id)
        ),
        registrations=_registrations(session, own_ids),
        registration_answers=export_answers(session, own_ids),
        live_minutes=_live_minutes(session, own_ids),
        showings=_showings(session, addresses),
        requests=_requests(session, own_ids, addresses),
        orders=orders_of(session, own_ids, addresses),
        documents=documents_of(session, own_ids, addresses),
        payments=payments_of(session, own_ids),
        trainings=_trainings(session, own_ids),
        groups=_groups(session, TrainingGroupMember, own_ids),
        supervises=_groups(session, GroupSupervisor, own_ids),
        tax_papers=tuple(
            {
                "basis": one.basis,
                "states": one.states,  # two-letter codes; none for all states
                "number": one.number,
                "until": one.until,
                "file": one.file.name if one.file else None,
            }
            for one in list_exemptions(session, Payer(login_id=login_id))
        ),
        emails_sent=_emails_sent(session, own_ids),
        subscriptions=_subscriptions(session, addresses),
        learning_systems=tuple(
            system for own_id in own_ids for hook in hooks for system in hook(session, own_id)
        ),
    )


def _second_factors(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    factors = select(
        SecondFactor.kind,
        SecondFactor.name,
        SecondFactor.created_at.label("added_at"),
        SecondFactor.last_used_at,
    )
    return told(
        session, factors.where(SecondFactor.login_id.in_(own_ids)).order_by(SecondFactor.id)
    )


def _memberships(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    return told(
        session,
        select(
            Organization.name.label("organization"),
            Membership.role,
            Membership.created_at.label("since"),
        )
        .join_from(Membership, Organization, Organization.id == Membership.organization_id)
        .where(Membership.login_id.in_(own_ids))
        .order_by(Membership.created_at),
    )


def _asked(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return the invitations to organizations that the person has not accepted, as managers wrote them."""
    return told(
        session,
        select(
            Organization.name.label("organization"),
            MemberInvitation.role,
            MemberInvitation.email,
            MemberInvitation.name,
            MemberInvitation.created_at.label("asked_at"),
        )
        .join_from(
            MemberInvitation, Organization, Organization.id == MemberInvitation.organization_id
        )
        .where(MemberInvitation.login_id.in_(own_ids))
        .order_by(MemberInvitation.created_at),
    )


def _emails_sent(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    written = select(Mail.recipient.label("to"), Mail.subject, Mail.created_at.label("written_at"))
    return told(session, written.where(Mail.login_id.in_(own_ids)).order_by(Mail.created_at))


def _registrations(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return the live webinars that the person registered for, and when they were there."""
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
        {
            "webinar": row.title,
            "registered_at": row.registered_at,
            "left_at": row.left_at,
            "came_at": [one.joined_at for one in came if one.webinar_id == row.id],
            "stayed": [(one.began_at, one.ended_at) for one in stayed if one.webinar_id == row.id],
        }
        for row in registered
    )


def _live_minutes(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return how long the person attended live webinars, as counted for certificates."""
    return told(
        session,
        select(Webinar.title.label("webinar"), Attendance.minutes, Attendance.noted_at)
        .join_from(Attendance, Webinar, Webinar.id == Attendance.webinar_id)
        .where(Attendance.login_id.in_(own_ids))
        .order_by(Attendance.noted_at),
    )


def _showings(session: Session, addresses: Addresses) -> tuple[Told, ...]:
    """Return the group viewings whose roster lists the person, as the host or the person entered it."""
    return told(
        session,
        select(Webinar.title.label("webinar"), Attendee.name, Attendee.email, Attendee.entered_at)
        .join_from(Attendee, Showing, Showing.id == Attendee.showing_id)
        .join(Webinar, Webinar.id == Showing.webinar_id)
        .where(Attendee.email_key.in_(addresses))
        .order_by(Attendee.id),
    )


def _requests(session: Session, own_ids: Sequence[int], addresses: Addresses) -> tuple[Told, ...]:
    theirs = or_(DeskRequest.login_id.in_(own_ids), func.lower(DeskRequest.email).in_(addresses))
    return told(
        session,
        select(
            DeskRequest.kind,
            DeskRequest.name,
            DeskRequest.email,
            DeskRequest.message,
            DeskRequest.answer,
            DeskRequest.created_at.label("asked_at"),
        )
        .where(theirs)
        .order_by(DeskRequest.id),
    )


def _trainings(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return the training that organizations assigned, the oldest first."""
    return told(
        session,
        select(
            Organization.name.label("organization"),
            Training.title.label("training"),
            Training.due_at,
            Trainee.created_at.label("assigned_at"),
            Training.policy,
            Trainee.acknowledged_at.label("confirmed_at"),
            Trainee.completed_at,
        )
        .join(Training, Training.organization_id == Organization.id)
        .join(Trainee, Trainee.training_id == Training.id)
        .where(Trainee.login_id.in_(own_ids))
        .order_by(Trainee.created_at, Trainee.id),
    )


def _groups(
    session: Session,
    having: type[TrainingGroupMember] | type[GroupSupervisor],
    own_ids: Sequence[int],
) -> tuple[Told, ...]:
    """Return the groups that the person is in, or supervises, by organization and name."""
    return told(
        session,
        select(Organization.name.label("organization"), TrainingGroup.name.label("group"))
        .join(TrainingGroup, TrainingGroup.organization_id == Organization.id)
        .join(having, having.group_id == TrainingGroup.id)
        .where(having.login_id.in_(own_ids))
        .order_by(Organization.name, TrainingGroup.name),
    )


def _subscriptions(session: Session, addresses: Addresses) -> tuple[Told, ...]:
    """Return the subscriptions to new webinars; the topic is "" for all webinars."""
    return told(
        session,
        select(
            Subscription.email,
            func.coalesce(Presenter.name, Series.title, "").label("topic"),
            Subscription.asked_at,
            Subscription.confirmed_at,
        )
        .select_from(Subscription)
        .outerjoin(Presenter, Presenter.id == Subscription.presenter_id)
        .outerjoin(Series, Series.id == Subscription.series_id)
        .where(Subscription.email_key.in_(addresses))
        .order_by(Subscription.id),
    )


def _own_addresses(own_ids: Sequence[int]) -> Addresses:
    """Return the keys of the person's confirmed addresses."""
    return union(
        select(Login.email_key).where(
            Login.id.in_(own_ids), Login.email_key.is_not(None), Login.confirmed_at.is_not(None)
        ),
        select(LoginAlias.email_key).where(LoginAlias.login_id.in_(own_ids)),
    )
