"""The price list: offers in versions; earlier versions stay for what was sold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from babel.numbers import format_currency, get_currency_precision, list_currencies
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid
from lms.core.json_row_aggregates import gathered
from lms.models.branding import Branding
from lms.models.grants import Offer, OfferKind

HIGHEST_MINOR = 100_000_000
MOST_SEATS = 10_000
DEFAULT_CURRENCY = "USD"
SUBJECT = "prices"  # what their entries in the audit trail are about
# The prices that hold now, as a column beside others; `prices_of` reads it.
PRICES: Final = gathered(
    select(Offer.kind, Offer.minimum, Offer.price_minor, Offer.currency).where(
        Offer.retired_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs from `minimum` units on, in minor units of `currency`."""

    kind: OfferKind
    minimum: int
    price_minor: int
    currency: str

    @property
    def said(self) -> str:
        """Return it as people write it: `$99.00`."""
        return say_money(self.price_minor, self.currency)


def say_money(minor: int, currency: str) -> str:
    """Return an amount as people write it, such as `$1,234.00`."""
    amount = minor / 10 ** get_currency_precision(currency)
    return str(format_currency(amount, currency, locale="en_US"))


def read_prices(session: Session) -> tuple[Price, ...]:
    """Return the prices that hold now, by kind and then by minimum."""
    rows = session.execute(
        select(Offer.kind, Offer.minimum, Offer.price_minor, Offer.currency).where(
            Offer.retired_at.is_(None)
        )
    )
    return in_order(Price(*row) for row in rows)


def prices_of(column: Sequence[Sequence[Any]] | None) -> tuple[Price, ...]:
    """Return the prices that `PRICES` read, as a page lists them."""
    return in_order(Price(OfferKind(kind), *rest) for kind, *rest in column or ())


def in_order(prices: Iterable[Price]) -> tuple[Price, ...]:
    """Return prices as a page lists them: by kind as the trade counts them, then by minimum."""
    rank = {kind: place for place, kind in enumerate(OfferKind)}
    return tuple(sorted(prices, key=lambda price: (rank[price.kind], price.minimum)))


def set_prices(
    session: Session, prices: Sequence[Price], *, actor: str | None, now: datetime
) -> int:
    """Make these the prices of the house and return how many lines were changed.

    A line that changes is retired and followed by its next version; one that is not named any
    more is retired. Raises Invalid, with faults by `kind` or `kind-minimum`.
    """
    faults = _faults(prices)
    if faults:
        raise Invalid(N_("The prices have faults."), fields=faults)
    # On PostgreSQL two who change prices at once wait for each other here; on SQLite they did before.
    session.execute(select(Branding.id).with_for_update())
    standing = {
        (offer.kind, offer.minimum): offer
        for offer in session.scalars(select(Offer).where(Offer.retired_at.is_(None)))
    }
    wanted = {(price.kind, price.minimum): price for price in prices}
    changed = [key for key in {*standing, *wanted} if _differ(standing.get(key), wanted.get(key))]
    for key in changed:
        if key in standing:
            standing[key].retired_at = now
    session.flush()
    _add(session, [wanted[key] for key in changed if key in wanted], now=now)
    if changed:
        detail = {"lines": len(changed)}
        audit.record(session, "prices.set", SUBJECT, actor=actor, now=now, detail=detail)
    session.flush()
    return len(changed)


def _differ(offer: Offer | None, price: Price | None) -> bool:
    if offer is None or price is None:
        return True
    return (offer.price_minor, offer.currency) != (price.price_minor, price.currency)


def _add(session: Session, prices: Sequence[Price], *, now: datetime) -> None:
    versions = _versions(session)
    session.add_all(
        Offer(
            kind=price.kind,
            minimum=price.minimum,
            version=versions.get((price.kind, price.minimum), 0) + 1,
            price_minor=price.price_minor,
            currency=price.currency,
            created_at=now,
        )
        for price in prices
    )


def _versions(session: Session) -> Mapping[tuple[OfferKind, int], int]:
    rows = session.execute(
        select(Offer.kind, Offer.minimum, func.max(Offer.version)).group_by(
            Offer.kind, Offer.minimum
        )
    )
    return {(kind, minimum): version for kind, minimum, version in rows}


def _faults(prices: Sequence[Price]) -> dict[str, str]:
    faults: dict[str, str] = {}
    seen: set[tuple[OfferKind, int]] = set()
    known = list_currencies()
    for price in prices:
        name = price.kind.value if price.minimum == 1 else f"{price.kind.value}-{price.minimum}"
        if not 0 <= price.price_minor <= HIGHEST_MINOR:
            faults[name] = N_("A price is between 0 and 1,000,000.")
        if not 1 <= price.minimum <= MOST_SEATS:
            faults[name] = N_("A group price begins at a number of people between 2 and 10,000.")
        if price.currency not in known:
            faults["currency"] = N_("Choose a currency from the list.")
        if (price.kind, price.minimum) in seen:
            faults[name] = N_("There are two prices from the same number of people on.")
        seen.add((price.kind, price.minimum))
    if len({price.currency for price in prices}) > 1:
        faults["currency"] = N_("All prices of a house are in one currency.")
    return faults
