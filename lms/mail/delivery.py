"""Email delivery: takes one due email of a lane under a lease, composes it, and records the outcome.

The lease is renewed while the mail server is slow, and ends if a worker is killed, so no email is lost.
If a worker dies after handing an email over and before recording it, the email goes out twice, with the
same Message-ID.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

import idna
from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.icalendar import Party, unpacked, write_invitation
from lms.core.model_base import new_public_id
from lms.core.settings import Settings
from lms.jobs.leases import storable, wait_after
from lms.mail.attachments import attach
from lms.mail.attachments import unpacked as unpacked_attachments
from lms.mail.bounces import bounced_addresses
from lms.mail.lanes import KINDS, OPTIONAL, SUBSCRIBED
from lms.mail.opt_outs import is_subscribed, opt_out_links, opted_out, subscription_links
from lms.mail.outbox import has_secret, key_of
from lms.mail.rendering import BULK_FOOTER, LOGO, bulk_footer, logo_image
from lms.mail.transport import NotTaken
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from lms.models.seller import Seller

LEASE: Final = timedelta(seconds=30)
MAX_TRIES = 60  # with an hour between the later ones: two and a half days


class Unwanted(NotTaken):
    """The recipient opted out of this email or the address bounces, so it isn't sent."""


@dataclass(frozen=True, slots=True)
class LeasedMail:
    """An email as taken by a worker."""

    id: int
    public_id: str
    kind: str
    lane: MailLane
    recipient: str
    subject: str
    text: str
    html: str
    invitation: Mapping[str, Any] | None
    attachments: Sequence[Mapping[str, str]] | None
    tries: int
    created_at: datetime
    leased_by: str
    request_id: str | None


def has_mail(session: Session, lane: MailLane, *, now: datetime) -> bool:
    """Return whether an email of this lane is due; reads only."""
    return any(session.scalar(one) is not None for one in _due(lane, now))


def take(session: Session, lane: MailLane, *, worker: str, now: datetime) -> LeasedMail | None:
    """Take the next due email of this lane; None if there is none."""
    # SQLAlchemy omits SKIP LOCKED on SQLite, where only one transaction writes at a time
    due = [one.with_for_update(skip_locked=True).scalar_subquery() for one in _due(lane, now)]
    taken = (
        update(Mail)
        .where(Mail.id == func.coalesce(*due))
        .values(
            state=JobState.RUNNING,
            tries=Mail.tries + 1,
            leased_by=f"{worker}:{new_public_id()}",
            lease_until=now + LEASE,
        )
        .returning(*(getattr(Mail, name) for name in LeasedMail.__dataclass_fields__))
    )
    row = session.execute(taken).one_or_none()
    return None if row is None else LeasedMail(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)


def renew(session: Session, mail: LeasedMail, *, now: datetime) -> None:
    """Renew the lease of an email while its server is slow."""
    session.execute(_held(mail).values(lease_until=now + LEASE))


def mark_sent(session: Session, mail: LeasedMail, *, now: datetime) -> None:
    """Record that an email was handed over; the body of an email with a secret is deleted here."""
    values: dict[str, object] = {"state": JobState.DONE, "sent_at": now, "failure": None}
    if has_secret(mail.kind, mail.text):
        values |= {"text": "", "html": ""}
    session.execute(_fenced(mail).values(**values))


def put_off(session: Session, mail: LeasedMail, reason: str, *, now: datetime) -> None:
    """Retry an email later because its own delivery failed; the last try leaves it FAILED."""
    if mail.tries >= MAX_TRIES:
        refuse(session, mail, reason)
        return
    later = now + wait_after(mail.tries)
    session.execute(
        _fenced(mail).values(state=JobState.QUEUED, run_at=later, failure=storable(reason))
    )


def refuse(session: Session, mail: LeasedMail, reason: str) -> None:
    """Mark an email as failed: the server refuses it. Our team sees why, and may send it again."""
    session.execute(_fenced(mail).values(state=JobState.FAILED, failure=storable(reason)))


def bounce(session: Session, mail: LeasedMail, reason: str, *, now: datetime) -> None:
    """Mark an email as failed because its address bounces, which is shown next to the address."""
    values = {"state": JobState.FAILED, "failure": storable(reason), "bounced_at": now}
    session.execute(_fenced(mail).values(**values))


def cancel(session: Session, mail: LeasedMail, reason: str) -> None:
    """Cancel an email whose recipient opted out of it, or whose address bounces."""
    values = {"state": JobState.CANCELED, "failure": storable(reason)}
    session.execute(_fenced(mail).values(**values))


