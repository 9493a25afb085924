"""Staff page for access diagnosis: why any address can or can't watch a webinar."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from lms.access.explanations import STEP_LABELS, explain
from lms.access.policy import Action, Admitted
from lms.core.clock import now
from lms.core.dates_and_time_zones import from_wall_clock, say_datetime
from lms.core.errors import N_, Invalid
from lms.grants import grant_target_lookup
from lms.grants.grant_target_lookup import WebinarName
from lms.people import access_diagnosis
from lms.people.access_diagnosis import Asked, Found
from lms.web.access.access_panel_and_reader_times import reading_zone, said
from lms.web.core.form_errors import show_faults
from lms.web.core.request_context import render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.grant_and_seat_rows import SeatRow, seat_row
from lms.web.people.staff_forms import WhyForm
from lms.web.people.staff_grants import recent_titles

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
    organization_url: str | None
    bounced: str


@blueprint.get("/why")
@open_to(Audience.STAFF)
def why() -> ResponseReturnValue:
    """Ask who, what and when, and answer in words with all that was weighed."""
    form = _form()
    if not request.args.get("webinar"):
        return render(
            "people/access_diagnosis.html", form=form, answer=None, titles=recent_titles()
        )
    answer = _answer(form) if form.validate() else None
    page = render("people/access_diagnosis.html", form=form, answer=answer, titles=recent_titles())
    return page, 200 if answer else 400


def _form() -> WhyForm:
    form = WhyForm(request.args or MultiDict())
    form.action.choices = [(action.value, _(words)) for action, words in ACTIONS.items()]
    if form.action.data is None:
        form.action.data = Action.RECORDING.value
    return form


def _answer(form: WhyForm) -> Answer | None:
    try:
        at = _moment(form)
        with transaction() as session:
            webinar = grant_target_lookup.find_webinar(session, form.webinar.data or "")
            asked = Asked(
                (form.address.data or "").strip(), webinar.id, Action(form.action.data), at
            )
            found = access_diagnosis.inquire(session, asked)
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
    slug = found.organization_slug
    return Answer(
        may=isinstance(found.decision, Admitted),
        who=account.email or account.name if account else asked.who,
        login_url=url_for("staff_people.person", login_id=account.public_id) if account else None,
        came_by=found.came_by,
        webinar=webinar.title,
        webinar_url=url_for("staff_webinars.show", slug=webinar.slug),
        action=_(ACTIONS[asked.action]),
        when=say_datetime(asked.at, zone),
        code=found.decision.code.value,
        sentence=said(told.sentence),
        step=_(STEP_LABELS[told.step], manager=found.manager or ""),
        weighed=tuple((said(what), said(verdict)) for what, verdict in told.weighed),
        seats=tuple(seat_row(seat, zone=zone) for seat in found.seats),
        domain_of=found.domain_of,
        organization_url=url_for("staff_organizations.organization", slug=slug) if slug else None,
        bounced=say_datetime(found.bounced.bounced_at, zone) if found.bounced else "",
    )
