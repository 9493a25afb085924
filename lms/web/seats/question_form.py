"""The question form: what a person asks about a seat."""

from wtforms import Form, HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from lms.seats.self_service import LONGEST_QUESTION, SAY_SOMETHING
from lms.web.core.lazy_form_translations import _l


class QuestionForm(Form):
    """A message to whoever manages the seats; `webinar` is the slug it was opened from."""

    message = TextAreaField(
        _l("Your message"),
        [DataRequired(_l(SAY_SOMETHING)), Length(max=LONGEST_QUESTION)],
    )
    webinar = HiddenField()
