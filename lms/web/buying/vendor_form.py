"""The page for a purchasing office's own vendor form, which our team fills in."""

from dataclasses import replace
from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import DateField, FileField, Form, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from lms.core import clock
from lms.core.dates_and_time_zones import NO_YEAR, on_wall_clock
from lms.core.errors import Invalid
from lms.models.requests import RequestKind
from lms.requests import requests
from lms.requests.requests import LONGEST_MESSAGE, LONGEST_NAME, NewRequest
from lms.web.accounts.forms import address_field, name_field
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_uploads import PAPERS, has_file, sent_file
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.requests.customer_request import spend_request, status_of

blueprint = Blueprint("vendor_form", __name__, url_prefix="/purchasing/vendor-form")


def today() -> date:
    """Return the current date in the seller's time zone."""
    return on_wall_clock(clock.now(), mail_context().zone).date()


class VendorForm(Form):
    """A form to fill in, its deadline, and the person to email it to."""

    file = FileField(
        _l("Your form"),
        description=_l("A PDF or an image, up to 10 MB. Only our team sees it."),
        render_kw=PAPERS,
    )
    due_on = DateField(_l("Needed by"), [InputRequired(_l("Choose a date."))])
    name = name_field()
    email = address_field(_l("Your email address"), autocomplete="email")
    organization_name = StringField(
        _l("Library or organization"),
        [
            DataRequired(_l("Enter the name of your library or organization.")),
            Length(max=LONGEST_NAME),
        ],
        render_kw={"autocomplete": "organization", "maxlength": LONGEST_NAME},
    )
    message = TextAreaField(
        _l("Anything we should know"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 4, "maxlength": LONGEST_MESSAGE},
    )

    def validate_due_on(self, field: DateField) -> None:
        """Reject a day in the past, and the last year, which has days that UTC can't express."""
        if field.data is not None and field.data < today():
            raise ValidationError(_("Choose today or a later date."))
        if field.data is not None and field.data.year == date.max.year:
            raise ValidationError(_(NO_YEAR))

    def validate_file(self, field: FileField) -> None:  # noqa: ARG002  (WTForms' signature)
        """Reject a request without a file."""
        if not has_file():
            raise ValidationError(_("Choose the form to send."))


@blueprint.get("")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Show the form."""
    person = viewer()
    known = {"name": person.name, "email": person.email or ""} if person else {}
    return _page(VendorForm(data=known))


@blueprint.post("")
@open_to(Audience.EVERYONE)
@evenly
def send() -> ResponseReturnValue:
    """Send the form to our team, with its deadline."""
    form = VendorForm(request.form)
    if not form.validate():
        return _page(form), 400
    spend_request(form.email.address)
    person = viewer()
    new = NewRequest(
        kind=RequestKind.VENDOR_FORM,
        name=form.name.data or "",
        email=form.email.address.shown,
        organization_name=form.organization_name.data or "",
        login_id=person.login_id if person else None,
        message=form.message.data or "",
        due_on=form.due_on.data,
    )
    try:
        with sent_file("requests") as file, transaction() as writing:
            facts = requests.ask(
                writing,
                replace(new, file=file),
                mail_context=mail_context(),
                actor=person.public_id if person else None,
                now=clock.now(),
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(form), 400
    return status_of(facts)


def _page(form: VendorForm) -> str:
    return render("buying/vendor_form.html", form=form)
