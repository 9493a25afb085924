"""Launches wrong or unusual in one thing, each with its status and code, none with a 5xx."""

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lti.models.identities import Identity
from lti.models.launches import FrameSession, LaunchEntry, LaunchOutcome, PendingLogin
from tests.lti.tool_server import Connection, is_open
from tests.lti_certification.launch_cases import CASES


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_one_thing(connection: Connection, database: Database, name: str) -> None:
    case = CASES[name]
    answer = connection.forged(case.make)
    with database.read_session() as session:
        line = session.scalars(select(LaunchEntry)).one()
        frames = session.scalar(select(func.count()).select_from(FrameSession))
        people = session.scalar(select(func.count()).select_from(Identity))
        assert session.scalars(select(PendingLogin)).all() == []  # taken up, whatever came
    assert (answer.status_code, line.code) == (case.status, case.code), line.reason
    assert line.status == case.status
    assert line.registration_id == connection.registration.id
    if case.status == 303:
        assert is_open(answer)
        assert (frames, people, line.outcome) == (1, 1, LaunchOutcome.LAUNCHED)
        return
    assert (frames, people, line.outcome) == (0, 0, LaunchOutcome.REFUSED)
    assert line.public_id[:8] in answer.text  # the number to quote
    assert connection.platform.url in answer.headers["Content-Security-Policy"]
