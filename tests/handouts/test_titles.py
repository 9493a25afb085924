"""What a handout is called, whatever its file was."""

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
def test_it_has_a_title_that_can_be_read(carrel: Carrel, add: Add, name: str, title: str) -> None:
    handout_id = add(docx("Words"), name)
    with carrel.database.read_session() as session:
        assert name_handouts(session, [handout_id])[handout_id].title == title
