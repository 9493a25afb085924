"""The price list: versioned offers; earlier versions stay for what was sold at them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from babel.numbers import format_currency, get_currency_precision, list_currencies
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid
from lms.core.languages import locale, sayable
from lms.core.list_queries import gathered
from lms.grants.grants import Target, target_columns
from lms.models.branding import Branding
from lms.models.catalog import Presenter, Series, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Offer, OfferKind, Scope
from lms.pricing.first_currency import fixed_currency
from lms.pricing.offers import SEATS

HIGHEST_MINOR = 100_000_000
MOST_SEATS = 10_000
DEFAULT_CURRENCY = "USD"
OTHER_CURRENCY = N_(
    "Special prices use another currency. Remove the special prices of webinars, "
    "series, and presenters before you change the currency."
)
FIXED_CURRENCY = N_(
    "Your orders and payments are in %(currency)s. You can't change the currency after"
    " the first one."
)
SAME_START: Final = N_("Two prices start at the same number of people.")
FOR_SEVERAL_ONLY: Final = N_("Passes and contracts can't be sold for one webinar.")
SUBJECT = "prices"  # the subject of audit entries about the general prices
EVERYTHING: Final = Target(Scope.EVERYTHING)
FOR_SEVERAL: Final = (OfferKind.PASS, OfferKind.CONTRACT)  # never sold for one webinar
TARGETS: Final[Mapping[Scope, type[Webinar] | type[Series] | type[Presenter]]] = {
    Scope.WEBINAR: Webinar,
    Scope.SERIES: Series,
    Scope.PRESENTER: Presenter,
}
_HOLDS_NOW: Final = Offer.retired_at.is_(None)


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit from `minimum` units on, in minor units of `currency`."""

    kind: OfferKind
    minimum: int
    price_minor: int
    currency: str

    @property
    def key(self) -> str:
        """Return its name in errors: the offer, and where it starts if there are several."""
        return self.kind.value if self.minimum == 1 else f"{self.kind.value}-{self.minimum}"

    @property
    def said(self) -> str:
        """Return it as shown: `$99.00`."""
        return say_money(self.price_minor, self.currency)

    @property
    def said_shortly(self) -> str:
        """Return it without cents if there are none: `$99`."""
        amount = self.price_minor / 10 ** get_currency_precision(self.currency)
        if not amount.is_integer():
            return self.said
        return str(
            format_currency(
                amount, self.currency, "\N{CURRENCY SIGN}#,##0", "en_US", currency_digits=False
            )
        )


@sayable
def say_money(minor: int, currency: str) -> str:
    """Return an amount as shown, such as `$1,234.00`."""
    amount = minor / 10 ** get_currency_precision(currency)
    return str(format_currency(amount, currency, locale=locale()))


def price_for_one(prices: Sequence[Price]) -> Price | None:
    """Return the lowest price at which one person can buy a webinar itself; None if it isn't sold."""
    own = [each for each in prices if each.minimum == 1 and each.kind not in FOR_SEVERAL]
    return min(own, key=lambda each: each.price_minor, default=None)


def read_prices(session: Session, target: Target = EVERYTHING) -> tuple[Price, ...]:
    """Return the current prices for a target, by kind and then by minimum.

    The most specific prices apply: a webinar's own before those of its series, then its presenters,
    then the general ones. If several series or presenters have their own, the cheaper ones apply.
    """
    return _read(session, target, _HOLDS_NOW)


def own_prices(session: Session, target: Target) -> tuple[Price, ...]:
    """Return the prices set for a target itself; the general ones for `EVERYTHING`."""
    return in_order(
        Price(offer.kind, offer.minimum, offer.price_minor, offer.currency)
        for offer in session.scalars(select(Offer).where(_HOLDS_NOW, _is_of(target)))
    )


def currency_of(session: Session) -> str:
    """Return the currency of the current prices, or else that of the first order."""
    priced = next((price.currency for price in read_prices(session)), None)
    return priced or fixed_currency(session) or DEFAULT_CURRENCY


def prices_at(session: Session, at: datetime, target: Target = EVERYTHING) -> tuple[Price, ...]:
    """Return the prices for a target at a time: an order keeps those of its day (P6)."""
    held = and_(Offer.created_at <= at, or_(Offer.retired_at.is_(None), Offer.retired_at > at))
    return _read(session, target, held)


