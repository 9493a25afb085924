"""Lines of a price list as staff enter them, and the own prices of a webinar, series or presenter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.errors import N_, Invalid
from lms.core.money_parsing_and_formatting import read_amount, write_amount
from lms.models.grants import OfferKind, Scope
from lms.pricing.price_list import Price, own_prices
from lms.pricing.price_owners import find_owner

SPARE_LINES: Final = 2
ENTER_AMOUNTS: Final = N_("Enter amounts like 99.00 and numbers of seats like 3.")
KIND_WORDS: Final = {
    OfferKind.SINGLE: N_("One person, one webinar"),
    OfferKind.GROUP_SEATS: N_("Each seat in a group"),
    OfferKind.GROUP_SHOWING: N_("Group viewing"),
    OfferKind.INSTITUTIONAL: N_("Everyone at one institution"),
    OfferKind.PASS: N_("All-access pass for a year"),
}
SCOPE_WORDS: Final = {
    Scope.WEBINAR: N_("webinar"),
    Scope.SERIES: N_("series"),
    Scope.PRESENTER: N_("presenter"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a price list's form; `general` is the amount that applies while it is empty."""

    kind: str
    minimum: str = ""
    amount: str = ""
    general: str = ""


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """The own prices of a webinar, series or presenter: words and amounts."""

    scope: Scope
    public_id: str
    rows: tuple[tuple[str, str], ...]


def sent_lines() -> list[Line]:
    """Return the submitted lines that have an amount."""
    kinds, minimums = request.form.getlist("kind"), request.form.getlist("minimum")
    amounts = request.form.getlist("amount")
    sent = zip(kinds, minimums, amounts, strict=False)
    return [Line(*each) for each in sent if each[2].strip()]


def read_lines(lines: Sequence[Line], currency: str) -> list[Price]:
    """Return lines as prices; raises Invalid with an error for each invalid line's number."""
    faults: dict[str, str] = {}
    read = []
    for number, line in enumerate(lines, start=1):
        try:
            minor = read_amount(line.amount, currency, field="amount")
            read.append(Price(OfferKind(line.kind), int(line.minimum or 1), minor, currency))
        except (Invalid, ValueError):
            faults[str(number)] = ENTER_AMOUNTS
    if faults:
        raise Invalid(N_("Check the prices below."), fields=faults)
    return read


def faults_by_line(refusal: Invalid, prices: Sequence[Price]) -> dict[str, str]:
    """Return the errors of lines by number, also those of the prices that were read from them."""
    numbers = {price.key: str(number) for number, price in enumerate(prices, start=1)}
    return {numbers.get(name, name): sentence for name, sentence in refusal.fields.items()}


def line_of(price: Price) -> Line:
    """Return a price as a line of the form."""
    amount = write_amount(price.price_minor, price.currency)
    return Line(price.kind, str(price.minimum), amount)


def own_prices_of(session: Session, scope: Scope, public_id: str) -> OwnPrices:
    """Return the own prices of one thing, for staff pages."""
    prices = own_prices(session, find_owner(session, scope, public_id).target)
    return OwnPrices(scope, public_id, tuple((_words(price), price.said) for price in prices))


def _words(price: Price) -> str:
    words = _(KIND_WORDS[price.kind])
    if price.minimum == 1:
        return words
    return _("%(words)s, %(num)s or more people", words=words, num=price.minimum)
