"""A worker killed or frozen while storing an encode leaves no files, on disk or in a bucket."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs import leases, queue
from lms.models.jobs import Job, JobState
from lms.models.recordings import Recording, RecordingState
from lms.recordings import recordings
from lms.recordings.encode_job import workshop
from lms.recordings.recordings import ENCODE
from tests.factories import make_login, make_webinar
from tests.media.conftest import X264, Make, picture
from tests.recordings.paused_encode_worker import GO, STORED
from tests.servers.s3 import S3Server
from tests.servers.worker_process import running_worker
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
SLUG = "a-talk"


@pytest.fixture(params=["local", "s3"])
def places(request: pytest.FixtureRequest, environ: Mapping[str, str]) -> Mapping[str, str]:
    if request.param == "local":
        return environ
    server: S3Server = request.getfixturevalue("s3_server")
    return {
        **environ,
        **server.settings("house"),
    }


@pytest.fixture
def house(places: Mapping[str, str], database: object) -> Iterator[Carrel]:
    """The library with one recording that waits to be encoded."""
    carrel = open_carrel(Settings.from_env(places))
    # a worker refuses to start on stored files if the database has no people
    with carrel.database.transaction() as session:
        make_login(session)
    yield carrel
    carrel.database.dispose()


@dataclass(frozen=True, slots=True)
class Begun:
    """A recording of which some files were stored by a worker that is paused."""

    recording_id: str
    worker: "subprocess.Popen[bytes]"
    log: Path
    left: set[str]


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """Where the paused worker has its scratch directory: the default, or as on another machine."""
    return {"CARREL_SCRATCH": str(tmp_path / "far")} if getattr(request, "param", "") else {}


@pytest.fixture
def begun(
    house: Carrel, places: Mapping[str, str], make: Make, elsewhere: Mapping[str, str]
) -> Iterator[Begun]:
    film = make("film.mp4", *picture(seconds=3), *X264, "-pix_fmt", "yuv444p")
    log = house.settings.data_dir / "log"
    original = recordings.keep_original(house.storage, film, "talk.mp4")
    with house.database.transaction() as session:
        make_webinar(session, SLUG)
        recordings.attach(session, slug=SLUG, original=original, actor=None, now=now())
    with ExitStack() as stack:
        command = ("-m", "tests.recordings.paused_encode_worker")
        worker = stack.enter_context(
            running_worker({**places, **elsewhere}, command=command, log=log)
        )
        until((house.settings.data_dir / STORED).exists)
        left = set(house.storage.list(f"renditions/{original.recording_id}/"))
        assert len(left) == 3
        yield Begun(original.recording_id, worker, log, left)


@pytest.fixture
def half_stored(begun: Begun) -> tuple[str, set[str]]:
    """A recording whose worker was killed while storing it: its id, and the stored keys."""
    begun.worker.send_signal(signal.SIGKILL)
    begun.worker.wait()
    return begun.recording_id, begun.left


def work(house: Carrel, places: Mapping[str, str], end: JobState, left: set[str]) -> None:
    """Run a worker until the encode has ended as given and the partly stored files are gone."""

    def is_over() -> bool:
        with house.database.read_session() as session:
            state = session.scalars(select(Job.state).where(Job.kind == ENCODE)).one()
        return state is end and not left & set(house.storage.list("renditions/"))

    with running_worker(places, log=house.settings.data_dir / "next.log"):
        until(is_over)


def taken_over(house: Carrel) -> str:
    """Claim the encode once its lease has lapsed, as another worker does; return the job's id."""
    held = []

    def has_lapsed() -> bool:
        with house.database.transaction() as session:
            leases.settle(session, endings={}, now=now())
            held.append(
                leases.claim(session, lane=None, kinds=(ENCODE,), worker="another", now=now())
            )
        return held[-1] is not None

    until(has_lapsed)
    return held[-1].public_id


def is_clean(places: Mapping[str, str]) -> bool:
    """Tell whether `carrel media check` finds every expected file and no other."""
    command = [sys.executable, ROOT / "wsgi.py", "media", "check", "--deep", "--json"]
    environ = {**os.environ, **places, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environ, capture_output=True, check=False)
    told = json.loads(ran.stdout)
    return (ran.returncode, told["orphan_count"], told["fault_count"]) == (0, 0, 0)


def test_next_worker_stores_the_encode_and_partial_files_are_deleted(
    house: Carrel, places: Mapping[str, str], half_stored: tuple[str, set[str]]
) -> None:
    recording_id, left = half_stored
    work(house, places, JobState.DONE, left)
    with house.database.read_session() as session:
        made = session.scalars(select(Recording)).one()
        encodes = session.scalars(select(Job).where(Job.kind == ENCODE)).all()
    assert (made.state, [job.tries for job in encodes]) == (RecordingState.READY, [2])
    stored = set(house.storage.list(f"renditions/{recording_id}/"))
    assert {key.split("/")[2] for key in stored} == {made.run}
    assert is_clean(places)


def test_partial_files_of_a_canceled_encode_are_deleted(
    house: Carrel, places: Mapping[str, str], half_stored: tuple[str, set[str]]
) -> None:
    recording_id, left = half_stored
    with house.database.transaction() as session:
        job_id = session.scalars(select(Job.public_id).where(Job.kind == ENCODE)).one()
        queue.cancel(session, job_id, actor=None, now=now())
    work(house, places, JobState.CANCELED, left)
    assert list(house.storage.list(f"renditions/{recording_id}/")) == []
    assert is_clean(places)


@pytest.mark.parametrize("elsewhere", ["far"], indirect=True)
def test_worker_frozen_until_another_finished_stores_nothing_more(
    house: Carrel, places: Mapping[str, str], begun: Begun
) -> None:
    begun.worker.send_signal(signal.SIGSTOP)
    (house.settings.data_dir / GO).touch()
    work(house, places, JobState.DONE, begun.left)
    begun.worker.send_signal(signal.SIGCONT)
    until(lambda: "job_ended" in begun.log.read_text())
    with house.database.read_session() as session:
        made = session.scalars(select(Recording)).one()
    stored = set(house.storage.list(f"renditions/{begun.recording_id}/"))
    assert {key.split("/")[2] for key in stored} == {made.run}
    assert is_clean(places)
    assert list((house.settings.scratch / "encode").iterdir()) == []


def test_worker_that_wakes_up_does_not_delete_the_files_of_another(
    house: Carrel, places: Mapping[str, str], begun: Begun
) -> None:
    begun.worker.send_signal(signal.SIGSTOP)
    with workshop(house.settings.scratch / "encode" / taken_over(house)) as folder:
        (folder / "kept").touch()
        (house.settings.data_dir / GO).touch()
        begun.worker.send_signal(signal.SIGCONT)
        until(lambda: "job_ended" in begun.log.read_text())
        assert [path.name for path in folder.iterdir()] == ["kept"]
