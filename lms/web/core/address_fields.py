"""Address fields: the six fields of a postal address in a form."""

from dataclasses import asdict
from typing import Final

from wtforms import Form, SelectField, StringField
from wtforms.validators import Optional

from lms.core.postal_addresses import (
    COUNTRIES,
    HOME,
    LONGEST_LINE,
    LONGEST_POSTAL_CODE,
    LONGEST_STATE,
    NO_ADDRESS,
    Address,
)
from lms.web.core.lazy_form_translations import _l

_CHOICES: Final = {HOME: COUNTRIES[HOME]} | dict(
    sorted(COUNTRIES.items(), key=lambda choice: choice[1])
)
AddressFields = tuple[StringField, StringField, StringField, StringField, StringField, SelectField]


def address_fields() -> AddressFields:
    """Return address fields without required validators; the domain checks the address.

    A form field named `billing` yields `billing_street`, `billing_street2`, `billing_city`,
    `billing_state`, `billing_postal_code` and `billing_country`, in this order.
    """
    return (
        StringField(_l("Street address or PO box"), render_kw={"maxlength": LONGEST_LINE}),
        StringField(
            _l("Suite, floor, or department"), [Optional()], render_kw={"maxlength": LONGEST_LINE}
        ),
        StringField(_l("City"), render_kw={"maxlength": LONGEST_LINE}),
        StringField(_l("State"), render_kw={"maxlength": LONGEST_STATE}),
        StringField(_l("ZIP or postal code"), render_kw={"maxlength": LONGEST_POSTAL_CODE}),
        SelectField(_l("Country"), choices=_CHOICES, default=HOME),
    )


def address_data(prefix: str, address: Address | None) -> dict[str, str]:
    """Return the form values of an address, with field names that start with `prefix`."""
    return {f"{prefix}_{name}": value for name, value in asdict(address or NO_ADDRESS).items()}


def typed_address(form: Form, prefix: str) -> Address | None:
    """Return the submitted address, or None if all its fields are empty."""
    typed = Address(**{name: form[f"{prefix}_{name}"].data or "" for name in asdict(NO_ADDRESS)})
    return None if typed.is_empty else typed
