"""Health checks: what they find, and when it is a fault."""

from dataclasses import replace
from datetime import timedelta

from lms import audit
from lms.core.database import MOVED, Database, frozen_until
from lms.core.runtime import Carrel
from lms.jobs.queue import enqueue
from lms.models.accounts import FactorKind, SecondFactor
from lms.models.jobs import Lane
from lms.models.recordings import Recording
from lms.operations import database_move
from lms.operations.backup_drill import DRILLED
from lms.operations.backups import CREATED
from lms.operations.findings import Finding, State
from lms.operations.health_checks import read_health
from lms.operations.server_probes import probe_servers
from tests.cast import Cast
from tests.clock import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def found(carrel: Carrel, name: str) -> Finding:
    return next(one for one in read_health(carrel, now=NOW) if one.name == name)


def record(database: Database, act: str, ago: timedelta, **detail: bool) -> None:
    with database.transaction() as session:
        audit.record(session, act, "", actor=None, now=NOW - ago, detail=detail)


def test_every_message_has_its_values(carrel: Carrel) -> None:
    for one in (*read_health(carrel, now=NOW), *probe_servers(carrel, now=NOW)):
        assert "%(" not in one.text
        assert one.advice or one.state is State.OK


def test_worker_silent_for_minutes_is_a_fault(carrel: Carrel) -> None:
    assert found(carrel, "worker").state is State.FAULT
    for ago, state in ((HOUR, State.FAULT), (MINUTE, State.OK)):
        with carrel.database.transaction() as session:
            enqueue(session, kind="x", lane=Lane.PROMPT, subject="", payload={}, now=NOW - ago)
        assert found(carrel, "worker").state is state


def test_moved_database_is_the_only_reported_fault(library: Carrel) -> None:
    library.database.set_freeze_mark(MOVED)
    moved = read_health(library, now=NOW)
    assert [(one.name, one.state) for one in moved] == [("tables", State.FAULT)]
    assert "still uses the old one" in moved[0].text
    assert "restart Carrel" in moved[0].advice


def test_interrupted_move_is_reported_with_how_to_end_it(library: Carrel) -> None:
    library.database.set_freeze_mark(frozen_until(NOW))
    frozen = read_health(library, now=NOW)
    assert [(one.name, one.state) for one in frozen] == [("tables", State.FAULT)]
    assert "carrel db move --abort" in frozen[0].advice


def test_worker_not_restarted_after_a_move_is_a_fault(library: Carrel, target: Database) -> None:
    def beat(database: Database, ago: timedelta) -> None:
        with database.transaction() as session:
            enqueue(session, kind="x", lane=Lane.PROMPT, subject="", payload={}, now=NOW - ago)

    beat(library.database, 2 * SECOND)
    done = database_move.move(library.database, target, lasts=MINUTE, now=NOW)
    database_move.record_move(target, done, now=NOW - SECOND)
    moved = replace(library, database=target)
    assert found(moved, "worker").text == (
        "The database was moved to PostgreSQL 1 minute ago. No worker uses it yet."
    )
    beat(target, timedelta())
    assert found(moved, "worker").state is State.OK


def test_stalled_lane_is_a_fault(carrel: Carrel) -> None:
    assert found(carrel, "lane.media").state is State.OK
    with carrel.database.transaction() as session:
        enqueue(session, kind="x", lane=Lane.MEDIA, subject="s", payload={}, now=NOW - HOUR)
    stalled = found(carrel, "lane.media")
    assert stalled.state is State.FAULT
    assert (
        stalled.text == "Encoding: 1 waiting, the oldest for 1 hour, and none are being processed."
    )


def test_missing_recent_and_old_backups_are_told_apart(carrel: Carrel) -> None:
    assert found(carrel, "backup").state is State.ATTENTION
    record(carrel.database, CREATED, 2 * DAY)
    assert found(carrel, "backup").state is State.FAULT
    record(carrel.database, CREATED, HOUR)
    assert found(carrel, "backup").text == "The last backup was made 1 hour ago."
    assert found(carrel, "backup").state is State.OK


def test_failed_drill_is_a_fault(carrel: Carrel) -> None:
    assert found(carrel, "drill").state is State.ATTENTION
    record(carrel.database, DRILLED, HOUR, is_good=False)
    assert found(carrel, "drill").state is State.FAULT
    record(carrel.database, DRILLED, HOUR, is_good=True)
    assert found(carrel, "drill").state is State.OK


def test_disk_that_will_be_full_within_days_is_a_fault(carrel: Carrel, cast: Cast) -> None:
    assert "more days" not in found(carrel, "disk").text
    with carrel.database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.created_at, recording.size_bytes = NOW - DAY, 1 << 50
    assert found(carrel, "disk").state is State.FAULT


def test_unreachable_mail_server_and_redis_are_faults(carrel: Carrel) -> None:
    settings = replace(
        carrel.settings, smtp_url="smtp://127.0.0.1:9", redis_url="redis://127.0.0.1:9/0"
    )
    states = {
        one.name: one.state for one in probe_servers(replace(carrel, settings=settings), now=NOW)
    }
    assert (states["smtp"], states["redis"]) == (State.FAULT, State.FAULT)
    assert (states["database"], states["storage"], states["keys"]) == (State.OK,) * 3


def test_passkeys_of_another_host_name_cause_a_warning(carrel: Carrel, cast: Cast) -> None:
    def add(host: str) -> None:
        with carrel.database.transaction() as session:
            session.add(
                SecondFactor(
                    login_id=cast.ada.id,
                    kind=FactorKind.PASSKEY,
                    name="Key",
                    credential_id=host.encode(),
                    public_key=b"key",
                    host=host,
                    created_at=NOW,
                )
            )

    def names() -> set[str]:
        return {one.name for one in read_health(carrel, now=NOW)}

    add("localhost")
    assert "passkeys" not in names()
    add("library.example.org")
    warning = found(carrel, "passkeys")
    assert (warning.state, warning.values["count"]) == (State.ATTENTION, 1)
    settings = replace(carrel.settings, base_url="https://library.example.org")
    moved = {one.name: one for one in read_health(replace(carrel, settings=settings), now=NOW)}
    assert "passkeys" in moved  # the one of localhost
