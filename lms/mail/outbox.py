"""The email outbox: rows written in the transaction that wants them, sent after the commit."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select, union, update
from sqlalchemy.orm import Session

from lms import audit
from lms.branding import read_branding
from lms.core.bulk_insert import add_or_find
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.icalendar import CalendarLinks, Invitation, Method, calendar_links, packed
from lms.core.languages import Language, default_language, readers_language, speaking
from lms.core.list_queries import Page, count_rows
from lms.core.logs import request_id
from lms.mail.attachments import Attachment
from lms.mail.attachments import packed as packed_attachments
from lms.mail.edits import NO_EDITS, mark_failed, read_edits
from lms.mail.lanes import ENGLISH_ONLY, LANES
from lms.mail.links import has_secret_link
from lms.mail.rendering import Written, mail_branding, write
from lms.models.accounts import EmailPurpose, Login
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane

KEPT_AFTER_SENDING = timedelta(days=30)
LONGEST_ADDRESS = 320
EMBED_CODE = "embed_code"
# These carry a code, and others may carry a link with a secret (`has_secret`). The secret exists
# only in the email, so the body is deleted once it is handed over and can't be sent again.
ONE_TIME = frozenset({EmailPurpose.SIGN_IN_CODE.value, EMBED_CODE})


_FACTS: tuple[Any, ...] = (
    Mail.public_id.label("id"),
    Mail.kind,
    Mail.lane,
    Mail.recipient,
    Mail.subject,
    Mail.attachments,
    Mail.state,
    Mail.tries,
    Mail.failure,
    Mail.created_at,
    Mail.run_at,
    Mail.sent_at,
    Mail.bounced_at,
    (Mail.state.in_((JobState.DONE, JobState.FAILED, JobState.CANCELED)) & (Mail.text != "")).label(
        "may_be_sent_again"
    ),
)


@dataclass(frozen=True, slots=True)
class MailFacts:
    """An email as our team sees it: recipient and delivery, without the body.

    `attachments` are the names of the attached files.
    """

    id: str
    kind: str
    lane: MailLane
    recipient: str
    subject: str
    attachments: tuple[str, ...]
    state: JobState
    tries: int
    failure: str | None
    created_at: datetime
    run_at: datetime
    sent_at: datetime | None
    bounced_at: datetime | None
    may_be_sent_again: bool


def post(  # noqa: PLR0913  (the parts of an email, each needed)
    session: Session,
    *,
    kind: str,
    to: str,
    login_id: int | None,
    subject: str,
    values: Mapping[str, object],
    now: datetime,
    unique_key: str | None = None,
    invitation: Invitation | None = None,
    attachments: Sequence[Attachment] = (),
) -> Mail:
    """Write an email in the caller's transaction; it is sent after the commit.

    The text comes from templates/mail/messages/<kind>.html, which receives `values` and `branding`,
    `recipient`, `subject`; an undefined name in it raises UndefinedError. Our team's own words replace
    ours (lms/mail/edits.py), unless they can't be used. lms/mail/rendering.py makes the plain text.
    lms/mail/lanes.py says how soon a kind is sent; an unlisted kind raises KeyError.

    An `invitation` is attached as a calendar entry, and its links are in the text. `attachments` are at
    most 10 files, 10 MB together, which are read from storage when the email is sent.

    If `unique_key` was used before, returns the email that has it and sends nothing. Raises Invalid for
    an invalid address, and for more than 10 files.
    """
    existing = select(Mail).where(Mail.unique_key == unique_key)
    if unique_key is not None and (first := session.scalar(existing)):
        return first
    recipient = _address(to)
    with speaking(_language_of(session, kind, login_id)):
        given = {
            **values,
            "recipient": recipient,
            "calendar": _calendar_links(invitation),
        }
        written = _written(session, kind, subject, given, now=now)
    mail = Mail(
        kind=kind,
        lane=LANES[kind],
        login_id=login_id,
        recipient=recipient,
        recipient_key=key_of(recipient),
        subject=written.subject,
        text=written.text,
        html=written.html,
        invitation=packed(invitation) if invitation else None,
        attachments=packed_attachments(attachments) if attachments else None,
        unique_key=unique_key,
        run_at=now,
        created_at=now,
        request_id=request_id(),
    )
    if unique_key is not None:
        return add_or_find(session, mail, existing)
    session.add(mail)
    session.flush()
    return mail


def post_to_team(
    session: Session,
    *,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    now: datetime,
    unique_key: str | None = None,
) -> None:
    """Write an email to the seller's contact address as `post` does; without one, do nothing."""
    if team := read_branding(session, contact="").contact_email:
        post(
            session,
            kind=kind,
            to=team,
            login_id=None,
            subject=subject,
            values=values,
            now=now,
            unique_key=unique_key,
        )


def has_secret(kind: str, text: str) -> bool:
    """Return whether an email carries a secret: a code, or a link that opens a page without signing in."""
    return kind in ONE_TIME or has_secret_link(text)