def pass_prices(session: Session) -> Mapping[tuple[Scope, str], Price]:
    """Return the current prices of a pass for everything, and of those with their own price, by slug."""
    rows = session.execute(
        select(Offer.price_minor, Offer.currency, Series.slug, Presenter.slug)
        .outerjoin(Series, Series.id == Offer.series_id)
        .outerjoin(Presenter, Presenter.id == Offer.presenter_id)
        .where(
            _HOLDS_NOW,
            Offer.kind == OfferKind.PASS,
            Offer.minimum == 1,
            Offer.webinar_id.is_(None),
        )
    )
    found = {}
    for minor, currency, series, presenter in rows:
        scope = Scope.SERIES if series else Scope.PRESENTER if presenter else Scope.EVERYTHING
        price = Price(OfferKind.PASS, 1, minor, currency)
        found[scope, series or presenter or ""] = price
    return found


def prices_column(scope: Scope, holds: ColumnElement[bool] = _HOLDS_NOW) -> ScalarSelect[Any]:
    """Return the prices of each webinar, series or presenter of a statement, as a column.

    `prices_of` reads it.
    """
    rows = select(
        Offer.webinar_id,
        Offer.series_id,
        Offer.presenter_id,
        Offer.kind,
        Offer.minimum,
        Offer.price_minor,
        Offer.currency,
    )
    return gathered(rows.where(holds, _concerns(scope)).correlate(*TARGETS.values()))


def prices_of(column: Sequence[Sequence[Any]] | None) -> tuple[Price, ...]:
    """Return the prices from a `prices_column`, in the order of pages."""
    owners: dict[tuple[int, int], list[Price]] = {}
    for *targets, kind, minimum, minor, currency in column or ():
        rank = next((at for at, target in enumerate(targets) if target), len(targets))
        owner = (rank, next((target for target in targets if target), 0))
        price = Price(OfferKind(kind), minimum, minor, currency)
        owners.setdefault(owner, []).append(price)
    return in_order(price for kind in OfferKind for price in _most_specific(owners, kind))


def _most_specific(
    owners: Mapping[tuple[int, int], Sequence[Price]], kind: OfferKind
) -> Iterator[Price]:
    """Return the prices of a kind from the most specific owner that has any.

    An owner's price for one seat also replaces less specific group prices, so that three seats
    never cost more than three times one.
    """
    ladder = SEATS if kind in SEATS else (kind,)
    replaced_by = SEATS if kind is OfferKind.GROUP_SEATS else (kind,)
    ranked = []
    for (rank, owner_id), prices in owners.items():
        if any(price.kind in replaced_by for price in prices):
            first = min((each.minimum, each.price_minor) for each in prices if each.kind in ladder)
            ranked.append((rank, first[1], owner_id))
    if ranked:
        rank, _price, owner_id = min(ranked)
        yield from (price for price in owners[rank, owner_id] if price.kind is kind)


def _read(session: Session, target: Target, holds: ColumnElement[bool]) -> tuple[Price, ...]:
    query = select(prices_column(target.scope, holds))
    if target.scope is not Scope.EVERYTHING:
        query = query.where(TARGETS[target.scope].id == target.id)
    return prices_of(session.scalar(query))


def _is_of(target: Target) -> ColumnElement[bool]:
    columns = target_columns(target)
    return and_(
        Offer.webinar_id.is_not_distinct_from(columns["webinar_id"]),
        Offer.series_id.is_not_distinct_from(columns["series_id"]),
        Offer.presenter_id.is_not_distinct_from(columns["presenter_id"]),
    )


