"""Eight processes post the same token and state at once: one succeeds each time."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lti.models.launches import FrameSession
from tests.lti.tool_server import Connection
from tests.lti_certification.parallel_posts import begin, post

PROCESSES: Final = 8
ROUNDS: Final = 20
LET_IN: Final = 303
NOT_AUTHENTIC: Final = 401


@pytest.mark.slow
def test_one_of_eight_identical_posts_succeeds(connection: Connection, database: Database) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    answers = []
    with ProcessPoolExecutor(PROCESSES, context, begin, (barrier,)) as pool:
        for _round in range(ROUNDS):
            begun = connection.platform.begin(connection.learner, connection.link)
            posted = connection.answered(begun)
            cookie = "; ".join(f"{name}={value}" for name, value in connection.browser.kept.items())
            given = (posted.url, posted.fields, cookie)
            posts = [pool.submit(post, *given) for _process in range(PROCESSES)]
            answers.append(sorted(one.result() for one in posts))
    assert answers == [[LET_IN, *[NOT_AUTHENTIC] * (PROCESSES - 1)]] * ROUNDS
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(FrameSession)) == ROUNDS
