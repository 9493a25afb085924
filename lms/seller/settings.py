"""Seller settings: the seller's facts on documents, its bank details, and its terms of sale."""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Any, Final

from sqlalchemy.orm import Session

from lms import audit
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid
from lms.core.postal_addresses import Address, address_faults, clean_address
from lms.models.seller import NUMBERED, Paper, Seller

SUBJECT: Final = "seller"  # the subject of its audit entries
NET_DAYS: Final = (30, 45, 60)
LONGEST_NAME: Final = 200
LONGEST_PHONE: Final = 40
LONGEST_BANK: Final = 120
LONGEST_PREFIX: Final = 10
LONGEST_NOTE: Final = 1000
LONGEST_REFUND_DAYS: Final = 3650
HIGHEST_START: Final = 999_999
HIGHEST_LIMIT_MINOR: Final = 100_000_000
SHOWN_DIGITS: Final = 4
_EIN: Final = re.compile(r"(\d{2})-?(\d{7})", re.ASCII)
_ACCOUNT: Final = re.compile(r"\d{4,17}", re.ASCII)
_ROUTING: Final = re.compile(r"\d{9}", re.ASCII)
_PREFIX: Final = re.compile(r"[A-Za-z0-9/-]*", re.ASCII)


class Method(StrEnum):
    """How a customer can buy and pay without a card."""

    INVOICE = "invoice"
    PURCHASE_ORDER = "purchase_order"
    CHECK = "check"
    TRANSFER = "transfer"


