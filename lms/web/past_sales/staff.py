"""Staff pages for past-sales imports: upload, check, apply, and invite buyers."""

from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime_short
from lms.core.errors import N_, Invalid
from lms.models.past_sales import PastAnswer
from lms.models.seat_imports import ImportState
from lms.past_sales import imports as past_sale_imports
from lms.past_sales import jobs as past_sale_jobs
from lms.past_sales.read_models import PAGE, PastFacts, find_past, latest_past, rows_of
from lms.sales import uninvited_buyers
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting
from lms.web.core.form_uploads import received
from lms.web.core.lazy_form_translations import _l
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import (
    carrel,
    read_session,
    render,
    see_other,
    transaction,
    wants_json,
)
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_history", __name__, url_prefix="/staff/history")

LISTED: Final = 10
LIVE: Final = (ImportState.READING, ImportState.APPLYING)
STATES: Final = {
    ImportState.READING: (N_("Checking"), "term"),
    ImportState.CHECKED: (N_("Ready to import"), "soon"),
    ImportState.APPLYING: (N_("Importing"), "term"),
    ImportState.APPLIED: (N_("Imported"), "open"),
    ImportState.FAILED: (N_("Can't be read"), "danger"),
}
ANSWERS: Final = {
    PastAnswer.OK: (N_("Ready"), "open"),
    PastAnswer.ALREADY: (N_("Already imported"), "plain"),
    PastAnswer.INVALID: (N_("Error"), "danger"),
    PastAnswer.BROUGHT: (N_("Imported"), "open"),
}


MOST_PEOPLE = 100_000


class InvitationsForm(Form):
    """How many people to email now."""

    people = IntegerField(
        _l("Number of people"),
        [
            InputRequired(_l("Enter a number.")),
            NumberRange(1, MOST_PEOPLE, _l("Enter a number from 1 to 100,000.")),
        ],
        description=_l("We'll email people in the order you imported them, once each."),
        render_kw={"class": "input-short", "inputmode": "numeric", "autocomplete": "off"},
    )


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """Show the upload form, the latest lists, and how many people haven't been emailed."""
    return _index(InvitationsForm())


@blueprint.post("")
@open_to(Audience.STAFF)
def send() -> ResponseReturnValue:
    """Receive a list and redirect to its preview."""
    try:
        with received() as (path, name):
            facts = past_sale_jobs.take_in(carrel(), path, name, **acting())
    except Invalid as refusal:
        return _index(InvitationsForm(), fault=_(refusal.message)), 400
    return see_other(".show", import_id=facts.public_id)


@blueprint.get("/<import_id>")
@open_to(Audience.STAFF)
def show(import_id: str) -> ResponseReturnValue:
    """Show one list, row by row."""
    number = page_number()
    chosen = next((one for one in PastAnswer if one == request.args.get("answer")), None)
    with read_session() as session:
        facts = find_past(session, import_id)
        state, badge = STATES[facts.state]
        if wants_json():
            return jsonify(
                state=_(state),
                is_live=facts.state in LIVE,
                percent=round(100 * facts.progress),
                amount=_amount(facts),
                note="",
            )
        page = rows_of(
            session, facts.id, answers=(chosen,) if chosen is not None else (), page=number
        )
    return render(
        "past_sales/staff_import.html",
        facts=facts,
        state=_(state),
        badge_kind=badge,
        is_live=facts.state in LIVE,
        failure=_(facts.failure) if facts.failure else "",
        percent=round(100 * facts.progress),
        amount=_amount(facts),
        kinds=_kinds(facts),
        chosen=chosen,
        rows=[
            (
                row.line,
                row.email,
                row.covers,
                _(ANSWERS[row.answer][0]),
                ANSWERS[row.answer][1],
                _(row.sentence) if row.sentence else "",
            )
            for row in page.items
        ],
        pager=pager_of(number, PAGE, page.total),
    )


@blueprint.post("/<import_id>/apply")
@open_to(Audience.STAFF)
def apply(import_id: str) -> ResponseReturnValue:
    """Import a checked list; no one is emailed."""
    facts = past_sale_jobs.apply_list(carrel(), import_id, **acting())
    if facts.state is ImportState.APPLIED:
        said = ngettext("One sale was imported.", "%(num)d sales were imported.", facts.brought)
        flash(said + " " + _("We didn't email anyone."), "done")
    return see_other(".show", import_id=import_id)


@blueprint.post("/<import_id>/discard")
@open_to(Audience.STAFF)
def discard(import_id: str) -> ResponseReturnValue:
    """Discard a list that hasn't been imported."""
    with transaction() as session:
        past_sale_imports.discard(session, import_id)
    flash(_("The list was discarded."), "done")
    return see_other(".index")


@blueprint.post("/emails")
@open_to(Audience.STAFF)
def send_emails() -> ResponseReturnValue:
    """Queue emails to as many people as chosen, of those who haven't been emailed."""
    form = InvitationsForm(request.form)
    if not form.validate() or form.people.data is None:
        return _index(form), 400
    with transaction() as session:
        _batch, chosen = past_sale_jobs.queue_invitations(session, form.people.data, **acting())
    flash(
        ngettext(
            "Sending one email.",
            "Sending %(said)s emails.",
            chosen,
            said=f"{chosen:,}",
        )
        if chosen
        else _("Everyone was already emailed."),
        "done" if chosen else "note",
    )
    return see_other(".index")


def _index(form: InvitationsForm, *, fault: str = "") -> str:
    zone = reading_zone()
    with read_session() as session:
        waiting = uninvited_buyers.count_waiting(session, now=now())
        latest = latest_past(session, limit=LISTED)
    if not form.people.errors:
        form.people.data = min(waiting.left, form.people.data or 200) or None
    return render(
        "past_sales/staff.html",
        form=form,
        fault=fault,
        waiting=waiting,
        latest=[
            (
                each,
                _(STATES[each.state][0]),
                STATES[each.state][1],
                say_datetime_short(each.created_at, zone),
            )
            for each in latest
        ],
    )


def _amount(facts: PastFacts) -> str:
    """Return the number of finished rows, or how much of the file has been read."""
    if facts.state is not ImportState.APPLYING:
        return f"{round(100 * facts.progress)}%"
    done = facts.rows - facts.ok
    return _("%(done)s of %(total)s rows", done=f"{done:,}", total=f"{facts.rows:,}")


def _kinds(facts: PastFacts) -> list[tuple[str, str, int]]:
    counts: tuple[tuple[PastAnswer, int], ...] = (
        (PastAnswer.OK, facts.ok),
        (PastAnswer.INVALID, facts.invalid),
        (PastAnswer.ALREADY, facts.already),
        (PastAnswer.BROUGHT, facts.brought),
    )
    if facts.state is ImportState.APPLIED:  # rows without errors are deleted by then
        counts = ((PastAnswer.INVALID, facts.invalid),)
    return [(answer.value, _(ANSWERS[answer][0]), count) for answer, count in counts if count]
