"""Files with unusual names can be uploaded like any other."""

from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.jobs import Job
from lms.models.recordings import Recording
from lms.registry import LIBRARY
from lms.uploads import uploads
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.components import work_without_schedules
from tests.uploads.tus_client import MIB, Sender, film

WORK = work_without_schedules(LIBRARY)


def test_recording_with_an_unusual_name_is_accepted(
    ada: Sender, carrel: Carrel, cast: Cast
) -> None:
    names = {
        'a "quoted" name\'s.mp4': 'a "quoted" name\'s.mp4',
        "\u200fהרצאה\u202e.mp4": "הרצאה.mp4",
        "👩\u200d💻🎬.mp4": "👩\u200d💻🎬.mp4",
        "....mp4": "....mp4",
        "x" * 300 + ".mp4": "x" * 251 + ".mp4",
    }
    whole = film(MIB)
    for name in names:
        address = ada.begin(len(whole), name)
        assert ada.patch(address, 0, whole).status_code == 204
    with carrel.database.read_session() as session:
        jobs = session.scalars(select(Job.public_id).where(Job.kind == uploads.SETTLE)).all()
    for job_id in jobs:
        see_through(carrel, WORK, job_id)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number > 1)).all()
    assert sorted(each.original_name for each in made) == sorted(names.values())