_ALWAYS: Final = ("legal_name", "legal_address", "ar_email")
_PAID_TO: Final = {
    Method.CHECK: ("remit_name", "remit_address"),
    Method.TRANSFER: ("bank_name", "routing_number", "account_number"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerSettings:
    """The settings of the seller; text that was not entered is empty.

    `takes_...` is what our team wants to offer; `offered_methods` is what can be offered. Documents are
    numbered from `..._start` in each calendar year, after `..._prefix`. A refund can be requested for
    `refund_days` after the order, 0 for any time. With `sells_in_lms`, a page in an LMS links people
    without access to a page where they can buy.
    """

    legal_name: str = ""
    legal_address: Address | None = None
    ein: str = ""
    phone: str = ""
    ar_email: str = ""
    remit_name: str = ""
    remit_address: Address | None = None
    bank_name: str = ""
    routing_number: str = ""
    account_number: str = field(default="", repr=False)
    takes_invoice: bool = True
    takes_purchase_order: bool = True
    takes_check: bool = True
    takes_transfer: bool = True
    net_days: int = 30
    credit_limit_minor: int = 60_000
    refund_days: int = 0
    sells_in_lms: bool = True
    quote_prefix: str = "Q-"
    quote_start: int = 1
    invoice_prefix: str = ""
    invoice_start: int = 1
    credit_note_prefix: str = "CN-"
    credit_note_start: int = 1
    receipt_prefix: str = "R-"
    receipt_start: int = 1
    statement_prefix: str = "S-"
    statement_start: int = 1
    paper: Paper = Paper.LETTER
    invoice_note: str = ""

    @property
    def masked_account(self) -> str:
        """The masked account number, for all uses except printed invoices; empty without one."""
        return f"••••{self.account_number[-SHOWN_DIGITS:]}" if self.account_number else ""

    def prefix(self, kind: str) -> str:
        """Return the prefix of the numbers of a kind of document, such as `credit_note`."""
        return str(getattr(self, f"{kind}_prefix"))

    def first_number(self, kind: str) -> int:
        """Return the number of a year's first document of a kind."""
        return int(getattr(self, f"{kind}_start"))

    def takes(self, method: Method) -> bool:
        """Return whether our team wants to offer a method."""
        return bool(getattr(self, f"takes_{method}"))


def read_seller(session: Session) -> SellerSettings:
    """Return the settings of the seller, or the defaults if nothing was entered."""
    row = session.get(Seller, 1)
    return SellerSettings() if row is None else SellerSettings(**_values(row))


def edit_seller(
    session: Session, wanted: SellerSettings, *, actor: str | None, now: datetime
) -> SellerSettings:
    """Save the settings and return them as stored; raises Invalid with every invalid field.

    The fields of an address are named `legal_street`, `remit_city` and so on. The audit entry has the
    names of the changed fields, without their values.
    """
    clean = _cleaned(wanted)
    faults = _faults(clean)
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    before, values = _values(read_seller(session)), _values(clean)
    changed = sorted(name for name, value in values.items() if before[name] != value)
    row = session.get(Seller, 1)
    if row is None:
        session.add(Seller(**values, updated_at=now))
    else:
        for name in changed:
            setattr(row, name, values[name])
        row.updated_at = now
    if changed:
        detail = {"fields": ", ".join(changed)}
        audit.record(session, "seller.changed", SUBJECT, actor=actor, now=now, detail=detail)
    session.flush()
    return clean


def offered_methods(settings: SellerSettings) -> tuple[Method, ...]:
    """Return the methods that customers can choose: those our team wants, with all fields filled in."""
    return tuple(
        method
        for method in Method
        if settings.takes(method) and not missing_fields(settings, method)
    )


def missing_fields(settings: SellerSettings, method: Method) -> tuple[str, ...]:
    """Return the fields that must be filled in before a method can be offered."""
    needed = _ALWAYS + _PAID_TO.get(method, ())
    if method not in _PAID_TO and not is_payable(settings):
        needed += _PAID_TO[Method.CHECK]
    return tuple(name for name in needed if not getattr(settings, name))


def is_payable(settings: SellerSettings) -> bool:
    """Return whether an invoice says where to send a check or a transfer."""
    return any(
        settings.takes(method) and all(getattr(settings, name) for name in names)
        for method, names in _PAID_TO.items()
    )


def _cleaned(wanted: SellerSettings) -> SellerSettings:
    clean: dict[str, Any] = {}
    for name, value in _values(wanted).items():
        if isinstance(value, Address):
            clean[name] = clean_address(value)
        elif type(value) is str:  # excludes enum values
            clean[name] = value.strip()
    for name in ("routing_number", "account_number"):
        clean[name] = re.sub(r"[\s-]", "", clean[name])
    if ein := _EIN.fullmatch(clean["ein"]):
        clean["ein"] = "-".join(ein.groups())
    return replace(wanted, **clean)


def _values(settings: SellerSettings | Seller) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in fields(SellerSettings)}


def _faults(settings: SellerSettings) -> dict[str, str]:
    return {
        **_identity_faults(settings),
        **_bank_faults(settings),
        **_terms_faults(settings),
        **_number_faults(settings),
    }


def _identity_faults(settings: SellerSettings) -> dict[str, str]:
    faults = {}
    for name in ("legal_name", "remit_name"):
        if len(getattr(settings, name)) > LONGEST_NAME:
            faults[name] = N_("Use up to 200 characters.")
    for prefix, address in (("legal_", settings.legal_address), ("remit_", settings.remit_address)):
        faults |= address_faults(address, prefix) if address else {}
    if settings.ein and not _EIN.fullmatch(settings.ein):
        faults["ein"] = N_("Enter the nine digits of the EIN, like 12-3456789.")
    if len(settings.phone) > LONGEST_PHONE:
        faults["phone"] = N_("Use up to 40 characters.")
    if settings.ar_email:
        try:
            read_address(settings.ar_email, field="ar_email")
        except Invalid as error:
            faults |= error.fields
    return faults


def _bank_faults(settings: SellerSettings) -> dict[str, str]:
    given = {name: getattr(settings, name) for name in _PAID_TO[Method.TRANSFER]}
    if not any(given.values()):
        return {}
    faults = {}
    if not 1 <= len(settings.bank_name) <= LONGEST_BANK:
        faults["bank_name"] = N_("Enter a bank name of up to 120 characters.")
    if not _is_routing_number(settings.routing_number):
        faults["routing_number"] = N_(
            "Enter the nine-digit ABA routing number. This one has a wrong digit or length."
        )
    if not _ACCOUNT.fullmatch(settings.account_number):
        faults["account_number"] = N_("Enter the account number: 4 to 17 digits.")
    return faults


def _is_routing_number(number: str) -> bool:
    """Return whether the checksum of an ABA routing number is right."""
    if not _ROUTING.fullmatch(number) or number == "0" * 9:
        return False
    return (
        sum(int(digit) * weight for digit, weight in zip(number, (3, 7, 1) * 3, strict=True)) % 10
        == 0
    )


def _terms_faults(settings: SellerSettings) -> dict[str, str]:
    faults = {}
    is_invoiced = settings.takes_invoice or settings.takes_purchase_order
    if is_invoiced and not (settings.takes_check or settings.takes_transfer):
        faults["takes_check"] = N_(
            "Offer checks or bank transfers, too, so customers can pay an invoice."
        )
    if settings.net_days not in NET_DAYS:
        faults["net_days"] = N_("Choose 30, 45, or 60 days.")
    if not 0 <= settings.credit_limit_minor <= HIGHEST_LIMIT_MINOR:
        faults["credit_limit_minor"] = N_("Enter an amount from 0 to 1,000,000.")
    if not 0 <= settings.refund_days <= LONGEST_REFUND_DAYS:
        faults["refund_days"] = N_("Enter a number of days from 0 to 3,650.")
    if len(settings.invoice_note) > LONGEST_NOTE:
        faults["invoice_note"] = N_("Use up to 1,000 characters.")
    return faults


def _number_faults(settings: SellerSettings) -> dict[str, str]:
    faults = {}
    for kind in NUMBERED:
        prefix = settings.prefix(kind)
        if len(prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(prefix):
            faults[f"{kind}_prefix"] = N_(
                "Use up to 10 letters, digits, hyphens, or slashes, like INV-."
            )
        if not 1 <= settings.first_number(kind) <= HIGHEST_START:
            faults[f"{kind}_start"] = N_("Enter a number from 1 to 999,999.")
    for one, two in combinations(NUMBERED, 2):
        if settings.prefix(one) == settings.prefix(two):
            faults[f"{two}_prefix"] = N_("Use a different prefix for each kind of document.")
    return faults
