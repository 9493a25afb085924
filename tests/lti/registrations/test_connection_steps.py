"""The steps of a connection: each is done by what happened, and the first that isn't is someone's to do."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lti.models.courses import Score, ScoreState
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, Registration, RegistrationState
from lti.registrations.connection_steps import Owner, Stage, Step, StepFacts, steps_by_platform
from lti.registrations.deployments import (
    approve_deployment,
    list_deployments,
    refuse_deployment,
    see_deployment,
)
from lti.registrations.registrations import (
    approve_registration,
    disable_registration,
    list_registrations,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.course_fixtures import Course, make_course
from tests.lti.factories import SLUG, make_registration


def steps_of(session: Session) -> tuple[StepFacts, ...]:
    """The steps of the only platform."""
    (one,) = list_registrations(session)
    return steps_by_platform(session, [one], list_deployments(session))[one.id]


def upcoming(session: Session) -> tuple[Step, Stage, Owner]:
    """The first step that isn't done; what comes after it is for later."""
    steps = steps_of(session)
    open_ = [one for one in steps if one.stage is not Stage.DONE]
    assert all(one.stage is Stage.LATER for one in open_[1:])
    return open_[0].step, open_[0].stage, open_[0].owner


def test_a_platform_that_waits_waits_for_our_team(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        session.get_one(Registration, made.id).state = RegistrationState.PENDING
        see_deployment(session, made.id, "7", now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.TEAM)


def test_what_is_installed_of_an_approved_one_is_its_administrators_to_connect(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.ADMINISTRATOR)
        see_deployment(session, made.id, "7", now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.ADMINISTRATOR)
        approve_deployment(session, made.public_id, "7", organization=SLUG, actor=None, now=NOW)
        assert upcoming(session) == (Step.VISIBLE, Stage.NEXT, Owner.ADMINISTRATOR)


def test_who_approved_is_named_once_it_is_done(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        see_deployment(session, made.id, "7", now=NOW)
        approve_deployment(session, made.public_id, "7", organization=SLUG, actor=None, now=NOW)
        approved = steps_of(session)[1]
        assert (approved.stage, approved.owner) == (Stage.DONE, Owner.ADMINISTRATOR)
        session.get_one(Registration, made.id).state = RegistrationState.PENDING
        session.flush()
        approve_registration(session, made.public_id, actor=cast.ada.public_id, now=NOW)
        approved = steps_of(session)[1]
        assert (approved.stage, approved.owner) == (Stage.DONE, Owner.TEAM)


def test_what_was_switched_off_or_refused_is_stopped(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        see_deployment(session, made.id, "7", now=NOW)
        refuse_deployment(session, made.public_id, "7", actor=None, now=NOW)
        assert upcoming(session)[:2] == (Step.APPROVED, Stage.STOPPED)
        approve_deployment(session, made.public_id, "7", organization=SLUG, actor=None, now=NOW)
        disable_registration(session, made.public_id, actor=None, now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.STOPPED, Owner.TEAM)


def test_a_course_a_launch_and_a_score_do_the_last_three(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        assert upcoming(session) == (Step.GRADED, Stage.NEXT, Owner.LEARNER)
        score = _score(session, course)
        assert upcoming(session)[0] is Step.GRADED  # on its way is not there
        score.state, score.delivered_at = ScoreState.DELIVERED, NOW + timedelta(hours=1)
        session.flush()
        steps = steps_of(session)
    assert [one.stage for one in steps] == [Stage.DONE] * 5
    assert [one.done_at for one in steps] == [NOW] * 4 + [NOW + timedelta(hours=1)]


def test_another_organizations_deployment_of_a_shared_platform_does_no_step(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_course(session, cast.organization_id)
        (one,) = list_registrations(session)
        session.add(
            Deployment(
                registration_id=one.id,
                deployment_id="2",
                organization_id=cast.organization_id,
                state=list_deployments(session)[0].state,
                seen_at=NOW,
                decided_at=NOW,
            )
        )
        session.flush()
        mine = [each for each in list_deployments(session) if each.deployment_id == "2"]
        steps = steps_by_platform(session, [one], mine)[one.id]
    assert [one.stage for one in steps][1:3] == [Stage.DONE, Stage.NEXT]


def _score(session: Session, course: Course) -> Score:
    course.launch(session, sub="kim")
    identity = session.scalars(select(Identity).where(Identity.sub == "kim")).one()
    score = Score(
        link_id=course.link_id,
        identity_id=identity.id,
        share=1.0,
        given=1.0,
        state=ScoreState.QUEUED,
        run_at=NOW,
        created_at=NOW,
    )
    session.add(score)
    session.flush()
    return score
