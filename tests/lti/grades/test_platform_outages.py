"""Outages of platforms: scores arrive later, exactly once, and without too many requests."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from lms.mail.links import Links
from lti.grades.delivery_lease import take_turn
from lti.grades.jobs import deliver, look
from lti.grades.score_outbox import take_parcel
from lti.grades.stuck_scores_and_platforms_away import platforms_away, stuck_links
from lti.http import guarded_connections
from lti.http.authorized_platform_calls import Services
from lti.models.courses import ResourceLink, ScoreState
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.registrations.connection_decisions import approve_platform
from lti.registrations.manager_actions import change_own
from lti.registrations.registrations import (
    approve_registration,
    disable_registration,
    find_registration,
)
from lti.selftest.platform.records import Link, Person
from tests.lti.launched_course import School, published_key
from tests.platform.requests_and_faults import retry_date
from tests.wait_until import PATIENCE_S


def _everybody_watches(school: School, **place: object) -> tuple[Link, int, list[Person]]:
    link, link_id = school.place(**place)  # type: ignore[arg-type]
    people = school.platform.course.learners
    for person in people:
        school.watch(school.launch(person, link_id), 0, 3600)
    return link, link_id, people


def _all_arrived_once(school: School, link: Link, people: list[Person]) -> None:
    for person in people:
        assert school.platform.grade(person, link) == 100
        assert len(school.platform.scores(link, person)) == 1
    assert len(school.platform.line_items()) == 1


TROUBLES: Mapping[str, Mapping[str, object]] = {
    "500": {"status": 500},
    "503": {"status": 503},
    "html": {"html": True},
    "html_500": {"html": True, "status": 500},
    "hanging": {"hang_s": 3},
    "nonsense": {"status": 200, "body": "<<<"},
    "unknown_client": {"status": 400, "body": '{"error": "invalid_client"}'},
}


@pytest.mark.parametrize("area", ["token", "line_items", "scores"])
@pytest.mark.parametrize("trouble", sorted(TROUBLES))
def test_scores_arrive_once_after_a_fault(
    school: School, monkeypatch: pytest.MonkeyPatch, area: str, trouble: str
) -> None:
    monkeypatch.setattr(guarded_connections, "SILENCE_S", 0.3)
    if (area, trouble) == ("line_items", "unknown_client"):
        pytest.skip("a permanent refusal of a column: see the test of refusals")
    link, _, people = _everybody_watches(school)
    school.platform.trouble(area, **TROUBLES[trouble])
    for _ in range(4):
        school.round(timedelta(minutes=1))
    if (area, trouble) != ("scores", "unknown_client"):
        assert school.platform.scores() == []
    # on a busy machine, a slow answer would send a score again
    monkeypatch.setattr(guarded_connections, "SILENCE_S", PATIENCE_S)
    school.platform.lift()
    for _ in range(8):
        school.round(timedelta(hours=1))
    if (area, trouble) != ("scores", "unknown_client"):
        _all_arrived_once(school, link, people)


def test_platform_that_is_down_for_a_day_is_called_seldom(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    school.platform.trouble("token", status=500)
    for _ in range(24 * 6):
        school.round(timedelta(minutes=10))
    asked = len(school.platform.calls("token"))
    assert 8 <= asked <= 16
    with school.database.read_session() as session:
        [away] = platforms_away(session)
        [stuck] = stuck_links(session, now=school.clock.moment)
        assert stuck_links(session, organization_id=0, now=school.clock.moment) == ()
    assert away.failures == asked
    assert (stuck.waiting, stuck.refused) == (len(people), 0)
    assert stuck.reason == away.reason
    school.platform.lift()
    school.round(timedelta(hours=6))
    _all_arrived_once(school, link, people)
    with school.database.read_session() as session:
        assert platforms_away(session) == ()
        assert stuck_links(session, now=school.clock.moment) == ()


@pytest.mark.parametrize("off", ["platform", "deployment"])
def test_disabled_platform_or_refused_deployment_is_not_listed_as_away_or_stuck(
    school: School, off: str
) -> None:
    """As after a move to another LMS: nothing more is sent to the old one."""
    _everybody_watches(school, column=100)
    school.platform.trouble("token", status=500)
    school.round()
    school.clock.advance(timedelta(hours=1))

    def told() -> tuple[int, int]:
        mine, moment = school.cast.organization_id, school.clock.moment
        with school.database.read_session() as session:
            away = platforms_away(session, organization_id=mine)
            return len(away), len(stuck_links(session, organization_id=mine, now=moment))

    assert told() == (1, 1)
    with school.database.transaction() as session:
        if off == "platform":
            registration = session.get_one(Registration, school.registration_id)
            registration.state = RegistrationState.DISABLED
        else:
            deployment = session.get_one(Deployment, school.deployment_id)
            deployment.state = DeploymentState.REFUSED
    assert told() == (0, 0)


def test_scores_are_sent_at_once_after_a_wrong_url_is_corrected(school: School) -> None:
    """A manager corrects it and our team approves it long before the next attempt is due."""
    link, _, people = _everybody_watches(school, column=100)
    mine, mended = school.cast.organization_id, school.platform.token_url_of(school.tool)
    with school.database.transaction() as session:
        row = session.get_one(Registration, school.registration_id)
        row.token_url, registration = f"{school.platform.url}/nowhere", row.public_id
    for _ in range(8):
        school.round(timedelta(hours=6))
    moment = school.clock.moment
    with school.database.transaction() as session:
        details = replace(find_registration(session, registration).details, token_url=mended)
        changed = change_own(session, mine, registration, details, actor=None, now=moment)
        assert changed.state is RegistrationState.PENDING
    school.round()
    assert school.platform.scores() == []
    with school.database.transaction() as session:
        links = Links("https://library.example.org")
        approve_platform(session, registration, links=links, actor=None, now=moment)
    school.round()
    _all_arrived_once(school, link, people)


def test_platform_that_was_turned_on_again_is_called_at_once(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    school.platform.trouble("token", status=500)
    for _ in range(8):
        school.round(timedelta(hours=6))
    school.platform.lift()
    with school.database.transaction() as session:
        registration = session.get_one(Registration, school.registration_id).public_id
        disable_registration(session, registration, actor=None, now=school.clock.moment)
        approve_registration(session, registration, actor=None, now=school.clock.moment)
    school.round()
    _all_arrived_once(school, link, people)


def test_platform_that_only_refuses_scores_is_called_seldom(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    school.platform.trouble("scores", status=500)
    for _ in range(24 * 6):
        school.round(timedelta(minutes=10))
    assert len(school.platform.calls("scores")) <= 60
    school.platform.lift()
    for _ in range(3):
        school.round(timedelta(hours=6))
    _all_arrived_once(school, link, people)


@pytest.mark.parametrize("area", ["token", "scores", "line_items"])
def test_retry_after_is_respected(school: School, area: str) -> None:
    link, _, people = _everybody_watches(school)
    school.platform.trouble(area, status=429, retry_after=120, times=1)
    school.round()
    for _ in range(11):
        school.round(timedelta(seconds=10))
    assert len(school.platform.calls(area)) == 1
    school.round(timedelta(seconds=15))
    _all_arrived_once(school, link, people)


def test_retry_after_can_be_a_date(school: School) -> None:
    _everybody_watches(school, column=100)
    school.platform.trouble("scores", status=503, retry_after=retry_date(300), times=1)
    school.round()
    school.round(timedelta(seconds=280))
    assert len(school.platform.calls("scores")) == 1
    school.round(timedelta(seconds=25))
    assert len(school.platform.scores()) == len(school.platform.course.learners)


def test_expired_access_token_is_renewed_once(school: School) -> None:
    link, link_id = school.place(column=100)
    wren, zoe = school.platform.course.learners[:2]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    school.platform.tokens.expire_all()
    school.watch(school.launch(zoe, link_id), 0, 3600)
    school.round()
    assert school.platform.grade(zoe, link) == 100
    assert [one.status for one in school.platform.calls("scores")] == [200, 401, 200]
    assert len(school.platform.calls("token")) == 2


def test_scores_wait_while_the_platform_does_not_know_our_new_key(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    known = school.tool.jwks
    school.tool.jwks = {"keys": []}
    for _ in range(3):
        school.round(timedelta(minutes=1))
    assert school.platform.scores() == []
    school.tool.jwks = known
    school.round(timedelta(hours=1))
    _all_arrived_once(school, link, people)


def test_failing_column_does_not_block_others(school: School) -> None:
    _, bad_id = school.place(column=100)
    good, good_id = school.place(column=100)
    wren, zoe = school.platform.course.learners[:2]
    with school.database.transaction() as session:
        link = session.get_one(ResourceLink, bad_id)
        link.line_item_url = f"{school.platform.url}/nowhere"
    school.watch(school.launch(wren, bad_id), 0, 3600)
    school.watch(school.launch(zoe, good_id), 0, 3600)
    school.round()
    assert school.platform.grade(zoe, good) == 100


def test_lost_response_leaves_the_right_grade(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    school.platform.trouble("scores", lost=True, times=1)
    school.round()
    school.round(timedelta(minutes=5))
    for person in people:
        assert school.platform.grade(person, link) == 100
        times = [score.at for score in school.platform.scores(link, person)]
        assert times == sorted(set(times))


def test_parallel_workers_send_each_score_once(school: School) -> None:
    link, _, people = _everybody_watches(school)
    school.platform.trouble("scores", status=200, hang_s=0.05, then_works=True)
    school.clock.advance(timedelta(seconds=10))
    look(school.database)
    workers = [
        threading.Thread(
            target=deliver,
            args=(school.database, Services(published_key)),
            kwargs={"stopping": lambda: False},
        )
        for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    school.round()
    _all_arrived_once(school, link, people)


def test_parallel_workers_queue_each_score_once(school: School) -> None:
    _, link_id, people = _everybody_watches(school, column=100)
    school.clock.advance(timedelta(seconds=10))
    workers = [threading.Thread(target=look, args=(school.database,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rows = [school.score(person, link_id) for person in people]
    assert [row.state for row in rows if row] == [ScoreState.QUEUED] * len(people)


def test_scores_of_a_worker_that_died_are_sent_later(school: School) -> None:
    link, _, people = _everybody_watches(school, column=100)
    school.clock.advance(timedelta(seconds=10))
    look(school.database)
    with school.database.transaction() as session:
        moment = school.clock.moment
        assert take_turn(session, school.registration_id, worker="dead", now=moment)
        assert take_parcel(session, school.registration_id, now=moment) is not None
    school.round(timedelta(seconds=30))
    assert school.platform.scores() == []
    school.round(timedelta(seconds=31))
    _all_arrived_once(school, link, people)


KILLED = """
    import sys
    from lms.core.database import Database
    from lms.core.runtime import open_carrel
    from lti.grades.jobs import deliver, look
    from lti.http.authorized_platform_calls import Services
    from tests.lti.launched_course import published_key

    database = Database(sys.argv[1])
    deliver(database, Services(published_key), stopping=lambda: False)
