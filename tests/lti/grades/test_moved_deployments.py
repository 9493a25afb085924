"""A deployment moves to another organization: learners are new here, but not in the gradebook."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lti.courses.instructor_view import find_learner, find_link
from lti.models.courses import CompletionRule, ResourceLink
from lti.models.registrations_and_keys import Deployment, Registration
from lti.registrations.deployments import approve_deployment
from tests.factories import make_organization
from tests.lti.launched_course import School
from tests.platform.people import LEARNERS

WREN = LEARNERS[0]


def _move(school: School) -> None:
    """Move the deployment; later launches belong to the other organization."""
    with school.database.transaction() as session:
        other = make_organization(session, "oak-county")
        approve_deployment(
            session,
            session.get_one(Registration, school.registration_id).public_id,
            session.get_one(Deployment, school.deployment_id).deployment_id,
            organization=other.slug,
            actor=None,
            now=school.clock.moment,
        )
        school.cast = replace(school.cast, organization_id=other.id)


@pytest.mark.parametrize("rule", list(CompletionRule))
def test_learner_who_starts_over_keeps_the_grade(school: School, rule: CompletionRule) -> None:
    link, link_id = school.place(column=100)
    with school.database.transaction() as session:
        session.get_one(ResourceLink, link_id).rule = rule
    school.watch(school.launch(WREN, link_id), 0, 3300)
    for _ in range(2):
        school.round(timedelta(hours=1))
    before = school.platform.grade(WREN, link)
    _move(school)
    again = school.launch(WREN, link_id)
    school.watch(again, 0, 600)
    for _ in range(2):
        school.round(timedelta(hours=1))
    assert school.platform.grade(WREN, link) == before
    with school.database.read_session() as session:
        learner = find_learner(session, link_id, WREN.id)
    assert (learner.share, learner.given * 100) == (600 / 3600, before)
    school.watch(again, 0, 3600)
    school.round(timedelta(hours=1))
    assert school.platform.grade(WREN, link) == 100


def test_learners_are_listed_once(school: School) -> None:
    _, link_id = school.place(column=100)
    for watched_s in (3300, 600):
        for person in LEARNERS[:2]:
            login_id = school.launch(person, link_id)
            if person == WREN:
                school.watch(login_id, 0, watched_s)
        school.round(timedelta(hours=1))
        if watched_s == 3300:
            _move(school)
    with school.database.read_session() as session:
        learners = find_link(session, link_id).learners
    assert sorted(each.sub for each in learners) == [each.id for each in LEARNERS[:2]]
