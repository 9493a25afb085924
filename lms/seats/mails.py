"""Emails about seats: invited, claimed, offered, transferred, and released."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import kept_login
from lms.access.merged_organizations import kept_organization
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.core.icalendar import Invitation
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import OFF, Presenter, Series, Webinar
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.seats.claim_statements import Sitter
from lms.seats.seat_counts import HELD_BACK_FOR

INVITED = N_("%(organization)s has a seat for you")
OFFERED = N_("A seat from %(organization)s is available for you")
MOVED = N_("%(organization)s moved you to another seat")
CLAIMED = N_("You have a seat: %(covers)s")
RELEASED = N_("Your seat was released: %(covers)s")
WITHDRAWN = N_("Your invitation was withdrawn: %(covers)s")

_ORGANIZATION = select(Organization.name).where(
    Organization.id == kept_organization(bindparam("id"))
)
_WEBINAR = select(
    Webinar.title, Webinar.slug, Webinar.state.in_(OFF), Webinar.held_at, Webinar.zone
).where(Webinar.id == bindparam("id"))
_PRESENTER = select(Presenter.name, Presenter.slug).where(Presenter.id == bindparam("id"))
_SERIES = select(Series.title, Series.slug).where(Series.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class About:
    """What emails and claim pages say about a pool: its organization, and what it covers ("" is all).

    `slug` is that of what it covers; `page` is the path of that page. `webinar` is the slug if it
    covers one webinar, else None; `is_off` says that this webinar was canceled or removed, `held_at` when it
    is held, in `zone`.
    """

    pool: Pool
    organization: str
    covers: str
    slug: str
    page: str
    webinar: str | None = None
    is_off: bool = False
    held_at: datetime | None = None
    zone: str = ""

    def when(self, now: datetime) -> str:
        """Return the date of a webinar to come, in its zone; "" for anything else."""
        if self.held_at is None or self.held_at <= now or self.is_off:
            return ""
        return say_datetime(self.held_at, read_zone(self.zone))


def about_pool(session: Session, pool: Pool) -> About:
    """Return what emails and claim pages say about a pool."""
    organization = session.scalars(_ORGANIZATION, {"id": pool.organization_id}).one()
    if pool.webinar_id is not None:
        title, slug, is_off, held_at, zone = session.execute(
            _WEBINAR, {"id": pool.webinar_id}
        ).one()
        page = f"/webinars/{slug}"
        return About(pool, organization, title, slug, page, slug, is_off, held_at, zone)
    covered = (
        ("/presenters/", _PRESENTER, pool.presenter_id),
        ("/series/", _SERIES, pool.series_id),
    )
    for place, query, row_id in covered:
        if row_id is not None:
            covers, slug = session.execute(query, {"id": row_id}).one()
            return About(pool, organization, covers, slug, place + slug)
    return About(pool, organization, "", "", "/library")


def days_left(expires_at: datetime, now: datetime) -> int:
    """Return the days until an invitation expires, rounded, at least 1."""
    return max(1, round((expires_at - now) / timedelta(days=1)))


def send_invitation(
    session: Session, invited: Assignment, about: About, link: str, *, now: datetime
) -> None:
    """Email an invitation, or an offer to a person on the waitlist, with a personal link."""
    to = address_of(session, invited)
    if to is None or invited.expires_at is None:
        return
    is_offer = invited.state is AssignmentState.OFFERED
    subject = OFFERED if is_offer else INVITED
    mail_outbox.post(
        session,
        kind="seat_offer" if is_offer else "invitation",
        to=to,
        login_id=invited.login_id,
        subject=subject % {"organization": about.organization},
        values={
            "organization": about.organization,
            "covers": about.covers,
            "when": about.when(now),
            "name": invited.name,
            "days": days_left(invited.expires_at, now),
            "hours": max(1, round((invited.expires_at - now).total_seconds() / 3600)),
            "action_url": link,
        },
        unique_key=_offer_key(invited.id, now) if is_offer else None,
        now=now,
    )


def send_claimed(
    session: Session,
    sitter: Sitter,
    about: About,
    entry: Invitation | None,
    *,
    links: Links,
    now: datetime,
) -> None:
    """Confirm a claimed seat, with the page to watch on and a calendar entry if there is one."""
    if sitter.email is None:
        return
    mail_outbox.post(
        session,
        kind="seat_claimed",
        to=sitter.email,
        login_id=sitter.login_id,
        subject=CLAIMED % {"covers": about.covers or N_("all webinars")},
        values={
            "organization": about.organization,
            "covers": about.covers,
            "is_permanent": about.pool.is_permanent,
            "is_webinar": about.webinar is not None,
            "action_url": links.page(about.page),
            "library_url": links.page("/library"),
        },
        now=now,
        invitation=entry,
    )


def send_released(
    session: Session, holder: Assignment, pool: Pool, *, links: Links, now: datetime
) -> None:
    """Notify a person that their seat or invitation was revoked.

    `now` is the time the assignment ends, which identifies the email. The email is delayed until
    the release can no longer be undone.
    """
    to = address_of(session, holder)
    if to is None:
        return
    about = about_pool(session, pool)
    subject = RELEASED if holder.claimed_at else WITHDRAWN
    mail = mail_outbox.post(
        session,
        kind="seat_released",
        to=to,
        login_id=holder.login_id,
        subject=subject % {"covers": about.covers or N_("all webinars")},
        values={
            "organization": about.organization,
            "covers": about.covers,
            "had_claimed": holder.claimed_at is not None,
            "action_url": links.page("/library") if holder.claimed_at else "",
        },
        unique_key=_released_key(holder.id, now),
        now=now,
    )
    mail.run_at = now + HELD_BACK_FOR
    session.flush()


def untold_of(session: Session, ended: Sequence[Assignment]) -> list[Assignment]:
    """Return those of these ended assignments for which no email was written."""
    keys = {
        one.id: _released_key(one.id, one.ended_at) for one in ended if one.ended_at is not None
    }
    written = set(
        session.scalars(select(Mail.unique_key).where(Mail.unique_key.in_(keys.values())))
    )
    return [one for one in ended if one.id in keys and keys[one.id] not in written]


def send_moved(
    session: Session, moved: Assignment, old: Pool, new: Pool, *, links: Links, now: datetime
) -> None:
    """Notify a person that they were moved to another pool's seat.

    The email is delayed until the move can no longer be undone.
    """
    to = address_of(session, moved)
    if to is None:
        return
    about = about_pool(session, new)
    mail = mail_outbox.post(
        session,
        kind="seat_moved",
        to=to,
        login_id=moved.login_id,
        subject=MOVED % {"organization": about.organization},
        values={
            "organization": about.organization,
            "before": about_pool(session, old).covers,
            "covers": about.covers,
            "action_url": links.page(about.page),
        },
        unique_key=_moved_key(moved.id),
        now=now,
    )
    mail.run_at = now + HELD_BACK_FOR
    session.flush()


def withdraw_offer(session: Session, offer: Assignment) -> None:
    """Cancel the email with an offer, unless it was sent."""
    if offer.notified_at is not None:
        _withdraw(session, _offer_key(offer.id, offer.notified_at))


def withdraw_moved(session: Session, assignment_id: int) -> None:
    """Cancel the email about a move, unless it was sent."""
    _withdraw(session, _moved_key(assignment_id))


def withdraw_released(session: Session, ended: Assignment) -> None:
    """Cancel the email about an ended assignment, unless it was sent."""
    if ended.ended_at is None:
        return
    _withdraw(session, _released_key(ended.id, ended.ended_at))


def address_of(session: Session, assignment: Assignment) -> str | None:
    """Return the address to email a person at: their login's after merges, or else the invited one."""
    own = None
    if assignment.login_id is not None:
        theirs = Login.id == kept_login(assignment.login_id)
        own = session.scalar(select(Login.email).where(theirs))
    return own or assignment.email


def _withdraw(session: Session, unique_key: str) -> None:
    session.execute(
        update(Mail)
        .where(Mail.unique_key == unique_key, Mail.state == JobState.QUEUED)
        .values(state=JobState.CANCELED)
    )


def _offer_key(assignment_id: int, notified_at: datetime) -> str:
    return f"seat_offer:{assignment_id}:{notified_at.timestamp():.6f}"


def _moved_key(assignment_id: int) -> str:
    return f"seat_moved:{assignment_id}"


def _released_key(assignment_id: int, ended_at: datetime) -> str:
    return f"seat_released:{assignment_id}:{ended_at.timestamp():.6f}"
