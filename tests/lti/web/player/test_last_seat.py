"""Fifty learners press play at once over HTTP, and one seat is available."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier, Thread

from sqlalchemy import func, select
from werkzeug.serving import make_server

from lms.access.explanations import ALL_TAKEN
from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.models.seats import Assignment, Pool
from lti.protocol.content_target import Target
from lti.web.core.refusal_texts import ASK_MANAGER
from tests.factories import make_pool, make_pool_grant
from tests.lti.course_fixtures import make_course
from tests.servers.process import free_port

LEARNERS = 50


def test_one_of_fifty_learners_gets_the_last_seat_and_the_others_read_why(
    app, database, cast, clock
):
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        pool = make_pool(
            session, organization, session.get_one(Webinar, cast.webinar_id), capacity=1
        )
        make_pool_grant(session, pool)
        course = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        secrets = [course.launch(session, sub=f"learner-{number}") for number in range(LEARNERS)]
        pool_id = pool.id
    port = free_port()
    ready = Barrier(LEARNERS)

    def play(secret: str) -> tuple[int, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        ready.wait()
        connection.request(
            "POST",
            f"/lti/s/{secret}/playback",
            body="{}",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told

    answers = _at_once(app, port, play, secrets)
    assert Counter(status for status, _ in answers) == {200: 1, 403: LEARNERS - 1}
    refused = [told for status, told in answers if status == 403]
    assert {told["sentence"] for told in refused} == {
        ALL_TAKEN % {"organization": "Elm County Library"}
    }
    assert {told["more"].partition(" Reference: ")[0] for told in refused} == {
        ASK_MANAGER % {"manager": "Mia", "organization": "Elm County Library"}
    }
    with database.read_session() as session:
        assert session.scalars(select(Pool.used).where(Pool.id == pool_id)).one() == 1
        assert session.scalar(select(func.count(Assignment.id))) == 1


def _at_once(app, port, play, secrets):
    server = make_server("127.0.0.1", port, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with ThreadPoolExecutor(LEARNERS) as crowd:
            return list(crowd.map(play, secrets))
    finally:
        server.shutdown()
        server.server_close()
