"""Training on the pages of managers (test_access.py) and of the assigned people."""

import csv
import io
import re
from datetime import timedelta

from lxml.html import document_fromstring
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.organizations import Membership, Role
from lms.models.training import Trainee, Training, TrainingGroup
from lms.training import assignments
from lms.training.subjects import CHOOSE
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import notice_with, shows
from tests.seats.pool_fixtures import people as make_people
from tests.training.conftest import look_at_all, watched
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

DUE = (NOW + timedelta(days=20)).date().isoformat()


def at(elm: Elm, *more: str) -> str:
    return "/".join((f"/organization/{elm.id}/training", *more))


def assigned(mia: Visitor, elm: Elm, cast: Cast, **more: object) -> str:
    """Assign the webinar; return the path of the training's page."""
    form = {"subject": f"webinar:{cast.slug}", "due_on": DUE, "everyone": "y", **more}
    answer = mia.post(at(elm, "new"), data=form)
    assert answer.status_code == 303, answer.text
    return answer.location


def table(mia: Visitor, page: str) -> dict[str, str]:
    """Return the table's statuses by first name."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", mia.get(page).text, re.DOTALL):
        cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.split(r"<td", f"{row}")]
        if "person-words" in row:
            found[cells[0].split()[0]] = cells[1].partition(">")[2].strip().split("\n")[0].strip()
    return found


def test_manager_assigns_training_and_sees_who_is_done(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    page = assigned(mia, elm, cast)
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.95)
    look_at_all(database)
    states = table(mia, page)
    assert states["Bob"] == "Done"
    assert {states[name] for name in ("Mia", "Olga")} == {"Not started"}
    assert table(mia, f"{page}?state=done") == {"Bob": "Done"}
    assert table(mia, f"{page}?q=olga") == {"Olga": "Not started"}
    assert "Reading rooms" in mia.get(at(elm)).text


def test_people_without_a_seat_can_be_invited_from_the_training(
    mia: Visitor, elm: Elm, cast: Cast
) -> None:
    page = assigned(mia, elm, cast)
    shown = mia.get(page).text
    assert "2 people" in notice_with(shown, "training=")
    [invite] = document_fromstring(shown).xpath("//a[contains(@href, 'training=')]/@href")
    [form] = document_fromstring(mia.get(invite).text).xpath("//form[.//textarea]")
    given = dict(form.form_values())
    assert given["addresses"].split() == ["mia@example.org", "olga@example.org"]
    assert given["pool"] == elm.pool  # the webinar's own seats, not the contract's
    assert mia.post(invite, data=given).status_code == 409  # only one seat is available
    given["addresses"] = "mia@example.org"
    assert mia.post(invite, data=given).status_code == 200
    assert "1 person" in notice_with(mia.get(page).text, "training=")


def test_managers_do_not_see_how_much_a_person_watched(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    page = assigned(mia, elm, cast)
    look_at_all(database)
    shown = mia.get(page).text
    assert table(mia, page)["Alice"] in ("Started", "Not started")
    assert "50%" not in shown


def test_csv_matches_the_table_and_escapes_formulas(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).name = "=HYPERLINK(1)"
    page = assigned(mia, elm, cast, policy="Read me.")
    answer = mia.get(f"{page}/people.csv?q=bob")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == ["Name", "Email address", "Training", "Due", "Status", "Statement confirmed"]
    assert rows[1:] == [
        ["'=HYPERLINK(1)", "bob@example.org", "Reading rooms", DUE, "Not started", ""]
    ]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_invalid_training_is_refused_and_preserves_input(
    mia: Visitor, elm: Elm, cast: Cast
) -> None:
    form = {"subject": f"webinar:{cast.slug}", "due_on": "2020-01-01", "policy": "Keep <b>me</b>."}
    answer = mia.post(at(elm, "new"), data={**form, "everyone": "y"})
    assert answer.status_code == 400
    assert shows(answer.text, assignments.DUE)
    assert "Keep &lt;b&gt;me&lt;/b&gt;." in answer.text
    strange = mia.post(
        at(elm, "new"), data={**form, "due_on": DUE, "addresses": "carol@example.org"}
    )
    assert strange.status_code == 400
    assert "carol@example.org" in strange.text


def test_all_missing_fields_are_reported_at_once(mia: Visitor, elm: Elm, cast: Cast) -> None:
    answer = mia.post(at(elm, "new"), data={})
    assert answer.status_code == 400
    assert shows(answer.text, CHOOSE)
    assert "Choose a due date." in answer.text
    assert shows(answer.text, assignments.NOBODY_CHOSEN)


def test_due_date_can_be_changed_and_training_withdrawn(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    page = assigned(mia, elm, cast)
    assert mia.post(f"{page}/due", data={"due_on": "2020-01-01"}).status_code == 400
    assert mia.post(f"{page}/due", data={"due_on": "2026-09-01"}).status_code == 303
    assert "Due Sep 1, 2026" in mia.get(page).text
    assert mia.post(f"{page}/withdraw").status_code == 303
    assert mia.post(f"{page}/withdraw").status_code == 409
    assert "Withdrawn" in mia.get(at(elm)).text
    with database.read_session() as session:
        assert session.scalars(select(Training.withdrawn_at)).one() == NOW


def test_group_can_be_created_extended_and_dissolved(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    made = mia.post(at(elm, "groups"), data={"name": "Desk", "addresses": "bob@example.org"})
    assert made.status_code == 303
    group = made.location.rsplit("/", 1)[1]
    page = assigned(mia, elm, cast, everyone="", groups=group)
    assert set(table(mia, page)) == {"Bob"}
    joined = mia.post(at(elm, "groups", group), data={"addresses": "olga@example.org"})
    assert joined.status_code == 303
    assert set(table(mia, page)) == {"Bob", "Olga"}
    wrong = mia.post(at(elm, "groups", group), data={"addresses": "carol@example.org"})
    assert wrong.status_code == 400
    bob = at(elm, "groups", group, "remove", cast.bob.public_id)
    assert (mia.post(bob).status_code, mia.post(bob).status_code) == (303, 404)
    assert mia.post(at(elm, "groups", group, "dissolve")).status_code == 303
    assert set(table(mia, page)) == {"Bob", "Olga"}
    with database.read_session() as session:
        assert session.scalars(select(TrainingGroup)).all() == []


def test_invited_address_is_pending_in_a_group_and_can_be_removed(mia: Visitor, elm: Elm) -> None:
    named = {"name": "Desk", "addresses": "zoe@example.org"}
    group = mia.post(at(elm, "groups"), data=named).location.rsplit("/", 1)[1]
    page = at(elm, "groups", group)
    assert "They join this group when they accept their invitation." in mia.get(page).text
    gone = {"email": "zoe@example.org"}
    assert mia.post(f"{page}/remove-invited", data=gone).status_code == 303
    shown = mia.get(page).text
    assert "zoe@example.org was removed from the group." in shown
    assert "They join this group" not in shown
    assert mia.post(f"{page}/remove-invited", data=gone).status_code == 404


def test_training_of_another_organization_is_not_found(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    page = assigned(mia, elm, cast)
    group = mia.post(at(elm, "groups"), data={"name": "Desk"}).location.rsplit("/", 1)[1]
    theirs = page.replace(elm.id, elm.other)
    with database.read_session() as session:
        manager = session.scalars(
            select(Login.id).where(Login.public_id == elm.others_manager)
        ).one()
    mia.sign_in(manager)
    assert mia.get(theirs).status_code == 404
    assert mia.get(f"{theirs}/people.csv").status_code == 404
    assert mia.post(f"{theirs}/withdraw").status_code == 404
    assert mia.post(f"{theirs}/due", data={"due_on": DUE}).status_code == 404
    invite = f"/organization/{elm.other}/invite?training={page.rsplit('/', 1)[1]}"
    assert mia.get(invite).status_code == 404
    groups = f"/organization/{elm.other}/training/groups/{group}"
    assert mia.get(groups).status_code == 404
    assert mia.post(groups, data={"addresses": "otto@example.org"}).status_code == 404
    assert mia.post(f"{groups}/dissolve").status_code == 404


def test_person_sees_training_in_my_webinars_and_confirms_its_statement(
    mia: Visitor, elm: Elm, cast: Cast, database: Database, clock: Clock
) -> None:
    page = assigned(mia, elm, cast, policy="Wash your <hands>.")
    mia.sign_in(cast.bob.id)
    library = mia.get("/library").text
    assert "Assigned to you" in library
    assert "Assigned by Elm County Library. Due Sunday, March 22, 2026." in library
    own = re.findall(r'href="(/training/\w+)"', library)[0]
    shown = mia.get(own).text
    assert "Wash your &lt;hands&gt;." in shown
    assert "Confirm I have read this" in shown
    assert mia.post(f"{own}/confirm").status_code == 303
    assert "You confirmed this on" in mia.get(own).text
    mia.sign_in(cast.dan.id)
    assert mia.get(own).status_code == 404
    assert mia.post(f"{own}/confirm").status_code == 404
    assert "Assigned to you" not in mia.get("/library").text
    mia.sign_in(cast.mia.id)
    assert "Mar 2, 2026, 10:00\u00a0AM\u00a0ET" in mia.get(page).text


def test_assigned_training_requires_sign_in(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    assigned(mia, elm, cast)
    with database.read_session() as session:
        own = session.scalars(select(Trainee.public_id)).first()
    mia.delete_cookie("carrel")
    stranger = mia.application.test_client()
    answer = stranger.get(f"/training/{own}")
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_long_table_is_paged(mia: Visitor, elm: Elm, cast: Cast, database: Database) -> None:
    logins = make_people(database, 60)
    with database.transaction() as session:
        for login in logins:
            session.add(
                Membership(
                    organization_id=cast.organization_id,
                    login_id=login,
                    role=Role.MEMBER,
                    created_at=NOW,
                )
            )
    page = assigned(mia, elm, cast)
    assert mia.get(page).text.count("person-words") == 50
    assert "51 to " in mia.get(f"{page}?page=2").text
    assert mia.get(f"{page}?page=3").status_code == 404


def test_webinar_to_assign_can_be_searched_and_chosen(mia: Visitor, elm: Elm, cast: Cast) -> None:
    assert "Reading rooms" in mia.get(at(elm, "new")).text
    none = mia.get(at(elm, "new") + "?q=knitting").text
    assert "No matching webinars or series" in none
    found = mia.get(at(elm, "new") + "?q=reading").text
    [link] = re.findall(r'href="([^"]*/training/new\?subject=[^"]*)"', found)
    page = mia.get(link).text
    assert f'value="webinar:{cast.slug}"' in page
    assert "Due date" in page
    assert (
        "t assign this webinar or series" in mia.get(at(elm, "new") + "?subject=webinar:none").text
    )


def test_training_says_that_it_repeats_and_counts_invited_people(
    mia: Visitor, elm: Elm, cast: Cast
) -> None:
    shown = mia.get(assigned(mia, elm, cast, every_months="6")).text
    assert "Repeats every 6 months" in shown
    assert "assign it to 1 invited person" in shown
    wrong = {
        "subject": f"webinar:{cast.slug}",
        "due_on": DUE,
        "everyone": "y",
        "every_months": "99",
    }
    assert mia.post(at(elm, "new"), data=wrong).status_code == 400
