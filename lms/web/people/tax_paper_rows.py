"""Tax exemption rows on the pages of people and organizations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_date
from lms.models.tax import ExemptionBasis
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import ExemptionFacts
from lms.pricing.price_list import say_money
from lms.sales import tax_credits
from lms.web.core.private_page_headers_and_mail_links import mail_context


@dataclass(frozen=True, slots=True)
class TaxPaperRow:
    """A tax exemption, as a list shows it; `file` is the name of its file, "" without one."""

    id: str
    basis: str
    details: str
    file: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class TaxCreditRow:
    """The tax of an invoice that an exemption covers, to be credited from the order's page."""

    order_id: str
    invoice: str
    issued: str
    tax: str


def tax_credit_rows(session: Session, payer: Payer) -> list[TaxCreditRow]:
    """Return the invoices of a payer whose tax can be credited, as rows."""
    zone = mail_context().zone
    return [
        TaxCreditRow(
            order_id=one.order_id,
            invoice=one.invoice,
            issued=say_date(one.issued_at, zone),
            tax=say_money(one.tax_minor, one.currency),
        )
        for one in tax_credits.tax_credits_of(session, payer, zone=zone)
    ]


def basis_words(basis: ExemptionBasis) -> str:
    """Return why no sales tax is charged."""
    return {
        ExemptionBasis.GOVERNMENT: _("Government agency"),
        ExemptionBasis.NONPROFIT: _("501(c)(3) nonprofit"),
        ExemptionBasis.CERTIFICATE: _("Exemption certificate"),
        ExemptionBasis.OTHER: _("Other reason"),
    }[basis]


def tax_paper_rows(
    papers: Iterable[ExemptionFacts], *, zone: ZoneInfo, today: date
) -> list[TaxPaperRow]:
    """Return tax exemptions as rows."""
    return [
        TaxPaperRow(
            id=one.public_id,
            basis=basis_words(one.basis),
            details=_details(one, zone),
            file=one.file.name if one.file else "",
            is_over=one.is_over(today),
        )
        for one in papers
    ]


def _details(one: ExemptionFacts, zone: ZoneInfo) -> str:
    parts = [", ".join(one.states) if one.states else _("All states")]
    if one.number:
        parts.append(_("number %(number)s", number=one.number))
    if one.until is not None:
        last = datetime.combine(one.until, time(), zone)
        parts.append(_("through %(day)s", day=say_date(last, zone)))
    parts.append(_("added %(day)s", day=say_date(one.created_at, zone)))
    return " · ".join(parts)
