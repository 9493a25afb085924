"""Staff pages of mailings: list, write, preview, test, schedule, send, cancel, and results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import from_wall_clock, say_datetime_in_table, zone_word
from lms.core.errors import N_, Conflict, Invalid
from lms.core.markdown import to_html
from lms.mailings import mailings, mails
from lms.mailings.mailings import MAY_START, find_mailing, find_webinar, may_edit
from lms.mailings.mails import MailingDetails
from lms.mailings.read_models import (
    Results,
    Row,
    list_mailings,
    read_mailing,
    read_reach,
    read_results,
)
from lms.mailings.recipients import PART_WORDS, count_parts
from lms.models.catalog import Webinar
from lms.models.mail import MailingPart, MailingState
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed, shown_in
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.mailings.staff_mailing_form import MailingForm, ScheduleForm, filled_form

blueprint = Blueprint("staff_mailings", __name__, url_prefix="/staff/mailings")

PAGE_SIZE: Final = 50
EARLIER_SHOWN: Final = 10
STATE_WORDS: Final = {
    MailingState.DRAFT: N_("Draft"),
    MailingState.SCHEDULED: N_("Scheduled"),
    MailingState.SENDING: N_("Sending"),
    MailingState.SENT: N_("Sent"),
    MailingState.STOPPED: N_("Stopped"),
}
STATE_BADGES: Final = {
    MailingState.DRAFT: "plain",
    MailingState.SCHEDULED: "soon",
    MailingState.SENDING: "soon",
    MailingState.SENT: "open",
    MailingState.STOPPED: "danger",
}
# the email's styles are in its tags; nothing in it runs
EMAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List mailings, of one webinar if the URL names it."""
    number, slug = page_number(), request.args.get("webinar", "")
    with read_session() as session:
        title = find_webinar(session, slug).title if slug else ""
        rows, total = list_mailings(
            session, slug=slug, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    return render(
        "mailings/staff_mailings.html",
        slug=slug,
        title=title,
        rows=[_shown(each) for each in rows],
        pager=pager_of(number, PAGE_SIZE, total),
    )


@blueprint.route("/new/<slug>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new(slug: str) -> ResponseReturnValue:
    """Write a mailing to people of a webinar.

    The text is that of an earlier mailing if the URL names one, or prepared for its subscribers.
    """
    now = clock.now()
    with read_session() as session:
        webinar = find_webinar(session, slug)
        title = webinar.title
        counts = count_parts(session, webinar, now=now)
        begun = _begun(session, webinar)
        earlier, _total = list_mailings(session, slug="", offset=0, limit=EARLIER_SHOWN)
    if request.method == "GET":
        form = filled_form(begun)
        form.offer_parts(counts)
        back = url_for("staff_webinars.show", slug=slug)
        return _form_page(form, slug, title, back, earlier if not request.args else ())
    form = MailingForm(request.form)
    form.offer_parts(counts)
    if form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                actor = required_viewer().public_id
                kept = mailings.add_mailing(session, slug, form.details, actor=actor, now=now)
                mailing_id = kept.public_id
            flash(_("Draft saved. Check the preview before you send it."), "done")
            return see_other(".show", mailing_id=mailing_id)
    return _form_page(form, slug, title, url_for("staff_webinars.show", slug=slug)), 400


@blueprint.get("/<mailing_id>")
@open_to(Audience.STAFF)
def show(mailing_id: str) -> ResponseReturnValue:
    """Show what is sent to whom, and the results once it is sent."""
    return _page(mailing_id, ScheduleForm())


@blueprint.route("/<mailing_id>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(mailing_id: str) -> ResponseReturnValue:
    """Change a draft, or a stopped mailing that no one got."""
    now = clock.now()
    with read_session() as session:
        facts = read_mailing(session, mailing_id)
        if not may_edit(session, mailing_id):
            return see_other(".show", mailing_id=mailing_id)
        counts = count_parts(session, find_webinar(session, facts.slug), now=now)
    is_sent = request.method == "POST"
    form = MailingForm(request.form) if is_sent else filled_form(facts.details)
    form.offer_parts(counts)
    if is_sent and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                actor = required_viewer().public_id
                mailings.edit_mailing(session, mailing_id, form.details, actor=actor, now=now)
            flash(_("Saved."), "done")
            return see_other(".show", mailing_id=mailing_id)
    page = _form_page(form, facts.slug, facts.title, url_for(".show", mailing_id=mailing_id))
    return page, 400 if is_sent else 200


@blueprint.get("/<mailing_id>/email.html")
@open_to(Audience.STAFF)
def email(mailing_id: str) -> ResponseReturnValue:
    """Return the HTML of the email, for the frame of the preview."""
    person = required_viewer()
    with read_session() as session:
        mailing = find_mailing(session, mailing_id)
        _text, html = mails.preview(
            session, mailing, to=person.email or "", name=_greeted(mailing.part, person.name)
        )
    answer = Response(html, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = EMAIL_POLICY
    return answer


@blueprint.post("/<mailing_id>/test")
@open_to(Audience.STAFF)
def test(mailing_id: str) -> ResponseReturnValue:
    """Email the mailing to the person who asks, and to no one else."""
    person = required_viewer()
    with transaction() as session:
        mailing = find_mailing(session, mailing_id)
        mails.post_test(
            session,
            mailing,
            to=person.email or "",
            name=_greeted(mailing.part, person.name),
            login_id=person.login_id,
            now=clock.now(),
        )
    flash(_("We sent a test to %(email)s.", email=person.email), "done")
    return see_other(".show", mailing_id=mailing_id)


@blueprint.post("/<mailing_id>/send")
@open_to(Audience.STAFF)
def send(mailing_id: str) -> ResponseReturnValue:
    """Send a mailing in a minute, in which it can be undone."""
    _start(mailing_id, None)
    return see_other(".show", mailing_id=mailing_id)


@blueprint.post("/<mailing_id>/schedule")
@open_to(Audience.STAFF)
def schedule(mailing_id: str) -> ResponseReturnValue:
    """Send a mailing at a time."""
    form = ScheduleForm(request.form)
    if form.validate() and form.send_at.data is not None:
        with shown_in(form, Invalid):
            _start(mailing_id, from_wall_clock(form.send_at.data, carrel().settings.zone))
            return see_other(".show", mailing_id=mailing_id)
    return _page(mailing_id, form), 400


@blueprint.post("/<mailing_id>/cancel")
@open_to(Audience.STAFF)
def cancel(mailing_id: str) -> ResponseReturnValue:
    """Make a scheduled mailing a draft again."""
    with flashed(Conflict):
        with transaction() as session:
            mailings.cancel_mailing(session, mailing_id, **acting())
        flash(_("We won't send it. It's a draft again."), "done")
    return see_other(".show", mailing_id=mailing_id)


@blueprint.post("/<mailing_id>/delete")
@open_to(Audience.STAFF)
def delete(mailing_id: str) -> ResponseReturnValue:
    """Delete a draft."""
    with flashed(Conflict):
        with transaction() as session:
            mailings.delete_mailing(session, mailing_id, **acting())
        flash(_("The draft was deleted."), "done")
        return see_other(".index")
    return see_other(".show", mailing_id=mailing_id)


def _begun(session: Session, webinar: Webinar) -> MailingDetails:
    """Return the details that the form of a new mailing begins with."""
    if like := request.args.get("like"):
        earlier = read_mailing(session, like)
        details, its_page = earlier.details, links().page(f"/webinars/{earlier.slug}")
        if details.button_url == its_page:
            return replace(details, button_url=_webinar_url(webinar))
        return details
    if request.args.get("part") == MailingPart.SUBSCRIBERS:
        return mails.new_webinar_text(session, webinar, links=links())
    label = _("Go to the webinar")
    return MailingDetails(MailingPart.REGISTERED, "", "", label, _webinar_url(webinar))


def _webinar_url(webinar: Webinar) -> str:
    return links().page(f"/webinars/{webinar.slug}")


def _start(mailing_id: str, at: datetime | None) -> None:
    """Start a mailing, or say why it can't be; raises Invalid for a time in the past."""
    with flashed(Conflict), transaction() as session:
        mailings.start_mailing(session, mailing_id, send_at=at, **acting())


def _page(mailing_id: str, form: ScheduleForm) -> str:
    person = required_viewer()
    with read_session() as session:
        facts = read_mailing(session, mailing_id)
        results = read_results(session, mailing_id)
        # Whom it reaches is read only where someone decides to send it: it can be many thousands.
        may_start = facts.state in MAY_START
        reach = read_reach(session, mailing_id, now=clock.now()) if may_start else None
        text, _html = mails.preview(
            session,
            find_mailing(session, mailing_id),
            to=person.email or "",
            name=_greeted(facts.details.part, person.name),
        )
    return render(
        "mailings/staff_mailing.html",
        facts=facts,
        part=_(PART_WORDS[facts.details.part]),
        state=_(STATE_WORDS[facts.state]),
        badge_kind=STATE_BADGES[facts.state],
        may_start=may_start,
        may_edit=may_start and not results.written,
        reach=reach,
        results=results,
        percent=round(100 * results.share),
        done=results.written - results.waiting,
        figures=_figures(results),
        text=text,
        email=person.email,
        form=form,
        zone=zone_word(carrel().settings.zone),
        send_at=say_datetime_in_table(facts.send_at, reading_zone()) if facts.send_at else "",
        is_soon=facts.send_at is not None and facts.send_at - clock.now() <= mailings.UNDO_FOR,
        finished_at=say_datetime_in_table(facts.finished_at, reading_zone())
        if facts.finished_at
        else "",
    )


def _figures(results: Results) -> list[tuple[str, str]]:
    pairs = (
        (_("Waiting"), results.waiting),
        (_("Sent"), results.sent),
        (_("Bounced"), results.bounced),
        (_("Failed"), results.failed),
        (_("Not sent"), results.not_sent),
        (_("Unsubscribed"), results.unsubscribed),
    )
    return [(label, format_decimal(number)) for label, number in pairs]


def _form_page(
    form: MailingForm, slug: str, title: str, back: str, earlier: Sequence[Row] = ()
) -> str:
    return render(
        "mailings/staff_mailing_form.html",
        form=form,
        earlier=earlier,
        slug=slug,
        title=title,
        back=back,
        body_html=Markup(to_html(form.body.data or "")),  # noqa: S704  (nh3 sanitized it)
    )


def _shown(row: Row) -> dict[str, object]:
    at = row.send_at or row.created_at
    return {
        "facts": row,
        "part": _(PART_WORDS[row.part]),
        "state": _(STATE_WORDS[row.state]),
        "badge": STATE_BADGES[row.state],
        "when": say_datetime_in_table(at, reading_zone()),
        "written": format_decimal(row.written) if row.send_at else "",
    }


def _greeted(part: MailingPart, name: str) -> str:
    """Return the name that the greeting uses: subscribers gave none."""
    return "" if part is MailingPart.SUBSCRIBERS else name
