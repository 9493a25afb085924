"""Forms of the manager pages for training."""

from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import BooleanField, DateField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.training.assignments import CHOOSE, LONGEST_POLICY, NOBODY_CHOSEN, Subject
from lms.training.groups import LONGEST_NAME, GroupRow
from lms.web.catalog.staff_forms import ChoicesField
from lms.web.core.lazy_form_translations import _l

_ADDRESSES = _l("One per line, or paste from an email. Enter only people in your organization.")
_PASTED = {"rows": 5, "spellcheck": "false", "autocomplete": "off"}


class DueForm(Form):
    """The due date of training."""

    due_on = DateField(
        _l("Due date"),
        [InputRequired(_l("Choose a due date."))],
        render_kw={"class": "input-short"},
    )


class TrainingForm(DueForm):
    """What to assign, to whom, the due date, and the text to confirm."""

    subject = SelectField(_l("What to watch"), [InputRequired(_l(CHOOSE))])
    everyone = BooleanField(
        _l("Everyone"),
        description=_l(
            "Members and people with a seat today. People who join later aren't included."
        ),
    )
    groups = ChoicesField(
        _l("Groups"),
        [Optional()],
        description=_l("People who join a group later are included."),
    )
    addresses = TextAreaField(
        _l("Email addresses"), [Optional()], description=_ADDRESSES, render_kw=_PASTED
    )
    policy = TextAreaField(
        _l("Text to read and confirm"),
        [Optional(), Length(max=LONGEST_POLICY)],
        description=_l(
            "For example, your policy. Each person confirms that they've read it, and you see when."
        ),
        render_kw={"rows": 6},
    )

    def validate_everyone(self, field: BooleanField) -> None:
        """Check that someone is selected; raises ValidationError."""
        if not (field.data or self.groups.data or (self.addresses.data or "").strip()):
            raise ValidationError(_(NOBODY_CHOSEN))

    def offer(
        self,
        webinars: Sequence[Subject],
        series: Sequence[Subject],
        groups: Sequence[GroupRow],
    ) -> None:
        """Set what can be assigned, and the groups."""
        offered = {
            str(_l("Series")): [(one.key, one.title) for one in series],
            str(_l("Webinars")): [(one.key, one.title) for one in webinars],
        }
        self.subject.choices = {
            "": [("", _l("Choose a webinar or series"))],
            **{name: each for name, each in offered.items() if each},
        }
        self.groups.choices = [(one.public_id, f"{one.name} ({one.people:,})") for one in groups]


class GroupForm(Form):
    """A group, and people to add to it."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    addresses = TextAreaField(
        _l("Email addresses"), [Optional()], description=_ADDRESSES, render_kw=_PASTED
    )


class GroupPeopleForm(Form):
    """People to add to a group."""

    addresses = TextAreaField(
        _l("Email addresses"),
        [InputRequired(_l("Enter at least one email address."))],
        description=_ADDRESSES,
        render_kw=_PASTED,
    )
