"""The tool's scheduled jobs: deleting old records, and fetching keys before they are needed."""

from datetime import timedelta

from sqlalchemy import func, select

from lms.core.clock import now
from lms.core.compiled_statements import Driver
from lms.core.database import Database
from lms.core.model_base import Base
from lms.core.runtime import Carrel
from lms.jobs.queue import enqueue
from lms.models.jobs import JobState, Lane
from lms.worker.worker import see_through
from lti.component import LTI
from lti.jobs import KEYS, TIDY
from lti.launches.launch_log import Occurrence, write_launch
from lti.launches.login_state import Started, begin_login
from lti.models.launches import LaunchEntry, PendingLogin
from lti.models.registrations_and_keys import PlatformKeys
from tests.clock import Clock
from tests.components import work_without_schedules
from tests.lti.launched_course import School


def _round(carrel: Carrel, kind: str) -> JobState:
    with carrel.database.transaction() as session:
        job = enqueue(session, kind=kind, lane=Lane.PROMPT, subject="", payload={}, now=now())
        job_id = job.public_id
    return see_through(carrel, work_without_schedules(LTI), job_id).state


def _count(database: Database, table: type[Base]) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _begin(school: School) -> None:
    asked = {
        "iss": school.platform.issuer,
        "client_id": school.tool.client_id,
        "login_hint": "somebody",
        "target_link_uri": "https://library.example.org/lti/launch",
    }
    with school.database.transaction() as session:
        driver = Driver.of(session)
        begin_login(driver, asked, Started(), browser="b", storage_target=None, now=now())


def test_unfinished_logins_are_deleted_after_ten_minutes(
    carrel: Carrel, school: School, clock: Clock
) -> None:
    _begin(school)
    clock.advance(timedelta(minutes=9))
    _begin(school)
    assert _round(carrel, TIDY) is JobState.DONE
    assert _count(school.database, PendingLogin) == 2
    clock.advance(timedelta(minutes=2))
    assert _round(carrel, TIDY) is JobState.DONE
    assert _count(school.database, PendingLogin) == 1


def test_launch_log_is_kept_for_90_days(carrel: Carrel, school: School, clock: Clock) -> None:
    with school.database.transaction() as session:
        write_launch(session, Occurrence(registration_id=school.registration_id), now=now())
    clock.advance(timedelta(days=89))
    assert _round(carrel, TIDY) is JobState.DONE
    assert _count(school.database, LaunchEntry) == 1
    clock.advance(timedelta(days=2))
    assert _round(carrel, TIDY) is JobState.DONE
    assert _count(school.database, LaunchEntry) == 0


def test_platform_keys_are_fetched_before_a_launch_needs_them(
    carrel: Carrel, school: School
) -> None:
    school.platform.traffic.forget()
    assert _round(carrel, KEYS) is JobState.DONE
    with school.database.read_session() as session:
        assert session.scalars(select(PlatformKeys)).one().document is not None
    assert len(school.platform.calls("jwks")) == 1
    assert _round(carrel, KEYS) is JobState.DONE
    assert len(school.platform.calls("jwks")) == 1
