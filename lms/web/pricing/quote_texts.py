"""Quote texts for pages: the total, its parts, the price table, and cheaper offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.errors import N_
from lms.models.grants import OfferKind
from lms.models.requests import RequestKind
from lms.pricing.price_list import Price, say_money
from lms.pricing.quotes import Alternative, Quote, Unpriced, ladder

WAYS: Final[Mapping[OfferKind, tuple[RequestKind, str]]] = {
    OfferKind.SINGLE: (
        RequestKind.REGISTER,
        N_("Each person has their own account and permanent access."),
    ),
    OfferKind.GROUP_SEATS: (
        RequestKind.GROUP,
        N_("Each person has their own account and permanent access."),
    ),
    OfferKind.GROUP_SHOWING: (
        RequestKind.SHOWING,
        N_(
            "One person can show it in one room or on one call, any number of times."
            " Attendees get the slides and a certificate, but not the recording."
        ),
    ),
    OfferKind.INSTITUTIONAL: (
        RequestKind.INSTITUTION,
        N_("Everyone at one institution, each with their own account."),
    ),
    OfferKind.PASS: (
        RequestKind.PASS,
        N_("Every webinar it covers, for a year. Access ends with the pass."),
    ),
    OfferKind.CONTRACT: (
        RequestKind.CONTRACT,
        N_("Every webinar it covers, for your people, for a term we agree on."),
    ),
}


TERMS: Final[Mapping[OfferKind, str]] = {kind: terms for kind, (_kind, terms) in WAYS.items()}


@dataclass(frozen=True, slots=True)
class CheaperOffer:
    """An offer that costs less: its name, terms, price, and the page where it can be requested."""

    name: str
    terms: str
    total: str
    kind: str
    offer: OfferKind
    people: int | None
    url: str


@dataclass(frozen=True, slots=True)
class QuoteShown:
    """A quote in words; `sum` is how the total is calculated, "" for one unit."""

    total: str
    sum: str
    covered: str
    cheaper: tuple[CheaperOffer, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the price table."""

    people: int
    total: str
    each: str


def shown(quoted: Quote | Unpriced | None, *, slug: str | None) -> QuoteShown | None:
    """Return a quote as a page shows it; None if it has no price."""
    if not isinstance(quoted, Quote):
        return None
    each = say_money(quoted.unit_minor, quoted.currency)
    return QuoteShown(
        total=say_money(quoted.total_minor, quoted.currency),
        sum=f"{quoted.units:,} \N{MULTIPLICATION SIGN} {each}" if quoted.units > 1 else "",
        covered=_covered(quoted.covered),
        cheaper=tuple(_cheaper(one, quoted, slug) for one in quoted.alternatives),
    )


def rungs(prices: Sequence[Price]) -> tuple[Rung, ...]:
    """Return the price table of one webinar, for one to eight seats."""
    return tuple(
        Rung(
            people=each.units,
            total=say_money(each.total_minor, each.currency),
            each=say_money(each.unit_minor, each.currency),
        )
        for each in ladder(prices)
    )


def offer_name(kind: OfferKind, people: int | None) -> str:
    """Return the name of what is sold, for this number of people."""
    match kind:
        case OfferKind.SINGLE | OfferKind.GROUP_SEATS:
            return ngettext("%(num)d seat", "%(num)d seats", 1 if people is None else people)
        case OfferKind.GROUP_SHOWING:
            return _("Group viewing")
        case OfferKind.INSTITUTIONAL:
            return _("Institutional access")
        case OfferKind.PASS:
            return ngettext("All-access pass", "%(num)d all-access passes", people or 1)
        case OfferKind.CONTRACT:
            if people is None:
                return _("Contract, unlimited")
            return ngettext("Contract for %(num)d person", "Contract for %(num)d people", people)


def _covered(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(num)d person already has access, so we won't charge for them.",
        "%(num)d people already have access, so we won't charge for them.",
        number,
    )


def _cheaper(offer: Alternative, quoted: Quote, slug: str | None) -> CheaperOffer:
    kind, terms = WAYS[offer.kind]
    return CheaperOffer(
        name=offer_name(offer.kind, offer.people),
        terms=_(terms),
        total=say_money(offer.total_minor, quoted.currency),
        kind=kind.value,
        offer=offer.kind,
        people=offer.people,
        url=url_for(
            "ask.ask", kind=kind.value, webinar=slug, quantity=offer.people or quoted.people
        ),
    )
