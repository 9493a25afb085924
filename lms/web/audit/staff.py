"""Staff page of the audit log: filtered, on screen and as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.core.acting_roles import ActingRole
from lms.core.dates_and_time_zones import say_date, say_time
from lms.people.role_texts import ACTING_ROLES
from lms.reports import audit_log
from lms.reports.audit_log import Entry, Wanted
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.audit.sentences import act_words, tell
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_audit", __name__, url_prefix="/staff")

PAGE_SIZE: Final = 50
HEADINGS: Final = ("at", "act", "sentence", "actor", "role", "subject", "detail")
FILTERS: Final = ("act", "actor", "role", "about", "from", "to")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, as its row shows it."""

    sentence: Markup
    day: str
    time: str
    act: str
    role: str


@blueprint.get("/audit")
@open_to(Audience.STAFF)
def trail() -> ResponseReturnValue:
    """Show matching entries, newest first."""
    number = page_number()
    asked = _asked()
    with read_session() as session:
        page = audit_log.read_trail(
            session, _wanted(asked), offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        acts = audit_log.read_acts(session)
    return render(
        "audit/staff.html",
        rows=[_line(entry) for entry in page.items],
        acts=[(act, act_words(act)) for act in acts],
        roles=[(role.value, _(words)) for role, words in ACTING_ROLES.items()],
        asked=asked,
        filters=_chips(asked),
        csv_url=url_for(".trail_csv", **asked),
        pager=pager_of(number, PAGE_SIZE, page.total),
    )


@blueprint.get("/audit.csv")
@open_to(Audience.STAFF)
def trail_csv() -> ResponseReturnValue:
    """Download all matching entries as CSV."""
    database, wanted = carrel().database, _wanted(_asked())

    def rows() -> Iterator[tuple[str | datetime | None, ...]]:
        with database.read_session() as session:
            for entry in audit_log.stream_trail(session, wanted):
                yield _cells(entry)

    return csv_answer(HEADINGS, rows(), "audit")


def _cells(entry: Entry) -> tuple[str | datetime | None, ...]:
    detail = "; ".join(f"{key}={value}" for key, value in entry.detail.items())
    return (
        entry.at,
        entry.act,
        tell(entry).text,
        entry.actor_id,
        entry.role,
        entry.subject_id,
        detail,
    )


def _asked() -> dict[str, Any]:
    """Return the non-empty filters in the URL."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    return {name: value for name, value in given.items() if value}


def _wanted(asked: dict[str, Any]) -> Wanted:
    return Wanted(
        act=asked.get("act", ""),
        actor=asked.get("actor", ""),
        role=_role(asked),
        about=asked.get("about", ""),
        since=_midnight(asked.get("from", ""), days=0),
        until=_midnight(asked.get("to", ""), days=1),
    )


def _role(asked: dict[str, Any]) -> ActingRole | None:
    return next((role for role in ActingRole if role == asked.get("role")), None)


def _midnight(day: str, *, days: int) -> datetime | None:
    """Return the start of a day, or of the day `days` later, in the reader's zone; None if invalid."""
    try:
        chosen = date.fromisoformat(day) + timedelta(days=days)
        return datetime.combine(chosen, time(), tzinfo=reading_zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _line(entry: Entry) -> Line:
    zone = reading_zone()
    return Line(
        tell(entry).sentence,
        say_date(entry.at, zone),
        say_time(entry.at, zone),
        entry.act,
        _(ACTING_ROLES[entry.role]),
    )


def _chips(asked: dict[str, Any]) -> list[tuple[str, str]]:
    role = _role(asked)
    named = {
        "role": _(ACTING_ROLES[role]) if role else asked.get("role", ""),
        "act": act_words(asked.get("act", "")),
        "actor": _("by %(who)s", who=asked.get("actor", "")),
        "about": _("about %(what)s", what=asked.get("about", "")),
        "from": _("from %(day)s", day=asked.get("from", "")),
        "to": _("to %(day)s", day=asked.get("to", "")),
    }
    return [
        (
            named[name],
            url_for(".trail", **{key: value for key, value in asked.items() if key != name}),
        )
        for name in asked
    ]
