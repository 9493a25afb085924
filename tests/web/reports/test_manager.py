"""An organization's reports: for managers only (test_access.py), within PRODUCT.md's privacy."""

import csv
import io
import re
from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.core.languages import Language
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.organizations import Organization, Role
from lms.reports.periods_and_count_suppression import Lap, Lapse
from lms.reports.viewing_totals import LapViews
from lms.web.reports.charts_and_tables import chart_of
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_login, make_membership
from tests.reports.watched_organization import Place, make_place, seat, see, watch
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

NOT_FOUND = 404


@pytest.fixture
def watched(database: Database, elm: Elm, cast: Cast) -> Place:
    """Let five people of Elm County watch a webinar; four of them finish."""
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        place = make_place(session, "cataloguing", organization=organization)
        for upto in (900.0, 900.0, 900.0, 1000.0, 200.0):
            watch(session, place, seat(session, place), upto)
    return place


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def figure(page: str, label: str) -> str:
    return page.split(f"<dt>{label}</dt>")[1].split("<dd>")[1].split("</dd>")[0].strip()


def test_report_shows_totals_a_chart_and_webinars(mia: Visitor, elm: Elm, watched: Place) -> None:
    page = mia.get(f"/organization/{elm.id}/reports?span=3").text
    assert figure(page, "People who watched") == "5"
    assert figure(page, "Views") == "5"
    assert figure(page, "Hours watched") == "1.1"
    assert figure(page, "Finish rate") == "80%"
    assert "Views by week" in page
    assert page.count('class="chart-bar"') == 1
    assert f"/organization/{elm.id}/reports/webinars/cataloguing?span=3" in page


def test_chart_with_few_bars_fits_on_a_phone() -> None:
    lap = Lap(NOW.date(), NOW, NOW + timedelta(days=1))
    for count, width in ((1, 320), (5, 320), (6, 720)):
        chart = chart_of([LapViews(lap, 7, is_few=False)] * count, Lapse.DAY)
        assert chart.width == width
        assert 0 <= chart.bars[0].x < chart.bars[-1].x + chart.bars[-1].width <= width


def test_report_covers_whole_months_and_invalid_dates_are_refused(
    mia: Visitor, elm: Elm, watched: Place
) -> None:
    page = mia.get(f"/organization/{elm.id}/reports?from=2020-01-14&to=2020-02-14").text
    assert "Jan 1, 2020 to Feb 29, 2020" in page
    page = mia.get(f"/organization/{elm.id}/reports?from=2026-03-05&to=2026-03-01").text
    assert "Enter valid dates" in page
    assert [f'value="{day}"' in page for day in ("2026-03-05", "2026-03-01")] == [True, True]


def test_empty_report_says_so(mia: Visitor, elm: Elm) -> None:
    assert "Nothing to report yet" in mia.get(f"/organization/{elm.id}/reports").text
    assert mia.get(f"/organization/{elm.id}/reports?page=2").status_code == NOT_FOUND


def test_webinars_and_views_can_be_downloaded_as_csv(
    mia: Visitor, elm: Elm, watched: Place
) -> None:
    answer = mia.get(f"/organization/{elm.id}/reports/webinars.csv")
    assert "elm-county-webinars.csv" in answer.headers["Content-Disposition"]
    [row] = rows(answer.text)
    assert list(row.values()) == ["Cataloguing", "5", "5", "1.1", "4", "80", "78"]
    bars = rows(mia.get(f"/organization/{elm.id}/reports/views.csv").text)
    assert [bar["Views"] for bar in bars] == [*[""] * (len(bars) - 1), "5"]


def test_csv_escapes_formulas_in_names(
    mia: Visitor, elm: Elm, watched: Place, database: Database
) -> None:
    with database.transaction() as session:
        seat(session, watched, name="=HYPERLINK(0)")
    text = mia.get(f"/organization/{elm.id}/reports/people.csv").text
    assert "'=HYPERLINK(0)" in [row["Name"] for row in rows(text)]


def test_webinar_page_shows_the_retention_chart_from_five_people(
    mia: Visitor, elm: Elm, watched: Place
) -> None:
    page = mia.get(f"/organization/{elm.id}/reports/webinars/cataloguing").text
    assert "all 5 people who have ever watched" in page
    assert "Fewer than five people stopped before the end" in page
    found = rows(mia.get(f"/organization/{elm.id}/reports/webinars/cataloguing/stretches.csv").text)
    assert (len(found), list(found[0].values()), list(found[-1].values())) == (
        34,
        ["0", "30", "100"],
        ["990", "1000", "20"],
    )


