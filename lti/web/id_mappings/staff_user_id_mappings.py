"""Staff pages for user ID mappings from an institution's old platform to its new one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.clock import now
from lms.core.errors import Conflict, Invalid
from lms.lti_facade.dates import say_time_of
from lms.lti_facade.organizations import customers
from lms.web.accounts.step_up import asks_again
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.form_uploads import received
from lms.web.core.number_parsing_and_formatting import read_figures
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
from lti.id_mappings.apply_and_undo_pairs import undo_one
from lti.id_mappings.id_pairs_csv_reader import read_list
from lti.id_mappings.mappings import (
    NOT_BOTH,
    ask_apply,
    ask_undo,
    begin_map,
    choose,
    discard,
    systems,
    take_list,
)
from lti.id_mappings.staff_view import PAGE, MapFacts, Show, find_map, list_maps, pairs_of
from lti.web.id_mappings.user_id_mapping_texts import (
    STATE_WORDS,
    amount_of,
    card_of,
    kinds_of,
    row_of,
    share_of,
    systems_of,
)

blueprint = Blueprint("staff_maps", __name__, url_prefix="/staff/lti/maps")

LAST_ROW: Final = 2**31 - 1  # the largest row id of a database integer


@dataclass(frozen=True, slots=True)
class Ends:
    """The registrations (public IDs) and the organization (row id) of a mapping."""

    organization_id: int
    old: str
    new: str


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the mappings, with a form for a new one."""
    return _index()


@blueprint.post("")
@open_to(Audience.STAFF)
def begin() -> ResponseReturnValue:
    """Begin a mapping: propose its pairs without changing anything."""
    try:
        ends = _ends()
        with transaction() as session:
            made = begin_map(session, ends.organization_id, old=ends.old, new=ends.new, **acting())
    except Invalid as refusal:
        return _index(refusal.fields), 400
    return see_other(".show", map_id=made)


@blueprint.get("/<map_id>")
@open_to(Audience.STAFF)
def show(map_id: str) -> ResponseReturnValue:
    """Show a mapping's proposals, progress or results."""
    with read_session() as session:
        facts = find_map(session, map_id)
    if wants_json():
        return jsonify(
            state=_(STATE_WORDS[facts.state]),
            is_live=facts.is_at_work,
            percent=round(100 * share_of(facts)),
            amount=amount_of(facts, now()),
            note="",
        )
    return _page(facts)


@blueprint.post("/<map_id>/list")
@open_to(Audience.STAFF)
def send_list(map_id: str) -> ResponseReturnValue:
    """Import the institution's own list, and propose a pair for each row."""
    with read_session() as session:
        facts = find_map(session, map_id)
    try:
        with received() as (path, _name), path.open("rb") as file:
            lines = read_list(file)
        with transaction() as session:
            take_list(session, map_id, lines)
    except Invalid as refusal:
        return _page(facts, fault=_(refusal.message)), 400
    said = ngettext("%(num)d row was read.", "%(num)d rows were read.", len(lines))
    flash(said, "done")
    return see_other(".show", map_id=map_id)


@blueprint.post("/<map_id>/choose")
@open_to(Audience.STAFF)
def keep_choice(map_id: str) -> ResponseReturnValue:
    """Save which of the shown pairs are chosen."""
    shown, chosen = request.form.getlist("shown"), request.form.getlist("chosen")
    with transaction() as session:
        choose(session, map_id, shown=shown, chosen=[one for one in chosen if one in shown])
    flash(_("Selection saved. Nothing changes until you merge."), "done")
    return see_other(".show", map_id=map_id, show=_asked_kind())


@blueprint.post("/<map_id>/apply")
@asks_again
@open_to(Audience.STAFF)
def apply(map_id: str) -> ResponseReturnValue:
    """Queue the job that applies the chosen pairs."""
    return _begin_work(map_id, ask_apply)


@blueprint.post("/<map_id>/undo")
@asks_again
@open_to(Audience.STAFF)
def undo(map_id: str) -> ResponseReturnValue:
    """Queue the job that undoes the mapping."""
    return _begin_work(map_id, ask_undo)


