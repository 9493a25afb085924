"""Importing a staff list: for managers only (test_access.py), previewed row by row."""

import io
import re
from datetime import timedelta

from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.jobs import Job
from lms.models.seat_imports import Answer, ImportState, SeatImport
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.organizations.staff_list_parser import read_pasted
from lms.seat_imports.imports import stage
from lms.web.seats.manager_seat_import import ANSWER_WORDS, STATE_WORDS
from lms.web.seats.sent_list import NOTHING_SENT
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

LIST = (
    "email,name\n"
    "new@example.org,New Person\n"
    "alice@example.org,Alice\n"
    "not an address,Nobody\n"
    "NEW@example.org,New Person\n"
    "late@example.org,Late Person\n"
)


def send(mia: Visitor, elm: Elm, text: str = LIST) -> str:
    data = {"pool": elm.pool, "file": (io.BytesIO(text.encode()), "staff.csv")}
    answer = mia.post(
        f"/organization/{elm.id}/import", data=data, content_type="multipart/form-data"
    )
    assert answer.status_code == 303, answer.text
    return answer.location


def invited(database: Database, elm: Elm) -> int:
    with database.read_session() as session:
        return (
            session.scalar(
                select(func.count(Assignment.id))
                .join(Pool, Pool.id == Assignment.pool_id)
                .where(Pool.public_id == elm.pool, Assignment.state == AssignmentState.INVITED)
            )
            or 0
        )


def test_preview_shows_a_result_for_every_row_and_changes_nothing(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    page = mia.get(send(mia, elm)).text
    for answer in ANSWER_WORDS.values():
        assert shows(page, answer), answer
    assert re.findall(r'<td class="number"[^>]*>\s*(\d+)', page) == ["2", "3", "4", "5", "6"]
    assert 'data-seats="1"' in page
    assert "quantity=1" in page
    assert invited(database, elm) == 1


def test_rows_can_be_filtered_by_result(mia: Visitor, elm: Elm) -> None:
    place = send(mia, elm)
    page = mia.get(f"{place}?answer=no_seat").text
    assert "late@example.org" in page
    assert "alice@example.org" not in page


def test_list_is_imported_whole_unless_only_fitting_rows_are_requested(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = send(mia, elm)
    mia.post(f"{place}/apply")
    assert invited(database, elm) == 1
    mia.post(f"{place}/apply", data={"which": "those_that_fit"})
    assert invited(database, elm) == 2
    page = mia.get(place).text
    assert re.search(r"<strong>1 ", page)
    assert "state=invited" in page
    assert "notice-attention" in page
    assert "Invited" in page
    assert not shows(page, ANSWER_WORDS[Answer.OK])


def test_pasted_addresses_can_be_imported(mia: Visitor, elm: Elm, database: Database) -> None:
    data = {"pool": elm.pool, "addresses": "Maria Ortiz <maria@example.org>"}
    place = mia.post(f"/organization/{elm.id}/import", data=data).location
    assert 'data-testid="fits-whole"' in mia.get(place).text
    mia.post(f"{place}/apply")
    assert invited(database, elm) == 2


def test_empty_form_is_refused_with_an_error_at_its_field(mia: Visitor, elm: Elm) -> None:
    answer = mia.post(f"/organization/{elm.id}/import", data={"pool": elm.pool})
    assert answer.status_code == 400
    assert shows(answer.text, NOTHING_SENT)
    assert 'id="list-file-error"' in answer.text


def test_discarded_list_changes_nothing(mia: Visitor, elm: Elm, database: Database) -> None:
    place = send(mia, elm)
    assert mia.post(f"{place}/discard").status_code == 303
    assert mia.get(place).status_code == 404
    assert invited(database, elm) == 1


def test_list_for_another_organizations_pool_is_not_found(mia: Visitor, elm: Elm) -> None:
    data = {"pool": elm.others_pool, "addresses": "maria@example.org"}
    assert mia.post(f"/organization/{elm.id}/import", data=data).status_code == 404
    assert mia.get(f"/organization/{elm.id}/import?pool={elm.others_pool}").status_code == 404


def test_list_of_another_organization_is_not_found(
    mia: Visitor, client: Visitor, elm: Elm, cast: Cast
) -> None:
    client.sign_in(cast.ada.id)
    data = {"pool": elm.others_pool, "addresses": "maria@example.org"}
    place = client.post(f"/organization/{elm.other}/import", data=data).location
    mine = place.replace(elm.other, elm.id)
    client.sign_in(cast.mia.id)
    assert client.get(mine).status_code == 404
    for act in ("apply", "discard"):
        assert client.post(f"{mine}/{act}").status_code == 404
        assert client.post(f"{place}/{act}").status_code == 404


def test_script_gets_the_status_of_a_list(mia: Visitor, elm: Elm) -> None:
    answer = mia.get(send(mia, elm), headers={"Accept": "application/json"}).json
    assert answer is not None
    assert (answer["is_live"], answer["state"]) == (False, STATE_WORDS[ImportState.CHECKED])


def test_page_of_a_long_list_shows_progress_speed_and_time_left(
    mia: Visitor, elm: Elm, database: Database, clock: Clock
) -> None:
    rows = "".join(f"person-{number}@example.org,Person {number}\n" for number in range(9_000))
    page = send(mia, elm, "email,name\n" + rows)
    assert "0 so far" in mia.get(page).text
    with database.transaction() as session:
        listed = session.scalars(select(SeatImport)).one()
        stage(session, listed.id, tuple(read_pasted("a@example.org\nb@example.org")), 1)
        job = session.scalars(select(Job).where(Job.subject == listed.public_id)).one()
        job.progress, job.started_at = 0.25, NOW - timedelta(seconds=60)
    shown = mia.get(page).text
    assert "2 so far · 2 per minute · about 3 minutes left" in shown
    told = mia.get(page, headers={"Accept": "application/json"}).json
    assert told is not None
    assert (told["percent"], told["amount"][:8]) == (25, "2 so far")
    begin = mia.get(f"/organization/{elm.id}/import").text
    assert "25%" in begin
    assert page in begin
