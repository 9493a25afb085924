"""Abandoned uploads are deleted after some days, with the pieces that arrived."""

from datetime import timedelta

from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.uploads import Upload
from lms.uploads import jobs
from tests.cast import Cast
from tests.clock import Clock
from tests.uploads.tus_client import MIB, Sender, film


def test_upload_not_finished_in_time_expires_and_is_deleted(
    ada: Sender, carrel: Carrel, clock: Clock, cast: Cast
) -> None:
    whole = film(12 * MIB)
    address = ada.begin(len(whole))
    clock.advance(timedelta(days=6))
    ada.visitor.sign_in(cast.ada.id)
    ada.patch(address, 0, whole[: 6 * MIB])
    clock.advance(timedelta(days=6, hours=23))
    ada.visitor.sign_in(cast.ada.id)
    assert ada.at(address) == 6 * MIB  # each piece extends the time
    clock.advance(timedelta(hours=2))
    assert ada.head(address).status_code == 410
    assert ada.patch(address, 6 * MIB, whole[6 * MIB :]).status_code == 410
    jobs.sweep(carrel, None)  # type: ignore[arg-type]  # it does not use its run
    assert ada.head(address).status_code == 404
    assert list(carrel.storage.intake.unfinished()) == []
    with carrel.database.read_session() as session:
        assert session.scalars(select(Upload)).all() == []


def test_unknown_unfinished_files_are_deleted_when_they_are_old(
    ada: Sender, carrel: Carrel, clock: Clock
) -> None:
    carrel.storage.intake.begin("originals/x/talk.mp4", 1)  # and then the server was killed
    (found,) = carrel.storage.intake.unfinished()
    clock.set(found.begun_at + timedelta(days=6))
    jobs.sweep(carrel, None)  # type: ignore[arg-type]  # it does not use its run
    assert len(list(carrel.storage.intake.unfinished())) == 1
    clock.set(found.begun_at + timedelta(days=8))
    jobs.sweep(carrel, None)  # type: ignore[arg-type]  # it does not use its run
    assert list(carrel.storage.intake.unfinished()) == []