@blueprint.post("/<map_id>/pairs/<pair_id>/undo")
@asks_again
@open_to(Audience.STAFF)
def undo_pair(map_id: str, pair_id: str) -> ResponseReturnValue:
    """Undo one pair."""
    with transaction() as session:
        said = undo_one(session, map_id, pair_id, **acting())
    if said:
        flash(_(said), "attention")
    else:
        flash(_("These are two people again. Each has what they had before."), "done")
    return see_other(".show", map_id=map_id, show=Show.APPLIED)


@blueprint.post("/<map_id>/discard")
@open_to(Audience.STAFF)
def throw_away(map_id: str) -> ResponseReturnValue:
    """Discard a mapping without applied pairs."""
    with transaction() as session:
        discard(session, map_id, **acting())
    flash(_("The migration was discarded. Nothing was changed."), "done")
    return see_other(".index")


@blueprint.get("/<map_id>/people.csv")
@open_to(Audience.STAFF)
def people_csv(map_id: str) -> ResponseReturnValue:
    """Return the filtered pairs as a CSV file that can be edited and imported."""
    show_ = _asked_kind()
    with read_session() as session:
        facts = find_map(session, map_id)
    headings = ("old", "new", "old name", "new name", "old e-mail", "new e-mail", "why", "remark")

    def rows() -> Iterator[tuple[str, ...]]:
        page = 1
        while True:
            with carrel().database.read_session() as session:
                found = pairs_of(session, facts, show_, page=page, size=1000)
            for pair in found.items:
                row = row_of(pair)
                new = pair.new
                yield (
                    pair.old.sub,
                    new.sub if new else "",
                    pair.old.name,
                    new.name if new else "",
                    pair.old.email or "",
                    (new.email if new else None) or "",
                    row.why,
                    row.remark,
                )
            if page * 1000 >= found.total:
                return
            page += 1

    return csv_answer(headings, rows(), "people")


def _ends() -> Ends:
    old, _sep, whose = request.form.get("old", "").partition(" ")
    new, _sep, whose_new = request.form.get("new", "").partition(" ")
    organization = read_figures(whose, LAST_ROW)
    if organization is None or whose != whose_new:
        raise Invalid(NOT_BOTH, field="new" if old else "old")
    return Ends(organization, old, new)


def _begin_work(map_id: str, ask: Callable[..., int]) -> ResponseReturnValue:
    with flashed(Conflict), transaction() as session:
        ask(session, map_id, **acting())
    return see_other(".show", map_id=map_id)


def _index(faults: Mapping[str, str] = MappingProxyType({})) -> str:
    zone = carrel().settings.time_zone
    with read_session() as session:
        maps = list_maps(session)
        known = systems(session)
        whose = customers(session, [each.organization_id for each in known])
    return render(
        "lti/id_mappings/staff.html",
        cards=[card_of(one, say_time_of(one.created_at, zone)) for one in maps],
        systems=systems_of(known, whose),
        chosen=(request.form.get("old", ""), request.form.get("new", "")),
        faults={name: _(sentence) for name, sentence in faults.items()},
    )


def _page(facts: MapFacts, *, fault: str | None = None) -> str:
    number, kind = page_number(), _asked_kind()
    kind = kind or next((one for one in Show if facts.counts[one]), None)
    with read_session() as session:
        page = pairs_of(session, facts, kind, page=number)

    def url(page_: int) -> str:
        return url_for(".show", map_id=facts.public_id, show=kind, page=page_)

    return render(
        "lti/id_mappings/staff_mapping.html",
        facts=facts,
        card=card_of(facts, say_time_of(facts.created_at, carrel().settings.time_zone)),
        percent=round(100 * share_of(facts)),
        amount=amount_of(facts, now()),
        kinds=kinds_of(facts),
        kind=kind,
        rows=[row_of(pair) for pair in page.items],
        pager=pager_of(number, PAGE, page.total, url=url),
        fault=fault,
        failure=_(facts.failure) if facts.failure else "",
    )


def _asked_kind() -> Show | None:
    return next((one for one in Show if one == request.values.get("show")), None)
