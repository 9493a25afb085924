"""1EdTech certification, bad payloads: twelve messages to refuse, from teachers and students.

The list is the self-test's (lti/selftest/certification_cases.py), run here on both databases.
"""

import pytest

from lti.selftest.certification_cases import BAD_PAYLOADS, BadPayload
from tests.lti.tool_server import Connection


def test_list_has_the_twelve_bad_payloads_of_the_certification() -> None:
    assert len(BAD_PAYLOADS) == 12


@pytest.mark.parametrize("who", ["teacher", "student"])
@pytest.mark.parametrize("case", BAD_PAYLOADS, ids=lambda case: case.name)
def test_bad_payload_is_refused(connection: Connection, case: BadPayload, who: str) -> None:
    person = connection.teacher if who == "teacher" else connection.learner
    answer = connection.forged(case.make, connection.platform.begin(person, connection.link))
    assert answer.status_code == case.status
    assert "lti/s/" not in answer.text
