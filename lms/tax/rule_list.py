"""The list of tax rules: the owner adds and ends them; documents that used one don't change (M14)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.dates_and_time_zones import NO_YEAR
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import copied
from lms.core.postal_addresses import US_STATES
from lms.models.tax import Supply, TaxRule

LONGEST_NAME: Final = 120
HIGHEST: Final = Decimal(100)
STATE: Final = N_("Choose a state.")
NAME: Final = N_("Enter the name to print on documents, such as Texas sales tax.")
RATE: Final = N_("Enter a percentage from 0 to 99.9999, such as 8.25.")
TOO_EARLY: Final = N_("Choose a last day on or after the first day.")
ENDED: Final = N_("This rule already has an end date.")


@dataclass(frozen=True, slots=True)
class NewTaxRule:
    """A rate to add, in percent, from a first day through a last day, if it has one."""

    state: str
    name: str
    supply: Supply
    rate: Decimal
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class TaxRuleFacts:
    """A tax rule; `last_day` is None for a rule without an end."""

    id: str
    state: str
    name: str
    supply: Supply
    rate: Decimal
    first_day: date
    last_day: date | None

    def is_over(self, today: date) -> bool:
        """Return whether its last day has passed."""
        return self.last_day is not None and self.last_day < today


def read_rate(text: str) -> Decimal:
    """Return a percentage from typed text; raises Invalid (field `rate`)."""
    try:
        return Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise Invalid(RATE, field="rate") from None


def add_rule(
    session: Session, new: NewTaxRule, *, actor: str | None, now: datetime
) -> TaxRuleFacts:
    """Add a tax rule that applies to documents from its first day on; raises Invalid by field."""
    name, state = " ".join(new.name.split()), new.state.strip().upper()
    faults = {}
    if state not in US_STATES:
        faults["state"] = STATE
    if not 1 <= len(name) <= LONGEST_NAME:
        faults["name"] = NAME
    if not new.rate.is_finite() or not 0 <= new.rate < HIGHEST or new.rate != round(new.rate, 4):
        faults["rate"] = RATE
    if new.last_day is not None and new.last_day < new.first_day:
        faults["last_day"] = TOO_EARLY
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    row = TaxRule(
        state=state,
        name=name,
        supply=new.supply,
        rate=new.rate,
        from_on=new.first_day,
        until_on=_after(new.last_day),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, "tax_rule.added", row.public_id, actor=actor, now=now)
    return _facts(row)


def end_rule(
    session: Session, rule_id: str, last_day: date, *, actor: str | None, now: datetime
) -> TaxRuleFacts:
    """End a tax rule after a day; raises NotFound, Conflict for an ended one, Invalid (`last_day`)."""
    query = select(TaxRule).where(TaxRule.public_id == rule_id).with_for_update()
    row = or_not_found(session.scalar(query))
    if row.until_on is not None:
        raise Conflict(ENDED)
    if last_day < row.from_on:
        raise Invalid(TOO_EARLY, field="last_day")
    row.until_on = _after(last_day)
    session.flush()
    audit.record(session, "tax_rule.ended", row.public_id, actor=actor, now=now)
    return _facts(row)


def list_rules(session: Session) -> tuple[TaxRuleFacts, ...]:
    """Return every tax rule, by state, the newest first."""
    rows = session.scalars(
        select(TaxRule).order_by(TaxRule.state, TaxRule.from_on.desc(), TaxRule.id.desc())
    )
    return tuple(_facts(row) for row in rows)


def has_rules(session: Session, *, on: date, state: str | None = None) -> bool:
    """Return whether any rule applies on a day, in one state if given."""
    query = select(TaxRule.id).where(
        TaxRule.from_on <= on, or_(TaxRule.until_on.is_(None), TaxRule.until_on > on)
    )
    if state is not None:
        query = query.where(TaxRule.state == state)
    return session.scalar(query.limit(1)) is not None


def _after(last_day: date | None) -> date | None:
    if last_day == date.max:
        raise Invalid(NO_YEAR, field="last_day")
    return last_day + timedelta(days=1) if last_day else None


def _facts(row: TaxRule) -> TaxRuleFacts:
    return copied(
        TaxRuleFacts,
        row,
        id=row.public_id,
        first_day=row.from_on,
        last_day=row.until_on - timedelta(days=1) if row.until_on else None,
    )