def release(session: Session, mail: LeasedMail, reason: str) -> None:
    """Requeue an email without counting the try: the server was unreachable, not the email at fault."""
    values = {"state": JobState.QUEUED, "tries": mail.tries - 1, "failure": storable(reason)}
    session.execute(_fenced(mail).values(**values))


def compose(
    session: Session, mail: LeasedMail, files: Sequence[bytes], settings: Settings
) -> EmailMessage:
    """Return the message as it goes out, from the branding's sender name and MAIL_FROM.

    `files` are the contents of its attachments, in their order. Raises Unwanted for an email that must
    not be sent.
    """
    if reason := _reason_not_to_send(session, mail):
        raise Unwanted(reason)
    branding = read_branding(session, contact="")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(branding.sender_name, addr_spec=settings.mail_from)
    message["To"] = _recipient(mail.recipient)
    if branding.contact_email:
        message["Reply-To"] = Address(branding.sender_name, addr_spec=branding.contact_email)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.public_id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
    text, html = mail.text, mail.html
    if branding.logo_url:
        html = html.replace(LOGO, logo_image(settings.base_url + branding.logo_url))
    if mail.kind in KINDS[MailLane.BULK]:
        if unsubscribe := _way_out(mail, settings):
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        more_text, more_html = bulk_footer(
            html,
            _postal_address(session),
            unsubscribe,
            is_subscribed_to=mail.kind in SUBSCRIBED,
        )
        text, html = text + more_text, html.replace(BULK_FOOTER, more_html)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    if mail.invitation is not None:
        organizer = Party(settings.mail_from, branding.sender_name)
        _invite(message, mail, mail.invitation, organizer)
    attach(message, unpacked_attachments(mail.attachments), files)
    return message


def _way_out(mail: LeasedMail, settings: Settings) -> str:
    """Return the link by which the recipient ends such emails; "" if they can't."""
    if mail.kind in SUBSCRIBED:
        return subscription_links(settings).page(mail.public_id)
    return opt_out_links(settings).page(mail.public_id) if mail.kind in OPTIONAL else ""


def _invite(
    message: EmailMessage, mail: LeasedMail, kept: Mapping[str, Any], organizer: Party
) -> None:
    """Add the calendar entry twice: as a part that mail programs act on, and as a file to open."""
    invitation = unpacked(kept)
    attendee = Party(mail.recipient, mail.recipient)
    data = write_invitation(invitation, organizer=organizer, attendee=attendee)
    message.add_alternative(
        data.decode(), subtype="calendar", params={"method": invitation.method.value}
    )
    message.add_attachment(data, maintype="application", subtype="ics", filename="webinar.ics")


def _reason_not_to_send(session: Session, mail: LeasedMail) -> str | None:
    """Return why an email must not be sent, for our team; None if it may be sent.

    Bulk emails don't go to an address that bounced the last email: mail providers count those against
    the sender. Other emails are tried, and a delivered one clears the address.
    """
    key = key_of(mail.recipient)
    if mail.kind in OPTIONAL and opted_out(session, [key]):
        return "Not sent: they unsubscribed from invitations and reminders."
    if mail.kind in SUBSCRIBED and not is_subscribed(session, key):
        return "Not sent: they ended their subscription."
    if mail.lane is MailLane.BULK and (last := bounced_addresses(session, [key]).get(key)):
        return f"Not sent: an email to this address bounced on {last.bounced_at:%Y-%m-%d}."
    return None


def _postal_address(session: Session) -> str:
    """Return the seller's name and address in one line; empty until the team enters them."""
    seller = session.get(Seller, 1)
    if seller is None or seller.legal_address is None:
        return ""
    return ", ".join((seller.legal_name, *seller.legal_address.lines))


def _recipient(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return Address(username=local, domain=domain)


def _due(lane: MailLane, now: datetime) -> tuple[Select[int], Select[int]]:
    """Return two queries for the next email: one with a lapsed lease, otherwise one that waits.

    One query with OR would read and sort every waiting email.
    """
    lapsed = select(Mail.id).where(Mail.state == JobState.RUNNING, Mail.lease_until < now)
    waiting = select(Mail.id).where(Mail.state == JobState.QUEUED, Mail.run_at <= now)
    first = (Mail.run_at, Mail.id)
    return (
        lapsed.where(Mail.lane == lane).order_by(*first).limit(1),
        waiting.where(Mail.lane == lane).order_by(*first).limit(1),
    )


def _fenced(mail: LeasedMail) -> Update:
    return _held(mail).values(lease_until=None, leased_by=None)


def _held(mail: LeasedMail) -> Update:
    return update(Mail).where(Mail.id == mail.id, Mail.leased_by == mail.leased_by)
