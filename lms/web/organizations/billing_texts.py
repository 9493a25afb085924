"""Billing texts: invoice delivery, payment terms and months in words."""

from babel.dates import get_month_names
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import LOCALE
from lms.models.organizations import InvoiceDelivery
from lms.organizations.billing_details import BillingDetails


def delivery_words(delivery: InvoiceDelivery, *, is_own: bool = False) -> str:
    """Return how invoices are delivered, worded for the organization itself or for staff."""
    portal = _("Through your vendor portal") if is_own else _("Through its vendor portal")
    return {
        InvoiceDelivery.EMAIL: _("By email to accounts payable"),
        InvoiceDelivery.PORTAL: portal,
        InvoiceDelivery.MAIL: _("By postal mail"),
    }[delivery]


def terms_words(net_days: int | None) -> str:
    """Return payment terms in words."""
    return _("Standard terms") if net_days is None else _("Net %(days)s", days=net_days)


def month_names() -> dict[int, str]:
    """Return the names of the months, 1 to 12."""
    return dict(get_month_names("wide", context="stand-alone", locale=LOCALE))


def billing_facts(details: BillingDetails) -> list[tuple[str, str]]:
    """Return the billing details as pairs of a term and a text, without unknown ones."""
    contact, terms = details.contact, details.terms
    return [
        (_("Legal name"), terms.legal_name),
        (_("Legal address"), ", ".join(terms.legal_address.lines if terms.legal_address else ())),
        (
            _("Billing address"),
            ", ".join(contact.billing_address.lines if contact.billing_address else ()),
        ),
        (_("Invoices"), delivery_words(contact.delivery)),
        (_("Payment terms"), terms_words(terms.net_days)),
        (_("Purchase order"), _("Required") if contact.po_required else _("Not required")),
        (_("Our vendor number"), terms.vendor_number),
        (_("Fiscal year starts"), _month(terms.fiscal_year_start)),
    ]


def agreed_facts(details: BillingDetails) -> list[tuple[str, str]]:
    """Return the details that managers can see but only our team can change, as pairs."""
    terms = details.terms
    return [
        (_("Legal name"), terms.legal_name),
        (_("Legal address"), ", ".join(terms.legal_address.lines if terms.legal_address else ())),
        (_("Payment terms"), terms_words(terms.net_days)),
        (_("Our vendor number"), terms.vendor_number),
        (_("Fiscal year starts"), _month(terms.fiscal_year_start)),
    ]


def _month(number: int | None) -> str:
    return month_names()[number] if number else ""
