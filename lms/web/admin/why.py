"""Staff: why can't they watch? The decision for any address, webinar, action and moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from lms import inquiry, scopes
from lms.access import Action, Admitted
from lms.clock import now
from lms.errors import N_, Invalid
from lms.explain import STEP_LABELS, explain
from lms.inquiry import Asked, Found
from lms.scopes import WebinarName
from lms.web.admin.held import recent_titles
from lms.web.admin.holding_words import SeatRow, seat_row
from lms.web.forms.faults import show_faults
from lms.web.forms.staff_people import WhyForm
from lms.web.guard import Audience, open_to
from lms.web.kit import render, transaction
from lms.web.panels import reading_zone, said
from lms.zones import from_wall_clock, say_moment

blueprint = Blueprint("staff_why", __name__, url_prefix="/staff/people")

ACTIONS: Final = {
    Action.RECORDING: N_("Watch the recording"),
    Action.LIVE: N_("Join live"),
    Action.HANDOUT: N_("Take the handouts"),
    Action.CERTIFICATE: N_("Get the certificate"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision as the page shows it."""

    may: bool
    who: str
    login_url: str | None
    came_by: str
    webinar: str
    webinar_url: str
    action: str
    when: str
    code: str
    sentence: str
    step: str
    weighed: tuple[tuple[str, str], ...]
    seats: tuple[SeatRow, ...]
    domain_of: str
    organisation_url: str | None
    bounced: str


@blueprint.get("/why")
@open_to(Audience.STAFF)
def why() -> ResponseReturnValue:
    """Ask who, what and when, and answer in words with all that was weighed."""
    form = _form()
    if not request.args.get("webinar"):
        return render("admin/why.html", form=form, answer=None, titles=recent_titles())
    answer = _answer(form) if form.validate() else None
    page = render("admin/why.html", form=form, answer=answer, titles=recent_titles())
    return page, 200 if answer else 400


def _form() -> WhyForm:
    form = WhyForm(request.args or MultiDict())
    form.action.choices = [(action.value, _(words)) for action, words in ACTIONS.items()]
    if form.action.data is None:
        form.action.data = Action.RECORDING.value
    return form


def _answer(form: WhyForm) -> Answer | None:
    try:
        moment = _moment(form)
        with transaction() as session:
            webinar = scopes.find_webinar(session, form.webinar.data or "")
            asked = Asked(
                (form.address.data or "").strip(), webinar.id, Action(form.action.data), moment
            )
            found = inquiry.inquire(session, asked)
    except Invalid as refusal:
        show_faults(form, refusal)
        return None
    return _told(found, asked, webinar)


def _moment(form: WhyForm) -> datetime:
    chosen = form.at.data
    if chosen is None:
        return now()
    try:
        return from_wall_clock(chosen, reading_zone())
    except Invalid as refusal:
        sentence = refusal.message
        raise Invalid(sentence, fields={"at": sentence}) from refusal


def _told(found: Found, asked: Asked, webinar: WebinarName) -> Answer:
    zone = reading_zone()
    told = explain(found.decision, found.case.webinar, zone=zone, manager=found.manager)
    account = found.account
    slug = found.organisation_slug
    return Answer(
        may=isinstance(found.decision, Admitted),
        who=account.email or account.name if account else asked.who,
        login_url=url_for("staff_people.person", login_id=account.public_id) if account else None,
        came_by=found.came_by,
        webinar=webinar.title,
        webinar_url=url_for("staff_webinars.show", slug=webinar.slug),
        action=_(ACTIONS[asked.action]),
        when=say_moment(asked.at, zone),
        code=found.decision.code.value,
        sentence=said(told.sentence),
        step=_(STEP_LABELS[told.step], manager=found.manager or ""),
        weighed=tuple((said(what), said(verdict)) for what, verdict in told.weighed),
        seats=tuple(seat_row(seat, zone=zone) for seat in found.seats),
        domain_of=found.domain_of,
        organisation_url=url_for("staff_organisations.organisation", slug=slug) if slug else None,
        bounced=say_moment(found.bounced.bounced_at, zone) if found.bounced else "",
    )
