"""Database URLs as shown to operators."""

import pytest

from lms.core.runtime import shown_url

WRITTEN = {
    "postgresql+psycopg://carrel:word@db.example.org/carrel": "postgresql://carrel:***@db.example.org/carrel",
    "postgresql+psycopg://carrel@/carrel?host=%2Frun&password=word": "postgresql://carrel@/carrel?host=%2Frun",
    "sqlite:////var/lib/carrel/carrel.sqlite3": "sqlite:////var/lib/carrel/carrel.sqlite3",
}


@pytest.mark.parametrize(("url", "shown"), WRITTEN.items())
def test_database_is_shown_as_written_in_the_settings(url: str, shown: str) -> None:
    assert shown_url(url) == shown
