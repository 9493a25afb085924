"""Forms of the staff pages for requests."""

from wtforms import FileField, Form, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.requests.requests import LONGEST_MESSAGE
from lms.web.core.form_uploads import PAPERS
from lms.web.core.lazy_form_translations import _l


class AnswerForm(Form):
    """Our team's answer to the person who sent the request."""

    answer = TextAreaField(
        _l("Answer"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        description=_l("We email it to the person who asked and show it on the request's page."),
        render_kw={"rows": 5},
    )
    file = FileField(
        _l("File"),
        [Optional()],
        description=_l("We attach it to the answer. A PDF or an image, up to 10 MB."),
        render_kw=PAPERS,
    )


class DomainForm(Form):
    """The email domain of an organization."""

    domain = StringField(
        _l("Email domain"),
        [InputRequired(_l("Enter the domain, like example.org."))],
        description=_l("The part after the @. Check that only this organization uses it."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class NoteForm(Form):
    """A note for our team."""

    note = TextAreaField(
        _l("Note for our team"),
        [Optional(), Length(max=LONGEST_MESSAGE)],
        render_kw={"rows": 3},
    )
