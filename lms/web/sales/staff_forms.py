"""Forms of the staff pages for sales and requests."""

from typing import Final

from wtforms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.grants.request_and_sale_form_choices import EVERYTHING, Named
from lms.models.grants import OfferKind
from lms.models.sales import DeliveredThrough, Terms
from lms.pricing.price_list import MOST_SEATS
from lms.requests.requests import LONGEST_MESSAGE
from lms.sales.sales import LONGEST_REFERENCE
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l
from lms.web.requests.customer_request_form import MayBeBlank

KIND_WORDS: Final = {
    OfferKind.SINGLE: _l("A seat, or a few at the single price"),
    OfferKind.GROUP_SEATS: _l("Group seats"),
    OfferKind.GROUP_SHOWING: _l("Group showing"),
    OfferKind.INSTITUTIONAL: _l("Institutional"),
    OfferKind.PASS: _l("All-access pass"),
    OfferKind.CONTRACT: _l("All-access contract"),
}
TERMS_WORDS: Final = {
    Terms.CARD: _l("Card, paid"),
    Terms.INVOICE: _l("Invoice"),
    Terms.PURCHASE_ORDER: _l("Purchase order"),
    Terms.CHECK: _l("Check"),
    Terms.COMPLIMENTARY: _l("Complimentary"),
    Terms.HISTORY: _l("From before this library"),
}
A_PERSON: Final = ""
A_NEW_ORGANIZATION: Final = "+"


class SaleForm(Form):
    """A sale as staff record it."""

    sale_id = HiddenField()
    currency = HiddenField()
    kind = SelectField(_l("What is sold"))
    webinar = StringField(
        _l("Webinar"),
        [MayBeBlank(), Length(max=300)],
        render_kw={"list": "webinars", "maxlength": 300, "autocomplete": "off"},
    )
    about = HiddenField()
    covers = SelectField(_l("Covers"), default=EVERYTHING)
    organization = SelectField(_l("Sold to"))
    organization_name = StringField(_l("Its name"), [MayBeBlank(), Length(max=200)])
    name = StringField(
        _l("Person"),
        [MayBeBlank(), Length(max=200)],
        description=_l("Who bought it, or the organization's contact, who then manages it."),
    )
    email = address_field(_l("E-mail address"), autocomplete="off")
    quantity = IntegerField(
        _l("People"),
        [
            MayBeBlank(),
            NumberRange(1, MOST_SEATS, _l("Give a number between 1 and 10,000.")),
        ],
        description=_l("Leave it empty for no limit."),
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1, "max": MOST_SEATS},
    )
    price = StringField(
        _l("Price in all"),
        [InputRequired(_l("Say what it costs; 0 where it is free."))],
        render_kw={"class": "input-short", "inputmode": "decimal", "autocomplete": "off"},
    )
    terms = SelectField(_l("Paid by"))
    reference = StringField(
        _l("Number of the invoice, order or check"),
        [Optional(), Length(max=LONGEST_REFERENCE)],
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    due_at = DateField(
        _l("To be paid by"),
        [Optional()],
        description=_l("In 30 days when left empty."),
    )
    is_held = BooleanField(
        _l("Hold the access until it is paid"),
        description=_l("Otherwise it opens at once, and an overdue payment cuts nothing off."),
    )
    delivered_through = RadioField(_l("They watch"), default=DeliveredThrough.HERE.value)
    starts_at = DateField(
        _l("From"), [Optional()], description=_l("From now, or where a pass is renewed.")
    )
    ends_at = DateField(
        _l("Until the end of"), [Optional()], description=_l("A year when left empty.")
    )
    tax_exemption = StringField(
        _l("Tax exemption number"), [Optional(), Length(max=LONGEST_REFERENCE)]
    )
    tax_exempt_until = DateField(_l("Valid until"), [Optional()])
    note = TextAreaField(
        _l("Note for staff"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 2},
    )

    def offer_choices(
        self, scopes: tuple[tuple[str, str], ...], organizations: tuple[Named, ...]
    ) -> None:
        """Give the lists their choices."""
        self.kind.choices = [(kind.value, words) for kind, words in KIND_WORDS.items()]
        self.terms.choices = [
            (terms.value, words)
            for terms, words in TERMS_WORDS.items()
            if terms is not Terms.HISTORY
        ]
        self.covers.choices = [(EVERYTHING, _l("Every webinar")), *scopes]
        self.organization.choices = [
            (A_PERSON, _l("A person")),
            (A_NEW_ORGANIZATION, _l("A new organization")),
            *((each.slug, each.name) for each in organizations),
        ]
        self.delivered_through.choices = [
            (DeliveredThrough.HERE.value, _l("Here")),
            (DeliveredThrough.LMS.value, _l("In their learning system")),
        ]


class AnswerForm(Form):
    """What staff answer to who asked."""

    answer = TextAreaField(
        _l("Answer"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        description=_l("It is mailed to who asked, and stands on the request's page."),
        render_kw={"rows": 5},
    )


class DomainForm(Form):
    """The mail domain that is an organization's own."""

    domain = StringField(
        _l("Mail domain"),
        [InputRequired(_l("Say which domain."))],
        description=_l("What stands after the @. Check that it is theirs alone."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class NoteForm(Form):
    """What staff write for each other."""

    note = TextAreaField(
        _l("Note for staff"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )


class SeatsBackForm(Form):
    """How many seats are given back, and for how much."""

    seats = IntegerField(
        _l("Seats given back"),
        [InputRequired(_l("Say how many seats.")), NumberRange(1, MOST_SEATS)],
        default=1,
        render_kw={"class": "input-short", "inputmode": "numeric", "min": 1},
    )
    amount = StringField(
        _l("Amount paid back"),
        [Optional()],
        description=_l("By the prices of the sale's day when left empty."),
        render_kw={"class": "input-short", "inputmode": "decimal", "autocomplete": "off"},
    )
