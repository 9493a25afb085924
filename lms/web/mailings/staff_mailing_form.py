"""Forms of mailings: what staff write, and when it is sent."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import DateTimeLocalField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from lms.mailings.mailings import LONGEST_BODY, LONGEST_LABEL, LONGEST_SUBJECT, LONGEST_URL
from lms.mailings.mails import MailingDetails
from lms.mailings.recipients import PART_WORDS
from lms.models.mail import MailingPart
from lms.web.core.lazy_form_translations import _l


class MailingForm(Form):
    """A mailing; the domain checks its texts."""

    part = SelectField(_l("Send to"))
    subject = StringField(_l("Subject"), render_kw={"maxlength": LONGEST_SUBJECT})
    body = TextAreaField(
        _l("Text"),
        description=_l("Starts after a greeting with the person's name. You can use Markdown."),
        render_kw={"rows": 12, "maxlength": LONGEST_BODY},
    )
    button_label = StringField(
        _l("Button text"), [Optional()], render_kw={"maxlength": LONGEST_LABEL}
    )
    button_url = StringField(
        _l("Button link"),
        [Optional()],
        render_kw={"maxlength": LONGEST_URL, "inputmode": "url", "spellcheck": "false"},
    )

    @property
    def details(self) -> MailingDetails:
        """Return what was entered, once the form is validated."""
        return MailingDetails(
            part=MailingPart(self.part.data),
            subject=self.subject.data or "",
            body=self.body.data or "",
            button_label=self.button_label.data or "",
            button_url=self.button_url.data or "",
        )

    def offer_parts(self, counts: Mapping[MailingPart, int]) -> None:
        """Offer the parts of the audience, each with its number of people."""
        self.part.choices = [(part.value, part_label(part, counts[part])) for part in MailingPart]


class ScheduleForm(Form):
    """When a mailing is sent, in the seller's time zone."""

    send_at = DateTimeLocalField(
        _l("Date and time"),
        [InputRequired(_l("Enter a date and a time."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        render_kw={"class": "input-moment"},
    )


def filled_form(details: MailingDetails) -> MailingForm:
    """Return the form with what was written before."""
    return MailingForm(obj=details)


def part_label(part: MailingPart, count: int) -> str:
    """Return the name of a part with its number of people."""
    people = ngettext("%(num)d person", "%(num)d people", count)
    return f"{_(PART_WORDS[part])}: {people}"
