"""The emails about requests: receipts to the person, a notice to staff, and answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.dates_and_time_zones import say_datetime, say_last_date
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.attachments import Attachment
from lms.mail.links import Links, MailContext
from lms.models.accounts import Login
from lms.models.requests import RequestState
from lms.pricing.price_list import say_money
from lms.pricing.quotes import holds_until
from lms.requests.read_models import RequestFacts
from media.storage.object_keys import content_type_of

_ANSWERS: Final = {
    RequestState.DONE: N_("Our answer to your request %(number)s"),
    RequestState.DECLINED: N_("About your request %(number)s"),
}
ASSIGNED: Final = N_("%(colleague)s assigned you a request: %(kind)s")
ATTACHED: Final = N_("The file is attached.")


def send_receipt(
    session: Session, facts: RequestFacts, *, links: Links, zone: ZoneInfo, now: datetime
) -> None:
    """Email a person that their request arrived, when it will be answered, and where to see it."""
    values = {
        **_said(facts, zone),
        "due": say_datetime(facts.due_at, zone),
        "action_url": links.page(f"/requests/{facts.public_id}"),
    }
    subject = N_("We received your request %(number)s") % {"number": facts.number}
    _send(session, facts, "request_received", subject, values, now=now)


def send_answer(session: Session, facts: RequestFacts, *, links: Links, now: datetime) -> None:
    """Email our team's answer to a closed request."""
    values = {
        "name": facts.name,
        "number": facts.number,
        "paragraphs": [part.split("\n") for part in (facts.answer or ATTACHED).split("\n\n")],
        "is_declined": facts.state is RequestState.DECLINED,
        "action_url": links.page(f"/requests/{facts.public_id}"),
    }
    subject = _ANSWERS[facts.state] % {"number": facts.number}
    key, name = facts.answer_file_key, facts.answer_file_name
    files = (Attachment(key, name, content_type_of(key)),) if key and name else ()
    _send(session, facts, "request_answered", subject, values, now=now, attachments=files)


def notify_staff(
    session: Session, facts: RequestFacts, *, links: Links, zone: ZoneInfo, now: datetime
) -> None:
    """Email the seller, if it has an address, that a new request arrived."""
    contact = read_branding(session, contact="").contact_email
    if not contact:
        return
    values = {
        **_said(facts, zone),
        "due": say_datetime(facts.due_at, zone),
        "action_url": links.page(f"/staff/requests/{facts.public_id}"),
    }
    mail_outbox.post(
        session,
        kind="request_new_for_staff",
        to=contact,
        login_id=None,
        subject=N_("Request %(number)s: %(kind)s")
        % {"number": facts.number, "kind": facts.kind_words},
        values=values,
        now=now,
        unique_key=f"request-arrived:{facts.public_id}",
    )


def notify_owner(
    session: Session, facts: RequestFacts, *, by: str, mail_context: MailContext, now: datetime
) -> None:
    """Email the person of our team to whom a colleague, by public ID, assigned a request."""
    colleague = session.scalars(select(Login.name).where(Login.public_id == by)).one()
    owner = session.scalars(select(Login).where(Login.public_id == facts.owner_key)).one()
    if owner.email is None:
        return
    values = {
        **_said(facts, mail_context.zone),
        "owner": owner.name,
        "colleague": colleague,
        "due": say_datetime(facts.due_at, mail_context.zone),
        "action_url": mail_context.links.page(f"/staff/requests/{facts.public_id}"),
    }
    mail_outbox.post(
        session,
        kind="request_assigned",
        to=owner.email,
        login_id=owner.id,
        subject=ASSIGNED % {"colleague": colleague, "kind": facts.kind_words},
        values=values,
        now=now,
    )


def _said(facts: RequestFacts, zone: ZoneInfo) -> dict[str, object]:
    price = until = ""
    if facts.quoted_minor is not None and facts.quoted_currency is not None:
        price = say_money(facts.quoted_minor, facts.quoted_currency)
        until = say_last_date(holds_until(facts.created_at), zone)
    return {
        "name": facts.name,
        "number": facts.number,
        "kind": facts.kind_words,
        "webinar": facts.webinar_title or "",
        "organization": facts.organization_name,
        "quantity": facts.quantity,
        "price": price,
        "until": until,
    }


def _send(  # noqa: PLR0913  (the parts of an email)
    session: Session,
    facts: RequestFacts,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> None:
    if not facts.email:  # their account was deleted
        return
    mail_outbox.post(
        session,
        kind=kind,
        to=facts.email,
        login_id=facts.login_id,
        subject=subject,
        values=values,
        now=now,
        attachments=attachments,
    )
