"""The invitation form: how many past buyers to email now."""

from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from lms.web.core.lazy_form_translations import _l

MOST_LETTERS = 100_000


class LettersForm(Form):
    """How many people get their letter now."""

    people = IntegerField(
        _l("How many people"),
        [
            InputRequired(_l("Enter a number.")),
            NumberRange(1, MOST_LETTERS, _l("Enter a number between 1 and 100,000.")),
        ],
        description=_l("Those who were brought in first come first. Each is written to once."),
        render_kw={"class": "input-short", "inputmode": "numeric", "autocomplete": "off"},
    )
