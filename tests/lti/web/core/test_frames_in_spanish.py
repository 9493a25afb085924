"""Framed pages in Spanish: in every state, only names and titles stay English."""

from pathlib import Path

import pytest
from sqlalchemy import update

from lti.models.launches import FrameSession
from media.video.transcoder import Encoded
from tests.browser.conftest import Film, Served
from tests.browser.lti.framed_states import STATES, open_state
from tests.languages.page_texts import texts_of
from tests.lti.course_fixtures import PLATFORM

ENGLISH_ONLY = ("course of", "course whose", "picker", "review")
DATA = {
    "Elm County Library",
    "1 min",  # the same in Spanish
    "Carrel",
    "Getting the most from a recording, for people who have little time",
    "Normal",  # the same in Spanish
    "Slides of the webinar",
    "Small libraries, large plans",
    "The quiet desk",
    "Wren Okafor",
}


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def served(carrel) -> Served:
    """Return this process as a served site; its recordings have no files."""
    encoded = Encoded(61.0, (), (), ())
    return Served("http://127.0.0.1", 80, carrel, Film(Path(), encoded))


def read_in(client, database, path: str, locale: str) -> str:
    """Return a framed page in a locale."""
    with database.transaction() as session:
        session.execute(update(FrameSession).values(locale=locale))
    return client.get(path, follow_redirects=True).text


def test_only_names_and_titles_stay_english(client, database, served) -> None:
    unchanged = {}
    for name in STATES:
        path = open_state(served, name, PLATFORM)
        english = read_in(client, database, path, "en-US")
        spanish = read_in(client, database, path, "es-MX")
        if name.startswith(ENGLISH_ONLY):
            assert '<html lang="en-US"' in spanish, name
            assert "Esta página solo está disponible en inglés." in spanish, name
            continue
        assert '<html lang="es-US"' in spanish, name
        both = texts_of(english) & texts_of(spanish)
        if found := {text.removesuffix(" · Carrel") for text in both} - DATA:
            unchanged[name] = found
    assert unchanged == {}
