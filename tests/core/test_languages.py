"""Languages: which one a tag names, and texts that are translated later."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lms.contracts.mails import PASS_ENDS
from lms.core.dates_and_time_zones import say_datetime, say_long_date, say_roughly
from lms.core.errors import N_
from lms.core.languages import (
    Language,
    gettext,
    language,
    ngettext,
    read_language,
    say_again,
    speaking,
)
from lms.pricing.price_list import say_money

ZONE = ZoneInfo("America/New_York")
AT = datetime(2026, 10, 6, 18, 0, tzinfo=UTC)
DAY = say_long_date(AT, ZONE)


@dataclass(frozen=True, slots=True)
class Told:
    """A value of an email."""

    when: str
    title: str


def test_tags_of_browsers_and_lmss_name_a_language() -> None:
    spanish = ("es", "es-US", "es_MX", "ES-419")
    assert {read_language(tag) for tag in spanish} == {Language.SPANISH}
    assert {read_language(tag) for tag in ("en", "en-GB")} == {Language.ENGLISH}
    assert {read_language(tag) for tag in (None, "", "fr", "x")} == {None}


def test_texts_and_plural_forms_are_in_the_chosen_language() -> None:
    assert gettext("My webinars") == "My webinars"
    with speaking(Language.SPANISH):
        assert gettext("My webinars") == "Mis seminarios web"
        assert [ngettext("%(num)d person", "%(num)d people", n) for n in (1, 2)] == [
            "%(num)d persona",
            "%(num)d personas",
        ]
    assert language() is Language.ENGLISH


def test_apostrophes_are_typographic_in_texts_and_not_in_values() -> None:
    refusal = N_("%(email)s isn't a member.") % {"email": "o'neil@example.org"}
    assert gettext("You're registered.") == "You\u2019re registered."
    assert ngettext("It's %(num)d", "They're %(num)d", 2) == "They\u2019re %(num)d"
    assert gettext(refusal) == "o'neil@example.org isn\u2019t a member."
    assert say_again(refusal) == gettext(refusal)


def test_dates_and_times_are_in_the_chosen_language() -> None:
    assert say_datetime(AT, ZONE) == "Tuesday, October 6, 2026, 2:00\u00a0PM\u00a0ET"
    with speaking(Language.SPANISH):
        assert say_datetime(AT, ZONE) == "martes, 6 de octubre de 2026, 2:00\u00a0p.m.\u00a0ET"
        assert say_roughly(datetime(2026, 10, 6, 21, tzinfo=UTC) - AT) == "3 horas"
        assert say_money(123400, "USD") == "$1,234.00"


def test_text_with_values_is_translated_with_its_values() -> None:
    subject = PASS_ENDS % {"day": DAY}
    assert subject == PASS_ENDS.replace("%(day)s", "October 6, 2026")
    with speaking(Language.SPANISH):
        assert say_again(subject) == "Su pase termina el 6 de octubre de 2026"
        assert gettext(subject) == "Su pase termina el 6 de octubre de 2026"


def test_texts_inside_values_are_translated() -> None:
    values = {"told": [Told(DAY, "Reading rooms")], "what": (N_("all webinars"), "Elm"), "n": 3}
    with speaking(Language.SPANISH):
        assert say_again(values) == {
            "told": [Told("6 de octubre de 2026", "Reading rooms")],
            "what": ("todos los seminarios web", "Elm"),
            "n": 3,
        }


@pytest.mark.parametrize("text", [N_("all webinars"), DAY], ids=("marked", "said"))
def test_copies_are_plain_text(text: str) -> None:
    assert text.__reduce__() == (str, (text,))
