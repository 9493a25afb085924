"""The fields of a postal address in a form."""

from werkzeug.datastructures import MultiDict
from wtforms import Form

from lms.core.postal_addresses import Address
from lms.web.core.address_fields import address_data, address_fields, typed_address

LEEDS = Address("1 Calverley Street", "", "Leeds", "", "LS1 3AB", "GB")


class BillingForm(Form):
    (
        billing_street,
        billing_street2,
        billing_city,
        billing_state,
        billing_postal_code,
        billing_country,
    ) = address_fields()


def test_an_address_is_shown_and_read_back() -> None:
    shown = BillingForm(data=address_data("billing", LEEDS))
    sent = MultiDict({field.name: field.data for field in shown})
    form = BillingForm(sent)
    assert form.validate()
    assert typed_address(form, "billing") == LEEDS


def test_untouched_fields_are_no_address() -> None:
    shown = BillingForm(data=address_data("billing", None))
    assert shown.billing_country.data == "US"
    assert typed_address(shown, "billing") is None
    assert typed_address(BillingForm(MultiDict()), "billing") is None


def test_a_country_that_is_not_on_the_list_is_refused() -> None:
    form = BillingForm(MultiDict({"billing_street": "1 Main Street", "billing_country": "XX"}))
    assert not form.validate()
    assert set(form.errors) == {"billing_country"}
