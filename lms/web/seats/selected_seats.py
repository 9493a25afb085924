"""The selected seats of the seat table, as its bulk action forms send them."""

from datetime import UTC, datetime

from flask import request
from werkzeug.wrappers import Response

from lms.core.clock import now
from lms.core.errors import N_, NotFound
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import seat_table
from lms.seats.bulk_release_and_reinvite import unchanged_since
from lms.seats.pool_overview import read_pools
from lms.web.core.request_context import read_session
from lms.web.seats.manager_seat_table import CHOSEN_FROM
from lms.web.seats.pool_texts import pool_titles
from lms.web.seats.seat_table_filters import TableState, read_state

NO_ONE_SELECTED = N_("Select at least one person.")


def table_of(managed: Managed) -> TableState:
    """Return the table that a form was sent from; raises NotFound for another organization's pool."""
    with read_session() as reading:
        titles = pool_titles(read_pools(reading, managed.facts.id, now=now()))
    return read_state(managed.facts.public_id, request.form, titles)


def chosen_seats(managed: Managed, state: TableState) -> tuple[str, ...]:
    """Return the selected seats; raises NotFound if one isn't this organization's."""
    with read_session() as reading:
        if request.form.get("all"):
            if state.wanted.standing not in CHOSEN_FROM:
                return ()
            return seat_table.every_seat(reading, managed.facts.id, state.wanted)
        asked = tuple(dict.fromkeys(request.form.getlist("seat")))
        if not seat_table.are_of(reading, managed.facts.id, asked):
            raise NotFound
        return asked


def seats_as_shown(chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the selected seats that still have the people whom the page showed.

    A seat that was reassigned since then isn't released: the manager never saw its new person. Raises
    NotFound for a time that no page sent.
    """
    try:
        shown_at = datetime.fromisoformat(request.form.get("shown_at") or now().isoformat())
        if shown_at.tzinfo is None:
            raise NotFound
        shown_at = shown_at.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise NotFound from fault
    with read_session() as reading:
        return unchanged_since(reading, chosen, shown_at)


def see_other_url(url: str) -> Response:
    """Return a 303 redirect to a URL built by this area."""
    return Response(status=303, headers={"Location": url})
