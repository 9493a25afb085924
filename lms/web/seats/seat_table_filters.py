"""Seat table filters in the URL: removable filters, sort order, and page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from lms.core.errors import N_, Invalid, NotFound
from lms.seats.seat_table import Order, Sort, Standing, Wanted, Watching
from lms.web.core.form_fields import Names

PEOPLE: Final = "organization_people.people"
LONGEST_QUERY: Final = 200
STANDING_WORDS: Final = {
    Standing.CLAIMED: N_("Claimed"),
    Standing.INVITED: N_("Invited"),
    Standing.OFFERED: N_("Offered"),
    Standing.FROZEN: N_("Reserved for renewal"),
    Standing.LOCKED: N_("Locked"),
    Standing.RELEASED: N_("Released"),
}
STANDING_BADGES: Final = {
    Standing.CLAIMED: "open",
    Standing.INVITED: "soon",
    Standing.OFFERED: "soon",
    Standing.FROZEN: "none",
    Standing.LOCKED: "none",
    Standing.RELEASED: "plain",
}
WATCHING_WORDS: Final = {
    Watching.NEVER: N_("Never watched"),
    Watching.BEGUN: N_("Has watched"),
}
BOUNCED: Final = "bounced"
UNSUBSCRIBED: Final = N_("Unsubscribed from emails")
BOUNCED_WORDS: Final = N_("Email bounced")
UP_FIRST: Final = frozenset({Sort.NAME, Sort.ADDRESS, Sort.STATE})
Word = TypeVar("Word", Sort, Standing, Watching)


@dataclass(frozen=True, slots=True)
class TableState:
    """The filters and the sort order of the table, as in its URL."""

    organization_id: str
    wanted: Wanted
    order: Order

    def values(self) -> dict[str, str]:
        """Return the query parameters of this table's URL, without the page."""
        wanted, order = self.wanted, self.order
        said = {
            "q": wanted.query,
            "pool": wanted.pool_id or "",
            "state": wanted.standing or "",
            "watched": wanted.watching or "",
            "mail": BOUNCED if wanted.bounced else "",
            "sort": "" if order == Order() else order.by.value,
            "down": "1" if order.descending else "",
        }
        return {name: str(value) for name, value in said.items() if value}

    def url(self, endpoint: str = PEOPLE, **changed: str | int | None) -> str:
        """Return this table's URL with changed parameters; None removes one."""
        values: dict[str, str | int | None] = {**self.values(), **changed}
        kept: dict[str, Any] = {name: value for name, value in values.items() if value}
        return url_for(endpoint, organization_id=self.organization_id, **kept)

    def chips(self, titles: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the active filters, each with the URL of the table without it."""
        wanted = self.wanted
        said = (
            ("q", f"“{wanted.query}”" if wanted.query else ""),
            ("pool", titles.get(wanted.pool_id or "", "")),
            ("state", _(STANDING_WORDS[wanted.standing]) if wanted.standing else ""),
            ("watched", _(WATCHING_WORDS[wanted.watching]) if wanted.watching else ""),
            ("mail", _(BOUNCED_WORDS) if wanted.bounced else ""),
        )
        return [(label, self._without(name)) for name, label in said if label]

    def _without(self, name: str) -> str:
        kept: dict[str, Any] = {key: value for key, value in self.values().items() if key != name}
        return url_for(PEOPLE, organization_id=self.organization_id, **kept)


def read_state(
    organization_id: str, args: MultiDict[str, str], pools: Mapping[str, str]
) -> TableState:
    """Parse a URL or a form; raises NotFound for another organization's pool, or for one that isn't known."""
    pool_id = args.get("pool") or None
    if pool_id is not None:
        try:
            pool_id, _title = Names(pools.items(), "").find(pool_id)
        except Invalid as refusal:
            raise NotFound from refusal
    by = _word(Sort, args.get("sort"))
    return TableState(
        organization_id,
        Wanted(
            query=" ".join(args.get("q", "").split())[:LONGEST_QUERY],
            pool_id=pool_id,
            standing=_word(Standing, args.get("state")),
            watching=_word(Watching, args.get("watched")),
            bounced=args.get("mail") == BOUNCED,
        ),
        Order(by or Sort.NAME, bool(args.get("down"))),
    )


def _word(kind: type[Word], raw: str | None) -> Word | None:
    return next((word for word in kind if word == raw), None)
