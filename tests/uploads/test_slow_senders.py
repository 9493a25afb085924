"""Uploads over lines so slow that their turn ends meanwhile, and in pieces of uneven length."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.models.recordings import Recording
from lms.uploads import chunks, uploads
from lms.uploads.chunks import Body
from lms.uploads.uploads import TURN, UploadFacts, WrongPlace
from tests.cast import Cast
from tests.clock import Clock
from tests.uploads.test_tus import settle
from tests.uploads.tus_client import MIB, Sender, film
from tests.uploads.tus_client import sha256 as checksum

READS = 20


@dataclass(slots=True)
class SlowLine:
    """A stream that takes longer than a turn to read; something happens halfway."""

    stream: io.BytesIO
    clock: Clock
    midway: Callable[[], object]
    reads: int = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        self.clock.advance(TURN / 4)
        if self.reads == READS:
            self.midway()
        return self.stream.read(size)


def facts_of(carrel: Carrel, cast: Cast, address: str) -> UploadFacts:
    with carrel.database.read_session() as session:
        return uploads.own_upload(
            session, address.rpartition("/")[2], login_id=cast.ada.id, now=now()
        )


def stored(carrel: Carrel) -> bytes:
    settle(carrel)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
    with carrel.storage.open(made.original_key) as stream:
        return stream.read()


def test_piece_that_takes_longer_than_a_turn_is_stored(
    ada: Sender, carrel: Carrel, clock: Clock, cast: Cast
) -> None:
    whole = film(12 * MIB + 5)
    upload = facts_of(carrel, cast, ada.begin(len(whole)))
    line = SlowLine(io.BytesIO(whole), clock, midway=lambda: None)
    assert chunks.receive(carrel, upload, 0, Body(line, len(whole))) == len(whole)
    assert line.reads * TURN / 4 > timedelta(minutes=10)
    assert stored(carrel) == whole


def test_piece_that_is_sent_again_meanwhile_is_stored_once(
    ada: Sender, carrel: Carrel, clock: Clock, cast: Cast
) -> None:
    whole = film(12 * MIB + 5)
    address = ada.begin(len(whole))

    def begin_anew() -> None:
        ada.visitor.sign_in(cast.ada.id)
        assert ada.patch(address, 0, whole[: 6 * MIB]).status_code == 204

    line = SlowLine(io.BytesIO(whole), clock, midway=begin_anew)
    with pytest.raises(WrongPlace) as told:
        chunks.receive(carrel, facts_of(carrel, cast, address), 0, Body(line, len(whole)))
    assert told.value.kept == ada.at(address) == 6 * MIB
    assert ada.patch(address, 6 * MIB, whole[6 * MIB :]).status_code == 204
    assert stored(carrel) == whole


@pytest.mark.parametrize("piece", [5 * 10**6 + 300_001, 7 * 10**6])
def test_pieces_of_any_length_become_the_same_file(ada: Sender, carrel: Carrel, piece: int) -> None:
    whole = film(25 * 10**6)
    address, at = ada.begin(len(whole)), 0
    while at < len(whole):
        sent = whole[at : at + piece]
        answer = ada.patch(address, at, sent, Upload_Checksum=checksum(sent))
        assert answer.status_code == 204, answer.get_data(as_text=True)
        kept = int(answer.headers["Upload-Offset"])
        assert at < kept <= at + len(sent)
        at = kept
    assert stored(carrel) == whole
