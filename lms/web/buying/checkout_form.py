"""The checkout form: who orders, who is billed, who gets the seats, and how it is paid."""

import io
from collections.abc import Sequence
from typing import Final

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, Field, FileField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in its stubs
from wtforms.validators import Optional

from lms.buying.checkout import Details, OwnOrganization, Payment
from lms.core.attached_files import KeptFile
from lms.core.errors import N_, Invalid
from lms.core.postal_addresses import LONGEST_POSTAL_CODE, LONGEST_STATE
from lms.models.tax import ExemptionBasis
from lms.requests.requests import LONGEST_NAME, LONGEST_REFERENCE
from lms.seats import named_people
from lms.web.buying.cart import ShownLine
from lms.web.buying.quote_validity import QuoteValidity
from lms.web.core.form_fields import address_data, address_fields, typed_address
from lms.web.core.form_uploads import PAPERS
from lms.web.core.lazy_form_translations import _l

LARGEST_LIST: Final = 1024 * 1024
TOO_LARGE = N_("This file is larger than 1 MB. Place the order first, then import the list.")
MYSELF: Final = "myself"
NEW: Final = "new"
PAYMENT_WORDS: Final = {
    Payment.CARD: _l("Card"),
    Payment.INVOICE: _l("Invoice"),
    Payment.PURCHASE_ORDER: _l("Purchase order"),
    Payment.CHECK: _l("Check"),
    Payment.PURCHASING: _l("Send to purchasing: we'll email a quote to your purchasing office"),
}


EXEMPT_WORDS: Final = {
    "": _l("No"),
    ExemptionBasis.GOVERNMENT.value: _l("Yes, a government agency or public library"),
    ExemptionBasis.NONPROFIT.value: _l("Yes, a 501(c)(3) nonprofit"),
    ExemptionBasis.OTHER.value: _l("Yes, for another reason"),
}


class CheckoutForm(QuoteValidity):
    """What a customer enters at checkout; the domain validates it."""

    name = StringField(
        _l("Your name"), render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME}
    )
    email = StringField(
        _l("Your email address"),
        description=_l("We'll email your order and how to get access here."),
        render_kw={
            "type": "email",
            "autocomplete": "email",
            "maxlength": 254,
            "inputmode": "email",
        },
    )
    payer = RadioField(_l("Who is buying?"), default=MYSELF)
    organization_name = StringField(
        _l("Library or organization"),
        render_kw={"autocomplete": "organization", "maxlength": LONGEST_NAME},
    )
    (
        billing_street,
        billing_street2,
        billing_city,
        billing_state,
        billing_postal_code,
        billing_country,
    ) = address_fields()
    payable_email = StringField(
        _l("Email address for invoices"),
        [Optional()],
        description=_l(
            "Your accounts payable address, if you have one. We'll email the PDF there."
        ),
        render_kw={"type": "email", "maxlength": 254, "inputmode": "email"},
    )
    payment = RadioField(_l("How will you pay?"))
    purchasing_email = StringField(
        _l("Your purchasing office's email address"),
        description=_l(
            "After you confirm your own address, we'll email them the quote with a link to "
            "accept or pay it."
        ),
        render_kw={"type": "email", "maxlength": 254, "inputmode": "email"},
    )
    po_number = StringField(
        _l("Purchase order number"),
        description=_l("We'll print it on the invoice."),
        render_kw={"maxlength": LONGEST_REFERENCE, "autocomplete": "off"},
    )
    file = FileField(
        _l("Purchase order"),
        [Optional()],
        description=_l("A PDF or an image, up to 10 MB."),
        render_kw=PAPERS,
    )
    home_state = StringField(
        _l("State"),
        description=_l("For sales tax. Two letters, like IL."),
        render_kw={"autocomplete": "address-level1", "maxlength": LONGEST_STATE},
    )
    home_postal_code = StringField(
        _l("ZIP code"),
        render_kw={"autocomplete": "postal-code", "maxlength": LONGEST_POSTAL_CODE},
    )
    exempt_as = RadioField(_l("Exempt from sales tax?"), default="")
    has_agreed = BooleanField(_l("I agree to the terms"))

    def offer_choices(
        self,
        mine: Sequence[OwnOrganization],
        methods: Sequence[Payment],
        *,
        needs_organization: bool,
    ) -> None:
        """Set the choices of the lists; `mine` are the organizations of the signed-in person."""
        payers = [] if needs_organization else [(MYSELF, _("I'm paying for myself"))]
        payers += [(str(one.id), one.name) for one in mine]
        payers.append((NEW, _("Another organization") if mine else _("My library or organization")))
        self.payer.choices = payers
        if self.payer.data not in {value for value, _label in payers}:
            self.payer.data = payers[0][0]
        self.exempt_as.choices = [
            SelectChoice(value, words) for value, words in EXEMPT_WORDS.items()
        ]
        self.payment.choices = [(one.value, PAYMENT_WORDS[one]) for one in methods]
        if self.payment.data not in {one.value for one in methods} and methods:
            self.payment.data = methods[0].value


