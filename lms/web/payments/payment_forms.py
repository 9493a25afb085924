"""Forms of payments: recording one over several invoices, using credit, and refunds."""

from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from lms.models.payments import PaymentMethod
from lms.payments.payments import LONGEST_NUMBER
from lms.requests.requests import LONGEST_MESSAGE
from lms.web.core.lazy_form_translations import _l
from lms.web.sales.act_forms import SHORT
from lms.web.sales.order_texts import METHOD_WORDS, choices_of

NUMBER = {"maxlength": LONGEST_NUMBER, "autocomplete": "off"}


def amount_field(label: str) -> StringField:
    """Return a field for an amount of money."""
    return StringField(label, [InputRequired(_l("Enter the amount."))], render_kw=SHORT)


class PaysForm(Form):
    """The part of a payment for one invoice; `open` is the amount due when the form was shown."""

    invoice_id = HiddenField()
    open = HiddenField()
    amount = StringField(_l("Amount to pay"), [Optional()], render_kw=SHORT)


class PaymentForm(Form):
    """A received payment; the key makes two clicks one payment."""

    key = HiddenField()
    method = SelectField(
        _l("Method"),
        choices=choices_of(METHOD_WORDS),
        validators=[InputRequired(_l("Choose the method."))],
        default=PaymentMethod.CHECK.value,
    )
    amount = amount_field(_l("Amount"))
    received_on = DateField(_l("Received on"), [InputRequired(_l("Choose a date."))])
    check_number = StringField(
        _l("Check or transfer number"), [Length(max=LONGEST_NUMBER)], render_kw=NUMBER
    )
    slip = StringField(
        _l("Deposit slip number"), [Optional(), Length(max=LONGEST_NUMBER)], render_kw=NUMBER
    )
    same_again = BooleanField(_l("Record a second payment with this number"))
    pays = FieldList(FormField(PaysForm))
    note = TextAreaField(
        _l("Note for our team"), [Optional(), Length(max=LONGEST_MESSAGE)], render_kw={"rows": 2}
    )
    is_mailed = BooleanField(_l("Email the receipt"), default=True)


class UseForm(Form):
    """The invoice that credit pays, and the amount; `unused` is the credit when the form was shown."""

    unused = HiddenField()
    # the invoice that a form sent twice pays isn't open anymore
    invoice = SelectField(_l("Invoice"), validate_choice=False)
    amount = amount_field(_l("Amount"))


class RefundForm(Form):
    """A refund; the key makes two clicks one refund."""

    key = HiddenField()
    payment = SelectField(_l("Refund this payment"))
    amount = amount_field(_l("Amount"))


class RefundDoneForm(Form):
    """How a refund was paid out."""

    reference = StringField(
        _l("Our check or transfer number"),
        [InputRequired(_l("Enter the number.")), Length(max=LONGEST_NUMBER)],
        render_kw=NUMBER,
    )
    done_on = DateField(_l("Paid out on"), [InputRequired(_l("Choose a date."))])


class StatementForm(Form):
    """The first day of a statement."""

    since = DateField(_l("Starting on"), [InputRequired(_l("Choose a date."))])
    is_mailed = BooleanField(_l("Email it to the customer"))
