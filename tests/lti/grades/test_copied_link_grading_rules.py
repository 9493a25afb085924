"""Copied courses: a copied link reports like its original; and changes that a launch brings."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.models.catalog import Webinar
from lti.courses.instructor_view import find_link
from lti.launches.launch_lookup import Known
from lti.launches.message_validation import read_claims
from lti.launches.open_session_from_message import find_or_make
from lti.models.courses import CompletionRule, Context, ResourceLink, ScoreState
from lti.models.launches import FrameRole
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.protocol.content_target import Target
from lti.protocol.messages import Message, MessageType, Person, Place, Services
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.registrations.deployments import Tenant
from lti.registrations.platform_lookup import Platform
from lti.selftest.platform.vocabulary import LTI
from tests.factories import make_recording, make_webinar
from tests.lti.launched_course import School

OTHER = Target(webinar="another-webinar")
PLATFORM = Platform(
    1,
    "https://lms.example.edu",
    "client",
    RegistrationState.ACTIVE,
    "https://lms.example.edu/auth",
    "https://lms.example.edu/jwks",
    (),
    60,
    admits_anonymous=False,
    allows_loopback=False,
)
FEWEST = {
    "sub": "u-2001",
    LTI + "version": "1.3.0",
    LTI + "message_type": "LtiResourceLinkRequest",
    LTI + "deployment_id": "1",
    LTI + "target_link_uri": "https://library.example.org/lti/launch",
    LTI + "resource_link": {"id": "link-1"},
    LTI + "roles": [],
}


def _launch(school: School, place: Place, target: Target | None, **services: object) -> int:
    message = Message(
        type=MessageType.RESOURCE_LINK,
        issuer=school.platform.issuer,
        registration_id=school.registration_id,
        deployment="1",
        person=Person("u-2001", FrameRole.LEARNER),
        place=place,
        services=Services(**services),  # type: ignore[arg-type]
        target_link_uri="https://library.example.org/lti/launch",
        origins=(school.platform.url,),
    )
    tenant = Tenant(school.deployment_id, DeploymentState.APPROVED, school.cast.organization_id)
    with school.database.transaction() as session:
        find_or_make(session, message, Known(), tenant, target, now=school.clock.moment)
        return session.scalars(
            select(ResourceLink.id)
            .join(Context, Context.id == ResourceLink.context_id)
            .where(
                Context.context_id == place.context_id,
                ResourceLink.resource_link_id == place.link_id,
            )
        ).one()


def _graded(school: School, context: str, link: str, threshold: int, target: Target) -> None:
    link_id = _launch(school, Place(context_id=context, link_id=link), target)
    with school.database.transaction() as session:
        row = session.get_one(ResourceLink, link_id)
        row.rule, row.threshold = CompletionRule.PROPORTIONAL, threshold


@pytest.mark.parametrize(
    ("links", "courses", "taken"),
    [
        (("gone", "link-b", "link-a"), (), 55),
        (("link-a",), ("course-2",), 44),
        ((), ("unknown", "course-1"), 44),
        ((), ("course-2",), 55),
        (("gone",), ("unknown",), None),
        ((), (), None),
    ],
)
def test_copied_link_takes_its_rule_from_the_nearest_ancestor(
    school: School, links: tuple[str, ...], courses: tuple[str, ...], taken: int | None
) -> None:
    target = Target(webinar=school.cast.slug)
    _graded(school, "course-1", "link-a", 44, target)
    _graded(school, "course-1", "link-x", 33, OTHER)
    _graded(school, "course-2", "link-b", 55, target)
    copy = Place("course-3", link_id="link-c", link_history=links, context_history=courses)
    row = school.row(_launch(school, copy, target))
    expected = (
        (CompletionRule.THRESHOLD, 90) if taken is None else (CompletionRule.PROPORTIONAL, taken)
    )
    assert (row.rule, row.threshold) == expected


def test_copied_link_without_content_shows_its_ancestors_content(school: School) -> None:
    target = Target(webinar=school.cast.slug)
    _graded(school, "course-1", "link-a", 44, target)
    copy = Place("course-3", link_id="link-c", link_history=("link-a",))
    assert school.row(_launch(school, copy, None)).target == target.custom


def test_copied_link_keeps_the_default_if_originals_have_different_rules(school: School) -> None:
    target = Target(webinar=school.cast.slug)
    _graded(school, "course-1", "link-a", 44, target)
    _graded(school, "course-1", "link-b", 45, target)
    copy = Place("course-2", link_id="link-c", context_history=("course-1",))
    assert school.row(_launch(school, copy, target)).threshold == 90


def test_rule_changed_on_the_copy_is_not_overwritten(school: School) -> None:
    target = Target(webinar=school.cast.slug)
    _graded(school, "course-1", "link-a", 44, target)
    copy = Place("course-2", link_id="link-c", link_history=("link-a",))
    _graded(school, "course-2", "link-c", 60, target)
    assert school.row(_launch(school, copy, target)).threshold == 60


def test_launch_with_a_column_releases_refused_scores(school: School) -> None:
    link, link_id = school.place(scopes=())
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    refused = school.score(wren, link_id)
    assert refused is not None
    assert refused.state is ScoreState.REFUSED
    column = school.platform.add_column(school.tool, link)
    place = Place(context_id=link.course_id, link_id=link.id)
    url = school.platform.addresses.line_item(column)
    _launch(
        school,
        place,
        Target(webinar=school.cast.slug),
        line_item=url,
        scopes=frozenset({SCORE_SCOPE}),
    )
    assert school.row(link_id).line_item_failure is None
    school.round(timedelta(seconds=10))
    assert school.platform.grade(wren, link) == 100


def test_launch_with_another_column_moves_the_scores_to_it(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    old = school.platform.column(link)
    assert old is not None
    school.platform.remove_column(old)
    column = school.platform.add_column(school.tool, link)
    target, place = Target(webinar=school.cast.slug), Place(link.course_id, link_id=link.id)
    url, scopes = school.platform.addresses.line_item(column), frozenset({SCORE_SCOPE})
    for _ in range(2):  # the second launch changes nothing
        _launch(school, place, target, line_item=url, scopes=scopes)
        school.round()
    assert column.grades == {wren.id: 100}
    assert len(school.platform.scores(link, wren)) == 1


def test_completion_of_previous_content_does_not_count_for_new_content(
    school: School,
) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    with school.database.transaction() as session:
        newer = make_webinar(session, "newer-version")
        make_recording(session, newer)
        same = session.get_one(Webinar, school.cast.webinar_id).public_id
        slug = newer.slug
    place = Place(link.course_id, link_id=link.id)
    named = [Target(webinar=same), Target(webinar=same, is_graded=False), Target(webinar=slug)]
    complete: list[int] = []
    for target in (*named, named[0]):
        _launch(school, place, target)
        school.launch(wren, link_id)
        school.round()
        with school.database.read_session() as session:
            complete.append(find_link(session, link_id).complete)
    assert complete == [1, 1, 0, 1]
    assert school.platform.grade(wren, link) == 100


def test_histories_are_lists_of_encoded_ids_that_can_contain_commas() -> None:
    """LTI 1.3 Core, appendices B.3 and B.4."""
    claims = {
        **FEWEST,
        LTI + "custom": {
            "link_history": "one%2Ctwo, caf%C3%A9+3 ,,100%",
            "context_history": "$Context.id.history",
        },
    }
    place = read_claims(claims, PLATFORM, base_url="https://library.example.org").place
    assert place.link_history == ("one,two", "café+3", "100%")
    assert place.context_history == ()
