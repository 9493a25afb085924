"""Manager page to remove people by a list: see what they would lose, then release their seats."""

from pathlib import Path
from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import N_, Invalid
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.staff_list_parser import read_file, read_pasted
from lms.people.role_texts import ROLES
from lms.seat_imports.removals import Answer, Removal, RemovalRow, preview
from lms.seats.bulk_release_and_reinvite import AT_ONCE
from lms.seats.pool_overview import read_pools
from lms.seats.seat_table import SeatRow, Standing
from lms.web.core.manager_area import render_in
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.pool_texts import pool_titles
from lms.web.seats.sent_list import sent_list

blueprint = Blueprint(
    "organization_removals", __name__, url_prefix="/organization/<organization_id>/people/remove"
)

SHOWN: Final = 200
ANSWER_WORDS: Final = {
    Answer.FOUND: (N_("Loses access"), "soon"),
    Answer.NOT_HERE: (N_("Not found"), "plain"),
    Answer.DUPLICATE: (N_("Duplicate"), "plain"),
    Answer.INVALID: (N_("Can't be read"), "danger"),
}


@blueprint.get("")
@open_to(Audience.MANAGERS)
def begin(organization_id: str) -> ResponseReturnValue:
    return _begin_page(managed_organization(organization_id))


@blueprint.post("")
@open_to(Audience.MANAGERS)
def check(organization_id: str) -> ResponseReturnValue:
    managed, shown_at = managed_organization(organization_id), now()
    try:
        removal = sent_list(
            lambda path, _name: _from_file(managed, path), lambda text: _from_text(managed, text)
        )
    except Invalid as refusal:
        return _begin_page(managed, error=_(refusal.message)), 400
    with read_session() as session:
        pools = pool_titles(read_pools(session, managed.facts.id, now=shown_at))
    # What needs attention comes first, since a long list isn't shown whole.
    rows = sorted(removal.rows, key=lambda row: row.answer is Answer.FOUND)
    return render_in(
        managed,
        "seats/manager_removal_list.html",
        rows=[(row, *_words(row), _losses(row, pools), _role(row)) for row in rows[:SHOWN]],
        more=max(0, len(rows) - SHOWN),
        people=removal.people,
        seats=removal.seats,
        others=len(removal.rows) - removal.people,
        shown_at=shown_at.isoformat(),
        can_undo=len(removal.seats) <= AT_ONCE,
        said=counted,
    )


def _from_file(managed: Managed, path: Path) -> Removal:
    with path.open("rb") as file, read_session() as session:
        return preview(session, managed.facts.id, read_file(file))


def _from_text(managed: Managed, text: str) -> Removal:
    with read_session() as session:
        return preview(session, managed.facts.id, read_pasted(text))


def _words(row: RemovalRow) -> tuple[str, str]:
    words, kind = ANSWER_WORDS[row.answer]
    return _(words), kind


def _losses(row: RemovalRow, pools: dict[str, str]) -> list[str]:
    return [f"{pools[one.pool_id]} ({_state(one)})" for one in row.seats]


def _state(one: SeatRow) -> str:
    if one.standing in (Standing.INVITED, Standing.OFFERED):
        return _("invited")
    if not one.begun:
        return _("not watched yet")
    return _("%(percent)s%% watched", percent=round(100 * one.share))


def _role(row: RemovalRow) -> str:
    return "" if row.role is None else _(ROLES[row.role])


def _begin_page(managed: Managed, *, error: str = "") -> str:
    return render_in(
        managed,
        "seats/manager_removal_start.html",
        pasted=request.form.get("addresses", ""),
        error=error,
    )
