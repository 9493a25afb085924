"""Quotes: the tier, the total, and cheaper offers (PRODUCT.md, P1 to P8).

Pure: prices and times are arguments. Amounts are minor units of one currency.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from lms.core.dates_and_time_zones import default_zone, end_of_day, on_wall_clock
from lms.models.grants import OfferKind
from lms.pricing.offers import SEATS
from lms.pricing.price_list import Price

TOP_UP_FOR: Final = timedelta(days=30)
QUOTE_HOLDS_FOR: Final = timedelta(days=60)
LADDER: Final = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """What a customer wants: an offer, for how many people, for how many webinars of one scope.

    `covered` people already have it through a pass or contract (P2). None means unspecified: seats
    and passes are then for one person, and everything but a pass for one webinar.
    """

    kind: OfferKind
    people: int | None = None
    covered: int = 0
    webinars: int | None = None

    @property
    def paid(self) -> int:
        """Return the number of people to pay for."""
        return max((1 if self.people is None else self.people) - self.covered, 0)

    @property
    def times(self) -> int:
        """Return the number of webinars to pay for."""
        return 1 if self.webinars is None else self.webinars


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another offer for the same people at a lower price; its terms can differ.

    `people` is the number it is for, None for unlimited.
    """

    kind: OfferKind
    people: int | None
    total_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of an ask: `units` of `unit_minor`, in the tier that starts at `minimum` units."""

    kind: OfferKind
    people: int | None
    covered: int
    units: int
    minimum: int
    unit_minor: int
    total_minor: int
    currency: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Unpriced:
    """The seller has no list price for this: it is negotiated."""

    kind: OfferKind


@dataclass(frozen=True, slots=True)
class _Line:
    """One way to serve what is asked for."""

    kind: OfferKind
    people: int | None
    units: int
    price: Price

    @property
    def total_minor(self) -> int:
        return self.units * self.price.price_minor


def quote(prices: Sequence[Price], ask: Ask) -> Quote | Unpriced:
    """Return the price of an ask, and offers that serve it for less, the cheapest first (P1 to P3)."""
    own = _WAYS[ask.kind](prices, ask)
    if own is None:
        return Unpriced(ask.kind)
    others = [
        Alternative(each.kind, each.people, each.total_minor)
        for each in _others(prices, ask, own)
        if each.total_minor < own.total_minor
    ]
    return Quote(
        kind=own.kind,
        people=ask.people,
        covered=min(ask.covered, 1 if ask.people is None else ask.people),
        units=own.units,
        minimum=own.price.minimum,
        unit_minor=own.price.price_minor,
        total_minor=own.total_minor,
        currency=own.price.currency,
        alternatives=tuple(sorted(others, key=lambda each: each.total_minor)),
    )


def seats_total(prices: Sequence[Price], seats: int) -> int | Unpriced:
    """Return the price of seats of one webinar in one order (P1), 0 for no seats."""
    price = _tier(prices, SEATS, max(seats, 1))
    return Unpriced(OfferKind.SINGLE) if price is None else seats * price.price_minor


def ladder(prices: Sequence[Price]) -> tuple[Quote, ...]:
    """Return the quotes for one to eight seats of one webinar, for a table of prices."""
    asked = (quote(prices, Ask(OfferKind.SINGLE, number)) for number in range(1, LADDER + 1))
    return tuple(each for each in asked if isinstance(each, Quote))


def holds_until(quoted_at: datetime) -> datetime:
    """Return when a quoted price expires (P8): at the end of our sixtieth day."""
    zone = default_zone()
    return end_of_day(on_wall_clock(quoted_at, zone).date() + QUOTE_HOLDS_FOR, zone)


def by_the_day(full_minor: int, *, starts: date, ends: date, added: date) -> int:
    """Return the price of the rest of a term [starts, ends) that costs `full_minor`, from `added` on.

    Seats added to a contract end with it and are prorated by the day (C3), rounded half up; before
    the start they cost the whole term, after the end nothing.
    """
    days = (ends - starts).days
    left = min(max((ends - added).days, 0), days)
    return (2 * full_minor * left + days) // (2 * days)


def _others(prices: Sequence[Price], ask: Ask, own: _Line) -> Iterator[_Line]:
    """Yield the other ways to serve the same people; none if the ask doesn't say how many."""
    is_said = ask.webinars if own.kind is OfferKind.PASS else ask.people
    if is_said is None:
        return
    for way in (_seats, _showing, _institution, _passes):
        line = way(prices, ask)
        if line is not None and way is not _WAYS[own.kind]:
            yield line
    if own.kind in SEATS:
        yield from _larger(prices, ask)


def _seats(prices: Sequence[Price], ask: Ask) -> _Line | None:
    price = _tier(prices, SEATS, max(ask.paid, 1))
    return None if price is None else _Line(price.kind, ask.paid, ask.paid * ask.times, price)


def _showing(prices: Sequence[Price], ask: Ask) -> _Line | None:
    price = _tier(prices, (OfferKind.GROUP_SHOWING,), ask.times)
    return None if price is None else _Line(price.kind, ask.people, ask.times, price)


def _institution(prices: Sequence[Price], ask: Ask) -> _Line | None:
    price = _tier(prices, (OfferKind.INSTITUTIONAL,), ask.times)
    return None if price is None else _Line(price.kind, None, ask.times, price)


def _passes(prices: Sequence[Price], ask: Ask) -> _Line | None:
    price = _tier(prices, (OfferKind.PASS,), max(ask.paid, 1))
    return None if price is None else _Line(price.kind, ask.paid, ask.paid, price)


def _contract(prices: Sequence[Price], ask: Ask) -> _Line | None:
    price = _tier(prices, (OfferKind.CONTRACT,), ask.people or 0)
    return None if price is None else _Line(price.kind, ask.people, ask.people or 0, price)


def _larger(prices: Sequence[Price], ask: Ask) -> Iterator[_Line]:
    """Yield the larger groups, which can cost less because of a lower tier."""
    for price in prices:
        if price.kind in SEATS and price.minimum > ask.paid:
            yield _Line(price.kind, price.minimum, price.minimum * ask.times, price)


def _tier(prices: Sequence[Price], kinds: Sequence[OfferKind], units: int) -> Price | None:
    """Return the price with the highest minimum that this number of units reaches."""
    reached = [each for each in prices if each.kind in kinds and each.minimum <= units]
    return max(reached, key=lambda each: each.minimum, default=None)


_WAYS: Final[Mapping[OfferKind, Callable[[Sequence[Price], Ask], _Line | None]]] = {
    OfferKind.SINGLE: _seats,
    OfferKind.GROUP_SEATS: _seats,
    OfferKind.GROUP_SHOWING: _showing,
    OfferKind.INSTITUTIONAL: _institution,
    OfferKind.PASS: _passes,
    OfferKind.CONTRACT: _contract,
}