def resend(session: Session, mail_id: str, *, actor: str | None, now: datetime) -> Mail:
    """Queue a sent or failed email again.

    Raises NotFound for an unknown ID, Conflict while the email waits or after its text was deleted.
    """
    query = select(Mail).where(Mail.public_id == mail_id).with_for_update()
    mail = or_not_found(session.scalar(query))
    if mail.state in (JobState.QUEUED, JobState.RUNNING):
        raise Conflict(N_("This email is already being sent."))
    if not mail.text:
        raise Conflict(
            N_("We deleted the text of this email. Ask the person to request a new one.")
        )
    mail.state, mail.tries, mail.run_at, mail.failure = JobState.QUEUED, 0, now, None
    mail.bounced_at = None
    if mail.lane is MailLane.BULK:
        mail.lane = MailLane.NORMAL  # one email that a person sends, even if the last one bounced
    audit.record(session, "mail.resent", mail.public_id, actor=actor, now=now)
    session.flush()
    return mail


def list_mails(
    session: Session, *, states: Sequence[JobState] = (), offset: int = 0, limit: int = 50
) -> Page[MailFacts]:
    """Return emails, newest first; an empty `states` means all states."""
    wanted = select(Mail.id)
    if states:
        wanted = wanted.where(Mail.state.in_(states))
    # find the page by the index alone first; otherwise the texts of 100,000 waiting emails would be
    # read, too
    page = wanted.order_by(Mail.id.desc()).offset(offset).limit(limit)
    rows = session.execute(select(*_FACTS).where(Mail.id.in_(page)).order_by(Mail.id.desc()))
    return Page(tuple(_facts(row) for row in rows), count_rows(session, wanted))


def count_waiting(session: Session) -> Mapping[MailLane, int]:
    """Return how many emails of each lane wait to be sent; lanes without any are left out."""
    counted = session.execute(
        select(Mail.lane, func.count()).where(Mail.state == JobState.QUEUED).group_by(Mail.lane)
    )
    return {row.lane: row[1] for row in counted}


def recent_mails(
    session: Session,
    *,
    keys: Select[str] | Collection[str],
    logins: Select[int] | Collection[int] = (),
    limit: int = 20,
) -> tuple[MailFacts, ...]:
    """Return the latest emails to these logins and to these address keys."""
    # Two index searches: one query with OR would read all emails from the newest on.
    found = union(
        select(Mail.id).where(Mail.login_id.in_(logins)),
        select(Mail.id).where(Mail.recipient_key.in_(keys)),
    ).subquery()
    rows = session.execute(
        select(*_FACTS).join(found, found.c.id == Mail.id).order_by(Mail.id.desc()).limit(limit)
    )
    return tuple(_facts(row) for row in rows)


def mail_facts(session: Session, mail_id: str) -> MailFacts:
    """Return one email; raises NotFound."""
    row = session.execute(select(*_FACTS).where(Mail.public_id == mail_id)).one_or_none()
    return _facts(or_not_found(row))


def _facts(row: Row[Any]) -> MailFacts:
    names = tuple(one["name"] for one in row.attachments or ())
    return MailFacts(**{**row._mapping, "attachments": names})  # noqa: SLF001  (SQLAlchemy's public name)


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete the contents of emails sent more than a month ago; the rows remain."""
    session.execute(
        update(Mail)
        .where(
            Mail.state == JobState.DONE, Mail.sent_at < now - KEPT_AFTER_SENDING, Mail.text != ""
        )
        .values(text="", html="", invitation=None, attachments=None)
    )


def _language_of(session: Session, kind: str, login_id: int | None) -> Language:
    """Return the language of an email: that of the recipient's account, or of the page that sends it."""
    if kind in ENGLISH_ONLY:
        return Language.ENGLISH
    if login_id is None:  # a buyer or visitor without an account
        return readers_language()
    kept = select(func.coalesce(Login.merged_into, Login.id)).where(Login.id == login_id)
    chosen = session.scalar(select(Login.language).where(Login.id == kept.scalar_subquery()))
    return chosen or default_language()


def _written(
    session: Session, kind: str, subject: str, values: Mapping[str, object], *, now: datetime
) -> Written:
    branding, edits = mail_branding(session), read_edits(session, kind)
    try:
        return write(branding, kind, subject, values, edits)
    except (KeyError, TypeError, ValueError):  # such as a placeholder that no longer exists
        if edits is NO_EDITS:
            raise
    mark_failed(session, kind, now=now)
    return write(branding, kind, subject, values, NO_EDITS)


def _calendar_links(invitation: Invitation | None) -> CalendarLinks | None:
    """Return the links for the calendar entry of an email, None if it has none or cancels it."""
    if invitation is None or invitation.method is Method.CANCEL:
        return None
    event = invitation.happening
    return calendar_links(
        title=event.title,
        address=event.address,
        starts_at=event.starts_at,
        zone=event.zone,
        minutes=event.minutes,
    )


def _address(raw: str) -> str:
    address = raw.strip()
    if len(address) > LONGEST_ADDRESS or not re.fullmatch(
        r"[^@\s<>,;\x00-\x1f]+@[^@\s<>,;]+", address
    ):
        raise Invalid(N_("Enter an email address like name@example.org."), field="to")
    return address


def key_of(address: str) -> str:
    """Return the lookup key of an address; an address that no login could have is case-folded."""
    try:
        return read_address(address).key
    except Invalid:
        return address.casefold()
