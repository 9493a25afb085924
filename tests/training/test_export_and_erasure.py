"""Training and groups are in a person's data export and are erased with the person."""

from datetime import timedelta

from sqlalchemy import func, select

from lms.core.database import Database
from lms.mail.links import Links
from lms.models.training import Trainee, TrainingGroupInvitee, TrainingGroupMember
from lms.people import erasure
from lms.people.data_export import read_personal_data
from lms.training import assignments
from lms.training.groups import make_group
from lms.training.listed_groups import find_or_make
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.training.conftest import TODAY, Assign, Elm


def test_training_and_groups_are_exported_and_erased(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + timedelta(days=5), policy="Read me.")
    with database.transaction() as session:
        make_group(session, elm.facts, "Desk", "alice@example.org", actor=None, now=NOW)
        [own] = list_own(session, cast.alice.id, now=NOW)
        assignments.acknowledge(session, own.trainee_id, cast.alice.id, now=NOW)
        found = read_personal_data(session, cast.alice.id, hooks=(), now=NOW)
    [taken] = found.trainings
    assert (taken["organization"], taken["training"]) == ("Elm County Library", "Reading rooms")
    assert (taken["policy"], taken["confirmed_at"]) == ("Read me.", NOW)
    assert taken["completed_at"] is None
    assert found.groups == ({"organization": "Elm County Library", "group": "Desk"},)
    with database.transaction() as session:
        erasure.erase(
            session, cast.alice.id, hooks=(), links=Links("https://x.test"), actor=None, now=NOW
        )
    with database.read_session() as session:
        for model in (Trainee, TrainingGroupMember):
            left = select(func.count()).select_from(model).where(model.login_id == cast.alice.id)
            assert session.scalar(left) == 0


def test_pending_group_invitation_of_an_erased_person_is_deleted(
    database: Database, cast: Cast, elm: Elm
) -> None:
    with database.transaction() as session:
        groups = find_or_make(session, elm.facts.id, ["Desk"], now=NOW)
        session.add_all(
            TrainingGroupInvitee(group_id=groups["Desk"], email_key=one, created_at=NOW)
            for one in ("alice@example.org", "zoe@example.org")
        )
        erasure.erase(
            session, cast.alice.id, hooks=(), links=Links("https://x.test"), actor=None, now=NOW
        )
        assert session.scalars(select(TrainingGroupInvitee.email_key)).all() == ["zoe@example.org"]
