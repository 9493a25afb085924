"""Requests of people whose accounts were deleted: our team closes them, and no one is emailed."""

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.mail import Mail
from lms.models.requests import RequestKind, RequestState
from lms.people import erasure
from lms.requests import requests
from lms.requests.read_models import find_request
from lms.requests.requests import NewRequest
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE


@pytest.mark.parametrize("act", [requests.decline, requests.finish])
def test_request_is_closed_without_an_email(database: Database, cast: Cast, act: object) -> None:
    new = NewRequest(
        RequestKind.TROUBLE,
        "Alice",
        cast.alice.email or "",
        login_id=cast.alice.id,
        message="No sound.",
    )
    with database.transaction() as session:
        asked = requests.ask(session, new, mail_context=OFFICE, actor=None, now=NOW).public_id
        erasure.erase(session, cast.alice.id, hooks=(), links=OFFICE.links, actor=None, now=NOW)
        before = session.scalar(select(func.count(Mail.id)))
        assert callable(act)
        act(session, asked, answer="Solved.", links=OFFICE.links, actor=None, now=NOW)
        assert session.scalar(select(func.count(Mail.id))) == before
        assert find_request(session, asked).state in (RequestState.DONE, RequestState.DECLINED)
