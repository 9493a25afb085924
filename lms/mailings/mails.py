"""Emails of mailings and subscriptions, and the prepared text about a new webinar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.catalog import presenters
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.core.markdown import to_html
from lms.mail import outbox as mail_outbox
from lms.mail.edits import read_edits
from lms.mail.links import Links
from lms.mail.rendering import mail_branding, write
from lms.mailings.recipients import Recipient
from lms.models.catalog import Webinar
from lms.models.mail import Mailing, MailingPart, MailLane

MAILING = "mailing"
NEW_WEBINAR = "new_webinar"
CONFIRM = "confirm_subscription"
TEST_SUBJECT = N_("Test: %(subject)s")


@dataclass(frozen=True, slots=True)
class MailingDetails:
    """What staff write: to whom, subject, Markdown, and a button ("" for both without one)."""

    part: MailingPart
    subject: str
    body: str
    button_label: str
    button_url: str


def new_webinar_text(session: Session, webinar: Webinar, *, links: Links) -> MailingDetails:
    """Return the prepared mailing that announces a webinar to its subscribers."""
    when = say_datetime(webinar.held_at, read_zone(webinar.zone))
    listed = ", ".join(presenters.names_of(session, webinar.id))
    by = N_("With %(names)s") % {"names": listed} if listed else ""
    facts = "  \n".join(line for line in (f"**{webinar.title}**", when, by) if line)
    opening = N_("We announced a new webinar:")
    return MailingDetails(
        part=MailingPart.SUBSCRIBERS,
        subject=(N_("New webinar: %(title)s") % {"title": webinar.title})[:200],
        body="\n\n".join(part for part in (opening, facts, webinar.summary) if part),
        button_label=N_("See the webinar"),
        button_url=links.page(f"/webinars/{webinar.slug}"),
    )


def post_mailing(
    session: Session, mailing: Mailing, recipients: Sequence[Recipient], *, now: datetime
) -> None:
    """Write the emails of a mailing to some of its recipients; each person gets one in all."""
    shared = _values(mailing, "")
    for one in recipients:
        mail = mail_outbox.post(
            session,
            kind=kind_of(mailing),
            to=one.email,
            login_id=one.login_id,
            subject=mailing.subject,
            values={**shared, "name": one.name},
            now=now,
            unique_key=unique_key(mailing, one),
        )
        mail.mailing_id = mailing.id


def post_test(
    session: Session, mailing: Mailing, *, to: str, name: str, login_id: int, now: datetime
) -> None:
    """Write a test email to the person who asked for it; it isn't counted among the results."""
    mail = mail_outbox.post(
        session,
        kind=MAILING,
        to=to,
        login_id=login_id,
        subject=TEST_SUBJECT % {"subject": mailing.subject},
        values=_values(mailing, name),
        now=now,
    )
    mail.lane = MailLane.NORMAL  # one email, for which a person waits


def preview(session: Session, mailing: Mailing, *, to: str, name: str) -> tuple[str, str]:
    """Return the text and the HTML of a mailing as a person would get it, without its footer."""
    values = {**_values(mailing, name), "recipient": to}
    branding = mail_branding(session)
    kind = kind_of(mailing)
    written = write(branding, kind, mailing.subject, values, read_edits(session, kind))
    return written.text, written.html


def post_confirmation(
    session: Session, *, to: str, topic: str, url: str, is_confirmed: bool, now: datetime
) -> None:
    """Email the link that confirms a subscription, or says that there is one already."""
    mail_outbox.post(
        session,
        kind=CONFIRM,
        to=to,
        login_id=None,
        subject=N_("Your subscription to new webinars")
        if is_confirmed
        else N_("Confirm your subscription to new webinars"),
        values={
            "topic": topic,
            "is_confirmed": is_confirmed,
            "action_url": url,
            "action_label": N_("See your subscription")
            if is_confirmed
            else N_("Confirm subscription"),
        },
        now=now,
    )


def kind_of(mailing: Mailing) -> str:
    """Return the kind of a mailing's emails."""
    return NEW_WEBINAR if mailing.part is MailingPart.SUBSCRIBERS else MAILING


def unique_key(mailing: Mailing, one: Recipient) -> str:
    """Return the key by which a person gets a mailing only once."""
    return f"mailing:{mailing.public_id}:{one.key}"


def _values(mailing: Mailing, name: str) -> Mapping[str, object]:
    return {
        "name": name,
        "body_html": Markup(to_html(mailing.body)),  # noqa: S704  (nh3 sanitized it)
        "action_url": mailing.button_url,
        "action_label": mailing.button_label,
    }
