"""Health checks for supervisors and load balancers."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from lms import migrations
from lms.core.clock import now
from lms.core.database import Database
from lms.core.version import VERSION
from lms.jobs.stalled_lanes import MAIL
from lms.mail.outbox import post
from lms.models.jobs import Lane
from lms.web.site.staff_dashboard import WAITED
from media.storage.local_storage import LocalStorage
from tests.cast import Cast
from tests.clock import Clock
from tests.jobs.job_fixtures import make_job
from tests.visitor import Visitor

SINCE = "Mar 2, 10:00 AM ET"
WAITING_JOBS = 'href="/staff/jobs?state=queued"'
WAITING_EMAILS = 'href="/staff/mail?state=queued"'


def test_health_check_is_ok_without_signing_in(client: Visitor) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "version": VERSION,
        "database": "ok",
        "stalled_lanes": [],
    }


def test_stalled_lane_is_named_and_pages_stay_in_rotation(
    client: Visitor, database: Database, clock: Clock
) -> None:
    make_job(database, lane=Lane.MEDIA, now=now())
    clock.advance(timedelta(minutes=10))
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "degraded",
        "version": VERSION,
        "database": "ok",
        "stalled_lanes": ["media"],
    }


def test_unreachable_database_takes_pages_out_of_rotation(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr("lms.web.core.health_check.read_stalled", away)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (
        503,
        {"status": "unavailable", "version": VERSION, "database": "does not answer"},
    )


def test_staff_home_shows_stalled_jobs(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(cast.ada.id)
    assert WAITING_JOBS not in client.get("/staff").text
    for _ in range(3):
        make_job(database, lane=Lane.MEDIA, now=now())
    clock.advance(timedelta(minutes=10))
    page = " ".join(client.get("/staff").text.split())
    assert WAITED[Lane.MEDIA][1] % {"num": 3, "since": SINCE} in page
    assert WAITING_JOBS in page
    assert WAITING_EMAILS not in page


def test_staff_home_shows_stalled_emails(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(cast.ada.id)
    with database.transaction() as session:
        post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Mail arrives",
            values={},
            now=now(),
        )
    clock.advance(timedelta(minutes=10))
    page = " ".join(client.get("/staff").text.split())
    assert WAITED[MAIL][0] % {"num": 1, "since": SINCE} in page
    assert WAITING_EMAILS in page
    assert WAITING_JOBS not in page


def test_livez_says_ok(client: Visitor) -> None:
    assert client.get("/livez").json == {"status": "ok", "version": VERSION}


def test_process_is_ready_when_its_dependencies_respond(client: Visitor) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "database": "ok",
        "storage": "ok",
        "disk": "ok",
        "worker": "silent",
        "draining": "no",
        "version": VERSION,
    }


@pytest.mark.parametrize(
    ("revision", "database_is"), [("20991231_later", "ok"), ("20200101_earlier", "fault")]
)
def test_process_accepts_a_later_schema_but_not_an_earlier_one(
    client: Visitor, monkeypatch: pytest.MonkeyPatch, revision: str, database_is: str
) -> None:
    monkeypatch.setattr(migrations, "current", lambda _database: revision)
    assert client.get("/readyz").json["database"] == database_is


def test_process_without_storage_is_not_ready(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_storage: LocalStorage, _key: str) -> None:
        raise OSError

    monkeypatch.setattr(LocalStorage, "stat", fail)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["storage"]) == (503, "fault")
