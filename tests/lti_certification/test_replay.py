"""Eight processes post the same token and state at once: exactly one of them is let in, each time."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import pytest
from sqlalchemy import func, select

from lms.db import Database
from lti.models.launches import FrameSession
from tests.lti.tool_server import Connection

PROCESSES: Final = 8
ROUNDS: Final = 20
LET_IN: Final = 303
NOT_AUTHENTIC: Final = 401


def _poster(barrier: "multiprocessing.synchronize.Barrier") -> None:
    globals()["_barrier"] = barrier


def _post(url: str, fields: dict[str, str], cookie: str) -> int:
    import requests  # noqa: PLC0415  (in the new process, which shares nothing)

    with requests.Session() as session:
        session.trust_env = False
        globals()["_barrier"].wait(30)
        answer = session.post(
            url, data=fields, headers={"Cookie": cookie}, allow_redirects=False, timeout=60
        )
        return answer.status_code


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_of_eight_is_let_in(connection: Connection, database: Database) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    answers = []
    with ProcessPoolExecutor(PROCESSES, context, _poster, (barrier,)) as pool:
        for _round in range(ROUNDS):
            begun = connection.platform.begin(connection.learner, connection.link)
            posted = connection.answered(begun)
            cookie = "; ".join(f"{name}={value}" for name, value in connection.browser.kept.items())
            given = (posted.url, posted.fields, cookie)
            posts = [pool.submit(_post, *given) for _process in range(PROCESSES)]
            answers.append(sorted(post.result() for post in posts))
    assert answers == [[LET_IN, *[NOT_AUTHENTIC] * (PROCESSES - 1)]] * ROUNDS
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(FrameSession)) == ROUNDS
