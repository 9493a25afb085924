"""A teacher's selection in the picker, posted to the LMS as a browser posts it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

import requests

from lti.selftest.platform.records import Person
from tests.lti_certification.course_visits import Lesson, Visit
from tests.platform.deep_linking import Answer

OFFERED: Final = re.compile(r'name="add"\s+value="(webinar:[0-9a-z]{26})"')
HIDDEN: Final = re.compile(r'name="JWT"\s+value="([^"]+)"')
ACTION: Final = re.compile(r'method="post"\s+action="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Chosen:
    """The visit, the form that was sent in the picker, and what the LMS made of the answer."""

    visit: Visit
    form: list[tuple[str, str]]
    answer: Answer


def ask(lesson: Lesson, person: Person, asks: Mapping[str, Any]) -> requests.Response:
    """Start a deep linking request as a person."""
    tool = lesson.connection.tool
    begun = lesson.connection.platform.begin_deep_linking(person, tool, deep_linking=asks)
    return lesson.connection.post(lesson.connection.answered(begun))


def choose(lesson: Lesson, asks: Mapping[str, Any], number: int, **entered: str) -> Chosen:
    """Choose the first `number` items in the picker, or cancel; `entered` are more form fields."""
    visit = lesson.inside(ask(lesson, lesson.connection.teacher, asks))
    offered = list(dict.fromkeys(OFFERED.findall(visit.get("pick").text)))
    form = [("chosen", each) for each in offered[:number]] or [("act", "cancel")]
    form += entered.items()
    page = visit.post("pick", form)
    assert page.status_code == 200, page.text
    token, action = HIDDEN.search(page.text), ACTION.search(page.text)
    assert token is not None
    assert action is not None
    received = requests.post(unescape(action[1]), data={"JWT": token[1]}, timeout=60)
    answer = lesson.connection.platform.answers[-1]
    assert (received.status_code, answer.faults) == (200, ())
    return Chosen(visit, form, answer)
