"""Gauges of the installation: the state of the database and the disk at the time of a scrape."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy import Row, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lms.core.runtime import Carrel
from lms.core.version import VERSION
from lms.jobs.stalled_lanes import Due
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail, MailLane
from lms.operations.findings import State
from lms.operations.health_checks import LANE, Facts, free_bytes, read_facts, read_health

CONNECTIONS: Final = (
    "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() GROUP BY 1"
)
LEVELS: Final = {State.OK: 0, State.ATTENTION: 1, State.FAULT: 2}
ALL_LANES: Final = (*(lane.value for lane in Lane), *(f"mail-{lane.value}" for lane in MailLane))


class HouseGauges:
    """A collector for prometheus-client; `carrel_database_up` is 0 if the database gauges are unknown."""

    def __init__(self, carrel: Carrel, ask_time: Callable[[], datetime]) -> None:
        self._carrel = carrel
        self._ask_time = ask_time

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics."""
        info = GaugeMetricFamily("carrel_info", "The running version.", labels=["version"])
        info.add_metric([VERSION], 1)
        yield info
        yield _gauge(
            "carrel_disk_free_bytes", "Free space in the data directory.", free_bytes(self._carrel)
        )
        now = self._ask_time()
        try:
            with self._carrel.database.read_session() as session:
                facts = read_facts(session, now=now)
                found = [*_waiting(session, facts.due, now), *_moments(facts)]
                found += _connections(session)
            found += _health(self._carrel, facts, now)
        except SQLAlchemyError:
            found = []
        yield _gauge("carrel_database_up", "Whether the database responds.", float(bool(found)))
        yield from found


def _health(carrel: Carrel, facts: Facts, now: datetime) -> Iterator[Metric]:
    findings = read_health(carrel, now=now, facts=facts)
    text = "Each check of System health: 0 is OK, 1 needs attention, 2 is a problem."
    health = GaugeMetricFamily("carrel_health", text, labels=["check"])
    for one in findings:
        health.add_metric([one.name], LEVELS[one.state])
    yield health
    stalled = sum(one.name.startswith(LANE) and one.state is State.FAULT for one in findings)
    yield _gauge("carrel_stalled_lanes", "Lanes that have done nothing for 10 minutes.", stalled)


def _gauge(name: str, text: str, value: float) -> Metric:
    made = GaugeMetricFamily(name, text)
    made.add_metric([], value)
    return made


def _waiting(session: Session, jobs: Mapping[Lane, Due], now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("carrel_waiting", "Jobs or emails due in a lane.", labels=["lane"])
    oldest = GaugeMetricFamily(
        "carrel_oldest_waiting_seconds",
        "How long the oldest item in a lane has waited.",
        labels=["lane"],
    )
    due = {lane.value: (one.count, one.since) for lane, one in jobs.items()}
    for mail_lane, count, since in _due_mail(session, now):
        due[f"mail-{mail_lane.value}"] = count, since
    for name in ALL_LANES:
        count, since = due.get(name, (0, now))
        waiting.add_metric([name], count)
        oldest.add_metric([name], (now - since).total_seconds())
    yield waiting
    yield oldest


def _due_mail(session: Session, now: datetime) -> Sequence[Row[MailLane, int, datetime]]:
    return session.execute(
        select(Mail.lane, func.count(), func.min(Mail.run_at))
        .where(Mail.lane.in_(MailLane), Mail.state == JobState.QUEUED, Mail.run_at <= now)
        .group_by(Mail.lane)
    ).all()


def _moments(facts: Facts) -> Iterator[Metric]:
    acts = {"backup": facts.backup, "drill": facts.drill}
    moments = {name: entry.at for name, entry in acts.items() if entry is not None}
    known = {"email": facts.sent, "worker_beat": facts.beat, **moments}
    for name, at in known.items():
        if at is not None:
            text = f"Time of the last {name.replace('_', ' ')}, in seconds since 1970."
            yield _gauge(f"carrel_last_{name}_timestamp_seconds", text, at.timestamp())


def _connections(session: Session) -> Iterator[Metric]:
    """Yield the connections to PostgreSQL of all processes on all machines, and how many it allows."""
    if session.get_bind().dialect.name == "sqlite":
        return
    used = GaugeMetricFamily(
        "carrel_database_connections", "Connections to the database.", labels=["state"]
    )
    for state, count in session.execute(text(CONNECTIONS)):
        used.add_metric([state], count)
    yield used
    allowed = int(session.scalar(text("SHOW max_connections")) or 0)
    yield _gauge(
        "carrel_database_connections_allowed", "Connections that PostgreSQL allows.", allowed
    )
