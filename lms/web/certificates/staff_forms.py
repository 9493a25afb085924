"""Forms of the staff pages for certificates."""

from wtforms import BooleanField, FileField, Form, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.certificates.certificates import LONGEST_NAME
from lms.core.staff_reasons import LONGEST as LONGEST_REASON
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l


def shown_reason_field() -> TextAreaField:
    """Return the field for a reason that others read, too."""
    return TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Give the reason.")), Length(max=LONGEST_REASON)],
        description=_l("Whoever opens the certificate's page reads it: no names, nothing private."),
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


class RuleForm(Form):
    """What earns the certificate of a webinar."""

    is_offered = BooleanField(_l("Who takes part gets a certificate"))
    percent = IntegerField(
        _l("Share of the recording, in per cent"),
        [InputRequired(_l("Enter 1 to 100.")), NumberRange(1, 100, _l("Enter 1 to 100."))],
        render_kw={"min": 1, "max": 100, "class": "input input-short"},
    )
    live_minutes = IntegerField(
        _l("Or minutes live"),
        [InputRequired(_l("Enter 1 to 1440.")), NumberRange(1, 1440, _l("Enter 1 to 1440."))],
        description=_l("Parts of both add up: half of the one and half of the other earn it."),
        render_kw={"min": 1, "max": 1440, "class": "input input-short"},
    )
    credit_minutes = IntegerField(
        _l("Continuing education, in minutes"),
        [InputRequired(_l("Enter 1 to 6000.")), NumberRange(1, 6000, _l("Enter 1 to 6000."))],
        description=_l("60 are one hour on the certificate. What was issued stays as it was."),
        render_kw={"min": 1, "max": 6000, "class": "input input-short"},
    )
    is_credit_confirmed = BooleanField(
        _l("Certificates say these minutes even if the live session or the recording is shorter"),
        description=_l("Your confirmation is recorded in the audit log."),
    )


class ByHandForm(Form):
    """A certificate that staff issue themselves."""

    email = address_field(_l("E-mail address of their log-in"), autocomplete="off")
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Give the reason.")), Length(max=LONGEST_REASON)],
        description=_l("Staff alone read it."),
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )


class AttendedForm(Form):
    """Who was there live, pasted."""

    people = TextAreaField(
        _l("Address and minutes, one person a line"),
        [InputRequired(_l("Write an address and the minutes, one person a line."))],
        description=_l(
            "For example: jo@example.org 55. A line that comes again replaces the former."
        ),
        render_kw={"rows": 5, "maxlength": 200_000, "spellcheck": "false"},
    )


class CorrectionForm(Form):
    """The name as it should stand."""

    name = StringField(
        _l("Name on the certificate"),
        [InputRequired(_l("Write a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Give the reason.")), Length(max=LONGEST_REASON)],
        description=_l("Staff alone read it."),
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )


class RevokingForm(Form):
    """Why a certificate is revoked."""

    reason = shown_reason_field()


def _words_field(label: str, most: int, description: str = "") -> StringField:
    return StringField(
        label,
        [Optional(), Length(max=most)],
        description=description,
        render_kw={"maxlength": most, "autocomplete": "off"},
    )


class DesignForm(Form):
    """What certificates say beside their facts, and who signs them."""

    heading = StringField(
        _l("Heading"),
        [InputRequired(_l("Give the certificate a heading."))],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    before = _words_field(_l("Above the name"), 200)
    note = _words_field(
        _l("A line below the hours and the date"),
        300,
        _l("For example: {hours} approved by the state library, provider 1234."),
    )
    signer = _words_field(_l("Who signs"), 120)
    signer_role = _words_field(_l("Their position"), 120, _l("For example: Director of training"))
    signature = FileField(
        _l("Picture of the signature"),
        [Optional()],
        render_kw={"accept": "image/png,image/jpeg,image/webp"},
    )
    no_signature = BooleanField(_l("Take the picture of the signature off"))
