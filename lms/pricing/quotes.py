"""Quotes: the tier, the total, and cheaper offers (PRODUCT.md, P1 to P8).

Pure: prices are handed in as data, moments as arguments. Amounts are minor units of one currency.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from lms.models.grants import OfferKind
from lms.pricing.offers import SEATS
from lms.pricing.price_list import Price

TOP_UP_FOR: Final = timedelta(days=30)
QUOTE_HOLDS_FOR: Final = timedelta(days=60)
LADDER: Final = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants: an offer, for how many people, for how many webinars of one scope.

    `covered` of the people hold it already through a pass or contract (P2). None means that nobody
    said how many: seats and passes are then for one, everything but a pass for one webinar.
    """

    kind: OfferKind
    people: int | None = None
    covered: int = 0
    webinars: int | None = None

    @property
    def paid(self) -> int:
        """Return for how many people must be paid."""
        return max((1 if self.people is None else self.people) - self.covered, 0)

    @property
    def times(self) -> int:
        """Return for how many webinars must be paid."""
        return 1 if self.webinars is None else self.webinars


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another offer that serves the same people for less; its terms may differ.

    `people` is how many it is for, None for everyone there is.
    """

    kind: OfferKind
    people: int | None
    total_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What an ask costs: `units` of `unit_minor`, by the tier that begins at `minimum` units."""

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
    """The house has no price for this: it is negotiated."""

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
    """Return what an ask costs and which offers serve it for less, the cheapest first (P1 to P3)."""
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
    """Return what so many seats of one webinar cost in one order (P1); none cost nothing."""
    price = _tier(prices, SEATS, max(seats, 1))
    return Unpriced(OfferKind.SINGLE) if price is None else seats * price.price_minor


def ladder(prices: Sequence[Price]) -> tuple[Quote, ...]:
    """Return the quotes for one to eight seats of one webinar, as a table of prices shows them."""
    asked = (quote(prices, Ask(OfferKind.SINGLE, number)) for number in range(1, LADDER + 1))
    return tuple(each for each in asked if isinstance(each, Quote))


def holds_until(quoted_at: datetime) -> datetime:
    """Return the moment from which a price that was quoted holds no more (P8)."""
    return quoted_at + QUOTE_HOLDS_FOR


def by_the_day(full_minor: int, *, starts: date, ends: date, added: date) -> int:
    """Return what is paid for a term's rest: [starts, ends) costs `full_minor`, it begins at `added`.

    Seats added to a contract in mid-term end with it and are priced by the day (C3), rounded half
    up; before the start they cost the whole term, after the end nothing.
    """
    days = (ends - starts).days
    left = min(max((ends - added).days, 0), days)
    return (2 * full_minor * left + days) // (2 * days)


def _others(prices: Sequence[Price], ask: Ask, own: _Line) -> Iterator[_Line]:
    """Yield the other ways to serve the same people; none where nobody said what they need."""
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
    """Yield the larger groups, which cost less where a tier's price falls steeply."""
    for price in prices:
        if price.kind in SEATS and price.minimum > ask.paid:
            yield _Line(price.kind, price.minimum, price.minimum * ask.times, price)


def _tier(prices: Sequence[Price], kinds: Sequence[OfferKind], units: int) -> Price | None:
    """Return the price with the highest minimum that so many units reach."""
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
