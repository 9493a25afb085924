"""Forms of the payment page: accepting or paying a quote, a purchase order, a check, and papers."""

from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from lms.buying.payment_promises import LONGEST_NOTE, LONGEST_NUMBER
from lms.sales.new_orders import LONGEST_REFERENCE
from lms.web.accounts.forms import name_field
from lms.web.core.form_uploads import PAPERS
from lms.web.core.lazy_form_translations import _l
from lms.web.organizations.billing_forms import OwnTaxPaperForm

REFERENCE = {"maxlength": LONGEST_REFERENCE, "autocomplete": "off"}
AMOUNT = {"class": "input-short", "inputmode": "decimal", "autocomplete": "off"}


def _paper() -> FileField:
    return FileField(
        _l("Purchase order file"),
        [Optional()],
        description=_l("A PDF or an image, up to 10 MB."),
        render_kw=PAPERS,
    )


class AcceptQuoteForm(Form):
    """The acceptance of a quote: a typed name, and a purchase order if there is one."""

    quote = HiddenField()  # the one that the page showed
    name = name_field(_l("The name of the person accepting the quote for your organization."))
    po_number = StringField(
        _l("Purchase order number"),
        [Optional(), Length(max=LONGEST_REFERENCE)],
        description=_l("We'll print it on the invoice."),
        render_kw=REFERENCE,
    )
    file = _paper()
    has_agreed = BooleanField(_l("I agree to the terms"))


class PayQuoteForm(Form):
    """The agreement of a person who pays a quote without accepting it first."""

    seen = IntegerField(widget=HiddenInput())  # the total that the page showed, in minor units
    has_agreed = BooleanField(_l("I agree to the terms"))


class PurchaseOrderForm(Form):
    """A purchase order for the order."""

    po_number = StringField(
        _l("Purchase order number"),
        [InputRequired(_l("Enter the purchase order number.")), Length(max=LONGEST_REFERENCE)],
        render_kw=REFERENCE,
    )
    po_amount = StringField(_l("Amount of the purchase order"), [Optional()], render_kw=AMOUNT)
    file = _paper()
    reuse_po = BooleanField(_l("This purchase order is for this order, too"))


class CheckSentForm(Form):
    """A check that was sent."""

    check_number = StringField(
        _l("Check number"),
        [InputRequired(_l("Enter the check number.")), Length(max=LONGEST_NUMBER)],
        render_kw={"class": "input-short", "maxlength": LONGEST_NUMBER, "autocomplete": "off"},
    )
    sent_on = DateField(_l("Sent on"), [InputRequired(_l("Choose the date you sent the check."))])
    amount = StringField(_l("Amount"), [Optional()], render_kw=AMOUNT)


class InApprovalForm(Form):
    """An invoice that is in approval."""

    until = DateField(
        _l("Expected approval"), [InputRequired(_l("Choose the date you expect approval."))]
    )
    note = TextAreaField(
        _l("Note"),
        [Optional(), Length(max=LONGEST_NOTE)],
        description=_l("Such as the date of your board meeting."),
        render_kw={"rows": 3, "maxlength": LONGEST_NOTE},
    )


class ExemptionForm(OwnTaxPaperForm):
    """The payer's tax exemption, with its file."""
