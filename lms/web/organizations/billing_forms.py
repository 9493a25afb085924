"""Forms of billing details, tax papers and notes, for staff and for managers."""

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
from wtforms.validators import InputRequired, Length, Optional

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
from lms.web.core.address_fields import address_data, address_fields, typed_address
from lms.web.core.lazy_form_translations import _l
from lms.web.organizations.billing_texts import (
    delivery_words,
    month_names,
    terms_words,
)
from lms.web.people.tax_paper_rows import basis_words


class BillingContactForm(Form):
    """What an organization's managers may change of how it is invoiced."""

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
        _l("Email addresses of accounts payable"),
        [Optional(), Length(max=4000)],
        description=_l("Invoices go to each of them. One address on each line, at most 10."),
        render_kw={"rows": 3, "autocapitalize": "none", "spellcheck": "false"},
    )
    po_required = BooleanField(
        _l("A purchase order is required"),
        description=_l("Each invoice then needs a purchase order number before it is sent."),
    )

    def offer_choices(self, *, is_own: bool) -> None:
        """Give the lists their choices, in the words for the organization itself or for staff."""
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
    """All billing details, as staff change them."""

    legal_name = StringField(
        _l("Legal name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("As on its purchase orders, where it differs from the name above."),
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
        _l("Our vendor number there"),
        [Optional(), Length(max=LONGEST_VENDOR_NUMBER)],
        description=_l("Printed on invoices, so that its accounts payable finds us."),
        render_kw={"maxlength": LONGEST_VENDOR_NUMBER, "class": "input-short"},
    )
    fiscal_year_start = SelectField(_l("Fiscal year starts in"), [Optional()])

    def offer_choices(self, *, is_own: bool) -> None:
        """Give the lists their choices."""
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
    """Return the values that show what managers may change."""
    contact = details.contact
    return {
        **address_data("billing", contact.billing_address),
        "payables": "\n".join(contact.payables),
        "delivery": contact.delivery.value,
        "po_required": contact.po_required,
    }


def billing_data(details: BillingDetails) -> dict[str, Any]:
    """Return the values that show all billing details."""
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
    """A tax paper: why no sales tax is charged, and the file that proves it."""

    basis = RadioField(_l("Why no sales tax is charged"))
    file = FileField(
        _l("File"),
        [Optional()],
        description=_l("A PDF or a picture of the certificate, at most 10 MB."),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,.webp"},
    )
    states = StringField(
        _l("States"),
        [Optional(), Length(max=1000)],
        description=_l("Two letters each, such as NY, NJ. Leave it empty if it covers all states."),
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
        description=_l("The last day. Leave it empty if the paper names none."),
        render_kw={"class": "input-moment"},
    )

    def offer_choices(self) -> None:
        """Give the list of reasons its choices."""
        self.basis.choices = [(each.value, basis_words(each)) for each in ExemptionBasis]
        if self.basis.data is None:
            self.basis.data = ExemptionBasis.GOVERNMENT.value

    def exemption(self) -> NewExemption:
        """Return what was entered, without the file; raises Invalid for a state that is none."""
        until: date | None = self.until.data
        return NewExemption(
            basis=ExemptionBasis(self.basis.data),
            states=read_states(self.states.data or ""),
            number=self.number.data or "",
            until=until,
        )


class OwnTaxPaperForm(TaxPaperForm):
    """A tax paper that an organization's managers upload: with its file, always."""

    file = FileField(
        _l("Certificate or letter"),
        description=_l("A PDF or a picture, at most 10 MB."),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,.webp"},
    )


class NotesForm(Form):
    """What our team notes about an organization."""

    notes = TextAreaField(
        _l("Notes"),
        [Optional(), Length(max=LONGEST_NOTES)],
        description=_l("Only our team sees them."),
        render_kw={"rows": 5, "maxlength": LONGEST_NOTES},
    )


class FindOrganizationForm(Form):
    """Words that another organization is looked for by."""

    q = StringField(_l("Name"), [InputRequired(_l("Enter a part of the name."))])
