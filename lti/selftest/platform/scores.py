"""Scores and results (Assignment and Grade Services 2.0, sections 3.3 and 3.4)."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from lti.selftest.platform.line_items import grade_asker, item_of, page_limit
from lti.selftest.platform.platform import Platform
from lti.selftest.platform.records import LineItem, Score
from lti.selftest.platform.requests import Answer, Asker, Request, Unserved, amount
from lti.selftest.platform.vocabulary import RESULTS_TYPE, SCORE_TYPE, Role, Scope

ACTIVITY: Final = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING: Final = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
AHEAD: Final = timedelta(seconds=1)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)")


def post_score(platform: Platform, request: Request, course_id: str, item_id: str) -> Answer:
    """Accept a score; a final one is the grade. Raises Unserved."""
    who = grade_asker(platform, request, course_id, Scope.SCORE)
    body = request.json(SCORE_TYPE)
    item = item_of(platform, who, item_id)
    score = _read(platform, who, body)
    last = item.last(score.person_id)
    if last is not None and score.at <= last.at:
        raise Unserved(409, "Refusing score with an older timestamp than the last one")
    item.scores.append(score)
    if score.given is not None and score.maximum and score.grading == "FullyGraded":
        item.grades[score.person_id] = score.given / score.maximum * item.maximum
    return Answer(200)


def list_results(platform: Platform, request: Request, course_id: str, item_id: str) -> Answer:
    """Answer with the grades of a line item; raises Unserved."""
    who = grade_asker(platform, request, course_id, Scope.RESULT_READ)
    request.must_accept(RESULTS_TYPE)
    item = item_of(platform, who, item_id)
    wanted = request.args.get("user_id")
    found = [
        _result(platform, item, person_id)
        for person_id in item.grades
        if wanted in (None, person_id)
    ]
    return Answer(200, found[: page_limit(platform, request)], RESULTS_TYPE)


def _result(platform: Platform, item: LineItem, person_id: str) -> dict[str, Any]:
    last = item.last(person_id)
    comment = {"comment": last.comment} if last and last.comment else {}
    return {
        "id": platform.addresses.line_item(item, f"/results/{person_id}"),
        "scoreOf": platform.addresses.line_item(item),
        "userId": person_id,
        "resultScore": item.grades[person_id],
        "resultMaximum": item.maximum,
        **comment,
    }


def _read(platform: Platform, who: Asker, body: dict[str, Any]) -> Score:
    given, maximum = amount(body, "scoreGiven"), amount(body, "scoreMaximum")
    if given is not None and not maximum:
        raise Unserved(400, "scoreGiven needs a scoreMaximum of more than 0")
    for name, values in (("activityProgress", ACTIVITY), ("gradingProgress", GRADING)):
        if body.get(name) not in values:
            raise Unserved(400, f"{name} must be one of {', '.join(values)}")
    return Score(
        person_id=_learner(who, body.get("userId")),
        at=_time(platform, body.get("timestamp")),
        given=given,
        maximum=maximum,
        activity=body["activityProgress"],
        grading=body["gradingProgress"],
        comment=body.get("comment"),
    )


def _learner(who: Asker, person_id: object) -> str:
    member = who.course.members.get(person_id) if isinstance(person_id, str) else None
    if member is None or member.status == "Deleted":
        raise Unserved(404, f"{person_id!r} is not in this course")
    if Role.LEARNER.uri not in member.roles:
        raise Unserved(403, "only learners are graded")
    return member.person.id


def _time(platform: Platform, given: object) -> datetime:
    if not isinstance(given, str) or not _TIME.fullmatch(given):
        raise Unserved(400, f"timestamp {given!r} needs fractions of a second and a time zone")
    at = datetime.fromisoformat(given)
    if at > platform.now() + AHEAD:
        raise Unserved(400, f"timestamp {given!r} is in the future")
    return at
