"""Two workers on S3 and, if requested, PostgreSQL: jobs are shared and survive a kill."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.models.jobs import Job, JobState
from lms.models.recordings import Recording, RecordingState
from lms.recordings import recordings
from lms.recordings.recordings import ENCODE
from tests.factories import make_login, make_webinar
from tests.media.conftest import X264, Make, picture
from tests.servers.s3 import S3Server
from tests.servers.worker_process import running_worker
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILMS = 4


@pytest.fixture
def places(environ: Mapping[str, str], s3_server: S3Server, tmp_path: Path) -> Mapping[str, str]:
    return {
        **environ,
        **s3_server.settings(tmp_path.name),
    }


@pytest.fixture
def house(places: Mapping[str, str], database: Database) -> Iterator[Carrel]:
    carrel = open_carrel(Settings.from_env(places))
    # a worker refuses to start on stored files if the database has no people
    with carrel.database.transaction() as session:
        make_login(session)
    yield carrel
    carrel.database.dispose()


def start(stack: ExitStack, places: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a worker with a directory of its own, as on another machine."""
    folder.mkdir()
    own = {**places, "CARREL_SCRATCH": str(folder)}
    return stack.enter_context(running_worker(own, log=folder / "log"))


def states(house: Carrel) -> dict[JobState, int]:
    with house.database.read_session() as session:
        rows = session.execute(
            select(Job.state, func.count()).where(Job.kind == ENCODE).group_by(Job.state)
        )
        return {row[0]: row[1] for row in rows}


def test_two_workers_share_recordings_and_a_killed_one_loses_none(
    places: Mapping[str, str], house: Carrel, make: Make, tmp_path: Path
) -> None:
    film = make("film.mp4", *picture("640x360", seconds=40), *X264, "-g", "5000")
    for number in range(FILMS):
        original = recordings.keep_original(house.storage, film, f"talk-{number}.mp4")
        with house.database.transaction() as session:
            make_webinar(session, f"talk-{number}")
            recordings.attach(
                session, slug=f"talk-{number}", original=original, actor=None, now=now()
            )
    with ExitStack() as stack:
        doomed = start(stack, places, tmp_path / "one")
        start(stack, places, tmp_path / "two")
        until(lambda: states(house).get(JobState.RUNNING) == 2)
        doomed.send_signal(signal.SIGKILL)
        until(lambda: states(house).get(JobState.DONE) == FILMS)
    with house.database.read_session() as session:
        made = session.scalars(select(Recording)).all()
        tries = session.scalars(select(Job.tries).where(Job.kind == ENCODE)).all()
    assert [recording.state for recording in made] == [RecordingState.READY] * FILMS
    assert sorted(tries) == [1] * (FILMS - 1) + [2]
    for recording in made:
        prefix = f"renditions/{recording.public_id}/"
        runs = {key.removeprefix(prefix).partition("/")[0] for key in house.storage.list(prefix)}
        assert recording.run in runs
        assert house.storage.stat(f"{prefix}{recording.run}/master.m3u8") is not None
        # The killed worker can leave partly stored files; no recording was published twice.
        assert len(runs) <= 2
