"""Mailings: write, schedule, cancel and send an email to people of a webinar."""

import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.catalog.webinar_details_validation import has_ended
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.jobs import queue as job_queue
from lms.mailings.mails import MailingDetails, post_mailing, unique_key
from lms.mailings.recipients import Recipient, recipients_of
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail, Mailing, MailingPart, MailingState

SEND: Final = "mailings.send"
UNDO_FOR: Final = timedelta(minutes=1)
LONGEST_BODY: Final = 20_000
LONGEST_SUBJECT: Final = 200
LONGEST_LABEL: Final = 60
LONGEST_URL: Final = 2000
NO_SUBJECT: Final = N_("Enter a subject.")
NO_TEXT: Final = N_("Enter the text of the email.")
TOO_LONG: Final = N_("Use up to %(most)s characters.")
BOTH: Final = N_("Enter both the button's text and its link, or neither.")
NOT_A_LINK: Final = N_("Enter a link that starts with https:// or http://.")
NOT_A_DRAFT: Final = N_("This mailing was already scheduled or sent.")
NOT_SCHEDULED: Final = N_("This mailing is no longer scheduled.")
IN_THE_PAST: Final = N_("Choose a time in the future.")
NOT_ANNOUNCED: Final = N_("Announce the webinar before you email its subscribers.")
MAY_START: Final = (MailingState.DRAFT, MailingState.STOPPED)


def add_mailing(
    session: Session, slug: str, details: MailingDetails, *, actor: str | None, now: datetime
) -> Mailing:
    """Add a draft to a webinar; raises NotFound, and Invalid naming the fields."""
    webinar = find_webinar(session, slug)
    _check(details)
    mailing = Mailing(
        webinar_id=webinar.id,
        part=details.part,
        subject=details.subject.strip(),
        body=details.body.strip(),
        button_label=details.button_label.strip(),
        button_url=details.button_url.strip(),
        created_at=now,
    )
    session.add(mailing)
    session.flush()
    _record(session, "mailing.added", mailing, actor, now)
    return mailing


def edit_mailing(
    session: Session, mailing_id: str, details: MailingDetails, *, actor: str | None, now: datetime
) -> None:
    """Change a draft, or a stopped mailing that no one got.

    Raises NotFound, Conflict if it was scheduled or sent, and Invalid naming the fields.
    """
    mailing = _in_state(session, mailing_id, *MAY_START, fault=NOT_A_DRAFT)
    if not may_edit(session, mailing_id):
        raise Conflict(NOT_A_DRAFT)
    _check(details)
    mailing.part = details.part
    mailing.subject, mailing.body = details.subject.strip(), details.body.strip()
    mailing.button_label = details.button_label.strip()
    mailing.button_url = details.button_url.strip()
    _record(session, "mailing.edited", mailing, actor, now)


def may_edit(session: Session, mailing_id: str) -> bool:
    """Return whether a mailing can be changed: it isn't scheduled, and no one got it."""
    unsent = _by_id(mailing_id).where(
        Mailing.state.in_(MAY_START), ~exists().where(Mail.mailing_id == Mailing.id)
    )
    return session.scalar(unsent) is not None


def delete_mailing(session: Session, mailing_id: str, *, actor: str | None, now: datetime) -> None:
    """Delete a draft; raises NotFound, and Conflict if it isn't one."""
    mailing = _in_state(session, mailing_id, MailingState.DRAFT, fault=NOT_A_DRAFT)
    _record(session, "mailing.deleted", mailing, actor, now)
    session.delete(mailing)


def start_mailing(
    session: Session, mailing_id: str, *, send_at: datetime | None, actor: str | None, now: datetime
) -> None:
    """Send a draft or a stopped mailing at a time, or once it can't be undone; no one gets it twice.

    Raises NotFound, Conflict if it was scheduled or sent or its webinar isn't announced to subscribers
    yet, and Invalid (field `send_at`) for a time in the past.
    """
    mailing = _in_state(session, mailing_id, *MAY_START, fault=NOT_A_DRAFT)
    if not _may_go(session, mailing):
        raise Conflict(NOT_ANNOUNCED)
    if send_at is not None and send_at <= now:
        raise Invalid(IN_THE_PAST, field="send_at")
    mailing.state, mailing.send_at = MailingState.SCHEDULED, send_at or now + UNDO_FOR
    webinar = session.get_one(Webinar, mailing.webinar_id)
    job = job_queue.enqueue(
        session,
        kind=SEND,
        lane=Lane.PROMPT,
        subject=mailing.public_id,
        payload={"notice": webinar.notice},
        now=now,
    )
    job.run_at = mailing.send_at
    _record(session, "mailing.scheduled", mailing, actor, now)


def cancel_mailing(session: Session, mailing_id: str, *, actor: str | None, now: datetime) -> None:
    """Make a scheduled mailing a draft again; raises NotFound, and Conflict once it is being sent."""
    mailing = _in_state(session, mailing_id, MailingState.SCHEDULED, fault=NOT_SCHEDULED)
    mailing.state, mailing.send_at = MailingState.DRAFT, None
    # otherwise it could run for a later schedule of this mailing
    session.execute(
        delete(Job).where(Job.kind == SEND, Job.subject == mailing_id, Job.state == JobState.QUEUED)
    )
    _record(session, "mailing.canceled", mailing, actor, now)


