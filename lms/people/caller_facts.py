"""Caller facts: what signing in and the player last met, and which seats a person could be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_organization
from lms.mail.outbox import MailFacts, recent_mails
from lms.models.accounts import EmailPurpose, EmailToken, SecondStep, SignIn
from lms.models.catalog import Presenter, Series, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, Scope
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Membership, Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.recordings import Recording
from lms.models.seats import VerifiedDomain
from lms.people.grant_and_seat_history import HeldSeat
from lms.people.person_record import keys_of_person
from lms.seats.pool_overview import read_pools

FEW_EMAILS: Final = 6
SIGN_IN_EMAILS: Final = (
    EmailPurpose.SIGN_IN_CODE,
    EmailPurpose.RESET_PASSWORD,
    EmailPurpose.SET_PASSWORD,
    EmailPurpose.CONFIRM_SIGN_UP,
)


@dataclass(frozen=True, slots=True)
class LastSignIn:
    """The latest browser that a person signed in with; `is_due` if its second step is missing."""

    agent: str
    at: datetime
    is_due: bool


@dataclass(frozen=True, slots=True)
class LastSecret:
    """The latest code or link for signing in that was emailed, and whether it was used."""

    purpose: EmailPurpose
    sent_at: datetime
    expires_at: datetime
    used_at: datetime | None
    tries: int


@dataclass(frozen=True, slots=True)
class LastPlayback:
    """A person's latest playback session: when it last played, and why it ended if it did."""

    title: str
    seen_at: datetime
    ended_as: PlaybackEnd | None


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """A person's latest emails, sign-in, and playback."""

    emails: tuple[MailFacts, ...]
    sign_in: LastSignIn | None
    secret: LastSecret | None
    playback: LastPlayback | None


@dataclass(frozen=True, slots=True)
class OfferedPool:
    """A pool in which a person could be given a seat; `free` None is unlimited."""

    pool: str
    organization: str
    scope: Scope
    covers: str
    free: int | None


def read_facts(session: Session, login_id: int) -> CallerFacts:
    """Return the facts about the person of a login, including merged logins."""
    logins = logins_of(login_id)
    emails = recent_mails(session, keys=keys_of_person(login_id), logins=logins, limit=FEW_EMAILS)
    sign_in = session.execute(
        select(SignIn.agent, SignIn.last_seen_at, SignIn.second_step)
        .where(SignIn.login_id.in_(logins))
        .order_by(SignIn.last_seen_at.desc())
        .limit(1)
    ).one_or_none()
    secret = session.execute(
        select(
            EmailToken.purpose,
            EmailToken.created_at,
            EmailToken.expires_at,
            EmailToken.used_at,
            EmailToken.tries,
        )
        .where(EmailToken.login_id.in_(logins), EmailToken.purpose.in_(SIGN_IN_EMAILS))
        .order_by(EmailToken.id.desc())
        .limit(1)
    ).one_or_none()
    playback = session.execute(
        select(Webinar.title, PlaybackSession.beat_at, PlaybackSession.ended_as)
        .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(PlaybackSession.login_id.in_(logins), ~PlaybackSession.is_preview)
        .order_by(PlaybackSession.id.desc())
        .limit(1)
    ).one_or_none()
    return CallerFacts(
        emails,
        LastSignIn(sign_in.agent, sign_in.last_seen_at, sign_in.second_step is SecondStep.DUE)
        if sign_in
        else None,
        LastSecret(*secret) if secret else None,
        LastPlayback(*playback) if playback else None,
    )


def read_facts_of_address(session: Session, email_key: str) -> CallerFacts:
    """Return the facts about an address without an account: the emails to it."""
    emails = recent_mails(session, keys=(email_key,), limit=FEW_EMAILS)
    return CallerFacts(emails, None, None, None)


def offered_pools(
    session: Session,
    *,
    login_id: int | None,
    email_key: str,
    seats: Sequence[HeldSeat],
    webinar_id: int | None,
    now: datetime,
) -> tuple[OfferedPool, ...]:
    """Return the pools of a person's organizations that cover a webinar and have a free seat.

    These are the organizations that they belong to, that invited them before, or whose verified domain
    their address has. Pools in which they have a seat are left out; without a webinar, any coverage
    counts.
    """
    taken = {seat.pool for seat in seats if seat.ended_at is None}
    covering = _covering(session, webinar_id) if webinar_id is not None else None
    return tuple(
        OfferedPool(card.public_id, row.name, card.scope, card.title, card.free)
        for row in session.execute(_organizations(login_id, email_key, seats))
        for card in read_pools(session, row.id, now=now)
        if card.takes_people and not card.is_off
        if card.free != 0 and card.public_id not in taken
        if covering is None or (card.scope, card.target) in covering
    )


def order_of_grant(session: Session, grant_id: str) -> str | None:
    """Return the public ID of the order that a grant came from, None if it came from none."""
    return session.scalar(
        select(Order.public_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(Grant.public_id == grant_id)
    )


def _organizations(
    login_id: int | None, email_key: str, seats: Sequence[HeldSeat]
) -> Select[*tuple[Any, ...]]:
    member = select(kept_organization(Membership.organization_id)).where(
        Membership.login_id.in_(logins_of(login_id or 0))
    )
    domain = select(kept_organization(VerifiedDomain.organization_id)).where(
        VerifiedDomain.domain == email_key.rpartition("@")[2]
    )
    invited = {seat.organization_slug for seat in seats}
    return (
        select(Organization.id, Organization.name)
        .where(
            or_(
                Organization.id.in_(member),
                Organization.id.in_(domain),
                Organization.slug.in_(invited),
            )
        )
        .order_by(Organization.name)
    )


def _covering(session: Session, webinar_id: int) -> set[tuple[Scope, str | None]]:
    """Return each scope with the slug of the webinar, presenter, or series that covers a webinar."""
    slug = session.scalar(select(Webinar.slug).where(Webinar.id == webinar_id))
    presenters = session.scalars(
        select(Presenter.slug)
        .join(WebinarPresenter)
        .where(WebinarPresenter.webinar_id == webinar_id)
    )
    series = session.scalars(
        select(Series.slug).join(WebinarSeries).where(WebinarSeries.webinar_id == webinar_id)
    )
    return {
        (Scope.EVERYTHING, None),
        (Scope.WEBINAR, slug),
        *((Scope.PRESENTER, one) for one in presenters),
        *((Scope.SERIES, one) for one in series),
    }
