"""A storage outage during an upload: the sender gets a message and can resume afterward."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.handouts import Handout
from lms.models.recordings import Recording
from lms.web.core.error_pages import STORAGE_AWAY
from media.storage.object_keys import new_key_id
from tests.cast import Cast
from tests.clock import Clock
from tests.page_texts import shows
from tests.servers.breakable_proxy import BreakingLine, Loss, breaking_line_to
from tests.servers.s3 import S3Server
from tests.uploads.test_tus import settle
from tests.uploads.tus_client import MIB, Sender, film
from tests.visitor import Visitor

SECOND_PART = "partNumber=7"  # starts after 6 MiB, which determines its number


@pytest.fixture
def line(s3_server: S3Server) -> Iterator[BreakingLine]:
    with breaking_line_to(s3_server.endpoint) as line:
        yield line


@pytest.fixture
def carrel(carrel: Carrel, s3_server: S3Server, line: BreakingLine) -> Carrel:
    """Return the site with a bucket over a connection that can break."""
    through = replace(s3_server, endpoint=line.url)
    return replace(carrel, storage=through.storage(f"house/{new_key_id()}"))


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Sender:
    """Return a staff member who uploads files to the cast's webinar."""
    client.sign_in(cast.ada.id)
    return Sender(client, cast.slug)


@pytest.mark.parametrize("loss", list(Loss))
def test_upload_during_an_outage_is_answered_503_and_can_resume(
    ada: Sender, carrel: Carrel, line: BreakingLine, loss: Loss
) -> None:
    whole = film(14 * MIB)
    address = ada.begin(len(whole))
    assert ada.patch(address, 0, whole[: 6 * MIB]).status_code == 204
    line.break_at(SECOND_PART, loss, dies=True)
    answer = ada.patch(address, 6 * MIB, whole[6 * MIB :])
    assert line.breaks == 1
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["message"].endswith(".")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert ada.head(address).status_code == 503
    line.live()
    at = ada.at(address)
    assert at in (6 * MIB, len(whole))
    if at < len(whole):
        assert ada.patch(address, at, whole[at:]).status_code == 204
    settle(carrel)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
    assert made.sha256 == hashlib.sha256(whole).hexdigest()


def test_connection_that_breaks_once_is_retried(ada: Sender, line: BreakingLine) -> None:
    whole = film(14 * MIB)
    address = ada.begin(len(whole))
    ada.patch(address, 0, whole[: 6 * MIB])
    line.break_at(SECOND_PART, Loss.STATEMENT)
    assert ada.patch(address, 6 * MIB, whole[6 * MIB :]).status_code == 204
    assert line.breaks == 1


def test_upload_cannot_start_or_be_discarded_during_an_outage(
    ada: Sender, line: BreakingLine
) -> None:
    address = ada.begin(100)
    line.die()
    for answer in (ada.create(100), ada.delete(address)):
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["message"].endswith(".")
    line.live()
    assert ada.delete(address).status_code == 204


def test_file_download_during_an_outage_is_answered_503_with_a_page(
    ada: Sender, carrel: Carrel, line: BreakingLine
) -> None:
    with open("lms/demo/files/folding-table.pdf", "rb") as slides:
        ada.send(slides.read(), "Slides.pdf", purpose="handout")
    settle(carrel)
    with carrel.database.read_session() as session:
        address = f"/handouts/{session.scalars(select(Handout.public_id)).one()}"
    line.die()
    answer = ada.visitor.get(address)
    assert answer.status_code == 503
    assert shows(answer.get_data(as_text=True), STORAGE_AWAY)
    assert "Retry-After" in answer.headers
    line.live()
    assert ada.visitor.get(address).status_code == 200
