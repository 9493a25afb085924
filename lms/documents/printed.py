"""Printed documents: every word and amount of a snapshot, for its PDF and its page.

Documents are in American English whatever language a reader has chosen: a document must say the
same wherever and whenever it is opened, so nothing here is translated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lms.core.languages import Language, speaking
from lms.documents.printed_tables import Table, day, tables_of
from lms.documents.printed_totals import Fact, Total, amounts_of, open_of
from lms.documents.snapshots import Policy, Snapshot
from lms.models.documents import CreditReason, DocumentKind

TEST: Final = "TEST - NOT A REAL DOCUMENT"
TITLES: Final[Mapping[DocumentKind, str]] = MappingProxyType(
    {
        DocumentKind.QUOTE: "Quote",
        DocumentKind.INVOICE: "Invoice",
        DocumentKind.CREDIT_NOTE: "Credit note",
        DocumentKind.RECEIPT: "Receipt",
        DocumentKind.STATEMENT: "Statement",
    }
)
REASONS: Final[Mapping[CreditReason, str]] = MappingProxyType(
    {
        CreditReason.RETURN: "Return",
        CreditReason.REISSUE: "Replaced by a new invoice",
        CreditReason.TAX: "Tax correction",
        CreditReason.GOODWILL: "Goodwill credit",
        CreditReason.EXCHANGE: "Exchange for another purchase",
        CreditReason.WRITE_OFF: "Write-off",
        CreditReason.VOID: "Invoice voided",
    }
)


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or the payer: the name, the lines below it, and an email address."""

    heading: str
    name: str
    lines: tuple[str, ...]
    email: str


@dataclass(frozen=True, slots=True)
class Section:
    """Facts and paragraphs under a heading."""

    heading: str
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """The text of a document, in reading order.

    `test` is empty on real documents. `brand` is printed if there is no logo. `keys` are the few
    facts printed large, the amount last. `payment` are the ways to pay.
    """

    title: str
    number: str
    test: str
    brand: str
    keys: tuple[Fact, ...]
    bill_to: Party
    seller: Party
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    totals: tuple[Total, ...]
    sentences: tuple[str, ...]
    payment: tuple[Section, ...]
    sections: tuple[Section, ...]

    @property
    def name(self) -> str:
        """Return the document's name, such as `Invoice 2026-0412`."""
        return f"{self.title} {self.number}"


@speaking(Language.ENGLISH)
def printed_document(snapshot: Snapshot) -> PrintedDocument:
    """Return the text of a document, ready for layout."""
    amounts = amounts_of(snapshot)
    return PrintedDocument(
        title=TITLES[snapshot.kind],
        number=snapshot.number,
        test="" if snapshot.livemode else TEST,
        brand=snapshot.seller.name,
        keys=_given(Fact("PO number", snapshot.po_number), *amounts.keys),
        bill_to=_bill_to(snapshot),
        seller=_seller(snapshot),
        facts=_given(
            Fact("Date issued", day(snapshot.issued_on)),
            Fact("Period", _period(snapshot)),
            Fact("Order number", snapshot.order_number),
            Fact("Vendor number", snapshot.bill_to.vendor_number),
            Fact("Payment terms", snapshot.terms),
        ),
        tables=tuple(tables_of(snapshot)),
        totals=amounts.totals,
        sentences=snapshot.sentences,
        payment=tuple(_payment(snapshot)),
        sections=tuple(_sections(snapshot)),
    )


def _period(snapshot: Snapshot) -> str:
    """Return the days of a statement; "" for other documents, and for those from before they had any."""
    first, last = day(snapshot.since), day(snapshot.issued_on)
    return f"{first} to {last}" if first else ""


def _given(*facts: Fact) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.value)


def _filled(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _seller(snapshot: Snapshot) -> Party:
    seller = snapshot.seller
    ein = f"EIN {seller.ein}" if seller.ein else ""
    lines = _filled(*seller.address, seller.phone, ein)
    return Party("From", seller.legal_name, lines, seller.email)


def _bill_to(snapshot: Snapshot) -> Party:
    payer = snapshot.bill_to
    attention = f"Attn: {payer.attention}" if payer.attention else ""
    return Party("Bill to", payer.name, _filled(attention, *payer.address), payer.email)


def _payment(snapshot: Snapshot) -> Iterable[Section]:
    """Yield the ways to pay, for a document that asks for money."""
    match snapshot.kind:
        case DocumentKind.INVOICE:
            number = f"invoice number {snapshot.number}"
        case DocumentKind.STATEMENT:
            number = "the invoice numbers"
        case _:
            return
    if open_of(snapshot) <= 0:
        return
    seller = snapshot.seller
    if seller.remit_to:
        yield Section(
            "Pay by check",
            (Fact("Payable to", seller.legal_name), Fact("Mail to", "\n".join(seller.remit_to))),
            (f"Write {number} on the check.",),
        )
    if seller.bank:
        yield Section(
            "Pay by bank transfer",
            tuple(Fact(label, value) for label, value in seller.bank),
            (f"Include {number} with the transfer.",),
        )


def _sections(snapshot: Snapshot) -> Iterable[Section]:
    if snapshot.reason is not None:
        paragraphs = _filled(REASONS[snapshot.reason], snapshot.explanation)
        yield Section("Reason for this credit", paragraphs=paragraphs)
    if snapshot.seller.note:
        yield Section("Notes", paragraphs=(snapshot.seller.note,))
    if snapshot.policies:
        yield Section("Terms and policies", tuple(map(_policy, snapshot.policies)))


def _policy(policy: Policy) -> Fact:
    return Fact(f"{policy.title}, version {policy.version}", policy.url, policy.url)
