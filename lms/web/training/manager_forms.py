"""Forms of the manager pages for training."""

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from lms.training.assignments import LONGEST_PAUSE, LONGEST_POLICY, NOBODY_CHOSEN
from lms.training.groups import LONGEST_NAME
from lms.training.subjects import CHOOSE
from lms.web.core.form_fields import Names, PickersField
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

    subject = HiddenField(_l("What to watch"), [InputRequired(_l(CHOOSE))])
    everyone = BooleanField(
        _l("Everyone"),
        description=_l("Members, people with a seat, and invited people once they join."),
    )
    groups = PickersField(
        _l("Groups"),
        [Optional()],
        description=_l("People who join a group later are included."),
    )
    addresses = TextAreaField(
        _l("Email addresses"), [Optional()], description=_ADDRESSES, render_kw=_PASTED
    )
    every_months = IntegerField(
        _l("Repeat every (months)"),
        [
            Optional(),
            NumberRange(1, LONGEST_PAUSE, _l("Enter a number of months from 1 to 60.")),
        ],
        description=_l(
            "After each due date, we ask people to watch again by the next one. Leave blank to "
            "assign it once."
        ),
        render_kw={"class": "input-short", "min": 1, "max": LONGEST_PAUSE},
    )
    policy = TextAreaField(
        _l("Statement to read and confirm"),
        [Optional(), Length(max=LONGEST_POLICY)],
        description=_l(
            "For example, a policy. Each person confirms that they've read it, and you can see "
            "when."
        ),
        render_kw={"rows": 6},
    )

    def validate_everyone(self, field: BooleanField) -> None:
        """Check that someone is selected; raises ValidationError."""
        if not (field.data or self.groups.data or (self.addresses.data or "").strip()):
            raise ValidationError(_(NOBODY_CHOSEN))

    def offer(self, groups: Names) -> None:
        """Set the groups that can be chosen."""
        self.groups.offer(groups)


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
