"""The steps of a connection: events complete them, and the first open step has an owner."""

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
    """Return the steps of the only platform."""
    (one,) = list_registrations(session)
    return steps_by_platform(session, [one], list_deployments(session))[one.id]


def upcoming(session: Session) -> tuple[Step, Stage, Owner]:
    """Return the first open step; later steps must have the stage LATER."""
    steps = steps_of(session)
    open_ = [one for one in steps if one.stage is not Stage.DONE]
    assert all(one.stage is Stage.LATER for one in open_[1:])
    return open_[0].step, open_[0].stage, open_[0].owner


def test_pending_platform_waits_for_our_team(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        session.get_one(Registration, made.id).state = RegistrationState.PENDING
        see_deployment(session, made.id, "7", now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.TEAM)


def test_administrator_connects_what_is_installed_on_an_approved_platform(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.ADMINISTRATOR)
        see_deployment(session, made.id, "7", now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.NEXT, Owner.ADMINISTRATOR)
        approve_deployment(session, made.public_id, "7", organization=SLUG, actor=None, now=NOW)
        assert upcoming(session) == (Step.VISIBLE, Stage.NEXT, Owner.ADMINISTRATOR)


def test_approved_step_names_who_approved(database: Database, cast: Cast) -> None:
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


def test_disabled_or_refused_connection_is_stopped(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        see_deployment(session, made.id, "7", now=NOW)
        refuse_deployment(session, made.public_id, "7", actor=None, now=NOW)
        assert upcoming(session)[:2] == (Step.APPROVED, Stage.STOPPED)
        approve_deployment(session, made.public_id, "7", organization=SLUG, actor=None, now=NOW)
        disable_registration(session, made.public_id, actor=None, now=NOW)
        assert upcoming(session) == (Step.APPROVED, Stage.STOPPED, Owner.TEAM)


def test_course_launch_and_score_complete_the_last_three_steps(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        assert upcoming(session) == (Step.GRADED, Stage.NEXT, Owner.LEARNER)
        score = _score(session, course)
        assert upcoming(session)[0] is Step.GRADED  # a pending score doesn't count
        score.state, score.delivered_at = ScoreState.DELIVERED, NOW + timedelta(hours=1)
        session.flush()
        steps = steps_of(session)
    assert [one.stage for one in steps] == [Stage.DONE] * 5
    assert [one.done_at for one in steps] == [NOW] * 4 + [NOW + timedelta(hours=1)]


def test_steps_of_another_deployment_do_not_count(database: Database, cast: Cast) -> None:
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
