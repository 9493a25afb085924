"""Roster and grade checks: a roster read whole, and a score sent to the gradebook."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from urllib3.exceptions import HTTPError

from lms.core.clock import now
from lms.core.errors import N_
from lms.lti_facade.sandbox_library import watch_whole
from lti.grades.jobs import deliver, look
from lti.http.authorized_platform_calls import find_platform
from lti.models.identities import Identity
from lti.rosters.names_and_roles_service import Roster, read_roster
from lti.selftest.certification_cases import STUDENT
from lti.selftest.check_results import Group, Proof
from lti.selftest.platform.records import Course, Link, Person
from lti.selftest.platform.vocabulary import SCORE_TYPE, Role
from lti.selftest.sandbox import Stage

STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FAULTLESS: Final = "nothing wrong"


def play_roster(stage: Stage) -> Iterator[Proof]:
    """Check the roster: two pages, with people of every kind."""

    def proof(name: str, expected: object, got: object) -> Proof:
        return Proof(Group.ROSTER, name, str(expected), str(got), expected == got)

    with stage.database.read_session() as session:
        platform = find_platform(session, stage.registration_id)
    course = _course_with_roster(stage)
    url = stage.platform.addresses.members(course)
    found = read_roster(stage.services, platform, url, now=now())
    members = found.members if isinstance(found, Roster) else ()
    known = {member.sub: member for member in members}
    yield proof(N_("Token for our signed assertion"), FAULTLESS, _faults(stage, "token"))
    yield proof(N_("Valid roster request"), FAULTLESS, _faults(stage, "members"))
    yield proof(N_("All pages are read"), len(course.members), len(members))
    yield proof(
        N_("IDs stay case-sensitive"),
        ", ".join(sorted(course.members)),
        ", ".join(sorted(known)),
    )
    nameless = known.get("student-1")
    yield proof(
        N_("People without a name are listed"),
        "listed, without a name",
        "listed, without a name" if nameless and nameless.name is None else "not so",
    )
    teachers = ", ".join(member.sub for member in members if member.is_instructor)
    yield proof(N_("Short and full role names"), "Teacher-1", teachers)


def _course_with_roster(stage: Stage) -> Course:
    """Return a course whose roster has two pages, and names a role by its short name, too."""
    course = Course("Course-B", "Roster", "A course with a roster")
    course.enroll(Person("Student-1", "A", "student"), "Learner")
    course.enroll(Person("student-1"), Role.LEARNER)
    course.enroll(Person("Teacher-1"), Role.INSTRUCTOR)
    stage.platform.records.courses[course.id] = course
    stage.platform.page_size = 2
    return course


def play_grades(stage: Stage) -> Iterator[Proof]:
    """Check grades: two students watch a recording, each from their own link, and the scores arrive."""

    def proof(name: str, expected: object, got: object) -> Proof:
        return Proof(Group.GRADES, name, str(expected), str(got), expected == got)

    platform, (_, first, second) = stage.platform, stage.links
    columns = platform.records.line_items
    _watch(stage, "Watcher-1", first)
    _report(stage)
    yield proof(N_("One grade column is created"), 1, len(columns))
    column = next(iter(columns.values()), None)
    yield proof(
        N_("The column belongs to the link"), first.id, column.resource_link_id if column else None
    )
    sent = [request for request in platform.requests if request.path.endswith("/scores")]
    score = json.loads(sent[0].body) if sent else {}
    yield proof(N_("One score arrives"), 1, _count_scores(stage))
    yield proof(N_("The score belongs to the learner"), "Watcher-1", score.get("userId"))
    given, whole = score.get("scoreGiven", 0), score.get("scoreMaximum", 0)
    yield proof(N_("The score is complete"), "100 of 100", f"{given:g} of {whole:g}")
    progress = f"{score.get('activityProgress')}, {score.get('gradingProgress')}"
    yield proof(N_("The score is final"), "Completed, FullyGraded", progress)
    yield proof(
        N_("The content type is correct"), SCORE_TYPE, sent[0].media_type if sent else "nothing"
    )
    yield proof(
        N_("The timestamp includes milliseconds"),
        "yes",
        "yes" if STAMP.fullmatch(str(score.get("timestamp"))) else str(score.get("timestamp")),
    )
    yield proof(
        N_("The score URL keeps the column's query"),
        platform.addresses.line_item(column, "/scores") if column else "a column",
        platform.url + sent[0].target if sent else "nowhere",
    )
    _report(stage)
    yield proof(N_("The score is sent once"), 1, _count_scores(stage))
    platform.tokens.expire_all()
    _watch(stage, "Watcher-2", second)
    _report(stage)
    yield proof(N_("A revoked token is renewed"), 2, _count_scores(stage))
    yield proof(N_("Every request is valid"), FAULTLESS, _faults(stage, ""))


def _count_scores(stage: Stage) -> int:
    return sum(len(column.scores) for column in stage.platform.records.line_items.values())


def _watch(stage: Stage, sub: str, link: Link) -> None:
    """Launch a link as a student and watch its recording to the end."""
    sign = stage.platform.key.sign
    # a failed launch sends no score, which that check reports
    with suppress(ValueError, HTTPError):
        stage.launch(stage.visitor(), STUDENT, sign, person=Person(sub), link=link)
    with stage.database.transaction() as session:
        login_id = session.scalar(select(Identity.login_id).where(Identity.sub == sub))
        if login_id is not None:  # otherwise the launch was refused, and no score arrives
            watch_whole(session, login_id, link.custom["webinar"], now=now())


def _report(stage: Stage) -> None:
    look(stage.database)
    deliver(stage.database, stage.services, stopping=lambda: False)


def _faults(stage: Stage, where: str) -> str:
    found = [fault for fault in stage.platform.faults if fault.startswith(where)]
    return "; ".join(found) or FAULTLESS
