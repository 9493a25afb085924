"""Postal address fields, and fields to pick one or several names, with search in long lists."""

from collections.abc import Iterator

import pytest
from flask import Flask
from lxml.html import HtmlElement, fragment_fromstring
from werkzeug.datastructures import MultiDict
from wtforms import Form

from lms.core.errors import Invalid
from lms.core.postal_addresses import Address
from lms.web.core import form_fields
from lms.web.core.form_fields import (
    BLANK,
    SEVERAL,
    Names,
    PickerField,
    PickersField,
    address_data,
    address_fields,
    typed_address,
)


@pytest.fixture(autouse=True)
def during_a_request(app: Flask) -> Iterator[None]:
    """Run tests in a request, because errors are in the reader's language."""
    with app.test_request_context():
        yield


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


def test_address_survives_a_round_trip_through_the_form() -> None:
    shown = BillingForm(data=address_data("billing", LEEDS))
    sent = MultiDict({field.name: field.data for field in shown})
    form = BillingForm(sent)
    assert form.validate()
    assert typed_address(form, "billing") == LEEDS


def test_unchanged_fields_are_no_address() -> None:
    shown = BillingForm(data=address_data("billing", None))
    assert shown.billing_country.data == "US"
    assert typed_address(shown, "billing") is None
    assert typed_address(BillingForm(MultiDict()), "billing") is None


def test_unlisted_country_is_refused() -> None:
    form = BillingForm(MultiDict({"billing_street": "1 Main Street", "billing_country": "XX"}))
    assert not form.validate()
    assert set(form.errors) == {"billing_country"}


RIVERS = (("r1", "Tagus"), ("r2", "Thames"), ("r3", "River Thames"), ("r4", "Tagus"))
EVERY = ("all", "Every river")


class RiverForm(Form):
    one = PickerField("River", default="all")
    some = PickersField("Rivers")


def filled(**typed: list[str]) -> RiverForm:
    form = RiverForm(MultiDict(typed))
    form.one.offer(Names(RIVERS, "/rivers"), EVERY)
    form.some.offer(Names(RIVERS, "/rivers"))
    return form


def drawn(markup: str) -> HtmlElement:
    return fragment_fromstring(markup, create_parent=True)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the limit below the number of rivers, so that they are searched for instead of listed."""
    monkeypatch.setattr(form_fields, "MOST_LISTED", 3)


def test_name_is_found_by_its_value_full_name_or_unique_words() -> None:
    names = Names(RIVERS, "")
    for typed, value in (("r2", "r2"), ("thames", "r2"), ("riv", "r3"), ("Tagus (2)", "r4")):
        assert names.find(typed)[0] == value
    for typed in ("Douro", "a", ""):
        with pytest.raises(Invalid):
            names.find(typed)
    assert names.suggest("thames") == ["Thames", "River Thames"]


def test_few_names_are_listed() -> None:
    form = filled(one=["r2"], some=["r1", "r3"])
    assert form.validate()
    assert (form.one.data, form.some.data) == ("r2", ["r1", "r3"])
    values = drawn(form.one()).xpath("//option/@value")
    assert values == ["all", "r1", "r2", "r3", "r4"]
    assert len(list(form.some)) == 4
    assert form.some.more is None
    assert not filled(one=["r9"]).validate()


@pytest.mark.usefixtures("many")
def test_one_of_many_names_can_be_typed() -> None:
    form = filled(one=[" thames "])
    assert form.validate()
    assert form.one.data == "r2"
    (field,) = drawn(form.one()).xpath("//input")
    (offered,) = drawn(form.one()).xpath("//datalist")
    assert (field.get("value"), field.get("list")) == ("Thames", offered.get("id"))
    assert offered.get("data-from") == "/rivers"
    for typed in ("", "Every river", "all"):
        form = filled(one=[typed])
        assert form.validate()
        assert form.one.data == "all"


@pytest.mark.usefixtures("many")
def test_unknown_name_is_refused_and_preserved() -> None:
    form = filled(one=["Douro"], some=["r1", "Douro; thames"])
    assert not form.validate()
    assert set(form.errors) == {"one", "some"}
    assert drawn(form.one()).xpath("//input/@value") == ["Douro"]
    assert drawn(form.some.more).xpath("//input/@value") == ["Douro"]
    assert form.some.data == ["r1", "r2"]


@pytest.mark.usefixtures("many")
def test_possible_names_for_an_ambiguous_word_are_suggested() -> None:
    form = filled(one=["tag"], some=["tag"])
    assert not form.validate()
    assert form.one.errors == [SEVERAL % {"name": "tag", "names": "Tagus; Tagus (2)"}]
    for field in (form.one(), form.some.more):
        assert drawn(field).xpath("//option/@value") == ["Tagus", "Tagus (2)"]
    assert len(drawn(filled(one=["Douro"]).one()).xpath("//option")) == 4  # no match, so all


@pytest.mark.usefixtures("many")
def test_blank_name_is_refused_without_a_default_choice() -> None:
    form = RiverForm(MultiDict({"one": " "}))
    form.one.offer(Names(RIVERS, "/rivers"))
    assert form.one.data == ""
    assert not form.validate()
    assert form.errors == {"one": [BLANK]}


@pytest.mark.usefixtures("many")
def test_several_of_many_names_can_be_chosen_and_typed() -> None:
    form = filled(some=["r4", "r1", "river thames; Tagus; "])
    assert form.validate()
    assert form.some.data == ["r4", "r1", "r3"]
    assert [option.data for option in form.some] == ["r4", "r1", "r3"]
    assert all(option.checked for option in form.some)
    form = filled(some=[""])
    assert form.validate()
    assert form.some.data == []
