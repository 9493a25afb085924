"""The instructor's view: access, each learner's progress, and the link's grading rule."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.jobs import Job
from lti.courses.instructor_view import NOT_OPENED
from lti.models.courses import (
    CompletionRule,
    Context,
    ResourceLink,
    RosterMember,
    Score,
    ScoreState,
)
from lti.models.identities import Identity
from lti.models.launches import FrameSession, Purpose
from lti.protocol.content_target import Target
from tests.clock import NOW
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR, make_course
from tests.page_texts import shows


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    """Add a course: Kim has completed it, Lee half; Pim is only on the roster; Prof teaches."""
    with database.transaction() as session:
        made = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        for sub, share, state in (
            ("kim", 0.95, ScoreState.DELIVERED),
            ("lee", 0.5, ScoreState.QUEUED),
        ):
            made.launch(session, sub=sub, name=f"{sub.title()} Reader")
            identity = session.scalars(select(Identity).where(Identity.sub == sub)).one()
            session.add(
                Score(
                    link_id=made.link_id,
                    identity_id=identity.id,
                    share=share,
                    given=1.0 if share > 0.9 else 0.0,
                    state=state,
                    run_at=NOW,
                    created_at=NOW,
                    delivered_at=NOW if state is ScoreState.DELIVERED else None,
                )
            )
        for sub, name, teaches in (
            ("kim", "Kim", False),
            ("pim", "=Pim", False),
            ("p", "Prof", True),
        ):
            session.add(
                RosterMember(
                    context_id=made.context_id,
                    sub=sub,
                    name=name,
                    is_instructor=teaches,
                    created_at=NOW,
                    seen_at=NOW,
                )
            )
        return made


def _secret(database, course, *args, **values):
    with database.transaction() as session:
        return course.launch(session, *args, **values)


@pytest.mark.parametrize("role", [None, ANONYMOUS])
def test_learners_cannot_see_other_learners(client, database, course, role):
    secret = _secret(database, course, *([role] if role else []))
    for room in ("people.csv", "review"):
        assert client.get(f"/lti/s/{secret}/{room}").status_code == 404
    assert client.get(f"/lti/s/{secret}/roster").status_code == 404
    for act in ("rule", "scores", "roster"):
        assert client.post(f"/lti/s/{secret}/{act}", data={"rule": "threshold"}).status_code == 404
    assert "Kim Reader" not in client.get(f"/lti/s/{secret}/").text


def test_blocked_instructor_cannot_see_or_change_anything(client, database, course):
    secret = _secret(database, course, INSTRUCTOR, sub="prof")
    with database.transaction() as session:
        prof = session.scalars(select(Identity.login_id).where(Identity.sub == "prof")).one()
        session.get_one(Login, prof).blocked_at = NOW
    for room in ("", "people.csv", "watch", "roster"):
        answer = client.get(f"/lti/s/{secret}/{room}")
        assert answer.status_code == 403
        assert "Kim Reader" not in answer.text
    for act in ("rule", "scores", "roster", "playback"):
        assert client.post(f"/lti/s/{secret}/{act}", data={"rule": "threshold"}).status_code == 403
    assert "This account is blocked." in client.get(f"/lti/s/{secret}/").text


def test_instructor_sees_each_learner_without_watched_parts(client, database, course):
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert "1 of 3 completed, 2 in progress" in page
    assert "Sent" in page
    assert "Pending" in page
    assert "=Pim" in page
    assert "Not started" in page
    assert "Prof" not in page
    assert "data-watched" not in page
    assert "strip" not in page
    assert "allow this link to send grades" in page


def test_learner_is_listed_once_after_opening_the_link(client, database, course):
    before = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert "Ann Reader" not in before
    for _ in range(2):
        _secret(database, course, sub="ann", name="Ann Reader")
    _secret(database, course, sub="pim", name="Pim Reader")  # also on the roster
    _secret(database, course, sub="trial", name="Trial Reader", is_test_user=True)
    _secret(database, course, INSTRUCTOR, sub="prof", name="Prof Reader")
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert (page.count("Ann Reader"), page.count("Pim Reader"), page.count("=Pim")) == (1, 1, 0)
    assert "1 of 4 completed, 2 in progress" in page
    assert "Trial Reader" not in page
    assert "Prof Reader" not in page


def test_share_equal_to_the_threshold_counts_as_completed(client, database, course):
    with database.transaction() as session:
        session.get_one(ResourceLink, course.link_id).threshold = 29
        for score in session.scalars(select(Score)):
            score.share = 0.29  # in floating point, 0.29 * 100 is slightly less than 29
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert "2 of 3 completed" in page


def test_learners_can_be_searched_and_sorted(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    found = client.get(f"/lti/s/{secret}/?q=lee+read").text
    assert "Lee Reader" in found
    assert "Kim Reader" not in found
    page = client.get(f"/lti/s/{secret}/?sort=-share").text
    assert page.index("Kim Reader") < page.index("Lee Reader") < page.index("=Pim")
    assert 'aria-sort="descending"' in page
    assert "No results" in client.get(f"/lti/s/{secret}/?q=zzz").text


def test_learners_can_be_filtered_by_progress_and_searched_without_accents(
    client, database, course
):
    with database.transaction() as session:
        member = session.scalars(select(RosterMember).where(RosterMember.sub == "pim")).one()
        member.name = "Pím Ångström"
    secret = _secret(database, course, INSTRUCTOR)
    assert "Pím Ångström" in client.get(f"/lti/s/{secret}/?q=angstrom").text
    idle = client.get(f"/lti/s/{secret}/?progress=not_begun&sort=share").text
    assert "Pím Ångström" in idle
    assert "Kim Reader" not in idle
    assert f'href="/lti/s/{secret}/?sort=share"' in idle  # the chip that removes the filter


def _list_is_read(database, course, at, gone=()):
    with database.transaction() as session:
        session.get_one(Context, course.context_id).synced_at = at
        for member in session.scalars(select(RosterMember)):
            member.missed = 1 if member.sub in gone else 0


def test_learners_who_left_the_course_are_marked(client, database, course):
    left = "Not on the course roster"
    secret = _secret(database, course, INSTRUCTOR)
    assert left not in client.get(f"/lti/s/{secret}/").text  # no roster has been read yet
    _list_is_read(database, course, NOW)
    page = client.get(f"/lti/s/{secret}/?q=lee").text  # launched, and isn't on the roster
    assert (page.count("Lee Reader"), page.count(left)) == (1, 1)
    assert left not in client.get(f"/lti/s/{secret}/?q=kim").text
    _list_is_read(database, course, NOW, gone=("kim", "pim"))
    assert left in client.get(f"/lti/s/{secret}/?q=kim").text
    assert "=Pim" not in client.get(f"/lti/s/{secret}/").text  # left, and never launched


def test_learner_who_came_after_the_roster_was_read_has_not_left(client, database, course):
    _list_is_read(database, course, NOW - timedelta(minutes=1))
    _secret(database, course, sub="ann", name="Ann Reader")
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert "Ann Reader" in page
    assert "Not on the course roster" not in page
    _list_is_read(database, course, NOW + timedelta(days=1))
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/?q=ann").text
    assert page.count("Not on the course roster") == 1


def test_unnamed_learner_shows_the_roster_name_or_the_id(client, database, course):
    for sub in ("pim", "4711"):
        _secret(database, course, sub=sub)
    page = client.get(f"/lti/s/{_secret(database, course, INSTRUCTOR)}/").text
    assert page.count("=Pim") == 1
    assert page.count("Unnamed learner") == 1
    assert "ID 4711" in page
    assert "ID pim" not in page
    assert "ID kim" not in page


def _enroll(database, course, number):
    with database.transaction() as session:
        for count in range(number):
            session.add(
                RosterMember(
                    context_id=course.context_id,
                    sub=f"many-{count}",
                    name=f"Learner {count:03}",
                    is_instructor=False,
                    created_at=NOW,
                    seen_at=NOW,
                )
            )


def test_long_list_is_paginated_and_keeps_search_and_sort(client, database, course):
    _enroll(database, course, 500)
    secret = _secret(database, course, INSTRUCTOR)
    page = client.get(f"/lti/s/{secret}/?q=learner&sort=-name&page=2").text
    assert "51 to 100 of 500" in page
    assert page.index("Learner 449") < page.index("Learner 400")
    assert "Learner 399" not in page
    for number in (1, 3):
        assert f"page={number}&amp;q=learner&amp;sort=-name" in page
    file = client.get(f"/lti/s/{secret}/people.csv?q=learner&sort=-name").text
    assert file.count("Learner ") == 500
    assert client.get(f"/lti/s/{secret}/?page=99").status_code == 404
    assert client.get(f"/lti/s/{secret}/?page=x").status_code == 200


def test_csv_has_the_rows_of_the_filtered_table(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    page = client.get(f"/lti/s/{secret}/?progress=begun").text
    assert f'href="/lti/s/{secret}/people.csv?progress=begun"' in page
    assert "1 row as CSV" in page
    file = client.get(f"/lti/s/{secret}/people.csv?progress=begun").text
    assert "Lee Reader" in file
    assert "Kim Reader" not in file


def test_csv_escapes_spreadsheet_formulas(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    answer = client.get(f"/lti/s/{secret}/people.csv")
    assert answer.mimetype == "text/csv"
    assert '"Kim Reader",95,"Yes",100,"Sent"' in answer.text
    assert '"\'=Pim",0' in answer.text


def test_instructor_changes_the_grading_rule_and_it_is_audited(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    answer = client.post(
        f"/lti/s/{secret}/rule",
        data={"rule": "proportional", "threshold": "50"},
        headers={"X-CSRFToken": ""},
    )
    assert answer.status_code == 303
    with database.read_session() as session:
        link = session.get_one(ResourceLink, course.link_id)
        assert (link.rule, link.threshold) == (CompletionRule.PROPORTIONAL, 50)
        changed = AuditEntry.act == "lti_link.rule_changed"
        actor = session.scalars(select(AuditEntry.actor).where(changed)).one()
        assert session.scalar(select(Login.id).where(Login.public_id == actor)) is not None
    assert "2 of 3 completed" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, "Choose a rule"),
        ({"rule": "all", "threshold": "40"}, "Choose a rule"),
        ({"rule": "proportional"}, "Choose a rule"),
        ({"rule": "proportional", "threshold": "0"}, "from 1 to 100"),
        ({"rule": "proportional", "threshold": "x"}, "Choose a rule"),
        ({"rule": "proportional", "threshold": "4000000000"}, "from 1 to 100"),
    ],
)
def test_invalid_grading_rule_shows_an_error_in_its_form(client, database, course, told, fault):
    secret = _secret(database, course, INSTRUCTOR)
    answer = client.post(f"/lti/s/{secret}/rule", data=told)
    assert answer.status_code == 400
    form = answer.text.partition('<details class="disclosure" open')[2].partition("</form>")[0]
    assert fault in form
    assert f'value="{told.get("threshold", "")}"' in form
    chosen = re.findall(r'value="(\w+)"\s+checked', form)
    assert chosen == ([told["rule"]] if told.get("rule") == "proportional" else [])
    with database.read_session() as session:
        link = session.get_one(ResourceLink, course.link_id)
        assert (link.rule, link.threshold) == (CompletionRule.THRESHOLD, 90)


def test_review_shows_only_its_learner_in_its_course(client, database, cast, course):
    def review(sub, place=course):
        secret = _secret(database, place, INSTRUCTOR, purpose=Purpose.REVIEW, for_user=sub)
        return client.get(f"/lti/s/{secret}/review")

    assert "Kim Reader" in review("kim").text
    assert "Not started" in review("pim").text
    assert review("nobody").status_code == review(None).status_code == 404
    assert shows(review("nobody").text, NOT_OPENED)
    with database.transaction() as session:
        other = make_course(session, cast.organization_id, Target(webinar=cast.slug))
    assert review("kim", other).status_code == 404


def test_learner_reviews_only_their_own_score_in_spanish(client, database, course):
    def review(sub):
        secret = _secret(database, course, sub="kim", purpose=Purpose.REVIEW, for_user=sub)
        with database.transaction() as session:
            session.execute(update(FrameSession).values(locale="es-MX"))
        return client.get(f"/lti/s/{secret}/review")

    assert review("lee").status_code == 404
    page = review("kim").text
    assert '<html lang="es-US"' in page
    assert "Kim Reader" in page
    assert "Libro de calificaciones" in page
    assert "solo está disponible en inglés" not in page


def test_instructor_resends_refused_scores(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    assert "Send again" not in client.get(f"/lti/s/{secret}/").text
    with database.transaction() as session:
        link = session.get_one(ResourceLink, course.link_id)
        link.scopes = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
        score = session.scalars(select(Score).where(Score.given == 1.0)).one()
        score.state, score.failure = ScoreState.REFUSED, "The column is gone."
    page = client.get(f"/lti/s/{secret}/").text
    assert "The column is gone." in page
    assert "Send again" in page
    assert f'href="/lti/s/{secret}/?gradebook=stuck"' in page
    whose = client.get(f"/lti/s/{secret}/?gradebook=stuck").text
    assert ("Kim Reader" in whose, "Lee Reader" in whose) == (True, False)
    assert "Score not sent yet" in whose
    answer = client.post(f"/lti/s/{secret}/scores", headers={"X-CSRFToken": ""})
    assert "Sending the scores again." in client.get(answer.location).text
    with database.read_session() as session:
        score = session.scalars(select(Score).where(Score.given == 1.0)).one()
        assert (score.state, score.failure) == (ScoreState.QUEUED, None)


def test_instructor_can_update_the_roster_if_the_platform_has_one(client, database, course):
    secret = _secret(database, course, INSTRUCTOR)
    page = client.get(f"/lti/s/{secret}/").text
    assert "Allow names and roles (NRPS)" in page
    assert "Update roster now" not in page
    assert client.post(f"/lti/s/{secret}/roster").status_code == 303  # no roster is requested
    with database.transaction() as session:
        assert session.scalars(select(Job)).all() == []
        context = session.get_one(Context, course.context_id)
        context.memberships_url = "https://lms.example.edu/nrps"
    assert "Update roster now" in client.get(f"/lti/s/{secret}/").text
    answer = client.post(f"/lti/s/{secret}/roster", headers={"X-CSRFToken": ""})
    assert "Updating" in client.get(answer.location).text
    assert client.get(f"/lti/s/{secret}/roster").json["is_live"] is True
    with database.read_session() as session:
        assert session.scalars(select(Job)).one().kind == "lti.roster"
