"""Bounces: which email was returned, and which addresses accept no email."""

import email
import email.policy
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.core.errors import N_, Invalid, NotFound
from lms.mail.outbox import key_of
from lms.models.jobs import JobState
from lms.models.mail import Mail

NO_REPORT = N_("This file isn't a bounce report.")
NO_SUCH_MAIL = N_("This report isn't about an email that Carrel sent.")
FAILED: Final = "failed"
PERMANENT: Final = "5"
LONGEST_REASON: Final = 500
AT_ONCE: Final = 500
_PUBLIC_ID: Final = re.compile(r"<?([0-9a-hjkmnp-tv-z]{26})@")

_later = aliased(Mail)
_IS_CLEAR: Final = exists().where(
    _later.recipient_key == Mail.recipient_key,
    _later.id != Mail.id,
    _later.bounced_at.is_(None),
    _later.sent_at > Mail.bounced_at,
)


@dataclass(frozen=True, slots=True)
class Report:
    """One recipient's part of a delivery status notification (RFC 3464).

    `mail_id` is the public ID from our Message-ID, if the report returns it.
    """

    recipient: str
    mail_id: str | None
    is_final: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """A bounced email, and when its address last bounced."""

    mail: str
    recipient: str
    bounced_at: datetime
    reason: str


def read_report(raw: bytes) -> tuple[Report, ...]:
    """Return the contents of a delivery status notification, one item per recipient.

    Raises Invalid for an email that isn't one.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(message.walk())
    status = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not status:
        raise Invalid(NO_REPORT)
    mail_id = next(filter(None, (_mail_id(part) for part in parts)), None)
    fields = [block for part in status for block in _blocks(part)]
    reports = tuple(_report(block, mail_id) for block in fields if "Final-Recipient" in block)
    if not reports:
        raise Invalid(NO_REPORT)
    return reports


def take_report(session: Session, raw: bytes, *, now: datetime) -> tuple[Bounced, ...]:
    """Mark the emails that a report says can't be delivered; a report of a delay marks nothing.

    An email is found by our Message-ID, otherwise it is the newest one sent to the address. Raises
    Invalid for an email that is no report, NotFound for a report about no email of ours.
    """
    bounced: list[Bounced] = []
    reports = read_report(raw)
    final = [report for report in reports if report.is_final]
    for report in final:
        row = _find(session, report)
        if row is None:
            continue
        if row.bounced_at is None:
            row.bounced_at, row.failure = now, report.reason
            audit.record(session, "mail.bounced", row.public_id, actor=None, now=now)
        bounced.append(Bounced(row.public_id, row.recipient, row.bounced_at, row.failure or ""))
    session.flush()
    if final and not bounced:
        raise NotFound(NO_SUCH_MAIL)
    return tuple(bounced)


def bounced_addresses(session: Session, keys: Collection[str]) -> Mapping[str, Bounced]:
    """Return which of these addresses bounce, by their keys.

    An address bounces while the newest email tried to it bounced. A corrected address has another key,
    so it is clear at once; so is an address to which a later email was delivered.
    """
    found: dict[str, Bounced] = {}
    wanted = sorted(set(keys))
    for first in range(0, len(wanted), AT_ONCE):
        for row in session.execute(_newest_bounce(wanted[first : first + AT_ONCE])):
            found[row.recipient_key] = Bounced(
                row.public_id, row.recipient, row.bounced_at, row.failure or ""
            )
    return found


def takes_no_mail(key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that the newest email to an address, given by its key, bounced."""
    return exists().where(Mail.recipient_key == key, Mail.bounced_at.is_not(None), ~_IS_CLEAR)


def _newest_bounce(keys: Collection[str]) -> Select[*tuple[Any, ...]]:
    return (
        select(Mail.recipient_key, Mail.public_id, Mail.recipient, Mail.bounced_at, Mail.failure)
        .where(Mail.recipient_key.in_(keys), Mail.bounced_at.is_not(None), ~_IS_CLEAR)
        .order_by(Mail.bounced_at, Mail.id)
    )


def _find(session: Session, report: Report) -> Mail | None:
    which: ColumnElement[bool]
    if report.mail_id is not None:
        which = Mail.public_id == report.mail_id
    else:
        which = Mail.recipient_key == key_of(report.recipient)
    return session.scalar(
        select(Mail)
        .where(which, Mail.sent_at.is_not(None) | (Mail.state == JobState.FAILED))
        .order_by(Mail.sent_at.desc(), Mail.id.desc())
        .limit(1)
        .with_for_update()
    )


def _blocks(part: Message) -> Iterator[Message]:
    """Yield the field groups of a delivery status, which a mail program may have joined into one."""
    held = part.get_payload()
    if isinstance(held, list):
        yield from (one for one in held if isinstance(one, Message))
        return
    for block in re.split(r"\r?\n\s*\r?\n", str(held)):
        yield email.message_from_string(block.strip() + "\n\n")


def _report(fields: Message, mail_id: str | None) -> Report:
    recipient = str(fields.get("Final-Recipient", "")).partition(";")[2].strip().strip("<>")
    status = str(fields.get("Status", "")).strip()
    action = str(fields.get("Action", "")).strip().lower()
    reason = str(fields.get("Diagnostic-Code", "")).partition(";")[2] or status
    is_final = action == FAILED and (not status or status.startswith(PERMANENT))
    said = f"It bounced: {' '.join(reason.split())}"
    return Report(recipient, mail_id, is_final, said[:LONGEST_REASON])


def _mail_id(part: Message) -> str | None:
    """Return our own ID from the email that a report returns, whole or headers only."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        held = part.get_content() if isinstance(part, EmailMessage) else part.get_payload()
        text = held.decode("utf-8", "replace") if isinstance(held, bytes) else str(held)
        returned: Message = email.message_from_string(text)
    elif kind == "message/rfc822" and isinstance(inner := part.get_payload(), list) and inner:
        if not isinstance(inner[0], Message):
            return None
        returned = inner[0]
    else:
        return None
    found = _PUBLIC_ID.search(str(returned.get("Message-ID", "")))
    return found.group(1) if found else None
