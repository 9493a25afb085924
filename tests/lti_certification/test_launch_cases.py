"""Launches with one error or unusual value: each has a known status and code, and none is a 5xx."""

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lti.models.identities import Identity
from lti.models.launches import FrameSession, LaunchEntry, LaunchOutcome, PendingLogin
from tests.lti.tool_server import Connection, is_open
from tests.lti_certification.launch_cases import CASES


def test_at_least_a_hundred_cases_exist() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_launch_case_gets_its_status_and_code(
    connection: Connection, database: Database, name: str
) -> None:
    case = CASES[name]
    answer = connection.forged(case.make)
    with database.read_session() as session:
        line = session.scalars(select(LaunchEntry)).one()
        frames = session.scalar(select(func.count()).select_from(FrameSession))
        people = session.scalar(select(func.count()).select_from(Identity))
        assert session.scalars(select(PendingLogin)).all() == []  # used up in every case
    assert (answer.status_code, line.code) == (case.status, case.code), line.reason
    assert line.status == case.status
    assert line.registration_id == connection.registration.id
    if case.status == 303:
        assert is_open(answer)
        assert (frames, people, line.outcome) == (1, 1, LaunchOutcome.LAUNCHED)
        return
    assert (frames, people, line.outcome) == (0, 0, LaunchOutcome.REFUSED)
    assert line.public_id[:8] in answer.text  # the reference to quote
    assert connection.platform.url in answer.headers["Content-Security-Policy"]
