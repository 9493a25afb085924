"""Slugs follow names, and similar names get slugs with their own words."""

import pytest
from sqlalchemy.orm import Session

from lms.core import slugs
from lms.core.database import Database
from lms.models.catalog import Series
from tests.clock import NOW

LONG = "Everything That Small Public Libraries Should Know About Their Boards, Part"


def take(session: Session, name: str) -> str:
    slug = slugs.choose(session, Series.slug, wanted="", name=name)
    session.add(Series(slug=slug, title=name, created_at=NOW))
    session.flush()
    return slug


def test_long_titles_with_the_same_start_end_in_their_own_words(database: Database) -> None:
    with database.transaction() as session:
        first, second, third = (take(session, f"{LONG} {number}") for number in "123")
    assert first == "everything-that-small-public-libraries-should-know-about"
    assert second == f"{first}-their-boards-part-2"
    assert third == f"{first}-their-boards-part-3"
    assert len(third) <= slugs.LONGEST


def test_slug_ends_with_the_last_words_that_fit(database: Database) -> None:
    with database.transaction() as session:
        first = take(session, f"{LONG} of a Very Long Row of Evenings: Monday")
        second = take(session, f"{LONG} of a Very Long Row of Evenings: Tuesday")
    assert second == f"{first}-row-of-evenings-tuesday"


def test_repeated_name_gets_a_number(database: Database) -> None:
    with database.transaction() as session:
        assert [take(session, "Maps") for _ in range(3)] == ["maps", "maps-2", "maps-3"]
        assert [take(session, f"{LONG} 1")[-2:] for _ in range(3)] == ["ut", "-1", "-2"]


@pytest.mark.parametrize("names", [[f"{LONG} {number}" for number in range(5)]])
def test_slugs_chosen_in_bulk_follow_the_same_rule(database: Database, names: list[str]) -> None:
    with database.transaction() as session:
        chosen = slugs.choose_many(session, Series.slug, names)
        one_by_one = [take(session, name) for name in names]
    assert list(chosen.values()) == one_by_one
