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
from lms.grants.request_and_sale_form_choices import EVERYTHING
from lms.web.accounts.forms import address_field
from lms.web.core.form_fields import PickerField
from lms.web.core.lazy_form_translations import _l

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


def reason_field(description: str) -> TextAreaField:
    """Return the field for a reason that only staff see."""
    return TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter the reason.")), Length(max=LONGEST_REASON)],
        description=description,
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


def new_persons_name_field() -> StringField:
    """Return the field for the name of a person that someone else adds, perhaps without an account."""
    return StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used if they don't have an account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )


class AliasForm(Form):
    """Another address."""

    email = address_field(_l("Email address"), autocomplete="off")


class BlockForm(Form):
    """Why a login is blocked."""

    reason = reason_field(_l("Only our team can see it. We ask the person to contact you."))


class RevokeForm(Form):
    """Why a grant is revoked."""

    reason = reason_field(_l("Only our team can see it."))
    refunded = BooleanField(
        _l("This was refunded"),
        description=_l("We tell the person that their access ended with a refund."),
    )


class OtherForm(Form):
    """The other login of a person."""

    other = StringField(
        _l("Other account"),
        [InputRequired(_l("Enter its email address or ID."))],
        description=_l("Its email address, or its ID if it came from an LMS."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class MergeForm(OtherForm):
    """Which of two logins to keep."""

    keep = RadioField(_l("Account to keep"), [InputRequired(_l("Choose the account to keep."))])


class GivePassForm(Form):
    """A pass that staff give."""

    scope = PickerField(_l("Covers"), default=EVERYTHING)
    starts_at = DateTimeLocalField(
        _l("Starts"),
        [Optional()],
        format=MOMENTS,
        description=_l("If blank, it starts when their current pass ends, or now."),
        render_kw={"class": "input-moment"},
    )


class GiveWebinarForm(Form):
    """A webinar to which staff give permanent access."""

    webinar = StringField(
        _l("Webinar"),
        [InputRequired(_l("Enter the webinar's title or web address."))],
        description=_l("Its title, or the last part of its web address."),
        render_kw={"autocomplete": "off", "list": "webinars"},
    )


class MemberForm(Form):
    """A person to add to an organization."""

    email = address_field(_l("Email address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l(
            "Needed if they don't have an account. We'll create one and email them a link to set "
            "a password."
        ),
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )
    role = SelectField(_l("Role"))


class WhyForm(Form):
    """Who wants to do what, with which webinar, and when."""

    address = StringField(
        _l("Person"),
        [InputRequired(_l("Enter part of a name or email address."))],
        description=_l("Part of a name or email address, or an account ID."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    webinar = StringField(
        _l("Webinar"),
        [Optional()],
        description=_l("Its title, or the last part of its web address."),
        render_kw={"autocomplete": "off", "list": "webinars"},
    )
    action = SelectField(_l("What they want to do"))
    at = DateTimeLocalField(
        _l("When"),
        [Optional()],
        format=MOMENTS,
        description=_l("In your time zone. If blank, we use the current time."),
        render_kw={"class": "input-moment"},
    )
