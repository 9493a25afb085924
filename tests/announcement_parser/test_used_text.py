"""Words of an announcement that are in a field are marked apart from the others."""

import pytest

from lms.announcement_parser.used_text import Part, parts_of

TEXT = "Mending *Maps*\n\nA workshop. Bring glue.\nWith Ana Bell, mapmaker"


def used(*values: str, text: str = TEXT) -> list[str]:
    return [one.text for one in parts_of(text, values) if one.is_used]


@pytest.mark.parametrize(
    ("values", "marked"),
    [
        ((), []),
        (("Mending Maps",), ["Mending *Maps"]),
        (("Bring glue. And paper.",), ["Bring glue"]),
        (("A workshop. Bring glue.",), ["A workshop. Bring glue"]),
        (("Bring paper",), []),
        (("ana bell", "Mapmaker"), ["Ana Bell, mapmaker"]),
        (("", " \n ", "Not there"), []),
    ],
)
def test_words_in_sequence_are_marked_despite_punctuation_between_them(
    values: tuple[str, ...], marked: list[str]
) -> None:
    assert used(*values) == marked


def test_single_word_is_marked_once() -> None:
    assert used("maps", text="Maps of maps") == ["Maps"]


@pytest.mark.parametrize("values", [(), ("Mending Maps", "glue", "mapmaker"), (TEXT,)])
def test_parts_add_up_to_the_text(values: tuple[str, ...]) -> None:
    assert "".join(one.text for one in parts_of(TEXT, values)) == TEXT
    assert parts_of("", values) == []
    assert Part("", is_used=False) not in parts_of(TEXT, values)
