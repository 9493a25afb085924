"""Read models of mailings: one with its results, and the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, func, select
from sqlalchemy.orm import Session

from lms.core.model_base import copied
from lms.mail.bounces import bounced_addresses
from lms.mail.lanes import OPTIONAL
from lms.mail.opt_outs import opted_out
from lms.mail.outbox import key_of
from lms.mailings.mailings import SEND, find_mailing
from lms.mailings.mails import MailingDetails, kind_of
from lms.mailings.recipients import count_subscribers, recipients_of
from lms.models.catalog import Webinar, WebinarState
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail, Mailing, MailingPart, MailingState

KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class MailingFacts:
    """A mailing, and the webinar whose people it goes to."""

    public_id: str
    slug: str
    title: str
    zone: str
    state: MailingState
    details: MailingDetails
    send_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Results:
    """How many emails of a mailing were written, and where they are now.

    `share` is the part of its recipients for whom they were written, from 0 to 1.
    """

    written: int
    waiting: int
    sent: int
    bounced: int
    failed: int
    not_sent: int
    unsubscribed: int
    share: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people a mailing would go to now, and how many of those get none.

    They unsubscribed from such emails, or their address returned the last one.
    """

    people: int
    unsubscribed: int
    bounced: int


@dataclass(frozen=True, slots=True)
class Row:
    """A mailing in the list; `written` is how many emails it has."""

    public_id: str
    slug: str
    title: str
    subject: str
    part: MailingPart
    state: MailingState
    created_at: datetime
    send_at: datetime | None
    written: int


def read_mailing(session: Session, mailing_id: str) -> MailingFacts:
    """Return a mailing; raises NotFound."""
    row = find_mailing(session, mailing_id)
    webinar = session.get_one(Webinar, row.webinar_id)
    return copied(
        MailingFacts,
        row,
        slug=webinar.slug,
        title=webinar.title,
        zone=webinar.zone,
        details=MailingDetails(row.part, row.subject, row.body, row.button_label, row.button_url),
    )


def read_results(session: Session, mailing_id: str) -> Results:
    """Return the results of a mailing's emails so far; raises NotFound."""
    mailing = find_mailing(session, mailing_id)

    def counted(*which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((and_(*which), 1)))

    came_back = Mail.bounced_at.is_not(None)
    row = session.execute(
        select(
            func.count(Mail.id),
            counted(Mail.state.in_((JobState.QUEUED, JobState.RUNNING))),
            counted(Mail.state == JobState.DONE, ~came_back),
            counted(came_back),
            counted(Mail.state == JobState.FAILED, ~came_back),
            counted(Mail.state == JobState.CANCELED),
            counted(Mail.unsubscribed_at.is_not(None)),
            func.coalesce(_share_of(mailing_id), 0.0),
        ).where(Mail.mailing_id == mailing.id)
    ).one()
    return Results(*row)


def _share_of(mailing_id: str) -> ScalarSelect[float]:
    """Return the query for the progress of the newest job that sends a mailing."""
    return (
        select(Job.progress)
        .where(Job.kind == SEND, Job.subject == mailing_id)
        .order_by(Job.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def read_reach(session: Session, mailing_id: str, *, now: datetime) -> Reach:
    """Return whom a mailing would reach if it were sent now; raises NotFound."""
    mailing = find_mailing(session, mailing_id)
    webinar = session.get_one(Webinar, mailing.webinar_id)
    people = recipients_of(session, webinar, mailing.part, now=now)
    keys = [key_of(one.email) for one in people]
    out: set[str] = set()
    for start in range(0, len(keys) if kind_of(mailing) in OPTIONAL else 0, KEYS_AT_ONCE):
        out |= opted_out(session, keys[start : start + KEYS_AT_ONCE])
    bounced = set(bounced_addresses(session, keys)) - out
    return Reach(len(people), len(out), len(bounced))


def list_mailings(
    session: Session, *, slug: str, offset: int, limit: int
) -> tuple[Sequence[Row], int]:
    """Return a page of mailings, newest first, and the total; of one webinar if `slug` isn't ""."""
    wanted = [Webinar.slug == slug] if slug else []
    total = session.scalar(
        select(func.count(Mailing.id))
        .join(Webinar, Webinar.id == Mailing.webinar_id)
        .where(*wanted)
    )
    written = (
        select(func.count(Mail.id))
        .where(Mail.mailing_id == Mailing.id)
        .correlate(Mailing)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Mailing.public_id,
            Webinar.slug,
            Webinar.title,
            Mailing.subject,
            Mailing.part,
            Mailing.state,
            Mailing.created_at,
            Mailing.send_at,
            written,
        )
        .join_from(Mailing, Webinar, Webinar.id == Mailing.webinar_id)
        .where(*wanted)
        .order_by(Mailing.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return tuple(Row(*row) for row in rows), total or 0


def count_unannounced(session: Session, webinar_id: int, *, now: datetime) -> int:
    """Return how many subscribers could be emailed about an announced webinar that isn't over.

    0 once there is a mailing to them, if only a draft.
    """
    webinar = session.get_one(Webinar, webinar_id)
    is_news = webinar.state is WebinarState.ANNOUNCED and webinar.held_at > now
    begun = (Mailing.webinar_id == webinar_id) & (Mailing.part == MailingPart.SUBSCRIBERS)
    if not is_news or session.scalar(select(exists().where(begun))):
        return 0
    return count_subscribers(session, webinar)
