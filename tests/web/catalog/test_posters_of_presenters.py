"""Posters of webinars without a recording: the presenter's portrait next to the title."""

import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from lms.core.database import Database
from lms.models.catalog import Presenter, WebinarPresenter
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.clock import NOW
from tests.visitor import Visitor


@pytest.fixture
def portrait(database: Database, cast: Cast, storage: Storage) -> str:
    key, out = "presenters/ines/portrait.png", BytesIO()
    Image.new("RGBA", (640, 640), "teal").save(out, "PNG")
    storage.put_bytes(key, out.getvalue(), "image/png")
    with database.transaction() as session:
        ines = Presenter(slug="ines-falk", name="Ines Falk", picture_key=key, created_at=NOW)
        session.add(ines)
        session.flush()
        session.add(WebinarPresenter(webinar_id=cast.webinar_id, presenter_id=ines.id, position=9))
    return key


@pytest.mark.usefixtures("portrait")
def test_poster_has_the_presenters_portrait(client: Visitor, cast: Cast) -> None:
    poster = client.get(f"/webinars/{cast.slug}/poster.svg").text
    inside = b64decode(re.findall(r'href="data:image/jpeg;base64,([^"]+)"', poster)[0])
    with Image.open(BytesIO(inside)) as picture:
        assert picture.size == (328, 328)
    assert client.get(f"/webinars/{cast.slug}/card.png").mimetype == "image/png"


def test_poster_omits_a_missing_portrait(
    client: Visitor, cast: Cast, storage: Storage, portrait: str
) -> None:
    storage.delete(portrait)
    assert is_drawn_without(client, cast)


def test_poster_omits_a_damaged_portrait(
    client: Visitor, cast: Cast, storage: Storage, portrait: str
) -> None:
    storage.put_bytes(portrait, b"\x89PNG cut off", "image/png")
    assert is_drawn_without(client, cast)


def is_drawn_without(client: Visitor, cast: Cast) -> bool:
    answer = client.get(f"/webinars/{cast.slug}/poster.svg")
    return answer.status_code == 200 and "<image" not in answer.text
