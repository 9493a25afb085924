"""The form of the manager page for allotments."""

from wtforms import Form, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from lms.seats.allotments import MOST
from lms.web.core.lazy_form_translations import _l

_NUMBER = _l("Give a number of seats from 0 on.")


class PartForm(Form):
    """How many seats one organization has of a pool."""

    seats = IntegerField(
        _l("Seats"),
        [NumberRange(0, MOST, _NUMBER)],
        render_kw={"min": 0, "max": MOST, "class": "input-short", "inputmode": "numeric"},
    )

    def ask_for_number(self, *, is_limited: bool) -> None:
        """Ask for a number; of a pool without limit it may be left out."""
        need = InputRequired(_NUMBER) if is_limited else Optional()
        self.seats.validators = [need, NumberRange(0, MOST, _NUMBER)]


class AllotForm(PartForm):
    """Which organization has how many seats of a pool."""

    organization = SelectField(_l("Organization"), [InputRequired(_l("Choose an organization."))])
