"""Scores: what progress is worth, when scores are sent, and that they arrive once."""

import json
import re
from datetime import timedelta

import pytest

from lti.grades.grade_service import NO_COLUMN, NO_SCORES
from lti.grades.grading_rules import given_for
from lti.grades.scores import send_again, set_rule
from lti.models.courses import CompletionRule, ResourceLink, ScoreState
from lti.models.launches import FrameRole
from lti.protocol.content_target import Target
from lti.protocol.spec_vocabulary import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE, SCORE_SCOPE
from tests.clock import NOW
from tests.lti.launched_course import School
from tests.platform.app import running_platform
from tests.platform.people import TRIAL_USER
from tests.platform.product_quirks import BY_NAME, MOODLE, OPEN_EDX

THRESHOLD, PROPORTIONAL = CompletionRule.THRESHOLD, CompletionRule.PROPORTIONAL


@pytest.mark.parametrize(
    ("share", "rule", "threshold", "given"),
    [
        (0.0, THRESHOLD, 90, 0.0),
        (0.8999, THRESHOLD, 90, 0.0),
        (0.9, THRESHOLD, 90, 1.0),
        (0.29, THRESHOLD, 29, 1.0),
        (1.0, THRESHOLD, 100, 1.0),
        (0.004, PROPORTIONAL, 90, 0.0),
        (0.125, PROPORTIONAL, 90, 0.13),
        (0.994, PROPORTIONAL, 90, 0.99),
        (0.996, PROPORTIONAL, 90, 1.0),
    ],
)
def test_score_for_a_watched_share(
    share: float, rule: CompletionRule, threshold: int, given: float
) -> None:
    assert given_for(share, rule, threshold) == given


def test_completion_is_sent_in_the_next_round_and_nothing_before(
    school: School,
) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.watch(login_id, 0, 3000)
    school.round()
    assert school.platform.scores() == []
    row = school.score(wren, link_id)
    assert row is not None
    assert (row.state, row.given, round(row.share, 3)) == (ScoreState.WATCHING, 0.0, 0.833)
    school.watch(login_id, 3000, 3300)
    school.round()
    assert school.platform.grade(wren, link) == 100
    [score] = school.platform.scores(link, wren)
    assert (score.activity, score.grading) == ("Completed", "FullyGraded")
    school.round()
    assert len(school.platform.calls("scores")) == 1


def test_scores_have_the_exact_media_type_and_timestamp_format(
    school: School,
) -> None:
    link, link_id = school.place()
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    [post] = school.platform.calls("scores")
    assert post.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert re.search(r"T\d\d:\d\d:\d\d\.\d{3,}Z$", json.loads(post.body)["timestamp"])
    column = school.platform.column(link)
    assert column is not None
    assert (column.tag, column.resource_id) == ("carrel", f"webinar={school.cast.slug}")


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_gradebook_of_every_product_accepts_scores(
    name: str, database: object, cast: object, clock: object
) -> None:
    from tests.lti.launched_course import connect  # noqa: PLC0415

    with running_platform(habits=BY_NAME[name]) as platform:
        school = connect(platform, database, cast, clock)  # type: ignore[arg-type]
        scopes = tuple(scope.value for scope in platform.habits.scopes)
        link, link_id = school.place(column=50, scopes=scopes)
        wren = platform.course.learners[0]
        login_id = school.launch(wren, link_id)
        with school.database.transaction() as session:
            session.get_one(ResourceLink, link_id).rule = PROPORTIONAL
        school.watch(login_id, 0, 1800)
        school.round(timedelta(minutes=11))
        school.round(timedelta(minutes=11))
        assert platform.grade(wren, link) == 25
        school.watch(login_id, 1800, 3600)
        school.round()
        assert platform.grade(wren, link) == 50
        activities = [score.activity for score in platform.scores(link, wren)]
        assert activities == ["InProgress", "Completed"]
        assert {score.grading for score in platform.scores()} == {"FullyGraded"}
        times = [score.at for score in platform.scores(link, wren)]
        assert times == sorted(set(times))


