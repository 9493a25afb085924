"""Tax rules: which rate applies to which lines of a document (MONEY.md, M4, M13 and M14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.models.tax import Supply, TaxRule
from lms.tax.rounding import spread, tax_on


@dataclass(frozen=True, slots=True)
class Taxable:
    """An amount that may be taxed: the kind of delivery, and the amount after discount."""

    supply: Supply
    net_minor: int


@dataclass(frozen=True, slots=True)
class LineTax:
    """The tax of one line and its rule; the rule is None if none applies."""

    tax_minor: int
    rule: TaxRule | None


NO_TAX = LineTax(0, None)


def taxes_of(
    session: Session, lines: Sequence[Taxable], *, state: str, on: date
) -> tuple[LineTax, ...]:
    """Return the tax of each line, in order.

    The tax of one rule is computed on all its lines together and spread over them, so that lines and
    total agree to the cent.
    """
    if not state:
        return (NO_TAX,) * len(lines)
    rules = _rules(session, state, on)
    chosen = [_rule_for(rules, line.supply) for line in lines]
    found = [NO_TAX] * len(lines)
    for rule in {rule.id: rule for rule in chosen if rule is not None}.values():
        places = [place for place, one in enumerate(chosen) if one is rule]
        nets = [lines[place].net_minor for place in places]
        for place, tax in zip(places, spread(tax_on(sum(nets), rule.rate), nets), strict=True):
            found[place] = LineTax(tax, rule)
    return tuple(found)


def say_rate(rate: Decimal) -> str:
    """Return a rate as printed: `8.25%`."""
    text = f"{rate:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def _rules(session: Session, state: str, on: date) -> list[TaxRule]:
    return list(
        session.scalars(
            select(TaxRule)
            .where(
                TaxRule.state == state,
                TaxRule.from_on <= on,
                or_(TaxRule.until_on.is_(None), TaxRule.until_on > on),
            )
            .order_by(TaxRule.from_on.desc(), TaxRule.id.desc())
        )
    )


def _rule_for(rules: Sequence[TaxRule], supply: Supply) -> TaxRule | None:
    """Return the newest rule for exactly this kind of delivery, else the newest one for both."""
    exact = [rule for rule in rules if rule.supply is supply]
    return next(iter(exact or [rule for rule in rules if rule.supply is Supply.BOTH]), None)
