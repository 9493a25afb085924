"""Forms of the staff pages for people."""

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from lms.accounts.accounts import LONGEST_NAME
from lms.core.staff_reasons import LONGEST as LONGEST_REASON
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


def reason_field(description: str) -> TextAreaField:
    """Return the field for a reason that staff alone read."""
    return TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Give the reason.")), Length(max=LONGEST_REASON)],
        description=description,
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


class AliasForm(Form):
    """A further address."""

    email = address_field(_l("Further address"), autocomplete="off")


class BlockForm(Form):
    """Why a login is shut out."""

    reason = reason_field(_l("Staff alone read it. The person is told to write to the house."))


class RevokeForm(Form):
    """Why a grant is taken back."""

    reason = reason_field(_l("Staff alone read it."))
    refunded = BooleanField(
        _l("The money went back"),
        description=_l("The person is told that it ended when their money was returned."),
    )


class OtherForm(Form):
    """The other login of one person."""

    other = StringField(
        _l("The other log-in"),
        [InputRequired(_l("Enter its address or its id."))],
        description=_l("Its e-mail address, or its id for one that came from a learning system."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class MergeForm(OtherForm):
    """Which of two logins is kept."""

    keep = RadioField(
        _l("Which one is kept?"), [InputRequired(_l("Choose the log-in that is kept."))]
    )


class GivePassForm(Form):
    """A pass that staff give."""

    scope = SelectField(_l("It covers"))
    starts_at = DateTimeLocalField(
        _l("Begins"),
        [Optional()],
        format=MOMENTS,
        description=_l("Left empty: when their pass of the same kind ends, or now."),
        render_kw={"class": "input-moment"},
    )


class GiveWebinarForm(Form):
    """A webinar that staff give for good."""

    webinar = StringField(
        _l("Webinar"),
        [InputRequired(_l("Enter the webinar's title or address."))],
        description=_l("Its title, or the end of its address."),
        render_kw={"autocomplete": "off", "list": "webinars"},
    )


class MemberForm(Form):
    """Somebody who is to belong to an organization."""

    email = address_field(_l("E-mail address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l(
            "For somebody who has no log-in yet: one is made, and a letter for choosing a password sent."
        ),
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )
    role = SelectField(_l("Role"))


class WhyForm(Form):
    """Who wants to do what, with which webinar, and when."""

    address = StringField(
        _l("Who"),
        [InputRequired(_l("Enter an e-mail address, or the id of a log-in."))],
        description=_l("Any address, also one without a log-in, or a log-in's id."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    webinar = StringField(
        _l("Webinar"),
        [InputRequired(_l("Enter the webinar's title or address."))],
        description=_l("Its title, or the end of its address."),
        render_kw={"autocomplete": "off", "list": "webinars"},
    )
    action = SelectField(_l("What they want"))
    at = DateTimeLocalField(
        _l("When"),
        [Optional()],
        format=MOMENTS,
        description=_l("Left empty: now. By your own clock."),
        render_kw={"class": "input-moment"},
    )