def begin(session: Session, mailing_id: str, *, notice: int, now: datetime) -> bool:
    """Start sending a mailing whose time has come, or continue; return whether there is work.

    News of a webinar that isn't announced anymore is stopped, and so is a scheduled mailing if the webinar
    was moved, canceled or removed since: `notice` is the webinar's from that time. So is a mailing that was
    due before the webinar and is late until its end, as after the worker was down.
    """
    mailing = session.scalar(_by_id(mailing_id).with_for_update())
    if mailing is None or mailing.send_at is None or mailing.send_at > now:
        return False
    if mailing.state not in (MailingState.SCHEDULED, MailingState.SENDING):
        return False
    webinar = session.get_one(Webinar, mailing.webinar_id)
    has_changed = webinar.notice != notice and mailing.state is MailingState.SCHEDULED
    is_over = has_ended(webinar.held_at, webinar.minutes, now)
    is_late = is_over and mailing.send_at < webinar.held_at
    is_going = _may_go(session, mailing) and not (has_changed or is_late)
    mailing.state = MailingState.SENDING if is_going else MailingState.STOPPED
    if not is_going:
        _record(session, "mailing.stopped", mailing, None, now)
    return is_going


def waiting_recipients(
    session: Session, mailing_id: str, *, now: datetime
) -> tuple[Recipient, ...]:
    """Return the recipients of a mailing who have no email of it yet."""
    mailing = find_mailing(session, mailing_id)
    webinar = session.get_one(Webinar, mailing.webinar_id)
    have = set(session.scalars(select(Mail.unique_key).where(Mail.mailing_id == mailing.id)))
    everyone = recipients_of(session, webinar, mailing.part, now=now)
    return tuple(one for one in everyone if unique_key(mailing, one) not in have)


def post_some(
    session: Session, mailing_id: str, some: tuple[Recipient, ...], *, now: datetime
) -> bool:
    """Write the emails to some recipients; return False if the mailing was stopped.

    People who were blocked or erased since the recipients were read get none.
    """
    mailing = find_mailing(session, mailing_id)
    if mailing.state is not MailingState.SENDING:
        return False
    gone = set(
        session.scalars(
            select(Login.id).where(
                Login.id.in_([one.login_id for one in some if one.login_id is not None]),
                or_(Login.email.is_(None), Login.blocked_at.is_not(None)),
            )
        )
    )
    here = [one for one in some if one.login_id not in gone]
    post_mailing(session, mailing, here, now=now)
    return True


def finish(session: Session, mailing_id: str, *, now: datetime) -> None:
    """Mark a mailing as sent once all its emails are written."""
    mailing = find_mailing(session, mailing_id)
    if mailing.state is MailingState.SENDING:
        mailing.state, mailing.finished_at = MailingState.SENT, now
        _record(session, "mailing.sent", mailing, None, now)


def stop(session: Session, mailing_id: str) -> None:
    """Stop a mailing whose job failed or was canceled."""
    mailing = session.scalar(_by_id(mailing_id))
    if mailing and mailing.state in (MailingState.SCHEDULED, MailingState.SENDING):
        mailing.state = MailingState.STOPPED


def find_mailing(session: Session, mailing_id: str) -> Mailing:
    """Return a mailing; raises NotFound."""
    return or_not_found(session.scalar(_by_id(mailing_id)))


def find_webinar(session: Session, slug: str) -> Webinar:
    """Return the webinar of a slug; raises NotFound."""
    return or_not_found(session.scalar(select(Webinar).where(Webinar.slug == slug)))


def _by_id(mailing_id: str) -> Select[Mailing]:
    return select(Mailing).where(Mailing.public_id == mailing_id)


def _in_state(session: Session, mailing_id: str, *states: MailingState, fault: str) -> Mailing:
    mailing = or_not_found(session.scalar(_by_id(mailing_id).with_for_update()))
    if mailing.state not in states:
        raise Conflict(fault)
    return mailing


def _may_go(session: Session, mailing: Mailing) -> bool:
    """Return whether a mailing can be sent: subscribers get news of announced webinars only."""
    if mailing.part is not MailingPart.SUBSCRIBERS:
        return True
    state = session.scalar(select(Webinar.state).where(Webinar.id == mailing.webinar_id))
    return state is WebinarState.ANNOUNCED


def _check(details: MailingDetails) -> None:
    faults: dict[str, str] = {}
    for name, text, most in (
        ("subject", details.subject, LONGEST_SUBJECT),
        ("body", details.body, LONGEST_BODY),
        ("button_label", details.button_label, LONGEST_LABEL),
        ("button_url", details.button_url, LONGEST_URL),
    ):
        if len(text.strip()) > most:
            faults[name] = TOO_LONG % {"most": f"{most:,}"}
    if not details.subject.strip():
        faults["subject"] = NO_SUBJECT
    if not details.body.strip():
        faults["body"] = NO_TEXT
    label, url = details.button_label.strip(), details.button_url.strip()
    if bool(label) != bool(url):
        faults["button_url" if label else "button_label"] = BOTH
    elif url and not _is_link(url):
        faults["button_url"] = NOT_A_LINK
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", url)


def _record(session: Session, act: str, mailing: Mailing, actor: str | None, now: datetime) -> None:
    audit.record(session, act, mailing.public_id, actor=actor, now=now)
