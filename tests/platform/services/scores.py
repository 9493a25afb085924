"""Scores and results (Assignment and Grade Services 2.0, sections 3.3 and 3.4), strictly."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from tests.platform.platform import Platform
from tests.platform.records import LineItem, Score
from tests.platform.services.line_items import as_json, item_of
from tests.platform.services.service_requests import (
    Asker,
    Unserved,
    asker,
    gives,
    limit_of,
    number,
    said,
    takes,
)
from tests.platform.vocabulary import RESULTS_TYPE, SCORE_TYPE, Role, Scope

ACTIVITY: Final = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING: Final = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
AHEAD: Final = timedelta(seconds=1)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)")


def scores_blueprint(platform: Platform) -> Blueprint:
    """Return where scores are posted."""
    blueprint = Blueprint("scores", __name__)

    @blueprint.post("/ags/<course_id>/line_items/<item_id>/lineitem/scores")
    def post(course_id: str, item_id: str) -> Response:
        who = asker(platform, course_id, Scope.SCORE)
        takes(SCORE_TYPE)
        with platform.lock:
            item = item_of(platform, who, item_id)
            score = _read(platform, who)
            _in_order(platform, item, score)
            item.scores.append(score)
            _grade(platform, item, score)
        return Response(status=200)

    return blueprint


def results_blueprint(platform: Platform) -> Blueprint:
    """Return where results are read."""
    blueprint = Blueprint("results", __name__)

    @blueprint.get("/ags/<course_id>/line_items/<item_id>/lineitem/results")
    def listing(course_id: str, item_id: str) -> Response:
        who = asker(platform, course_id, Scope.RESULT_READ)
        gives(RESULTS_TYPE)
        with platform.lock:
            found = _results(platform, item_of(platform, who, item_id))
        return said(found[: limit_of(platform)], RESULTS_TYPE)

    return blueprint


def _results(platform: Platform, item: LineItem) -> list[dict[str, Any]]:
    address = as_json(platform, item)["id"]
    path, joint, query = address.partition("?")
    wanted = request.args.get("user_id")
    found = []
    for person_id, grade in item.grades.items():
        last = item.last(person_id)
        result = {
            "id": f"{path}/results/{person_id}{joint}{query}",
            "scoreOf": address,
            "userId": person_id,
            "resultScore": grade,
            "resultMaximum": item.maximum,
        }
        if last is not None and last.comment:
            result["comment"] = last.comment
        if wanted in (None, person_id):
            found.append(result)
    return found


def _read(platform: Platform, who: Asker) -> Score:
    body: dict[str, Any] = request.get_json(force=True)
    empty = [name for name, value in body.items() if value is None]
    if empty:
        raise Unserved(400, f"a null is no value: {', '.join(empty)}")
    given, maximum = number(body, "scoreGiven"), number(body, "scoreMaximum")
    if given is not None and not maximum:
        raise Unserved(400, "scoreGiven needs a scoreMaximum of more than 0")
    for name, values in (("activityProgress", ACTIVITY), ("gradingProgress", GRADING)):
        if body.get(name) not in values:
            raise Unserved(400, f"{name} has to be one of {', '.join(values)}")
    return Score(
        person_id=_learner(who, body.get("userId")),
        at=_time(platform, body.get("timestamp")),
        given=given,
        maximum=maximum,
        activity=body["activityProgress"],
        grading=body["gradingProgress"],
        comment=body.get("comment"),
        received_at=platform.now(),
    )


def _learner(who: Asker, person_id: object) -> str:
    member = who.course.members.get(person_id) if isinstance(person_id, str) else None
    if member is None or member.status == "Deleted":
        raise Unserved(404, f"there is no {person_id!r} in this course")
    if Role.LEARNER.uri not in member.roles:
        raise Unserved(403, "only learners are graded")
    return member.person.id


def _time(platform: Platform, given: object) -> datetime:
    if not isinstance(given, str) or not _TIME.fullmatch(given):
        raise Unserved(400, f"timestamp {given!r} needs parts of a second and a time zone")
    at = datetime.fromisoformat(given)
    if at > platform.now() + AHEAD:
        raise Unserved(400, f"timestamp {given!r} lies in the future")
    return at


def _in_order(platform: Platform, item: LineItem, score: Score) -> None:
    last = item.last(score.person_id)
    if last is not None and score.at <= last.at:
        said = "Refusing score with an older timestamp than one that was kept"
        raise Unserved(platform.habits.stale_score_status, said)


def _grade(platform: Platform, item: LineItem, score: Score) -> None:
    """Let a final score count. What else comes is noted, and on some products wipes the grade."""
    if score.given is not None and score.maximum and score.grading == "FullyGraded":
        item.grades[score.person_id] = score.given / score.maximum * item.maximum
    elif platform.habits.unfinished_wipes:
        item.grades.pop(score.person_id, None)
