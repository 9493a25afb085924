"""Forms of the manager pages for training."""

from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import BooleanField, DateField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.training.assignments import CHOOSE, LONGEST_POLICY, NOBODY_CHOSEN, Subject
from lms.training.groups import LONGEST_NAME, GroupRow
from lms.web.catalog.staff_forms import ChoicesField
from lms.web.core.lazy_form_translations import _l

_ADDRESSES = _l("One a line, or as you copy them from a mail. They are of people who belong here.")
_PASTED = {"rows": 5, "spellcheck": "false", "autocomplete": "off"}


class DueForm(Form):
    """Until when training is due."""

    due_on = DateField(
        _l("Due by the end of"),
        [InputRequired(_l("Choose the last day."))],
        render_kw={"class": "input-short"},
    )


class TrainingForm(DueForm):
    """What is assigned, to whom, until when, and what is to be confirmed."""

    subject = SelectField(_l("What to watch"), [InputRequired(_l(CHOOSE))])
    everyone = BooleanField(
        _l("Everybody"),
        description=_l(
            "Members and everybody who has claimed a seat today; nobody who comes later."
        ),
    )
    groups = ChoicesField(
        _l("Groups"),
        [Optional()],
        description=_l("Who joins a group later is assigned it as well."),
    )
    addresses = TextAreaField(
        _l("Addresses"), [Optional()], description=_ADDRESSES, render_kw=_PASTED
    )
    policy = TextAreaField(
        _l("A text that each confirms to have read"),
        [Optional(), Length(max=LONGEST_POLICY)],
        description=_l(
            "Your policy, say. Each confirms it by a press, which is kept with its time."
        ),
        render_kw={"rows": 6},
    )

    def validate_everyone(self, field: BooleanField) -> None:
        """See that somebody is chosen; raises ValidationError."""
        if not (field.data or self.groups.data or (self.addresses.data or "").strip()):
            raise ValidationError(_(NOBODY_CHOSEN))

    def offer(
        self,
        webinars: Sequence[Subject],
        series: Sequence[Subject],
        groups: Sequence[GroupRow],
    ) -> None:
        """Offer what can be assigned, and to which groups."""
        offered = {
            str(_l("Series")): [(one.key, one.title) for one in series],
            str(_l("Webinars")): [(one.key, one.title) for one in webinars],
        }
        self.subject.choices = {
            "": [("", _l("Choose a webinar or a series"))],
            **{name: each for name, each in offered.items() if each},
        }
        self.groups.choices = [(one.public_id, f"{one.name} ({one.people:,})") for one in groups]


class GroupForm(Form):
    """A group, and whom to put into it."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Give the group a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    addresses = TextAreaField(
        _l("Addresses"), [Optional()], description=_ADDRESSES, render_kw=_PASTED
    )


class GroupPeopleForm(Form):
    """Whom to put into a group."""

    addresses = TextAreaField(
        _l("Addresses"),
        [InputRequired(_l("Paste at least one address."))],
        description=_ADDRESSES,
        render_kw=_PASTED,
    )
