"""Roster and grade checks: a roster read whole, and a score sent to the gradebook."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from urllib3.exceptions import HTTPError

from lms.core.clock import now
from lms.core.errors import N_
from lms.lti_facade.sandbox_library import watch_whole
from lti.grades.grade_service import SCORE_TYPE
from lti.grades.jobs import deliver, look
from lti.http.authorized_platform_calls import find_platform
from lti.models.identities import Identity
from lti.rosters.names_and_roles_service import Roster, read_roster
from lti.selftest.certification_cases import STUDENT
from lti.selftest.check_results import Group, Proof
from lti.selftest.sandbox import Stage, link_claims
from lti.selftest.simulated_platform import MEMBERS, Platform

STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FAULTLESS: Final = "nothing wrong"
LINKS: Final = ("Graded-1", "Graded-2")


def play_roster(stage: Stage) -> Iterator[Proof]:
    """Check the roster: two pages, with people of every kind."""

    def proof(name: str, expected: object, got: object) -> Proof:
        return Proof(Group.ROSTER, name, str(expected), str(got), expected == got)

    with stage.database.read_session() as session:
        platform = find_platform(session, stage.registration_id)
    url = f"{stage.platform.url}/members"
    found = read_roster(stage.services, platform, url, now=now())
    members = found.members if isinstance(found, Roster) else ()
    known = {member.sub: member for member in members}
    yield proof(N_("Token for our signed assertion"), FAULTLESS, _faults(stage, "assertion"))
    yield proof(N_("Valid roster request"), FAULTLESS, _faults(stage, "roster"))
    yield proof(N_("All pages are read"), len(MEMBERS), len(members))
    yield proof(
        N_("IDs stay case-sensitive"),
        ", ".join(sorted(str(one["user_id"]) for one in MEMBERS)),
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


def play_grades(stage: Stage) -> Iterator[Proof]:
    """Check grades: two students watch a recording, each from their own link, and the scores arrive."""

    def proof(name: str, expected: object, got: object) -> Proof:
        return Proof(Group.GRADES, name, str(expected), str(got), expected == got)

    platform = stage.platform
    _watch(stage, "Watcher-1", 0)
    _report(stage)
    yield proof(N_("One grade column is created"), 1, len(platform.columns))
    column = platform.columns[0] if platform.columns else {}
    yield proof(N_("The column belongs to the link"), LINKS[0], column.get("resourceLinkId"))
    yield proof(N_("One score arrives"), 1, len(platform.scores))
    score = platform.scores[0] if platform.scores else {}
    yield proof(N_("The score belongs to the student"), "Watcher-1", score.get("userId"))
    given, whole = score.get("scoreGiven", 0), score.get("scoreMaximum", 0)
    yield proof(N_("The score is complete"), "100 of 100", f"{given:g} of {whole:g}")
    progress = f"{score.get('activityProgress')}, {score.get('gradingProgress')}"
    yield proof(N_("The score is final"), "Completed, FullyGraded", progress)
    yield proof(N_("The content type is correct"), SCORE_TYPE, score.get("media_type"))
    yield proof(
        N_("The timestamp includes milliseconds"),
        "yes",
        "yes" if STAMP.fullmatch(str(score.get("timestamp"))) else str(score.get("timestamp")),
    )
    yield proof(
        N_("The score URL keeps the column's query"),
        "/line_items/1/lineitem/scores?type_id=7",
        platform.score_paths[0] if platform.score_paths else "nowhere",
    )
    _report(stage)
    yield proof(N_("The score is sent once"), 1, len(platform.scores))
    yield _renewed(stage, platform)
    yield proof(N_("Every request is valid"), FAULTLESS, _faults(stage, ""))


def _renewed(stage: Stage, platform: Platform) -> Proof:
    asked, platform.revokes_next = platform.tokens_asked, True
    _watch(stage, "Watcher-2", 1)
    _report(stage)
    got = f"{len(platform.scores)} scores, asked again: {platform.tokens_asked > asked}"
    expected = "2 scores, asked again: True"
    name = N_("A revoked token is renewed")
    return Proof(Group.GRADES, name, expected, got, got == expected)


def _watch(stage: Stage, sub: str, number: int) -> None:
    """Launch a link as a student and watch its recording to the end."""
    webinar = stage.webinars[number]
    # a failed launch sends no score, which that check reports
    with suppress(ValueError, HTTPError):
        stage.launch(
            stage.visitor(),
            STUDENT,
            lambda claims: stage.platform.key.sign(link_claims(claims, LINKS[number], webinar)),
            sub=sub,
        )
    with stage.database.transaction() as session:
        login_id = session.scalar(select(Identity.login_id).where(Identity.sub == sub))
        if login_id is not None:  # otherwise the launch was refused, and no score arrives
            watch_whole(session, login_id, webinar, now=now())


def _report(stage: Stage) -> None:
    look(stage.database)
    deliver(stage.database, stage.services, stopping=lambda: False)


def _faults(stage: Stage, where: str) -> str:
    found = [fault for fault in stage.platform.faults if fault.startswith(where)]
    return "; ".join(found) or FAULTLESS
