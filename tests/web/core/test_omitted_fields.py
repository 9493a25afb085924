"""Fields that a browser didn't send, such as those that a person or an extension removed: never the stored value."""

from sqlalchemy import select

from lms.branding import read_branding
from lms.catalog import presenters, series
from lms.catalog.presenters import PresenterWords
from lms.catalog.series import SeriesWords
from lms.certificates.designs import read_design
from lms.core.database import Database
from lms.models.catalog import Presenter, Series
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.clock import NOW
from tests.visitor import Visitor


def test_optional_text_that_was_not_sent_is_cleared(owner: Visitor, database: Database) -> None:
    with database.transaction() as session:
        who = presenters.add_presenter(
            session, PresenterWords("Vera Plum", "She mends books."), actor=None, now=NOW
        ).public_id
        which = series.add_series(
            session, SeriesWords("Paper", "About paper."), actor=None, now=NOW
        ).public_id
    design = "/staff/branding/certificate"
    heading = {"heading": "Well done", "before": "For", "note": "Kept", "signer": "Ann"}
    assert owner.post(design, data=heading).status_code == 303
    assert owner.post(design, data={"heading": "Well done"}).status_code == 303
    for path, data in (
        (f"/staff/presenters/{who}", {"name": "Vera Plum"}),
        (f"/staff/series/{which}", {"title": "Paper"}),
    ):
        assert owner.post(path, data=data).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Presenter.biography)).one() == ""
        assert session.scalars(select(Series.description)).one() == ""
        assert read_design(session, at=NOW).signer == ""


def test_needed_field_that_was_not_sent_is_asked_for(
    owner: Visitor, cast: Cast, database: Database
) -> None:
    with database.read_session() as session:
        before = read_branding(session, contact="")
    for path, data in (
        ("/staff/branding", {"about": "Us"}),
        ("/staff/organizations/elm-county/edit", {"parent": "", "zone": ""}),
    ):
        assert owner.post(path, data=data).status_code == 400, path
    with database.read_session() as session:
        assert read_branding(session, contact="") == before
        assert session.get_one(Organization, cast.organization_id).name == "Elm County Library"
