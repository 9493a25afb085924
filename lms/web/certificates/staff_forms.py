"""Forms of the staff pages for certificates."""

from wtforms import BooleanField, FileField, Form, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.certificates.certificates import LONGEST_NAME
from lms.core.staff_reasons import LONGEST as LONGEST_REASON
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l


def shown_reason_field() -> TextAreaField:
    """Return the field for a reason that is shown publicly."""
    return TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter a reason.")), Length(max=LONGEST_REASON)],
        description=_l(
            "Anyone who opens the certificate's page can read it. Don't include names or"
            " private details."
        ),
        render_kw={"rows": 3, "maxlength": LONGEST_REASON},
    )


class RuleForm(Form):
    """What earns the certificate of a webinar."""

    is_offered = BooleanField(_l("Participants earn a certificate"))
    percent = IntegerField(
        _l("Percent of the recording watched"),
        [
            InputRequired(_l("Enter a number from 1 to 100.")),
            NumberRange(1, 100, _l("Enter a number from 1 to 100.")),
        ],
        render_kw={"min": 1, "max": 100, "class": "input input-short"},
    )
    live_minutes = IntegerField(
        _l("Or minutes attended live"),
        [
            InputRequired(_l("Enter a number from 1 to 1,440.")),
            NumberRange(1, 1440, _l("Enter a number from 1 to 1,440.")),
        ],
        description=_l("These add up: half the recording and half the minutes earn a certificate."),
        render_kw={"min": 1, "max": 1440, "class": "input input-short"},
    )
    credit_minutes = IntegerField(
        _l("Continuing education minutes"),
        [
            InputRequired(_l("Enter a number from 1 to 6,000.")),
            NumberRange(1, 6000, _l("Enter a number from 1 to 6,000.")),
        ],
        description=_l(
            "Certificates show 60 minutes as one hour. Certificates that were already issued"
            " don't change."
        ),
        render_kw={"min": 1, "max": 6000, "class": "input input-short"},
    )
    is_credit_confirmed = BooleanField(
        _l(
            "Show these minutes on certificates even if the live session or the recording is"
            " shorter"
        ),
        description=_l("Your confirmation is recorded in the audit log."),
    )


class ByHandForm(Form):
    """A certificate that staff issue manually."""

    email = address_field(_l("Email address of their account"), autocomplete="off")
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter a reason.")), Length(max=LONGEST_REASON)],
        description=_l("Only our team can see it."),
        render_kw={"rows": 2, "maxlength": LONGEST_REASON},
    )


class AttendedForm(Form):
    """The pasted list of people who attended live."""

    people = TextAreaField(
        _l("Email address and minutes, one person per line"),
        [InputRequired(_l("Enter an email address and minutes, one person per line."))],
        description=_l(
            "For example: jo@example.org 55. If you enter an address again, the new"
            " minutes replace the old ones."
        ),
        render_kw={"rows": 5, "maxlength": 200_000, "spellcheck": "false"},
    )


class CorrectionForm(Form):
    """The corrected name."""

    name = StringField(
        _l("Name on the certificate"),
        [InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter a reason.")), Length(max=LONGEST_REASON)],
        description=_l("Only our team can see it."),
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
    """The text of certificates besides their facts, and the signer."""

    heading = StringField(
        _l("Heading"),
        [InputRequired(_l("Enter a heading for the certificate."))],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
    before = _words_field(_l("Text above the name"), 200)
    note = _words_field(
        _l("Text below the hours and date"),
        300,
        _l("For example: {hours} approved by the state library, provider 1234."),
    )
    signer = _words_field(_l("Signer's name"), 120)
    signer_role = _words_field(_l("Signer's title"), 120, _l("For example: Director of training"))
    signature = FileField(
        _l("Signature image"),
        [Optional()],
        render_kw={"accept": "image/png,image/jpeg,image/webp"},
    )
    no_signature = BooleanField(_l("Remove the signature image"))
