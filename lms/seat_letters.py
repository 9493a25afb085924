"""The letters about seats: invited, claimed, offered, taken away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import mail
from lms.errors import N_
from lms.letters import Doors
from lms.models.catalogue import Presenter, Series, Webinar
from lms.models.people import Login, Organisation
from lms.models.seats import Assignment, Pool
from lms.models.upkeep import JobState, Mail
from lms.seating import HELD_BACK_FOR


@dataclass(frozen=True, slots=True)
class About:
    """What a letter about a pool says of it: whose it is, what it covers ("" is everything)."""

    organisation: str
    covers: str


def about_pool(session: Session, pool: Pool) -> About:
    """Return what letters and claim pages say of a pool."""
    organisation = session.scalars(
        select(Organisation.name).where(Organisation.id == pool.organisation_id)
    ).one()
    named = (
        select(Webinar.title).where(Webinar.id == pool.webinar_id),
        select(Presenter.name).where(Presenter.id == pool.presenter_id),
        select(Series.title).where(Series.id == pool.series_id),
    )
    covers = next(filter(None, (session.scalar(query) for query in named)), "")
    return About(organisation, covers)


def send_released(
    session: Session, holder: Assignment, pool: Pool, *, doors: Doors, now: datetime
) -> None:
    """Tell somebody that their seat, or their invitation, was taken back.

    Written while it is still theirs, for their state then; it is not sent before a release can
    no longer be undone.
    """
    to = address_of(session, holder)
    if to is None:
        return
    about = about_pool(session, pool)
    letter = mail.post(
        session,
        kind="seat_released",
        to=to,
        login_id=holder.login_id,
        subject=N_("Your seat has been taken back"),
        values={
            "organisation": about.organisation,
            "covers": about.covers,
            "had_claimed": holder.claimed_at is not None,
            "action_url": doors.page("/library") if holder.claimed_at else "",
        },
        unique_key=_released_key(holder.id, now),
        now=now,
    )
    letter.run_at = now + HELD_BACK_FOR
    session.flush()


def withdraw_released(session: Session, ended: Assignment) -> None:
    """Keep back the letter about an assignment that ended, unless it has been sent."""
    if ended.ended_at is None:
        return
    session.execute(
        update(Mail)
        .where(
            Mail.unique_key == _released_key(ended.id, ended.ended_at),
            Mail.state == JobState.QUEUED,
        )
        .values(state=JobState.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def address_of(session: Session, assignment: Assignment) -> str | None:
    """Return where a person is written to: their log-in's address, else the one invited."""
    own = None
    if assignment.login_id is not None:
        own = session.scalar(select(Login.email).where(Login.id == assignment.login_id))
    return own or assignment.email


def _released_key(assignment_id: int, ended_at: datetime) -> str:
    return f"seat_released:{assignment_id}:{ended_at.timestamp():.6f}"
