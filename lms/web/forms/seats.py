"""What the pages of one seat ask for."""

from wtforms import Form, StringField
from wtforms.validators import Length, Optional

from lms.accounts import LONGEST_NAME
from lms.web.forms.people import address_field
from lms.web.forms.texts import _l


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
