"""Forms of the actions on an order: quotes, purchase orders, credit notes, and corrections."""

from datetime import date
from typing import Final

from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.pricing.price_list import MOST_SEATS
from lms.requests.requests import LONGEST_MESSAGE
from lms.sales.new_orders import LONGEST_REFERENCE
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l
from lms.web.sales.order_texts import CREDIT_CHOICES, choices_of

SHORT: Final = {"class": "input-short", "inputmode": "decimal", "autocomplete": "off"}
REFERENCE: Final = {"maxlength": LONGEST_REFERENCE, "autocomplete": "off"}


def chosen_day(field: DateField) -> date:
    """Return the day of a required field, after its form was validated."""
    assert field.data is not None  # noqa: S101  (the form requires it)
    return field.data


def seats_field(label: str) -> IntegerField:
    """Return a field for a number of seats that can be left empty."""
    return IntegerField(
        label,
        [Optional(), NumberRange(1, MOST_SEATS, _l("Enter a number from 1 to 10,000."))],
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1},
    )


class QuoteForm(Form):
    """The last day on which a quote is valid, and whether to email it now."""

    expires_on = DateField(_l("Valid through"), [InputRequired(_l("Choose a date."))])
    is_mailed = BooleanField(_l("Email the quote to the contact"))


class TaxCreditForm(Form):
    """Whether to email a credit note for tax now."""

    is_mailed = BooleanField(_l("Email the credit note to accounts payable"))


class PurchaseOrderForm(Form):
    """A received purchase order."""

    po_number = StringField(
        _l("PO number"), [InputRequired(_l("Enter the PO number."))], render_kw=REFERENCE
    )
    po_amount = StringField(_l("PO amount"), [Optional()], render_kw=SHORT)
    received_on = DateField(_l("Received on"), [InputRequired(_l("Choose a date."))])
    file = FileField(_l("File"), [Optional()], description=_l("A PDF or an image, up to 10 MB."))
    reuse_po = BooleanField(
        _l("Use this PO number again"),
        description=_l("Only if the customer uses one number for several orders."),
    )


class AcceptForm(Form):
    """How a quote was accepted."""

    name = StringField(
        _l("Accepted by"),
        [InputRequired(_l("Enter the name of the person who accepts the quote.")), Length(max=200)],
    )
    po_number = StringField(_l("PO number"), [Optional()], render_kw=REFERENCE)
    po_amount = StringField(_l("PO amount"), [Optional()], render_kw=SHORT)
    received_on = DateField(_l("Received on"), [InputRequired(_l("Choose a date."))])
    file = FileField(
        _l("Purchase order file"),
        [Optional()],
        description=_l("A PDF or an image, up to 10 MB."),
    )
    reuse_po = BooleanField(
        _l("Use this PO number again"),
        description=_l("Only if the customer uses one number for several orders."),
    )
    bill_on = DateField(
        _l("Send the invoice on"),
        [Optional()],
        description=_l("Leave this blank to send it now."),
    )
    is_held = BooleanField(_l("Hold access until the order is paid"))


class CreditLineForm(Form):
    """What to credit of one line."""

    line_id = HiddenField()
    is_chosen = BooleanField(_l("Credit this line"))
    seats = seats_field(_l("Seats"))
    amount = StringField(_l("Amount before tax"), [Optional()], render_kw=SHORT)


class CreditForm(Form):
    """A credit note: its reason, and what to credit of which line; the key makes two clicks one."""

    key = HiddenField()
    reason = RadioField(
        _l("Reason"),
        choices=choices_of(CREDIT_CHOICES),
    )
    lines = FieldList(FormField(CreditLineForm))
    explanation = TextAreaField(
        _l("Explanation"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        description=_l("Printed on the credit note."),
        render_kw={"rows": 2},
    )
    is_mailed = BooleanField(_l("Email the credit note to the customer"), default=True)


class CorrectLineForm(Form):
    """The correct quantity and price of one line."""

    line_id = HiddenField()
    quantity = seats_field(_l("Seats"))
    price = StringField(_l("Price of this line"), [InputRequired()], render_kw=SHORT)


class CorrectForm(Form):
    """The corrections of an order that was entered incorrectly."""

    lines = FieldList(FormField(CorrectLineForm))
    po_number = StringField(_l("PO number"), [Optional()], render_kw=REFERENCE)
    po_amount = StringField(_l("PO amount"), [Optional()], render_kw=SHORT)
    reuse_po = BooleanField(_l("Use this PO number again"))
    net_days = IntegerField(
        _l("Due in days"),
        [Optional(), NumberRange(0, 180, _l("Enter a number from 0 to 180."))],
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 0, "max": 180},
    )
    due_on = DateField(_l("Due date"), [Optional()])
    bill_on = DateField(_l("Send the invoice on"), [Optional()])
    bill_name = StringField(_l("Name"), [InputRequired(_l("Enter the name to bill."))])
    attention = StringField(_l("Attention"), [Optional(), Length(max=200)])
    address = TextAreaField(_l("Address"), [Optional(), Length(max=600)], render_kw={"rows": 4})
    state = StringField(
        _l("State"),
        [Optional(), Length(max=40)],
        description=_l("Two letters, such as OH. Sales tax depends on it."),
        render_kw={"class": "input-short"},
    )
    bill_email = StringField(_l("Billing email"), [Optional(), Length(max=320)])
    vendor_number = StringField(_l("Our vendor number"), [Optional()], render_kw=REFERENCE)
    is_mailed = BooleanField(_l("Email the new invoice"), default=True)


class PayerForm(Form):
    """The organization that is really buying, and its contact."""

    organization = StringField(
        _l("Organization"),
        [InputRequired(_l("Enter the organization's name."))],
        render_kw={"autocomplete": "off"},
    )
    name = StringField(_l("Contact name"), [Length(max=200)])
    email = address_field(_l("Contact email"), autocomplete="off")
    is_mailed = BooleanField(_l("Email the new invoice and the confirmation"), default=True)


class NoteForm(Form):
    """Our team's note."""

    note = TextAreaField(
        _l("Note for our team"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )


class SendForm(Form):
    """The recipient of a document that is sent again."""

    email = address_field(_l("Email address"), autocomplete="off")
