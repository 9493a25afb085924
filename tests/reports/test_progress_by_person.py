"""A report shows assigned, started, share watched, completed, and certificate, and nothing else."""

from dataclasses import fields
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.certificates.read_models import list_in_seat
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import WebinarPresenter
from lms.models.certificates import Certificate, CertificateKind
from lms.models.grants import Scope
from lms.models.organizations import Role
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.models.training import Trainee, Training, TrainingItem
from lms.people import erasure
from lms.reports.progress_by_person import (
    Order,
    PersonLine,
    Sort,
    WebinarLine,
    every_person,
    read_people,
    read_person,
    shown_of,
)
from lms.reports.viewing_queries import HOUSE, Whose
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_presenter,
)
from tests.reports.watched_organization import HOUR, Place, make_place, seat, seat_of, see, watch

DAY = timedelta(days=1)


def certify(session: Session, place: Place, login: Login, *, at: object = NOW) -> Certificate:
    certificate = Certificate(
        login_id=login.id,
        webinar_id=place.webinar.id,
        kind=CertificateKind.WATCHED,
        holder=login.name,
        title=place.webinar.title,
        credit_minutes=60,
        zone="UTC",
        earned_at=at,  # type: ignore[arg-type]  # a moment
        issued_at=NOW,
    )
    session.add(certificate)
    session.flush()
    return certificate


def assign(session: Session, place: Place, login: Login, *, to: Place) -> Training:
    training = Training(
        organization_id=to.organization.id, title="Training", due_at=NOW + DAY, created_at=NOW - DAY
    )
    session.add(training)
    session.flush()
    session.add(TrainingItem(training_id=training.id, webinar_id=place.webinar.id))
    session.add(Trainee(training_id=training.id, login_id=login.id, created_at=NOW))
    session.flush()
    return training


def only(session: Session, whose: Whose) -> PersonLine:
    [found] = read_people(session, whose, "", Order(), offset=0).items
    return found


def test_row_of_a_person_counts_their_webinars(database: Database) -> None:
    with database.transaction() as session:
        one = make_place(session, "one")
        two, three = (
            make_place(session, slug, organization=one.organization) for slug in ("two", "three")
        )
        pat = seat(session, one)
        for place in (two, three):
            see(session, place, pat, 1000.0)  # no seat yet, so the viewing is their own
        watch(session, one, pat, 500.0)
        assign(session, two, pat, to=one)
        found = only(session, Whose(one.organization.id))
        assert (found.assigned, found.begun, found.completed, found.certificates) == (2, 1, 0, 0)
        assert found.share == pytest.approx(0.5)
        certify(session, one, pat)
        assert only(session, Whose(one.organization.id)).certificates == 1
        everywhere = only(session, HOUSE)
        assert (everywhere.begun, everywhere.completed) == (3, 2)
        assert everywhere.share == pytest.approx(2.5 / 3)


def test_managers_see_certificates_earned_before_leaving_only(
    database: Database,
) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        pat = seat(session, place)
        make_membership(session, place.organization, pat)
        left = seat_of(session, pat)
        left.state, left.ended_at = AssignmentState.RELEASED, NOW - DAY
        left.ended_as = AssignmentEnd.REMOVED
        certificate = certify(session, place, pat, at=NOW - HOUR)
        whose = Whose(place.organization.id)
        assert only(session, whose).certificates == 0
        certificate.earned_at = NOW - 2 * DAY
        session.flush()
        assert only(session, whose).certificates == 1
        certificate.revoked_at, certificate.revoked_reason = NOW, "By mistake."
        session.flush()
        assert only(session, whose).certificates == 0


def test_presenter_seats_count_only_that_presenters_certificates(
    database: Database,
) -> None:
    with database.transaction() as session:
        one, other = make_place(session, "one"), make_place(session, "other")
        presenter = make_presenter(session, "Rosa Reader")
        session.add(
            WebinarPresenter(webinar_id=one.webinar.id, presenter_id=presenter.id, position=0)
        )
        pool = make_pool(session, make_organization(session), capacity=5)
        pool.scope, pool.presenter_id = Scope.PRESENTER, presenter.id
        pat, sue = make_login(session), make_login(session)
        make_assignment(session, pool, pat)
        make_assignment(session, pool, sue)
        certify(session, other, pat)  # bought by her
        certify(session, one, sue)
        found = read_people(session, Whose(pool.organization_id), "", Order(), offset=0).items
        assert {each.public_id: each.certificates for each in found} == {
            pat.public_id: 0,
            sue.public_id: 1,
        }


