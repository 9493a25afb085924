"""Staff page for outgoing mail: what was sent, what is waiting and why, and resending."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import say_datetime_in_table
from lms.core.errors import N_
from lms.core.model_base import copied
from lms.mail.outbox import MailFacts, count_waiting, list_mails, resend
from lms.models.jobs import JobState
from lms.models.mail import MailLane
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting
from lms.web.core.job_progress_texts import STATE_BADGES
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.jobs.staff import wanted_state

blueprint = Blueprint("staff_mail", __name__, url_prefix="/staff/mail")

PAGE_SIZE: Final = 50
STATE_WORDS: Final = {
    JobState.QUEUED: N_("Waiting"),
    JobState.RUNNING: N_("Sending"),
    JobState.DONE: N_("Sent"),
    JobState.FAILED: N_("Failed"),
    JobState.CANCELED: N_("Not sent"),
}


LANE_WORDS: Final = {
    MailLane.URGENT: (
        N_("%(count)s urgent email, such as a sign-in code"),
        N_("%(count)s urgent emails, such as sign-in codes"),
    ),
    MailLane.NORMAL: (N_("%(count)s normal email"), N_("%(count)s normal emails")),
    MailLane.BULK: (
        N_("%(count)s bulk email, such as an invitation or a reminder"),
        N_("%(count)s bulk emails, such as invitations and reminders"),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An email, as its row shows it."""

    id: str
    recipient: str
    subject: str
    attachments: tuple[str, ...]
    state: str
    badge: str
    when: str
    failure: str | None
    may_be_sent_again: bool


@blueprint.get("")
@open_to(Audience.STAFF)
def mails() -> ResponseReturnValue:
    number, state = page_number(), wanted_state()
    with read_session() as session:
        page = list_mails(
            session,
            states=(state,) if state else (),
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
        waiting = count_waiting(session)
    chosen = state.value if state else None
    return render(
        "mail/staff.html",
        rows=[mail_row(facts) for facts in page.items],
        waiting=[_waiting(lane, waiting[lane]) for lane in MailLane if lane in waiting],
        states=[(one.value, _(words)) for one, words in STATE_WORDS.items()],
        state=chosen,
        goes_to_files=carrel().settings.smtp_url is None,
        pager=pager_of(number, PAGE_SIZE, page.total),
    )


@blueprint.post("/<mail_id>/resend")
@open_to(Audience.STAFF)
def resend_mail(mail_id: str) -> ResponseReturnValue:
    with transaction() as session:
        resend(session, mail_id, **acting())
    flash(_("The email will be sent again."), "done")
    return see_other(".mails")


def _waiting(lane: MailLane, count: int) -> str:
    return ngettext(*LANE_WORDS[lane], count, count=format_decimal(count))


def mail_row(facts: MailFacts) -> Row:
    """Return an email in words: whether it was sent, bounced, or is waiting."""
    return copied(
        Row,
        facts,
        state=_("Bounced")
        if facts.bounced_at
        else _(STATE_WORDS.get(facts.state, facts.state.value)),
        badge=STATE_BADGES[JobState.FAILED if facts.bounced_at else facts.state],
        when=say_datetime_in_table(facts.sent_at or facts.created_at, reading_zone()),
        failure=facts.failure if facts.bounced_at or facts.state is not JobState.DONE else None,
    )
