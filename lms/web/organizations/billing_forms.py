"""Forms of billing details, tax exemptions and notes, for staff and for managers."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from lms.models.organizations import InvoiceDelivery
from lms.models.tax import ExemptionBasis
from lms.organizations.billing_details import (
    LONGEST_NAME,
    LONGEST_NOTES,
    LONGEST_VENDOR_NUMBER,
    NET_DAYS,
    BillingContact,
    BillingDetails,
    BillingTerms,
    read_payables,
)
from lms.organizations.tax_papers import LONGEST_NUMBER, NewExemption, read_states
from lms.web.core.form_fields import address_data, address_fields, typed_address
from lms.web.core.lazy_form_translations import _l
from lms.web.organizations.billing_texts import (
    delivery_words,
    month_names,
    terms_words,
)
from lms.web.people.tax_paper_rows import basis_words


class BillingContactForm(Form):
    """The billing details that an organization's managers can change."""

    (
        billing_street,
        billing_street2,
        billing_city,
        billing_state,
        billing_postal_code,
        billing_country,
    ) = address_fields()
    delivery = RadioField(_l("Send invoices"))
    payables = TextAreaField(
        _l("Accounts payable email addresses"),
        [Optional(), Length(max=4000)],
        description=_l(
            "We email invoices to all of these addresses. Enter one per line, up to 10."
        ),
        render_kw={"rows": 3, "autocapitalize": "none", "spellcheck": "false"},
    )
    po_required = BooleanField(
        _l("Purchase order required"),
        description=_l("We won't send an invoice until it has a purchase order number."),
    )

    def offer_choices(self, *, is_own: bool) -> None:
        """Set the choices of the lists, worded for the organization itself or for staff."""
        self.delivery.choices = [
            (each.value, delivery_words(each, is_own=is_own)) for each in InvoiceDelivery
        ]
        if self.delivery.data is None:
            self.delivery.data = InvoiceDelivery.EMAIL.value

    def contact(self) -> BillingContact:
        """Return what was entered."""
        return BillingContact(
            billing_address=typed_address(self, "billing"),
            payables=read_payables(self.payables.data or ""),
            delivery=InvoiceDelivery(self.delivery.data),
            po_required=bool(self.po_required.data),
        )


class BillingForm(BillingContactForm):
    """All billing details, for staff."""

    legal_name = StringField(
        _l("Legal name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("The name on purchase orders, if different."),
        render_kw={"maxlength": LONGEST_NAME},
    )
    (
        legal_street,
        legal_street2,
        legal_city,
        legal_state,
        legal_postal_code,
        legal_country,
    ) = address_fields()
    net_days = SelectField(_l("Payment terms"), [Optional()])
    vendor_number = StringField(
        _l("Our vendor number"),
        [Optional(), Length(max=LONGEST_VENDOR_NUMBER)],
        description=_l("Printed on invoices for accounts payable."),
        render_kw={"maxlength": LONGEST_VENDOR_NUMBER, "class": "input-short"},
    )
    fiscal_year_start = SelectField(_l("Fiscal year starts in"), [Optional()])

    def offer_choices(self, *, is_own: bool) -> None:
        """Set the choices of the lists."""
        super().offer_choices(is_own=is_own)
        self.net_days.choices = [("", terms_words(None))] + [
            (str(days), terms_words(days)) for days in NET_DAYS
        ]
        months = [(str(number), name) for number, name in month_names().items()]
        self.fiscal_year_start.choices = [("", _("Not known")), *months]

    def terms(self) -> BillingTerms:
        """Return what was entered."""
        days, month = self.net_days.data, self.fiscal_year_start.data
        return BillingTerms(
            legal_name=self.legal_name.data or "",
            legal_address=typed_address(self, "legal"),
            vendor_number=self.vendor_number.data or "",
            net_days=int(days) if days else None,
            fiscal_year_start=int(month) if month else None,
        )


def contact_data(details: BillingDetails) -> dict[str, Any]:
    """Return the form values of what managers can change."""
    contact = details.contact
    return {
        **address_data("billing", contact.billing_address),
        "payables": "\n".join(contact.payables),
        "delivery": contact.delivery.value,
        "po_required": contact.po_required,
    }


def billing_data(details: BillingDetails) -> dict[str, Any]:
    """Return the form values of all billing details."""
    terms = details.terms
    return {
        **contact_data(details),
        **address_data("legal", terms.legal_address),
        "legal_name": terms.legal_name,
        "net_days": str(terms.net_days or ""),
        "vendor_number": terms.vendor_number,
        "fiscal_year_start": str(terms.fiscal_year_start or ""),
    }


class TaxPaperForm(Form):
    """A tax exemption: why no sales tax is charged, and the file that proves it."""

    basis = RadioField(_l("Reason for exemption"))
    file = FileField(
        _l("File"),
        [Optional()],
        description=_l("A PDF or image of the certificate, up to 10 MB."),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,.webp"},
    )
    states = StringField(
        _l("States"),
        [Optional(), Length(max=1000)],
        description=_l("Two letters each, such as NY, NJ. Leave blank if it covers all states."),
        render_kw={"autocapitalize": "characters", "spellcheck": "false"},
    )
    number = StringField(
        _l("Number"),
        [Optional(), Length(max=LONGEST_NUMBER)],
        render_kw={"maxlength": LONGEST_NUMBER, "class": "input-short"},
    )
    until = DateField(
        _l("Valid through"),
        [Optional()],
        description=_l("Leave blank if it doesn't expire."),
        render_kw={"class": "input-moment"},
    )

    def offer_choices(self) -> None:
        """Set the choices of the reasons."""
        self.basis.choices = [(each.value, basis_words(each)) for each in ExemptionBasis]
        if self.basis.data is None:
            self.basis.data = ExemptionBasis.GOVERNMENT.value

    def exemption(self) -> NewExemption:
        """Return what was entered, without the file; raises Invalid for an unknown state."""
        until: date | None = self.until.data
        return NewExemption(
            basis=ExemptionBasis(self.basis.data),
            states=read_states(self.states.data or ""),
            number=self.number.data or "",
            until=until,
        )


class OwnTaxPaperForm(TaxPaperForm):
    """A tax exemption that an organization's managers upload; its file is required."""

    file = FileField(
        _l("Certificate or letter"),
        description=_l("A PDF or image, up to 10 MB."),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,.webp"},
    )


class NotesForm(Form):
    """Our team's notes about an organization."""

    notes = TextAreaField(
        _l("Notes"),
        [Optional(), Length(max=LONGEST_NOTES)],
        description=_l("Only our team can see them."),
        render_kw={"rows": 5, "maxlength": LONGEST_NOTES},
    )
