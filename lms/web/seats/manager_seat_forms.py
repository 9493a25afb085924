"""Forms of the manager pages for one seat, and for a pool's shared link."""

from typing import Final

from flask_babel import gettext as _
from wtforms import EmailField, Form, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.accounts.accounts import LONGEST_NAME
from lms.core.email_addresses import LONGEST, read_address
from lms.core.errors import Invalid
from lms.seats.claim_links import MOST_USES
from lms.seats.invitations import Invitee
from lms.web.accounts.forms import PLAIN, address_field
from lms.web.core.form_fields import PickerField
from lms.web.core.lazy_form_translations import _l

LONGEST_DAYS: Final = 90


class PoolForm(Form):
    """A pool of the organization."""

    pool = PickerField(_l("Seats for"))


class SeatAddressForm(Form):
    """The corrected address of an invitation."""

    email = address_field(_l("Email address"), autocomplete="off")


class NextHolderForm(Form):
    """The person who gets the seat next."""

    email = address_field(_l("New person's email address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used in the invitation if they don't have an account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )


class SuccessorForm(Form):
    """The person who gets the seat after approval; `to` is that person, if one is named."""

    email = EmailField(
        _l("New person's email address"),
        [Optional()],
        description=_l(
            "We'll invite them when we approve your request. Leave blank to decide later."
        ),
        render_kw={"autocomplete": "off", "maxlength": LONGEST, **PLAIN},
    )
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used in the invitation if they don't have an account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    to: Invitee | None = None

    def validate_email(self, field: EmailField) -> None:
        """Parse the address; raises ValidationError if it is invalid."""
        try:
            self.to = Invitee(read_address(field.data or ""), self.name.data or "")
        except Invalid as error:
            raise ValidationError(_(error.message)) from error


class OpenLinkForm(Form):
    """How long a pool's shared link works, and for how many people."""

    days = IntegerField(
        _l("Days until it expires"),
        [InputRequired(_l("Enter a number of days.")), NumberRange(1, LONGEST_DAYS)],
        default=14,
        render_kw={"min": 1, "max": LONGEST_DAYS, "class": "input-short"},
    )
    most_uses = IntegerField(
        _l("Number of people who can use it"),
        [InputRequired(_l("Enter a number of people.")), NumberRange(1, MOST_USES)],
        default=10,
        render_kw={"min": 1, "max": MOST_USES, "class": "input-short"},
    )
