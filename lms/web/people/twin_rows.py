"""Rows of two accounts that may belong to one person, each linked to the page that merges them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from lms.core.errors import N_
from lms.core.lti_hook_types import Likeness
from lms.people.possible_twins import PossibleTwin

WHY: Final = {
    Likeness.USER: N_("The same user of the same LMS."),
    Likeness.SIS_ID: N_("The same institutional ID."),
    Likeness.EMAIL: N_("The same email address in the LMS."),
}


@dataclass(frozen=True, slots=True)
class TwinRow:
    """Two accounts, why they may belong to one person, and the page that shows both before merging."""

    names: str
    why: str
    url: str


def twin_rows(twins: Iterable[PossibleTwin]) -> list[TwinRow]:
    """Return a row for each pair."""
    return [
        TwinRow(
            _("%(name)s and %(other)s", name=one.name, other=one.other_name),
            _(WHY[one.likeness]),
            url_for("staff_merge.choose", login_id=one.login, other=one.other),
        )
        for one in twins
    ]
