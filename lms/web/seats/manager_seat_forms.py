"""Forms of the manager pages for one seat, and for a pool's open link."""

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
from lms.web.core.lazy_form_translations import _l

LONGEST_DAYS: Final = 90


class SeatAddressForm(Form):
    """Where an invitation goes instead."""

    email = address_field(_l("E-mail address"), autocomplete="off")


class NextHolderForm(Form):
    """Who has the seat next."""

    email = address_field(_l("E-mail address of who has it next"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used in the letter when they have no account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )


class SuccessorForm(Form):
    """Whom a seat is to go to once the house has agreed; `to` is them, where they are named."""

    email = EmailField(
        _l("E-mail address of who has it next"),
        [Optional()],
        description=_l("They are invited as soon as we agree. Leave it empty to decide later."),
        render_kw={"autocomplete": "off", "maxlength": LONGEST, **PLAIN},
    )
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used in the letter when they have no account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    to: Invitee | None = None

    def validate_email(self, field: EmailField) -> None:
        """Read the address; raises ValidationError when it is none."""
        try:
            self.to = Invitee(read_address(field.data or ""), self.name.data or "")
        except Invalid as error:
            raise ValidationError(_(error.message)) from error


class OpenLinkForm(Form):
    """How long a pool's open link works, and for how many."""

    days = IntegerField(
        _l("Works for so many days"),
        [InputRequired(_l("Give a number of days.")), NumberRange(1, LONGEST_DAYS)],
        default=14,
        render_kw={"min": 1, "max": LONGEST_DAYS, "class": "input-short"},
    )
    most_uses = IntegerField(
        _l("Lets in at most so many people"),
        [InputRequired(_l("Give a number of people.")), NumberRange(1, MOST_USES)],
        default=10,
        render_kw={"min": 1, "max": MOST_USES, "class": "input-short"},
    )
