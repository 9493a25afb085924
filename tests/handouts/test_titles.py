"""Titles of handouts, with and without a title in the file."""

from collections.abc import Callable

import pytest

from lms.core.runtime import Carrel
from lms.handouts.pages import name_handouts
from tests.handouts.document_builder import docx

Add = Callable[..., str]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Folding_table-2.docx", "Folding table 2"),
        ("C:\\Users\\ann\\Folding  table.docx", "Folding table"),
        ("___.docx", "___"),
        (".docx", "docx"),
    ],
)
def test_handout_has_a_readable_title(carrel: Carrel, add: Add, name: str, title: str) -> None:
    handout_id = add(docx("Words"), name)
    with carrel.database.read_session() as session:
        assert name_handouts(session, [handout_id])[handout_id].title == title
