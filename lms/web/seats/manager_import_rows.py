"""Manager pages for the rows of a staff list that get no seat: correct them, and download them."""

import re
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.csv_files import Cell
from lms.seat_imports.corrections import Correction, correct
from lms.seat_imports.read_models import read_import, rows_left_out
from lms.web.core.csv_downloads import streamed_csv
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat_import import ANSWER_WORDS

blueprint = Blueprint(
    "organization_import_rows",
    __name__,
    url_prefix="/organization/<organization_id>/import/<import_id>",
)

_FIELD: Final = re.compile(r"email-([1-9][0-9]{0,8})")


@blueprint.get("/left-out.csv")
@open_to(Audience.MANAGERS)
def left_out_csv(organization_id: str, import_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        facts = read_import(session, import_id, organization_id=managed.facts.id)
    headings = (
        _("Email"),
        _("Name"),
        _("Department"),
        _("Branch"),
        _("Line"),
        _("Result"),
        _("Why"),
    )

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for row in rows_left_out(session, facts.id):
            why = (_(ANSWER_WORDS[row.answer]), _(row.sentence))
            yield (row.text, row.name, row.department, row.branch, row.line, *why)

    return streamed_csv(headings, rows, f"{managed.facts.slug}-left-out")


@blueprint.post("/correct")
@open_to(Audience.MANAGERS)
def save(organization_id: str, import_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        read_import(session, import_id, organization_id=managed.facts.id)
    said = {
        int(name.group(1)): Correction(value, request.form.get(f"name-{name.group(1)}", ""))
        for key, value in request.form.items()
        if (name := _FIELD.fullmatch(key))
    }
    with transaction() as session:
        valid = correct(session, import_id, said, now=now())
    _say(valid, len(said) - valid)
    return see_other(
        "organization_imports.show", organization_id=organization_id, import_id=import_id
    )


def _say(valid: int, left: int) -> None:
    if valid:
        words = ngettext(
            "%(said)s row was corrected.",
            "%(said)s rows were corrected.",
            valid,
            said=counted(valid),
        )
        flash(words, "done")
    if left:
        words = ngettext(
            "%(said)s row still can't be read.",
            "%(said)s rows still can't be read.",
            left,
            said=counted(left),
        )
        flash(words, "attention")
