"""Forms of the account pages."""

import unicodedata

from flask_babel import gettext as _
from wtforms import BooleanField, EmailField, Form, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # not in its stubs
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from lms.accounts.accounts import LONGEST_NAME
from lms.core.email_addresses import LONGEST, Address, read_address
from lms.core.errors import Invalid
from lms.core.languages import NAMES
from lms.web.core.lazy_form_translations import _l

ON_CERTIFICATES = _l("As it should appear on your certificates.")
PLAIN = {"autocapitalize": "none", "spellcheck": "false"}
TOGGLE = {
    "data-secret": True,
    "data-show": _l("Show"),
    "data-hide": _l("Hide"),
    "data-show-label": _l("Show password"),
    "data-hide-label": _l("Hide password"),
}


class AddressField(EmailField):
    """An email address; once the form is validated, `address` is the parsed address."""

    address: Address

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002  (WTForms' signature)
        """Parse the address; raises ValidationError if it is invalid."""
        try:
            self.address = read_address(self.data or "")
        except Invalid as error:
            raise ValidationError(_(error.message)) from error


def address_field(label: str, *, autocomplete: str) -> AddressField:
    """Return an address field; password managers use `autocomplete`."""
    return AddressField(
        label,
        render_kw={"autocomplete": autocomplete, "maxlength": LONGEST, "required": True, **PLAIN},
    )


def typed_code(typed: str) -> str:
    """Return the letters and digits of a typed code, without spaces and in normal form (NFKC)."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign.isalnum())


def password_field(label: str, *, autocomplete: str, missing: str) -> PasswordField:
    """Return a password field that allows pasting, with a button to show the password."""
    return PasswordField(
        label,
        [InputRequired(missing)],
        render_kw={"autocomplete": autocomplete, **TOGGLE, **PLAIN},
    )


def own_password_field() -> PasswordField:
    """Return the field in which a signed-in person confirms their identity."""
    return password_field(
        _l("Your password"),
        autocomplete="current-password",
        missing=_l("Enter your password to confirm it's you."),
    )


def remember_field() -> BooleanField:
    """Return the choice between 30 days and the browser session."""
    return BooleanField(
        _l("Stay signed in for 30 days"), description=_l("Use this only on your own device.")
    )


def name_field(description: str = "") -> StringField:
    """Return the field for a person's name."""
    return StringField(
        _l("Your name"),
        [DataRequired(_l("Enter your name.")), Length(max=LONGEST_NAME)],
        description=description,
        render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME},
    )


def zone_field() -> SelectField:
    """Return the time zone field; the page sets its choices."""
    return SelectField(
        _l("Time zone"), description=_l("We show the times of live webinars in this time zone.")
    )


class SignInForm(Form):
    """The form to sign in with a password."""

    email = address_field(_l("Email address"), autocomplete="username")
    password = password_field(
        _l("Password"), autocomplete="current-password", missing=_l("Enter your password.")
    )
    remember = remember_field()


class CodeAskForm(Form):
    """The address for a sign-in code."""

    email = address_field(_l("Email address"), autocomplete="username")
    remember = remember_field()


class CodeForm(Form):
    """A sign-in code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the 8-digit code from the email."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 20,
            "class": "input-code",
            **PLAIN,
        },
    )


class AddressForm(Form):
    """An address to send an email to."""

    email = address_field(_l("Email address"), autocomplete="email")


class NewPasswordForm(Form):
    """A new password."""

    password = password_field(
        _l("New password"), autocomplete="new-password", missing=_l("Choose a password.")
    )


class ConfirmForm(Form):
    """The profile of a person who confirms their address."""

    name = name_field(ON_CERTIFICATES)
    password = password_field(
        _l("Password"), autocomplete="new-password", missing=_l("Choose a password.")
    )
    zone = zone_field()


class DetailsForm(Form):
    """Name, time zone and language."""

    name = name_field(ON_CERTIFICATES)
    zone = zone_field()
    language = SelectField(
        _l("Language"),
        choices=[SelectChoice(each.value, name) for each, name in NAMES.items()],
        description=_l("The language of your pages and emails. Documents are in English."),
    )


class PasswordChangeForm(Form):
    """The current password and the new one."""

    present = password_field(
        _l("Current password"),
        autocomplete="current-password",
        missing=_l("Enter your current password."),
    )
    password = password_field(
        _l("New password"), autocomplete="new-password", missing=_l("Choose a password.")
    )


class RecoveryForm(Form):
    """A recovery address, and the account's password."""

    email = address_field(_l("Recovery address"), autocomplete="email")
    present = own_password_field()


class EraseForm(Form):
    """The account's password, and the confirmation that its owner knows what will be deleted."""

    present = own_password_field()
    sure = BooleanField(
        _l("I understand what will be deleted and that this can't be undone"),
        [InputRequired(_l("Confirm that you understand what will be deleted."))],
    )


class AddressChangeForm(RecoveryForm):
    """A new address, and the account's password."""

    email = address_field(_l("New email address"), autocomplete="email")
    present = own_password_field()
