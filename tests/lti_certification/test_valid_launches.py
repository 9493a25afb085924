"""1EdTech certification, valid launches: nine as a teacher and nine as a student.

The list is the self-test's (lti/selftest/certification_cases.py), run here on both databases.
"""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import FrameRole, FrameSession, LaunchEntry
from lti.protocol.spec_vocabulary import ROLES
from lti.selftest.certification_cases import STUDENT, TEACHER, VALID_LAUNCHES, ValidLaunch
from tests.lti.tool_server import Connection, is_open

UNTOLD = ("Unknown role", "No role")  # without a teaching role, a person sees the learner's page


def test_list_has_the_nine_valid_launches_of_the_certification() -> None:
    assert len(VALID_LAUNCHES) == 9


@pytest.mark.parametrize("case", VALID_LAUNCHES, ids=lambda case: case.name)
@pytest.mark.parametrize("principal", [TEACHER, STUDENT], ids=["teacher", "student"])
def test_valid_launch_opens_with_the_right_role(
    connection: Connection, database: Database, principal: str, case: ValidLaunch
) -> None:
    is_teacher = principal == TEACHER and case.name not in UNTOLD
    role = FrameRole.INSTRUCTOR if is_teacher else FrameRole.LEARNER
    claims = {ROLES: case.roles(principal)}
    person = connection.teacher if principal == TEACHER else connection.learner
    answer = connection.launch(person, claims=claims, without=case.without)
    assert is_open(answer), answer.text
    with database.read_session() as session:
        frame = session.scalars(select(FrameSession)).one()
        assert frame.role is role
        assert frame.browser_hash is not None
        line = session.scalars(select(LaunchEntry)).one()
        assert (line.status, line.code) == (303, "ok")
