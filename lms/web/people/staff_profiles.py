"""Staff pages that find people, and show one person's profile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.certificates.read_models import list_history
from lms.core import clock
from lms.core.dates_and_time_zones import say_date, say_datetime_in_table
from lms.core.errors import N_
from lms.people import grant_and_seat_history, profile_read_model
from lms.people.login_search import PersonRow, Show, find_people
from lms.people.profile_read_model import Person
from lms.people.role_texts import ROLES, SELLER_ROLES
from lms.reports import audit_log
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.audit.sentences import tell
from lms.web.certificates.own import line_of
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_name
from lms.web.people.grant_and_seat_rows import grant_row, seat_row
from lms.web.people.staff_forms import AliasForm

blueprint = Blueprint("staff_people", __name__, url_prefix="/staff/people")

PAGE_SIZE: Final = 50
FEW_ENTRIES: Final = 8
SHOWN: Final = {
    Show.EVERYONE: N_("Everyone"),
    Show.STAFF: N_("Our team"),
    Show.BLOCKED: N_("Blocked"),
    Show.MERGED: N_("Merged into another"),
    Show.UNCONFIRMED: N_("Not confirmed"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the audit trail as a line."""

    when: str
    sentence: Markup


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the logins that match."""
    number = page_number()
    query = request.args.get("q", "").strip()
    show = _chosen_show()
    with read_session() as session:
        found = find_people(
            session, query, show=show, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    kept: dict[str, Any] = {
        "q": query or None,
        "show": show.value if show is not Show.EVERYONE else None,
    }
    return render(
        "people/staff_profiles.html",
        rows=found.items,
        badges=badges,
        joined={row.public_id: _day(row.created_at) for row in found.items},
        query=query,
        show=show.value,
        shown=[(each.value, _(words)) for each, words in SHOWN.items()],
        filters=_filters(query, show),
        pager=pager_of(
            number,
            PAGE_SIZE,
            found.total,
            url=lambda page: url_for(".index", **{**kept, "page": page}),
        ),
    )


@blueprint.get("/<login_id>")
@open_to(Audience.STAFF)
def person(login_id: str) -> ResponseReturnValue:
    """Show one login: who it is, what it holds and has held, and what happened to it."""
    return person_page(login_id, AliasForm())


def person_page(login_id: str, form: AliasForm) -> str:
    """Return a login's page; `form` is the one for a further address. Raises NotFound."""
    now, zone = clock.now(), reading_zone()
    with read_session() as session:
        found = profile_read_model.read_person(session, login_id)
        grants = grant_and_seat_history.read_grants(session, found.id, now=now)
        seats = grant_and_seat_history.read_seats(session, found.id)
        own = list_history(session, found.id)
        about = found.email or found.public_id
        trail = audit_log.read_trail(session, audit_log.Wanted(about=about), limit=FEW_ENTRIES)
    return render(
        "people/staff_person.html",
        person=found,
        badges=badges(found),
        facts=_facts(found),
        grants=[grant_row(one, login_id=login_id, zone=zone) for one in grants],
        seats=[seat_row(one, zone=zone) for one in seats],
        certificates=[line_of(each) for each in own],
        roles={place.slug: _(ROLES[place.role]) for place in found.places},
        blocked=_day(found.blocked_at) if found.blocked_at else "",
        happened=[
            Happened(say_datetime_in_table(entry.at, zone), tell(entry).sentence)
            for entry in trail.items
        ],
        about=about,
        form=form,
    )


def badges(row: PersonRow | Person) -> list[tuple[str, str]]:
    """Return what is out of the ordinary about a login, as badges."""
    is_blocked = row.is_blocked if isinstance(row, PersonRow) else row.blocked_at is not None
    is_merged = row.is_merged if isinstance(row, PersonRow) else row.merged_into is not None
    role = SELLER_ROLES[row.seller_role] if row.seller_role else ""
    told = (
        (row.seller_role is not None, _(role), "term"),
        (is_blocked, _("Blocked"), "danger"),
        (is_merged, _("Merged"), "none"),
        (not row.is_confirmed, _("Not confirmed"), "soon"),
    )
    return [(words, kind) for is_so, words, kind in told if is_so]


def _facts(found: Person) -> list[tuple[str, str | None]]:
    seen = found.last_seen_at
    return [
        (_("Address"), found.email or _("None: came from a learning system")),
        (_("Recovery address"), found.recovery_email or _("None")),
        (_("Password"), _("Set") if found.has_password else _("None yet")),
        (_("Time zone"), zone_name(found.zone) if found.zone else _("The house's")),
        (_("Here since"), _day(found.created_at)),
        (_("Last seen"), _day(seen) if seen else _("Never signed in")),
        (_("Id"), found.public_id),
    ]


def _chosen_show() -> Show:
    try:
        return Show(request.args.get("show", ""))
    except ValueError:
        return Show.EVERYONE


def _filters(query: str, show: Show) -> list[tuple[str, str]]:
    chosen = []
    if query:
        without = url_for(".index", show=show.value if show is not Show.EVERYONE else None)
        chosen.append((f"“{query}”", without))
    if show is not Show.EVERYONE:
        chosen.append((_(SHOWN[show]), url_for(".index", q=query or None)))
    return chosen


def _day(at: datetime) -> str:
    return say_date(at, reading_zone())
