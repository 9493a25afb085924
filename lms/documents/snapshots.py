"""Snapshots: everything that a document says, frozen when it is issued (MONEY.md, M2 and M3).

A document is rendered only from its snapshot, so that it never changes. Amounts are minor units of
`currency`. Dates are days in the seller's time zone.
"""

import hashlib
import json
import types
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

from lms.models.documents import CreditReason, DocumentKind

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Seller:
    """The seller as printed: legal facts, where checks and transfers go, and the note."""

    name: str
    legal_name: str
    address: tuple[str, ...]
    ein: str
    phone: str
    email: str
    remit_to: tuple[str, ...]
    bank: tuple[tuple[str, str], ...]  # label and value, such as ("Routing number", "021000021")
    note: str


@dataclass(frozen=True, slots=True)
class BillTo:
    """The payer: the name, a person's attention line, the address, and their vendor number."""

    name: str
    attention: str
    address: tuple[str, ...]
    email: str
    vendor_number: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, how many (None is unlimited), and its amounts; negative on credit notes."""

    description: str
    detail: str
    quantity: int | None
    unit_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    service_from: date | None
    service_to: date | None


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one rate: the rule's name, the rate in percent, and both amounts."""

    name: str
    rate: str
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a receipt or statement: the date, a description, a number, and the amount.

    On a receipt `what` is the method, such as "Check". On a statement payments and credits are
    negative, and `open_minor` is the balance after the line.
    """

    on: date
    what: str
    number: str
    amount_minor: int
    open_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Aging:
    """A statement's open invoices by age: not yet due, and past due by number of days.

    `credit_minor` is what pays no invoice yet, 0 or negative; all six add up to the balance.
    """

    current_minor: int
    days_1_to_30_minor: int
    days_31_to_60_minor: int
    days_61_to_90_minor: int
    over_90_days_minor: int
    credit_minor: int = 0

    @property
    def past_due_minor(self) -> int:
        """Return what open invoices are past due."""
        return (
            self.days_1_to_30_minor
            + self.days_31_to_60_minor
            + self.days_61_to_90_minor
            + self.over_90_days_minor
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the terms, refund policy or license that applies, and the URL of its text."""

    title: str
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a document says.

    `paper` is "letter" or "a4". `refers_to` is the number of the invoice of a credit note or
    receipt; `explanation` adds to its reason. `entries` are the payments of a receipt, or the lines
    of a statement, which begins on `since`. `sentences` are printed below the lines, such as a
    non-appropriation clause.

    `subtotal_minor` is before discounts: total = subtotal - discount + tax. These totals are
    positive on credit notes as well. `open_minor` is what is left to pay, or to use of a credit.
    """

    kind: DocumentKind
    number: str
    livemode: bool
    paper: str
    currency: str
    issued_on: date
    due_on: date | None
    expires_on: date | None
    seller: Seller
    bill_to: BillTo
    order_number: str
    po_number: str
    terms: str
    refers_to: str
    reason: CreditReason | None
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    open_minor: int | None
    entries: tuple[Entry, ...] = ()
    policies: tuple[Policy, ...] = ()
    sentences: tuple[str, ...] = ()
    explanation: str = ""
    aging: Aging | None = None
    since: date | None = None


def pack(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as JSON-compatible data, with the version of its format."""
    return {"version": VERSION, **json.loads(_json(asdict(snapshot)))}


def unpack(data: dict[str, Any]) -> Snapshot:
    """Return the snapshot that `pack` wrote; fields added since have their defaults."""
    given = {name: value for name, value in data.items() if name != "version"}
    return cast(Snapshot, _read(Snapshot, given))


def sha256_of(data: dict[str, Any]) -> str:
    """Return the SHA-256 of packed data, independent of the order of keys."""
    return hashlib.sha256(_json(data).encode()).hexdigest()


def _json(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), default=_write)


def _write(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a snapshot can't hold {type(value).__name__}")


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401  (an annotation, and a JSON value)
    if value is None or type(value) is kind:
        return value
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _read(hints[name], one) for name, one in value.items()})  # type: ignore[operator]  # a class, not an object of one
    match get_origin(kind), get_args(kind):
        case None, _:
            return date.fromisoformat(value) if kind is date else kind(value)
        case _, (one, types.EllipsisType()):
            return tuple(_read(one, each) for each in value)
        case types.UnionType, (one, _):  # such as `date | None`
            return _read(one, value)
        case _, kinds:
            return tuple(_read(*pair) for pair in zip(kinds, value, strict=True))
