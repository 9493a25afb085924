"""Forms of the account pages."""

import unicodedata

from flask_babel import gettext as _
from wtforms import BooleanField, EmailField, Form, PasswordField, SelectField, StringField
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from lms.accounts.accounts import LONGEST_NAME
from lms.core.email_addresses import LONGEST, Address, read_address
from lms.core.errors import Invalid
from lms.web.core.lazy_form_translations import _l

PLAIN = {"autocapitalize": "none", "spellcheck": "false"}
TOGGLE = {
    "data-secret": True,
    "data-show": _l("Show"),
    "data-hide": _l("Hide"),
    "data-show-label": _l("Show password"),
    "data-hide-label": _l("Hide password"),
}


class AddressField(EmailField):
    """An e-mail address; after a form validates, `address` is what was read."""

    address: Address

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002  (WTForms' signature)
        """Read the address; raises ValidationError when it is none."""
        try:
            self.address = read_address(self.data or "")
        except Invalid as error:
            raise ValidationError(_(error.message)) from error


def address_field(label: str, *, autocomplete: str) -> AddressField:
    """Return an address field; password managers go by `autocomplete`."""
    return AddressField(
        label,
        render_kw={"autocomplete": autocomplete, "maxlength": LONGEST, "required": True, **PLAIN},
    )


def typed_code(typed: str) -> str:
    """Return the signs of a code that somebody typed, however they spaced and set them."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign.isalnum())


def password_field(label: str, *, autocomplete: str, missing: str) -> PasswordField:
    """Return a password field that can be pasted into, with a button that shows it."""
    return PasswordField(
        label,
        [InputRequired(missing)],
        render_kw={"autocomplete": autocomplete, **TOGGLE, **PLAIN},
    )


def own_password_field() -> PasswordField:
    """Return the field by which somebody signed in shows that it is they."""
    return password_field(
        _l("Your password"),
        autocomplete="current-password",
        missing=_l("Enter your password, so that nobody else can do this."),
    )


def remember_field() -> BooleanField:
    """Return the choice between 30 days and the browser's own session."""
    return BooleanField(
        _l("Stay signed in for 30 days"), description=_l("Only on a device of your own.")
    )


def name_field() -> StringField:
    """Return the field for a person's name."""
    return StringField(
        _l("Your name"),
        [DataRequired(_l("Enter your name.")), Length(max=LONGEST_NAME)],
        description=_l("As it should stand on your certificates."),
        render_kw={"autocomplete": "name", "maxlength": LONGEST_NAME},
    )


def zone_field() -> SelectField:
    """Return the time zone's field; the page gives it its choices."""
    return SelectField(
        _l("Time zone"), description=_l("The dates of live webinars are shown in it.")
    )


class SignInForm(Form):
    """Address and password."""

    email = address_field(_l("E-mail address"), autocomplete="username")
    password = password_field(
        _l("Password"), autocomplete="current-password", missing=_l("Enter your password.")
    )
    remember = remember_field()


class CodeAskForm(Form):
    """Where a sign-in code goes."""

    email = address_field(_l("E-mail address"), autocomplete="username")
    remember = remember_field()


class CodeForm(Form):
    """A sign-in code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the eight digits from the letter."))],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 20,
            "class": "input-code",
            **PLAIN,
        },
    )


class AddressForm(Form):
    """An address to which a letter goes."""

    email = address_field(_l("E-mail address"), autocomplete="email")


class NewPasswordForm(Form):
    """A new password."""

    password = password_field(
        _l("New password"), autocomplete="new-password", missing=_l("Choose a password.")
    )


class ConfirmForm(Form):
    """What somebody says of themselves when they confirm their address."""

    name = name_field()
    password = password_field(
        _l("Password"), autocomplete="new-password", missing=_l("Choose a password.")
    )
    zone = zone_field()


class DetailsForm(Form):
    """Name and time zone."""

    name = name_field()
    zone = zone_field()


class PasswordChangeForm(Form):
    """The present password and the next."""

    present = password_field(
        _l("Present password"),
        autocomplete="current-password",
        missing=_l("Enter the password that you have now."),
    )
    password = password_field(
        _l("New password"), autocomplete="new-password", missing=_l("Choose a password.")
    )


class RecoveryForm(Form):
    """A recovery address, and the password of who asks."""

    email = address_field(_l("Recovery address"), autocomplete="email")
    present = own_password_field()


class EraseForm(Form):
    """The password of who wants to be erased, and their word that they know what goes."""

    present = own_password_field()
    sure = BooleanField(
        _l("I know what goes, and that it can't be brought back"),
        [InputRequired(_l("Confirm that you know what goes."))],
    )


class AddressChangeForm(RecoveryForm):
    """A new address, and the password of who asks."""

    email = address_field(_l("New e-mail address"), autocomplete="email")
    present = own_password_field()
