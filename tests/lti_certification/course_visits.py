"""A lesson over HTTP: a person launches from a course and uses the frame that opens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import requests
from sqlalchemy import select

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import Work, enqueue
from lms.models.jobs import Job, JobState, Lane
from lms.worker.worker import see_through
from lti.grades.jobs import SCORES, report_scores
from lti.rosters.jobs import ROSTER, sync_roster
from lti.selftest.platform.records import Link, Person
from tests.clock import Clock
from tests.lti.tool_server import Connection, is_open

CLIP_S: Final = 60
BEAT_S: Final = 15
ROUND: Final = timedelta(seconds=10)
WORK: Final = Work(handlers={ROSTER: sync_roster, SCORES: report_scores})
JSON: Final = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A person inside the tool: the frame's URL and the browser that opened it."""

    connection: Connection
    frame: str

    def get(self, room: str = "") -> requests.Response:
        """Open one of the frame's pages."""
        return self.connection.browser.get(self.frame + room)

    def post(self, room: str, form: Sequence[tuple[str, str]] = ()) -> requests.Response:
        """Send a form to one of the frame's pages."""
        return self.connection.browser.post(self.frame + room, data=list(form))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A course's link to a one-minute clip, with a clock that the test moves forward."""

    connection: Connection
    carrel: Carrel
    clock: Clock

    def open(self, person: Person, link: Link | None = None, **more: Any) -> Visit:
        """Launch a link; by default the course's own."""
        begun = self.connection.platform.begin(person, link or self.connection.link, **more)
        return self.inside(self.connection.post(self.connection.answered(begun)))

    def inside(self, answer: requests.Response) -> Visit:
        """Follow a successful launch into the tool."""
        assert is_open(answer), (answer.status_code, answer.text)
        return Visit(self.connection, self.connection.url + answer.headers["Location"])

    def watch(self, visit: Visit, seconds: int = CLIP_S, *, since: int = 0) -> str:
        """Play up to `seconds` with a heartbeat every 15 s; return the URL of the media folder."""
        browser = self.connection.browser
        opened = browser.post(f"{visit.frame}playback", json={}, headers=JSON)
        assert opened.status_code == 200, opened.text
        beats = self.connection.url + opened.json()["beat"]
        for at in range(since, seconds, BEAT_S):
            self.clock.advance(timedelta(seconds=BEAT_S))
            told = {"position": at + BEAT_S, "rate": 1.0, "spans": [[at, at + BEAT_S]]}
            answer = browser.post(beats, data=json.dumps(told), headers=JSON)
            assert answer.status_code == 200, answer.text
        return self.connection.url + str(opened.json()["hls"]).rpartition("/")[0]

    def report(self) -> None:
        """Run the worker job that checks progress and sends scores to the gradebook."""
        moment = self.clock.advance(ROUND)
        with self.carrel.database.transaction() as session:
            job = enqueue(
                session, kind=SCORES, lane=Lane.PROMPT, subject="", payload={}, now=moment
            )
        self._see_through(job.public_id)

    def read_rosters(self) -> int:
        """Run the queued roster jobs; return how many there were."""
        with self.carrel.database.read_session() as session:
            asked = session.scalars(
                select(Job.public_id).where(Job.kind == ROSTER, Job.state == JobState.QUEUED)
            ).all()
        for job_id in asked:
            self._see_through(job_id)
        return len(asked)

    def _see_through(self, job_id: str) -> None:
        ended = see_through(self.carrel, WORK, job_id)
        assert ended.state is JobState.DONE, ended


def lesson_of(connection: Connection, carrel: Carrel, clock: Clock, webinar: str) -> Lesson:
    """Link a clip of a webinar to the course and put all clocks under the test's control."""
    connection.platform.clock = now
    custom = {"webinar": webinar, "start": "0", "end": str(CLIP_S)}
    connection.link = connection.platform.link(connection.tool, custom=custom)
    return Lesson(connection, carrel, clock)