def _concerns(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that an offer can price the row of the enclosing statement."""
    is_general = _is_of(EVERYTHING)
    if scope is Scope.SERIES:
        return or_(is_general, Offer.series_id == Series.id)
    if scope is Scope.PRESENTER:
        return or_(is_general, Offer.presenter_id == Presenter.id)
    if scope is Scope.EVERYTHING:
        return is_general
    in_series = select(WebinarSeries.series_id).where(WebinarSeries.webinar_id == Webinar.id)
    presented = select(WebinarPresenter.presenter_id).where(
        WebinarPresenter.webinar_id == Webinar.id
    )
    own = or_(
        is_general,
        Offer.webinar_id == Webinar.id,
        Offer.series_id.in_(in_series.correlate(Webinar)),
        Offer.presenter_id.in_(presented.correlate(Webinar)),
    )
    includes_it = and_(is_general, Webinar.is_in_passes)  # only the all-access pass is offered
    return or_(and_(Offer.kind.not_in(FOR_SEVERAL), own), includes_it)


def in_order(prices: Iterable[Price]) -> tuple[Price, ...]:
    """Return prices in the order of pages: by kind, then by minimum."""
    rank = {kind: place for place, kind in enumerate(OfferKind)}
    return tuple(sorted(prices, key=lambda price: (rank[price.kind], price.minimum)))


def set_prices(
    session: Session,
    prices: Sequence[Price],
    target: Target = EVERYTHING,
    *,
    actor: str | None,
    now: datetime,
) -> int:
    """Set the prices of a target and return how many changed.

    A changed price is retired and gets a new version; one that is left out is retired. Raises
    Invalid, with faults by `kind` or `kind-minimum`.
    """
    faults = _faults(prices, target)
    if faults:
        raise Invalid(N_("Check the prices below."), fields=faults)
    # Serializes price changes on PostgreSQL; on SQLite transactions are serial anyway.
    session.execute(select(Branding.id).with_for_update())
    _check_currency(session, prices, target)
    standing = {
        (offer.kind, offer.minimum): offer
        for offer in session.scalars(select(Offer).where(_HOLDS_NOW, _is_of(target)))
    }
    wanted = {(price.kind, price.minimum): price for price in prices}
    changed = [key for key in {*standing, *wanted} if _differ(standing.get(key), wanted.get(key))]
    for key in changed:
        if key in standing:
            standing[key].retired_at = now
    session.flush()
    _add(session, [wanted[key] for key in changed if key in wanted], target, now=now)
    if changed:
        _record(session, target, len(changed), actor=actor, now=now)
    session.flush()
    return len(changed)


def _record(
    session: Session, target: Target, lines: int, *, actor: str | None, now: datetime
) -> None:
    event, subject = "prices.set", SUBJECT
    if target.scope is not Scope.EVERYTHING:
        model = TARGETS[target.scope]
        event = f"{target.scope}.prices_set"
        subject = session.scalars(select(model.public_id).where(model.id == target.id)).one()
    audit.record(session, event, subject, actor=actor, now=now, detail={"lines": lines})


def _check_currency(session: Session, prices: Sequence[Price], target: Target) -> None:
    fixed = fixed_currency(session)
    if fixed is not None and any(price.currency != fixed for price in prices):
        raise Invalid(FIXED_CURRENCY % {"currency": fixed}, field="currency")
    others = set(session.scalars(select(Offer.currency).where(_HOLDS_NOW, ~_is_of(target))))
    if any(price.currency not in others for price in prices) and others:
        raise Invalid(OTHER_CURRENCY, field="currency")


def _differ(offer: Offer | None, price: Price | None) -> bool:
    if offer is None or price is None:
        return True
    return (offer.price_minor, offer.currency) != (price.price_minor, price.currency)


def _add(session: Session, prices: Sequence[Price], target: Target, *, now: datetime) -> None:
    versions = _versions(session, target)
    columns = target_columns(target)
    columns.pop("scope")
    session.add_all(
        Offer(
            **columns,
            kind=price.kind,
            minimum=price.minimum,
            version=versions.get((price.kind, price.minimum), 0) + 1,
            price_minor=price.price_minor,
            currency=price.currency,
            created_at=now,
        )
        for price in prices
    )


def _versions(session: Session, target: Target) -> Mapping[tuple[OfferKind, int], int]:
    rows = session.execute(
        select(Offer.kind, Offer.minimum, func.max(Offer.version))
        .where(_is_of(target))
        .group_by(Offer.kind, Offer.minimum)
    )
    return {(kind, minimum): version for kind, minimum, version in rows}


def _faults(prices: Sequence[Price], target: Target) -> dict[str, str]:
    faults: dict[str, str] = {}
    seen: set[tuple[OfferKind, int]] = set()
    known = list_currencies()
    for price in prices:
        name = price.key
        if not 0 <= price.price_minor <= HIGHEST_MINOR:
            faults[name] = N_("Enter a price from 0 to 1,000,000.")
        if not 1 <= price.minimum <= MOST_SEATS:
            faults[name] = N_("A group price must start at 2 to 10,000 people.")
        if price.currency not in known:
            faults["currency"] = N_("Choose a currency from the list.")
        if (price.kind, price.minimum) in seen:
            faults[name] = SAME_START
        if target.scope is Scope.WEBINAR and price.kind in FOR_SEVERAL:
            faults[name] = FOR_SEVERAL_ONLY
        seen.add((price.kind, price.minimum))
    if len({price.currency for price in prices}) > 1:
        faults["currency"] = N_("All prices must be in the same currency.")
    return faults
