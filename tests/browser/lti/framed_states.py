"""States of framed pages, each created by a launch into a separate organization."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from lms.core.clock import now
from lms.models.catalog import WebinarSeries
from lti.models.courses import Context, ResourceLink, Score, ScoreState
from lti.models.launches import FrameSession, Purpose
from lti.models.registrations_and_keys import Deployment, DeploymentState, Registration
from lti.protocol.content_target import Target
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from tests.browser.lti import framed_refusals as framed_refusals  # registers its states
from tests.browser.lti.framed_organization import STATES as STATES
from tests.browser.lti.framed_organization import House, state
from tests.browser.lti.framed_organization import open_state as open_state
from tests.factories import make_assignment, make_pool, make_pool_grant, make_series
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR


@state("watch")
def _watch(house: House) -> str:
    house.pool()
    house.served.add_handout(house.session, house.webinar, title="Slides of the webinar")
    return house.launch()


@state("watch a seat is theirs")
def _seated(house: House) -> str:
    pool, _ = house.pool(capacity=5)
    house.served.add_handout(house.session, house.webinar, title="Slides of the webinar")
    path = house.launch()
    make_assignment(house.session, pool, house.learner())
    return path


@state("watch a clip")
def _clip(house: House) -> str:
    house.pool()
    return house.launch(target=Target(webinar=house.slug, starts_s=10, ends_s=25))


@state("preview by an instructor")
def _preview(house: House) -> str:
    house.pool(capacity=5)
    return f"{house.launch(INSTRUCTOR)}watch"


@state("preview by a test user")
def _trial(house: House) -> str:
    house.pool(capacity=5)
    return house.launch(is_test_user=True)


@state("watch without a name")
def _nameless(house: House) -> str:
    house.pool()
    return house.launch(ANONYMOUS)


@state("series")
def _series(house: House) -> str:
    series = make_series(house.session, f"{house.slug}-parts")
    series.title = "Small libraries, large plans"
    second = house.served.add_webinar(house.session, f"{house.slug}-2", title="The quiet desk")
    for webinar in (house.webinar, second):
        house.session.add(WebinarSeries(series_id=series.id, webinar_id=webinar.id))
        pool = make_pool(house.session, house.organization, webinar, capacity=None)
        make_pool_grant(house.session, pool)
    return house.launch(target=Target(series=series.slug))


@state("part of a series")
def _part(house: House) -> str:
    return f"{_series(house)}watch/{house.slug}"


@state("nothing chosen for a learner")
def _untargeted(house: House) -> str:
    return replace_target(house)


@state("nothing chosen for an instructor")
def _untargeted_by_a_teacher(house: House) -> str:
    return replace_target(house, INSTRUCTOR)


def replace_target(house: House, *role: Any) -> str:
    """Launch a link for which nothing was chosen."""
    course = replace(house.course, target=None)
    return f"/lti/s/{course.launch(house.session, *role)}/"


@state("course of nobody")
def _course_of_nobody(house: House) -> str:
    house.pool()
    return house.launch(INSTRUCTOR)


@state("course of one")
def _course_of_one(house: House) -> str:
    house.pool()
    house.people(1)
    return house.launch(INSTRUCTOR)


@state("course of thirty")
def _course_of_thirty(house: House) -> str:
    house.pool()
    house.people(30)
    return house.launch(INSTRUCTOR)


@state("course of a class")
def _course_of_a_class(house: House) -> str:
    house.pool()
    house.lesson()
    return house.launch(INSTRUCTOR)


@state("course whose list came short")
def _course_held_back(house: House) -> str:
    house.pool()
    house.lesson()
    house.session.get_one(Context, house.course.context_id).held_back = 4
    return f"{house.launch(INSTRUCTOR)}?gradebook=stuck"


@state("course of five hundred")
def _course_of_many(house: House) -> str:
    house.pool()
    house.people(500)
    return house.launch(INSTRUCTOR)


@state("review")
def _review(house: House) -> str:
    house.pool()
    house.people(9)
    return house.launch(INSTRUCTOR, purpose=Purpose.REVIEW, for_user=f"{house.slug}-6")


@state("privacy")
def _privacy(house: House) -> str:
    house.pool()
    return house.launch(purpose=Purpose.PRIVACY, name="Wren Okafor")


@state("picker")
def _picker(house: House) -> str:
    _series(house)
    return _pick(house)


@state("picker with nothing in it")
def _bare_picker(house: House) -> str:
    return _pick(house)


@state("picker without a find")
def _lost_picker(house: House) -> str:
    _series(house)
    return f"{_pick(house)}pick?q=nothing+of+the+kind"


@state("picker with a choice")
def _chosen_picker(house: House) -> str:
    _series(house)
    return f"{_pick(house)}pick?chosen=webinar:{house.webinar.public_id}"


@state("picker with a clip")
def _clip_picker(house: House) -> str:
    _series(house)
    name = house.webinar.public_id
    return f"{_pick(house)}pick?chosen=webinar:{name}&start:{name}=0:10&end:{name}=0:25"


@state("picker with a clip that can't be")
def _bad_clip_picker(house: House) -> str:
    _series(house)
    name = house.webinar.public_id
    return f"{_pick(house)}pick?chosen=webinar:{name}&start:{name}=0:50&end:{name}=0:25"


@state("picker that lost a choice")
def _picker_with_a_loss(house: House) -> str:
    _series(house)
    return f"{_pick(house)}pick?chosen=webinar:{house.webinar.public_id}&chosen=series:gone"


def _pick(house: House) -> str:
    return house.launch(
        INSTRUCTOR,
        purpose=Purpose.PICK,
        deep_linking={
            "return_url": f"{house.course.origin}/back",
            "accept_types": ["ltiResourceLink"],
            "accept_multiple": True,
            "accept_line_item": True,
        },
    )


@state("session that is over")
def _over(house: House) -> str:
    house.pool()
    path = house.launch()
    house.session.execute(
        update(FrameSession)
        .where(FrameSession.organization_id == house.organization.id)
        .values(created_at=now() - timedelta(hours=9), expires_at=now() - timedelta(hours=1))
    )
    return path


@state("switched off")
def _switched_off(house: House) -> str:
    house.pool()
    path = house.launch()
    house.session.execute(
        update(Deployment)
        .where(Deployment.organization_id == house.organization.id)
        .values(state=DeploymentState.REFUSED)
    )
    return path


@state("watch a score that arrived")
def _delivered(house: House) -> str:
    return _scored(house, ScoreState.DELIVERED)


@state("watch a score that waits")
def _waiting(house: House) -> str:
    return _scored(house, ScoreState.QUEUED)


def _scored(house: House, standing: ScoreState) -> str:
    house.pool()
    house.served.add_handout(house.session, house.webinar, title="Slides of the webinar")
    house.session.get_one(ResourceLink, house.course.link_id).scopes = SCORE_SCOPE
    deployment = house.session.get_one(Deployment, house.course.deployment_id)
    house.session.get_one(Registration, deployment.registration_id).product = "moodle"
    house.watched(f"{house.slug}-kim", "Kim", 1.0, standing)
    # scheduled for tomorrow, so the worker doesn't change it
    house.session.execute(
        update(Score)
        .where(Score.link_id == house.course.link_id)
        .values(run_at=now() + timedelta(days=1))
    )
    return house.launch(sub=f"{house.slug}-kim", name="Kim")