def form_class(lines: Sequence[ShownLine]) -> type[CheckoutForm]:
    """Return the form class with a field for people on each line whose seats can be assigned now."""
    fields: dict[str, Field] = {}
    for line in lines:
        if line.takes_names:
            fields[f"people-{line.public_id}"] = TextAreaField(
                _l("Who gets the seats?"),
                [Optional()],
                description=_l(
                    "One email address per line, with a name if you want. We'll invite them once "
                    "your order is confirmed. You can also do this later."
                ),
                render_kw={"rows": 4, "autocomplete": "off"},
            )
            fields[f"list-{line.public_id}"] = FileField(
                _l("Add people from a CSV file"),
                [Optional()],
                description=_l("A staff list with email addresses, up to 1 MB."),
                render_kw={"accept": ".csv,.txt,text/csv,text/plain"},
            )
    return type("CheckoutFormOfCart", (CheckoutForm,), fields)


def take_in_lists(form: CheckoutForm) -> None:
    """Append the people of uploaded CSV files to the typed ones, where they can be edited.

    A file that can't be read gets its error next to its field.
    """
    for name, file in request.files.items():
        if name not in form or not name.startswith("list-") or not file.filename:
            continue
        people = form[name.replace("list-", "people-", 1)]
        try:
            found = named_people.read_list(io.BytesIO(_list_in(file)))
        except Invalid as refusal:
            form[name].errors = [_(refusal.message)]
        else:
            people.data = "\n".join(filter(None, ((people.data or "").strip(), found)))


def _list_in(file: FileStorage) -> bytes:
    with file.stream:
        data = file.stream.read(LARGEST_LIST + 1)
    if len(data) > LARGEST_LIST:
        raise Invalid(TOO_LARGE)
    return data


def typed_before(details: Details) -> dict[str, object]:
    """Return the form data for what was entered before."""
    payer = str(details.organization_id or NEW) if details.is_for_organization else MYSELF
    return {
        "name": details.name,
        "email": details.email,
        "payer": payer,
        "organization_name": details.organization_name,
        **address_data("billing", details.address),
        "payable_email": details.payable_email,
        "payment": details.payment.value,
        "po_number": details.po_number,
        "exempt_as": details.exempt_as.value if details.exempt_as else "",
        "home_state": details.address.state if details.address else "",
        "home_postal_code": details.address.postal_code if details.address else "",
        **{f"people-{line}": people for line, people in details.people.items()},
    }


def details_of(form: CheckoutForm, file: KeptFile | None, *, asks_to_agree: bool) -> Details:
    """Return what was entered."""
    payer = form.payer.data
    return Details(
        name=form.name.data or "",
        email=form.email.data or "",
        payment=Payment(form.payment.data),
        is_for_organization=payer != MYSELF,
        organization_id=int(payer) if payer not in (MYSELF, NEW) else None,
        organization_name=form.organization_name.data or "",
        address=typed_address(form, "billing") if payer == NEW else None,
        payable_email=form.payable_email.data or "",
        purchasing_email=form.purchasing_email.data or "",
        quote_valid_until=form.valid_until.data,
        po_number=form.po_number.data or "",
        po_file=file,
        has_agreed=form.has_agreed.data or not asks_to_agree,
        home_state=form.home_state.data or "",
        home_postal_code=form.home_postal_code.data or "",
        exempt_as=ExemptionBasis(form.exempt_as.data)
        if form.exempt_as.data in EXEMPT_WORDS and form.exempt_as.data
        else None,
        people={
            name.removeprefix("people-"): field.data or ""
            for name, field in form._fields.items()
            if name.startswith("people-")
        },
    )