"""


def test_scores_of_a_killed_worker_are_sent_once_by_the_next(
    school: School, database_url: str
) -> None:
    """Kills a real process while its call to the platform is waiting."""
    link, link_id, people = _everybody_watches(school, column=100)
    look(school.database)
    school.clock.set(_really_now())
    school.platform.clock = _really_now
    school.platform.trouble("scores", status=200, hang_s=20, times=1)
    code = (
        textwrap.dedent(KILLED)
        .replace("published_key)", "_key)")
        .replace("from tests.lti.launched_course import published_key", _same_key())
    )
    with subprocess.Popen([sys.executable, "-c", code, database_url]) as worker:
        until = time.monotonic() + 60
        while not school.platform.calls("token") and time.monotonic() < until:
            time.sleep(0.05)
        assert school.platform.calls("token"), "the worker never called the platform"
        time.sleep(0.5)
        assert worker.poll() is None, "the worker ended before it was killed"
        worker.send_signal(signal.SIGKILL)
    school.platform.lift()
    school.clock.set(_really_now() + timedelta(seconds=61))
    school.platform.clock = lambda: school.clock.moment
    deliver(school.database, school.services, stopping=lambda: False)
    _all_arrived_once(school, link, people)
    assert link_id


def _really_now():  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.now(UTC)


def _same_key() -> str:
    """Return code that loads our key in another process."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = published_key()
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (
        "from cryptography.hazmat.primitives.serialization import load_pem_private_key\n"
        "from lms.core.encryption import LoadedKey\n"
        f"_loaded = LoadedKey({key.kid!r}, load_pem_private_key({pem!r}, None))\n"
        "_key = lambda: _loaded"
    )