def test_merged_logins_are_one_row(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        pat, twin = seat(session, place), make_login(session)
        watch(session, place, pat, 300.0)
        see(session, place, twin, 950.0)
        certify(session, place, twin)
        twin.merged_into = pat.id
        session.flush()
        for whose in (HOUSE, Whose(place.organization.id)):
            found = only(session, whose)
            assert (found.public_id, found.begun, found.completed) == (pat.public_id, 1, 1)
            assert found.certificates == 1


def test_erased_person_is_in_no_table(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        pat = seat(session, place)
        watch(session, place, pat, 900.0)
        erasure.erase(
            session, pat.id, hooks=(), links=Links("http://localhost"), actor=None, now=NOW
        )
    with database.read_session() as session:
        for whose in (HOUSE, Whose(place.organization.id)):
            assert read_people(session, whose, "", Order(), offset=0).total == 0
            with pytest.raises(NotFound):
                read_person(session, whose, pat.public_id)


def test_people_are_searched_by_words_and_sorted_by_figures(database: Database) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        whose = Whose(place.organization.id)
        for name, upto in (("Ann Reed", 900.0), ("Ben Reed", 100.0), ("Cleo Voss", 0.0)):
            login = seat(session, place, name)
            if upto:
                watch(session, place, login, upto)

        def names(query: str, by: Sort, *, descending: bool = False) -> list[str]:
            found = read_people(session, whose, query, Order(by, descending), offset=0)
            assert len(found.items) == found.total
            assert [one.name for one in every_person(session, whose, query, Order(by, descending))]
            return [one.name for one in found.items]

        assert names("", Sort.NAME) == ["Ann Reed", "Ben Reed", "Cleo Voss"]
        assert names("reed", Sort.SHARE) == ["Ben Reed", "Ann Reed"]
        assert names("", Sort.SHARE, descending=True) == ["Ann Reed", "Ben Reed", "Cleo Voss"]
        assert names("", Sort.COMPLETED, descending=True)[0] == "Ann Reed"
        assert names("", Sort.BEGUN)[0] == "Cleo Voss"


def test_person_sees_what_each_organizations_managers_see(database: Database) -> None:
    with database.transaction() as session:
        elm, oak = make_place(session, "elm"), make_place(session, "oak")
        pat = seat(session, elm)
        make_membership(session, oak.organization, pat, role=Role.MEMBER)
        watch(session, elm, pat, 900.0)
        assign(session, oak, pat, to=oak)
        shown = {one.organization: one.webinars for one in shown_of(session, pat.id)}
        assert shown == {
            elm.organization.name: (WebinarLine("elm", "Elm", True, 0.9, False),),
            oak.organization.name: (WebinarLine("oak", "Oak", True, 0.0, False),),
        }
        for place in (elm, oak):
            facts = read_person(session, Whose(place.organization.id), pat.public_id)
            assert facts.webinars == shown[place.organization.name]


def test_person_of_another_organization_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        elm, oak = make_place(session, "elm"), make_place(session, "oak")
        pat = seat(session, elm)
        with pytest.raises(NotFound):
            read_person(session, Whose(oak.organization.id), pat.public_id)


def test_rows_have_no_places_and_no_times() -> None:
    known = {
        "public_id",
        "name",
        "email",
        "assigned",
        "begun",
        "completed",
        "certificates",
        "share",
    }
    assert {field.name for field in fields(PersonLine)} == known
    known = {"slug", "title", "is_assigned", "share", "has_certificate"}
    assert {field.name for field in fields(WebinarLine)} == known


def test_kept_logins_viewing_counts_for_the_seat_of_a_merged_login(
    database: Database,
) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        seated, kept = seat(session, place), make_login(session)
        seated.merged_into = kept.id
        session.flush()
        see(session, place, kept, 950.0)
        found = only(session, Whose(place.organization.id))
        assert (found.public_id, found.begun, found.completed) == (kept.public_id, 1, 1)


def test_kept_logins_certificate_shows_in_the_seat_of_a_merged_login(
    database: Database,
) -> None:
    with database.transaction() as session:
        place = make_place(session, "one")
        seated, kept = seat(session, place), make_login(session)
        seated.merged_into = kept.id
        certificate = certify(session, place, kept)
        [found] = list_in_seat(session, seat_of(session, seated).id)
        assert found.public_id == certificate.public_id
