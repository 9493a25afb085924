"""Forms of the staff pages for requests."""

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.requests.requests import LONGEST_MESSAGE
from lms.web.core.lazy_form_translations import _l


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
