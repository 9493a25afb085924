"""The form of an order or a quote: who buys, several lines, and how it is paid."""

import re
from typing import Any, Final

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.core.errors import Invalid
from lms.grants.request_and_sale_form_choices import EVERYTHING
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough, LineAct, Terms
from lms.pricing.offers import DATED
from lms.pricing.price_list import MOST_SEATS
from lms.requests.requests import LONGEST_MESSAGE
from lms.sales.new_orders import LONGEST_REASON, LONGEST_REFERENCE, MOST_LINES
from lms.web.accounts.forms import address_field
from lms.web.core.form_fields import PickerField
from lms.web.core.lazy_form_translations import _l
from lms.web.requests.customer_request_form import MayBeBlank
from lms.web.sales.order_texts import (
    ACT_WORDS,
    DELIVERY_WORDS,
    KIND_WORDS,
    TERMS_WORDS,
    choices_of,
)

PERSON: Final = "person"
ORGANIZATION: Final = "organization"
NEW_ORGANIZATION: Final = "new"
OF_A_LINE: Final = re.compile(r"lines-(\d+)-(\w+)")
PAYERS: Final = {
    ORGANIZATION: _l("An organization"),
    NEW_ORGANIZATION: _l("A new organization"),
    PERSON: _l("A person"),
}
# The domain's field `organization` is another form field for other kinds of payers.
_ORGANIZATION_FIELD: Final = {PERSON: "payer", NEW_ORGANIZATION: "organization_name"}


class LineForm(Form):
    """One line: what is sold, its price, and for a contract whether it is new, a renewal or more seats."""

    kind = SelectField(_l("Item"), choices=choices_of(KIND_WORDS))
    act = SelectField(
        _l("Type"),
        choices=choices_of(ACT_WORDS),
        default=LineAct.NEW.value,
    )
    pool = HiddenField()
    adds_to = HiddenField()
    about = HiddenField()
    webinar = StringField(
        _l("Webinar"),
        [MayBeBlank(), Length(max=300)],
        render_kw={"list": "webinars", "maxlength": 300, "autocomplete": "off"},
    )
    covers = PickerField(_l("Covers"), default=EVERYTHING)
    quantity = IntegerField(
        _l("Seats"),
        [MayBeBlank(), NumberRange(1, MOST_SEATS, _l("Enter a number from 1 to 10,000."))],
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1, "max": MOST_SEATS},
    )
    price = StringField(
        _l("Price of this line"),
        [InputRequired(_l("Enter the price, or 0 if it's free."))],
        render_kw={"class": "input-short", "inputmode": "decimal", "autocomplete": "off"},
    )
    discount = StringField(
        _l("Discount"),
        [Optional()],
        render_kw={"class": "input-short", "inputmode": "decimal", "autocomplete": "off"},
    )
    discount_reason = StringField(
        _l("Reason for the discount"),
        [MayBeBlank(), Length(max=LONGEST_REASON)],
        description=_l("The quote and the invoice show it."),
        render_kw={"maxlength": LONGEST_REASON, "autocomplete": "off"},
    )
    starts_at = DateField(_l("Starts"), [Optional()])
    ends_at = DateField(_l("Last day"), [Optional()])
    delivered_through = SelectField(
        _l("Where people watch"),
        choices=choices_of(DELIVERY_WORDS),
        default=DeliveredThrough.HERE.value,
    )


class OrderForm(Form):
    """An order, as our team enters it."""

    order_id = HiddenField()
    request = HiddenField()
    currency = HiddenField()
    payer = RadioField(
        _l("Who pays"),
        choices=choices_of(PAYERS),
        validators=[InputRequired(_l("Choose who pays."))],
    )
    organization = StringField(
        _l("Organization"),
        [MayBeBlank(), Length(max=300)],
        render_kw={"list": "organizations", "maxlength": 300, "autocomplete": "off"},
    )
    organization_name = StringField(_l("Name of the new organization"), [MayBeBlank()])
    is_another = BooleanField(_l("Add it even if it may already exist"))
    name = StringField(_l("Contact name"), [MayBeBlank(), Length(max=200)])
    email = address_field(_l("Contact email"), autocomplete="off")
    lines = FieldList(FormField(LineForm), min_entries=1, max_entries=MOST_LINES)
    terms = SelectField(
        _l("Payment"),
        choices=choices_of(TERMS_WORDS, but=Terms.HISTORY),
        validators=[InputRequired(_l("Choose how it\u2019s paid."))],
    )
    po_number = StringField(
        _l("PO number"),
        [Optional()],
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    reuse_po = BooleanField(_l("Use this PO number again"))
    net_days = IntegerField(
        _l("Due in days"),
        [Optional(), NumberRange(0, 180, _l("Enter a number from 0 to 180."))],
        description=_l("Leave this blank to use the customer's terms."),
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 0, "max": 180},
    )
    due_on = DateField(
        _l("Due date"), [Optional()], description=_l("If you agreed on a different date.")
    )
    bill_on = DateField(
        _l("Send the invoice on"),
        [Optional()],
        description=_l("Leave this blank to send it when the order is placed."),
    )
    is_held = BooleanField(
        _l("Hold access until the order is paid"),
        description=_l("Otherwise access starts as soon as the order is placed."),
    )
    note = TextAreaField(
        _l("Note for our team"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 2},
    )

    @property
    def has_faults(self) -> bool:
        """Return whether the form has any error."""
        return bool(self.errors)

    def faults(self) -> list[tuple[str, str]]:
        """Return each error with the id of its field, in the order of the form."""
        found: list[tuple[str, str]] = [("", str(text)) for text in self.form_errors]
        for field in self:
            if field is self.lines:
                for place, line in enumerate(self.lines, start=1):
                    found += [(one.id, _of_line(place, one)) for one in line.form if one.errors]
            elif field.errors:
                found.append((field.id, f"{field.label.text}: {_joined(field.errors)}"))
        return found

    def show(self, refusal: Invalid) -> None:
        """Add each message of a refusal to its field, or the refusal's own to the form if none is shown."""
        shown = self.has_faults
        for name, sentence in refusal.fields.items():
            field = self._field_of(name)
            if field is not None:
                field.errors = [*field.errors, _(sentence)]
                shown = True
        if not shown:
            self.form_errors.append(_(refusal.message))

    def _field_of(self, name: str) -> Any:  # noqa: ANN401  (a field of any form)
        found = OF_A_LINE.fullmatch(name)
        place, own = (int(found[1]), found[2]) if found else (0, name)
        if own == "lines":
            return None
        if own == "organization":
            own = _ORGANIZATION_FIELD.get(str(self.payer.data), own)
        if found is None and own in self:
            return self[own]
        if own == "act" and found is None:
            place = self._first_contract()
        if place >= len(self.lines):
            return None
        line = self.lines[place].form
        if own == "covers" and line.kind.data not in {kind.value for kind in DATED}:
            own = "webinar"
        return line[own] if own in line else None  # noqa: SIM401  (a form isn't a dict)

    def _first_contract(self) -> int:
        contracts = (
            place
            for place, line in enumerate(self.lines)
            if line.form.kind.data == OfferKind.CONTRACT
        )
        return next(contracts, 0)


def _of_line(place: int, field: Any) -> str:  # noqa: ANN401  (a field of any form)
    return _(
        "Line %(place)s, %(label)s: %(sentence)s",
        place=place,
        label=field.label.text,
        sentence=_joined(field.errors),
    )


def _joined(errors: Any) -> str:  # noqa: ANN401  (a sequence of lazily translated texts)
    return " ".join(str(one) for one in errors)