def test_webinar_watched_by_four_people_has_no_chart_and_says_why(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        place = make_place(session, "cataloguing", organization=organization)
        for _ in range(4):
            watch(session, place, seat(session, place), 900.0)
    here = f"/organization/{elm.id}/reports/webinars/cataloguing"
    page = mia.get(here).text
    assert "after five people have watched" in page
    assert "report-chart" not in page
    assert rows(mia.get(f"{here}/stretches.csv").text) == []
    assert "Fewer than five people watched during this time" in mia.get(f"{here}?span=3").text
    page = mia.get(f"/organization/{elm.id}/reports?span=3").text
    assert "Fewer than five people watched during this time" in page
    assert "Cataloguing" not in page


def test_month_with_one_viewer_looks_like_a_month_with_none(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        place = make_place(session, "cataloguing", organization=organization)
        watch(session, place, seat(session, place), 900.0, at=NOW - timedelta(days=60))

    def answers(month: str) -> list[str]:
        here, days = f"/organization/{elm.id}/reports", f"?from={month}-05&to={month}-06"
        texts = [
            mia.get(f"{here}{part}{days}").text.replace(month, "MONTH")
            for part in ("", "/webinars.csv", "/views.csv", "/webinars/cataloguing")
        ]
        return [
            re.sub(
                r"(?s)<header.*?</header>|report-said.*?</p>|nonce-?=?[^ >]*|csrf[^>]*|<form.*?</form>",
                "",
                one,
            )
            for one in texts
        ]

    watched_in, empty = ((NOW - timedelta(days=days)).strftime("%Y-%m") for days in (60, 150))
    for one, other in zip(answers(watched_in), answers(empty), strict=True):
        assert one == other


def test_draft_is_not_found(mia: Visitor, elm: Elm, watched: Place, database: Database) -> None:
    here = f"/organization/{elm.id}/reports/webinars/cataloguing"
    assert mia.get(here).status_code == 200
    with database.transaction() as session:
        session.get_one(Webinar, watched.webinar.id).state = WebinarState.DRAFT
    assert mia.get(here).status_code == NOT_FOUND


def test_retention_chart_is_the_same_for_every_query(
    mia: Visitor, elm: Elm, watched: Place
) -> None:
    here = f"/organization/{elm.id}/reports/webinars/cataloguing"
    lines = {
        mia.get(f"{here}{query}").text.split('id="heat-title"')[1].split("</section>")[0]
        for query in ("", "?span=3", "?from=2020-01-01&to=2020-01-02", "?q=pat", "?page=1")
    }
    assert len(lines) == 1


def test_staff_see_the_retention_chart_only_across_organizations(
    client: Visitor, cast: Cast, elm: Elm, watched: Place
) -> None:
    client.sign_in(cast.ada.id)
    here = f"/organization/{elm.id}/reports/webinars/cataloguing"
    page = client.get(here).text
    assert "only available for all organizations together" in page
    assert "/staff/reports/webinars/cataloguing" in page
    assert rows(client.get(f"{here}/stretches.csv").text) == []
    assert "all 5 people" in client.get("/staff/reports/webinars/cataloguing").text


def test_report_by_person_shows_progress_but_no_dates_or_positions(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        see_at = NOW - timedelta(days=3)
        organization = session.get_one(Organization, cast.organization_id)
        place = make_place(session, "cataloguing", organization=organization)
        login = seat(session, place, "Juno Marsh")
        see(session, place, login, 450.0, at=see_at)
    page = mia.get(f"/organization/{elm.id}/reports/people?q=juno").text
    assert "45%" in page
    own = mia.get(f"/organization/{elm.id}/reports/people/{login.public_id}").text
    assert "Juno Marsh" in own
    assert "45%" in own
    for text in (page, own):
        assert "Mar 2026" not in text
        assert "7:30" not in text  # the position where she stopped


def test_person_of_another_organization_is_not_found(
    mia: Visitor, elm: Elm, watched: Place, database: Database
) -> None:
    with database.transaction() as session:
        oak = make_place(session, "weeding")
        stranger = seat(session, oak, "Sol Strange")
    here = f"/organization/{elm.id}/reports"
    assert mia.get(f"{here}/people/{stranger.public_id}").status_code == NOT_FOUND
    assert stranger.name not in mia.get(f"{here}/people.csv").text
    assert mia.get(f"/organization/{oak.organization.public_id}/reports").status_code == NOT_FOUND


def test_sorting_keeps_the_dates(mia: Visitor, elm: Elm, watched: Place) -> None:
    page = mia.get(f"/organization/{elm.id}/reports?from=2026-01-01&to=2026-03-31&sort=share").text
    assert "sort=people&amp;down=1" in page or "down=1" in page
    assert 'aria-sort="ascending"' in page
    assert "from=2026-01-01" in page.split("webinars.csv")[1][:80]
    assert 'name="sort" value="share"' in page


def test_person_sees_what_their_managers_see(
    client: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        organization = session.get_one(Organization, cast.organization_id)
        place = make_place(session, "cataloguing", organization=organization)
        login = seat(session, place, "Juno Marsh")
        watch(session, place, login, 450.0)
        lone = make_login(session)
        manager = make_login(session)
        make_membership(session, organization, manager, role=Role.MANAGER)

    def table(page: str) -> str:
        return page.split("<tbody>")[1].split("</tbody>")[0]

    client.sign_in(manager.id)
    seen = client.get(f"/organization/{elm.id}/reports/people/{login.public_id}").text
    client.sign_in(login.id)
    own = client.get("/account/seen").text
    assert "Managers of Elm County Library" in own
    assert table(own) == table(seen)
    assert "/account/seen" in client.get("/account").text
    with database.transaction() as session:
        session.get_one(Login, login.id).language = Language.SPANISH
    client.sign_in(login.id)
    own = client.get("/account/seen").text
    for words in ("Assigned", "Certificate", "Not yet", "None yet", "Watched by"):
        assert words not in own.split("<table")[1].split("</table>")[0]
    client.sign_in(lone.id)
    assert "No managers can see your progress" in client.get("/account/seen").text
