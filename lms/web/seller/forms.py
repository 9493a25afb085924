"""Forms of the seller's pages."""

from typing import Final

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import Optional

from lms.core.errors import N_
from lms.models.seller import Paper, VendorDocumentAudience
from lms.seller.settings import LONGEST_NAME, LONGEST_PREFIX, NET_DAYS
from lms.seller.vendor_documents import KIND_WORDS, LONGEST_TITLE
from lms.web.core.form_fields import address_fields
from lms.web.core.lazy_form_translations import _l

AUDIENCE_WORDS: Final = {
    VendorDocumentAudience.PUBLIC: N_("Everyone: anyone can download it at its address"),
    VendorDocumentAudience.ON_REQUEST: N_("On request: your team sends it when someone asks"),
    VendorDocumentAudience.PACKET: N_("Packet: sent with every order's documents"),
}


def _prefix_field(label: str) -> StringField:
    return StringField(label, render_kw={"maxlength": LONGEST_PREFIX, "class": "input-short"})


def _start_field(label: str) -> IntegerField:
    return IntegerField(
        label,
        render_kw={"inputmode": "numeric", "class": "input-short", "min": 1},
    )


class SellerForm(Form):
    """What staff enter about the seller; `lms.seller.settings` validates it."""

    legal_name = StringField(
        _l("Legal name"),
        description=_l("As on your W-9. Printed as the seller on every document."),
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
    ein = StringField(
        _l("EIN (employer identification number)"),
        description=_l(
            "Nine digits, like 12-3456789. Printed on every document so purchasing offices "
            "can set you up as a vendor."
        ),
        render_kw={"class": "input-short", "maxlength": 12, "autocomplete": "off"},
    )
    ar_email = EmailField(
        _l("Email for accounts receivable"),
        description=_l(
            "Printed on every invoice and statement as the address for questions about payment."
        ),
        render_kw={"maxlength": 254},
    )
    phone = TelField(
        _l("Phone"),
        description=_l("Printed on every document, next to the email address."),
        render_kw={"class": "input-short", "maxlength": 40},
    )
    takes_check = BooleanField(_l("Accept checks"))
    remit_name = StringField(
        _l("Payable to"),
        description=_l("The name customers write on a check. Usually your legal name."),
        render_kw={"maxlength": LONGEST_NAME},
    )
    (
        remit_street,
        remit_street2,
        remit_city,
        remit_state,
        remit_postal_code,
        remit_country,
    ) = address_fields()
    takes_transfer = BooleanField(_l("Accept bank transfers (ACH or wire)"))
    bank_name = StringField(_l("Bank"), render_kw={"maxlength": 120})
    routing_number = StringField(
        _l("Routing number"),
        description=_l("The nine-digit ABA number at the bottom left of a check."),
        render_kw={"class": "input-short", "inputmode": "numeric", "autocomplete": "off"},
    )
    account_number = StringField(
        _l("Account number"),
        description=_l(
            "Printed in full on invoices. Elsewhere, we show only the last four digits."
        ),
        render_kw={"class": "input-short", "inputmode": "numeric", "autocomplete": "off"},
    )
    takes_invoice = BooleanField(
        _l("Sell on invoice"),
        description=_l("The customer orders now and pays the invoice by its due date."),
    )
    takes_purchase_order = BooleanField(
        _l("Sell on purchase order"),
        description=_l("The customer sends a purchase order, and its number is on the invoice."),
    )
    net_days = RadioField(
        _l("Payment terms"),
        coerce=int,
        description=_l(
            "Sets the due date of every invoice. You can set different terms for an organization."
        ),
    )
    credit_limit_minor = StringField(
        _l("Credit limit for new customers"),
        render_kw={"class": "input-short", "inputmode": "decimal"},
    )
    refund_days = IntegerField(
        _l("Days to request a refund"),
        [Optional()],
        description=_l(
            "How many days after an order the payer can request a refund, as in your refund "
            "policy. Enter 0 for no limit."
        ),
        render_kw={"class": "input-short", "min": 0, "max": 3650},
    )
    sells_in_lms = BooleanField(
        _l("Sell to people in an LMS"),
        description=_l(
            "People who open a webinar in a course without access get a link to buy it here, in "
            "a new window. If this is off, courses show no link or price."
        ),
    )
    paper = RadioField(_l("Paper size"), description=_l("The page size of your PDFs."))
    invoice_note = TextAreaField(
        _l("Note on invoices"),
        description=_l("Printed at the bottom of every invoice. Use up to 1,000 characters."),
        render_kw={"rows": 3, "maxlength": 1000},
    )
    quote_prefix = _prefix_field(_l("Prefix of quotes"))
    quote_start = _start_field(_l("First quote"))
    invoice_prefix = _prefix_field(_l("Prefix of invoices"))
    invoice_start = _start_field(_l("First invoice"))
    credit_note_prefix = _prefix_field(_l("Prefix of credit notes"))
    credit_note_start = _start_field(_l("First credit note"))
    receipt_prefix = _prefix_field(_l("Prefix of receipts"))
    receipt_start = _start_field(_l("First receipt"))
    statement_prefix = _prefix_field(_l("Prefix of statements"))
    statement_start = _start_field(_l("First statement"))

    def offer_choices(self) -> "SellerForm":
        """Set the choices of the lists, and return the form."""
        self.net_days.choices = [
            (days, _("Net %(days)s: due %(days)s days after the invoice date", days=days))
            for days in NET_DAYS
        ]
        self.paper.choices = [(Paper.LETTER.value, _("US letter")), (Paper.A4.value, _("A4"))]
        return self


class PolicyForm(Form):
    """The draft of a policy."""

    text = TextAreaField(
        _l("Text"),
        description=_l(
            "You can use Markdown: a blank line for a new paragraph, **bold**, *italic*, - for "
            "lists, and # for headings."
        ),
        render_kw={"rows": 24},
    )


def _sales_field(label: str, about: str) -> TextAreaField:
    return TextAreaField(label, [Optional()], description=about, render_kw={"rows": 12})


class SalesTextsForm(Form):
    """The texts that sell; `lms.seller.sales_texts` validates them."""

    home = _sales_field(
        _l("Home page"), _l("Shown on the home page, above the recordings. You can use Markdown.")
    )
    testimonials = _sales_field(
        _l("What customers say"),
        _l("Shown on the home page and below each buy box. Begin a line with > for a quotation."),
    )
    faq = _sales_field(
        _l("Questions and answers"),
        _l("Shown on the home page and below each buy box. Begin a line with # for a question."),
    )


class VendorDocumentForm(Form):
    """A vendor document; only a new one requires a file."""

    kind = SelectField(_l("Kind"))
    title = StringField(
        _l("Title"),
        [Optional()],
        description=_l("The name customers see. If blank, we use the kind."),
        render_kw={"maxlength": LONGEST_TITLE},
    )
    audience = RadioField(_l("Who gets it"))
    valid_until = DateField(
        _l("Valid until"),
        [Optional()],
        description=_l(
            "The staff home reminds you 30 days before. After this day, no one can get the "
            "document."
        ),
        render_kw={"class": "input-short"},
    )
    file = FileField(_l("PDF file"), render_kw={"accept": "application/pdf"})

    def offer_choices(self) -> "VendorDocumentForm":
        """Set the choices of the lists, and return the form."""
        self.kind.choices = [(kind.value, _(words)) for kind, words in KIND_WORDS.items()]
        self.audience.choices = [
            (audience.value, _(words)) for audience, words in AUDIENCE_WORDS.items()
        ]
        return self
