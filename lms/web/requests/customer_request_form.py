"""The customer request form."""

from typing import Final

from sqlalchemy.orm import Session
from wtforms import (
    FileField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from lms.grants.request_and_sale_form_choices import EVERYTHING
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough
from lms.models.requests import RequestKind
from lms.pricing.price_list import MOST_SEATS
from lms.requests.read_models import KIND_WORDS
from lms.requests.requests import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_REFERENCE
from lms.web.accounts.forms import address_field, name_field
from lms.web.core.form_fields import PickerField
from lms.web.core.form_uploads import PAPERS
from lms.web.core.lazy_form_translations import _l
from lms.web.pricing.pass_scopes import offer_scopes

GROUPS: Final = (
    (
        _l("One webinar"),
        (
            RequestKind.REGISTER,
            RequestKind.GROUP,
            RequestKind.SHOWING,
            RequestKind.INSTITUTION,
        ),
    ),
    (_l("Many webinars"), (RequestKind.PASS, RequestKind.CONTRACT)),
    (
        _l("Payment"),
        (RequestKind.PURCHASE_ORDER, RequestKind.INVOICE, RequestKind.CHECK),
    ),
    (_l("Help"), (RequestKind.TROUBLE,)),
)
OFFER_WORDS: Final = {
    OfferKind.SINGLE: _l("Seats, one account each"),
    OfferKind.GROUP_SHOWING: _l("Group viewing"),
    OfferKind.INSTITUTIONAL: _l("Everyone at one institution"),
    OfferKind.PASS: _l("All-access passes"),
    OfferKind.CONTRACT: _l("A contract for an organization"),
}
_ABOUT_A_WEBINAR: Final = frozenset(
    {
        RequestKind.REGISTER,
        RequestKind.GROUP,
        RequestKind.SHOWING,
        RequestKind.INSTITUTION,
    }
)
_OF_AN_ORGANIZATION: Final = frozenset(
    {
        RequestKind.GROUP,
        RequestKind.INSTITUTION,
        RequestKind.CONTRACT,
        RequestKind.PURCHASE_ORDER,
    }
)


class MayBeBlank(Optional):
    """Makes a field optional without the label "(optional)", because other fields decide if it is required."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags = {}


class AskForm(Form):
    """One form for all requests to our team."""

    kind = SelectField(_l("What do you need?"))
    webinar = StringField(
        _l("Which webinar?"),
        [MayBeBlank(), Length(max=300)],
        description=_l("Leave blank if it isn't about one webinar."),
        render_kw={"list": "webinars", "maxlength": 300, "autocomplete": "off"},
    )
    about = HiddenField()
    pool = HiddenField()
    offer = SelectField(_l("What is it for?"), default=OfferKind.SINGLE.value)
    covers = PickerField(_l("What should it cover?"), default=EVERYTHING)
    quantity = IntegerField(
        _l("How many people?"),
        [
            MayBeBlank(),
            NumberRange(1, MOST_SEATS, _l("Enter a number of people from 1 to 10,000.")),
        ],
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1, "max": MOST_SEATS},
    )
    delivered_through = RadioField(
        _l("Where will they watch?"), default=DeliveredThrough.HERE.value
    )
    reference = StringField(
        _l("Purchase order number"),
        [Optional(), Length(max=LONGEST_REFERENCE)],
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    file = FileField(
        _l("Purchase order"),
        [Optional()],
        description=_l("A PDF or an image, up to 10 MB. Only our team sees it."),
        render_kw=PAPERS,
    )
    name = name_field()
    email = address_field(_l("Your email address"), autocomplete="email")
    organization_name = StringField(
        _l("Library or organization"),
        [MayBeBlank(), Length(max=LONGEST_NAME)],
        description=_l("Leave blank if it's only for you."),
        render_kw={"autocomplete": "organization", "maxlength": LONGEST_NAME},
    )
    message = TextAreaField(
        _l("Message"),
        [MayBeBlank(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 4, "maxlength": LONGEST_MESSAGE},
    )
    refusal = HiddenField()
    quote = HiddenField()

    @property
    def wanted(self) -> RequestKind:
        """Return the kind of request."""
        return next((kind for kind in RequestKind if kind == self.kind.data), RequestKind.REGISTER)

    def offer_choices(self, session: Session) -> None:
        """Set the choices of the lists."""
        self.kind.choices = {
            str(title): [(kind.value, _l(KIND_WORDS[kind])) for kind in kinds]
            for title, kinds in GROUPS
        }
        self.offer.choices = [(kind.value, words) for kind, words in OFFER_WORDS.items()]
        self.delivered_through.choices = [
            (DeliveredThrough.HERE.value, _l("Here, each person with their own account")),
            (DeliveredThrough.LMS.value, _l("In our LMS")),
        ]
        offer_scopes(session, self.covers)

    def check_whole(self, *, has_file: bool) -> bool:
        """Return whether all that this kind of request needs is there; marks missing fields."""
        kind = self.wanted
        is_order = kind is RequestKind.PURCHASE_ORDER and not has_file
        needed = (
            (kind in _ABOUT_A_WEBINAR, self.webinar, _l("Enter the webinar.")),
            (kind is RequestKind.GROUP, self.quantity, _l("Enter the number of people.")),
            (is_order, self.reference, _l("Enter the purchase order number, or choose its file.")),
            (
                kind in _OF_AN_ORGANIZATION,
                self.organization_name,
                _l("Enter your library or organization."),
            ),
            (kind is RequestKind.TROUBLE, self.message, _l("Tell us what happened.")),
        )
        missing = [
            (field, sentence)
            for is_needed, field, sentence in needed
            if is_needed and not str(field.data or "").strip() and not field.errors
        ]
        for field, sentence in missing:
            field.errors = [*field.errors, sentence]
        return not missing


class CorrectForm(Form):
    """The corrected address of a request."""

    email = address_field(_l("Correct address"), autocomplete="email")