def test_partial_scores_are_sent_seldom_and_never_lowered(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    with school.database.transaction() as session:
        session.get_one(ResourceLink, link_id).rule = PROPORTIONAL
    for minute in range(22):
        school.watch(login_id, minute * 60, minute * 60 + 60)
        school.round(timedelta(0))
    assert [score.given for score in school.platform.scores(link, wren)] == [18.0, 35.0]
    with school.database.transaction() as session:
        link_row = session.get_one(ResourceLink, link_id)
        set_rule(session, link_row.public_id, THRESHOLD, 90, actor=None, now=school.clock.moment)
    school.round(timedelta(hours=1))
    assert school.platform.grade(wren, link) == 37


def test_changed_rule_applies_to_earlier_progress(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 2000)
    school.round()
    with school.database.transaction() as session:
        row = session.get_one(ResourceLink, link_id)
        set_rule(session, row.public_id, THRESHOLD, 50, actor=None, now=school.clock.moment)
    school.round()
    assert school.platform.grade(wren, link) == 100


def test_instructors_and_test_users_get_no_score(school: School) -> None:
    _, link_id = school.place(column=100)
    teacher = school.platform.course.instructors[0]
    school.watch(school.launch(teacher, link_id, FrameRole.INSTRUCTOR), 0, 3600)
    school.watch(school.launch(TRIAL_USER, link_id), 0, 3600)
    school.round()
    assert school.platform.calls("scores", "token") == []
    assert school.score(teacher, link_id) is None
    assert school.score(TRIAL_USER, link_id) is None


def test_clip_is_complete_when_the_clip_was_watched(school: School) -> None:
    clip = Target(webinar=school.cast.slug, starts_s=92, ends_s=168)
    link, link_id = school.place(clip, column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.watch(login_id, 1000, 3600)
    school.round()
    assert school.platform.scores() == []
    school.watch(login_id, 95, 165)  # the buckets that playing from 92 to 168 earns
    school.round()
    assert school.platform.grade(wren, link) == 100


def test_progress_of_all_logins_of_a_person_counts_together(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.watch(login_id, 0, 1800)
    school.round()
    alice = school.cast.alice.id
    school.merge(login_id, into=alice)
    school.watch(alice, 1800, 3600)  # outside the LMS
    school.round()
    assert school.platform.grade(wren, link) == 100


def test_earlier_progress_is_scored_at_the_next_launch(school: School) -> None:
    first, first_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, first_id)
    school.watch(login_id, 0, 3600)
    school.round()
    school.clock.advance(timedelta(days=30))
    school.round()
    second, second_id = school.place(column=10)
    school.launch(wren, second_id)
    school.round()
    assert school.platform.grade(wren, second) == 10
    assert school.platform.grade(wren, first) == 100


def test_progress_is_found_after_the_worker_was_down_for_a_day(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.round()
    school.watch(login_id, 0, 3600)
    school.round(timedelta(days=1))
    assert school.platform.grade(wren, link) == 100


def test_instructor_can_resend_scores(school: School) -> None:
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    column = school.platform.column(link)
    assert column is not None
    column.grades.clear()
    with school.database.transaction() as session:
        row = session.get_one(ResourceLink, link_id)
        assert send_again(session, row.public_id, actor=None, now=school.clock.moment) == 1
    school.round()
    assert school.platform.grade(wren, link) == 100


def test_column_is_created_once_and_reused(school: School) -> None:
    link, link_id = school.place()
    for person in school.platform.course.learners[:3]:
        school.watch(school.launch(person, link_id), 0, 3600)
    school.round()
    assert len(school.platform.line_items()) == 1
    assert len(school.platform.scores(link)) == 3
    assert [one.method for one in school.platform.calls("line_items")] == ["GET", "GET", "POST"]


def test_column_created_despite_an_error_response_is_found(school: School) -> None:
    link, link_id = school.place()
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.platform.trouble("line_items", hang_s=0.0, status=500, times=1)
    school.round()
    school.platform.trouble("line_items", lost=True)
    for _ in range(3):
        school.round(timedelta(minutes=5))
    school.platform.lift()
    school.round(timedelta(hours=1))
    assert len(school.platform.line_items()) == 1
    assert school.platform.grade(wren, link) == 100


def test_two_links_to_one_webinar_have_separate_columns(school: School) -> None:
    wren = school.platform.course.learners[0]
    links = [school.place() for _ in range(2)]
    for _, link_id in links:
        login_id = school.launch(wren, link_id)
    school.watch(login_id, 0, 3600)
    school.round()
    assert len(school.platform.line_items()) == 2
    assert [school.platform.grade(wren, link) for link, _ in links] == [100, 100]


def test_copied_course_uses_the_copied_column(school: School) -> None:
    link, link_id = school.place()
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    school.watch(login_id, 0, 3600)
    school.round()
    copied = school.platform.copy_course(school.platform.course, with_columns=True)
    [twin] = school.platform.records.links_of(copied)
    twin.line_item_id = None
    for item in school.platform.line_items(copied):
        item.resource_link_id = link.id  # in some products, the column doesn't name the new link
    _, twin_id = school.place(link=twin)
    school.launch(wren, twin_id)
    school.round()
    [column] = school.platform.line_items(copied)
    assert column.grades == {wren.id: 100}


@pytest.mark.parametrize(
    ("scopes", "reason"),
    [
        ((SCORE_SCOPE,), NO_COLUMN),
        ((LINE_ITEM_SCOPE,), NO_SCORES),
        ((), NO_SCORES),
    ],
)
def test_missing_scope_prevents_calls_and_is_stored_as_the_reason(
    school: School, scopes: tuple[str, ...], reason: str
) -> None:
    _, link_id = school.place(scopes=scopes)
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    school.round()
    assert school.platform.calls() == []
    assert school.row(link_id).line_item_failure == reason
    row = school.score(wren, link_id)
    assert row is not None
    assert (row.state, row.failure) == (ScoreState.REFUSED, reason)


def test_read_only_columns_are_used_and_none_is_created(school: School) -> None:
    link, link_id = school.place(scopes=(SCORE_SCOPE, LINE_ITEM_READ_SCOPE))
    wren = school.platform.course.learners[0]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    assert {one.method for one in school.platform.calls("line_items")} == {"GET"}
    assert school.row(link_id).line_item_failure == NO_COLUMN
    school.platform.add_column(school.tool, link)
    with school.database.transaction() as session:
        row = session.get_one(ResourceLink, link_id)
        send_again(session, row.public_id, actor=None, now=school.clock.moment)
    school.round()
    assert school.platform.grade(wren, link) == 100


def test_deleted_column_is_created_again(school: School) -> None:
    link, link_id = school.place()
    wren, zoe = school.platform.course.learners[:2]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    [column] = school.platform.line_items()
    school.platform.remove_column(column)
    school.watch(school.launch(zoe, link_id), 0, 3600)
    school.round()
    school.round(timedelta(minutes=1))
    assert [school.platform.grade(person, link) for person in (wren, zoe)] == [100, 100]


def test_score_for_a_person_who_left_is_refused_and_the_column_stays(school: School) -> None:
    _, link_id = school.place()
    wren, zoe = school.platform.course.learners[:2]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    school.platform.course.withdraw(zoe)
    school.watch(school.launch(zoe, link_id), 0, 3600)
    school.round()
    row = school.score(zoe, link_id)
    assert row is not None
    assert row.state is ScoreState.REFUSED
    assert len(school.platform.line_items()) == 1
    assert school.row(link_id).line_item_url is not None


def test_clock_that_was_set_back_delays_the_score(school: School) -> None:
    link, link_id = school.place(column=100)
    wren, zoe = school.platform.course.learners[:2]
    school.watch(school.launch(wren, link_id), 0, 3600)
    school.round()
    [first] = school.platform.scores()
    school.clock.set(first.at - timedelta(seconds=3))
    with school.database.transaction() as session:
        row = session.get_one(ResourceLink, link_id)
        send_again(session, row.public_id, actor=None, now=school.clock.moment)
    school.launch(zoe, link_id)
    school.round(timedelta(0))
    assert len(school.platform.calls("scores")) == 1
    school.round(timedelta(seconds=3, milliseconds=1))
    times = [one.at for one in school.platform.scores(link, wren)]
    assert times == [first.at, first.at + timedelta(milliseconds=1)]


def test_newer_score_on_the_platform_counts_as_delivered(
    database: object, cast: object, clock: object
) -> None:
    from tests.lti.launched_course import connect  # noqa: PLC0415

    for habits in (MOODLE, OPEN_EDX):
        with running_platform(habits=habits) as platform:
            school = connect(platform, database, cast, clock)  # type: ignore[arg-type]
            link, link_id = school.place(column=100)
            wren = platform.course.learners[0]
            school.watch(school.launch(wren, link_id), 0, 3600)
            school.round()
            ahead = platform.scores()[0]
            column = platform.column(link)
            assert column is not None
            column.scores[0] = type(ahead)(
                **{
                    **{name: getattr(ahead, name) for name in ahead.__slots__},
                    "at": NOW + timedelta(days=9),
                }
            )
            with school.database.transaction() as session:
                row = session.get_one(ResourceLink, link_id)
                send_again(session, row.public_id, actor=None, now=school.clock.moment)
            school.round()
            assert platform.calls("scores")[-1].status == habits.stale_score_status
            kept = school.score(wren, link_id)
            assert kept is not None
            assert kept.state is ScoreState.DELIVERED
