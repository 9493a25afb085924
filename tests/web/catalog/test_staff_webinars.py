"""Staff pages that add webinars, edit them, and change their state."""

import re

import pytest
from lxml.html import document_fromstring
from sqlalchemy import select

from lms.access.explanations import NOT_IN_PASSES
from lms.core.database import Database
from lms.core.dates_and_time_zones import SKIPPED
from lms.models.audit import AuditEntry
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarState
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.web.catalog.staff_webinars import ONLY_BUYERS
from lms.web.catalog.webinar_cards import NOT_IN_A_PASS
from lms.web.core import form_fields
from lms.web.core.form_fields import SEVERAL
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_presenter, make_series
from tests.page_texts import is_empty, shows, start_of
from tests.visitor import Visitor

FORM = {
    "title": "Reading Aloud to Ducks",
    "held_at": "2026-10-06T14:00",
    "zone": "America/New_York",
    "minutes": "60",
    "overview": "We **read**. <script>alert(1)</script>",
    "agenda": "Begin\nEnd",
    "act": "save",
}


def warning(page: str) -> str:
    """Return the warning of the edit page about taking the webinar out of passes."""
    found = re.search(r'id="not_in_passes-help">([^<]*)<', page)
    return found[1] if found else ""


def the(database: Database, slug: str) -> Webinar:
    with database.read_session() as session:
        return session.scalars(select(Webinar).where(Webinar.slug == slug)).one()


@pytest.mark.parametrize(
    "path",
    ["", "/new", "/reading-rooms", "/reading-rooms/edit", "/reading-rooms/pull"],
)
def test_webinar_pages_are_only_for_staff(
    client: Visitor, cast: Cast, clock: Clock, path: str
) -> None:
    assert client.get(f"/staff/webinars{path}").status_code == 303
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        assert client.get(f"/staff/webinars{path}").status_code == 404
        assert client.post(f"/staff/webinars{path}", data=FORM).status_code in (404, 405)


def test_new_webinar_is_a_draft_at_its_local_time(ada: Visitor, database: Database) -> None:
    answer = ada.post("/staff/webinars/new", data=FORM)
    assert answer.status_code == 303
    made = the(database, "reading-aloud-to-ducks")
    assert made.state is WebinarState.DRAFT
    assert made.held_at.isoformat() == "2026-10-06T18:00:00+00:00"
    assert "Reading Aloud to Ducks" in ada.get(answer.location).get_data(as_text=True)


def test_form_with_errors_shows_them_and_keeps_the_input(ada: Visitor) -> None:
    wrong = {**FORM, "title": "", "minutes": "0", "held_at": "2026-03-08T02:30"}
    answer = ada.post("/staff/webinars/new", data=wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert 'id="title-error"' in page
    assert 'id="minutes-error"' in page
    assert "We **read**." in page
    skipped = ada.post("/staff/webinars/new", data={**FORM, "held_at": "2026-03-08T02:30"})
    assert skipped.status_code == 400
    assert shows(skipped.text, SKIPPED)


def test_webinar_is_added_with_new_presenters(ada: Visitor, database: Database) -> None:
    assert 'name="new_presenters"' in ada.get("/staff/webinars/new").text
    added = {**FORM, "new_presenters": "Bo Lind;  Cy   Oak "}
    faulty = ada.post("/staff/webinars/new", data={**added, "minutes": "0"})
    assert "Bo Lind;  Cy   Oak" in faulty.text
    where = ada.post("/staff/webinars/new", data=added).location
    assert "Bo Lind, Cy Oak" in ada.get(where).text


def test_saving_an_unchanged_webinar_adds_no_presenter(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    page = document_fromstring(ada.get(f"/staff/webinars/{cast.slug}/edit").text)
    [form] = [one for one in page.forms if "new_presenters" in one.fields]
    assert not form.fields["new_presenters"]
    shown = {name: value for name, value in form.form_values() if name != "csrf_token"}
    answer = ada.post(f"/staff/webinars/{cast.slug}/edit", data={**shown, "act": "save"})
    assert answer.status_code == 303
    with database.read_session() as session:
        named = session.scalars(select(Presenter.name)).all()
    assert "()" not in named


def test_preview_saves_nothing_and_escapes_scripts(ada: Visitor, database: Database) -> None:
    page = ada.post("/staff/webinars/new", data={**FORM, "act": "preview"}).get_data(as_text=True)
    assert "<strong>read</strong>" in page
    assert "<script>alert" not in page
    with database.read_session() as session:
        assert session.scalars(select(Webinar).where(Webinar.title == FORM["title"])).all() == []
    alone = ada.post("/staff/webinars/preview", data={"text": FORM["overview"]})
    assert "<strong>read</strong>" in alone.get_data(as_text=True)


def test_conflicting_edit_is_refused_and_the_input_is_kept(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    stale = {**FORM, "slug": cast.slug, "seen": "2020-01-01T00:00:00+00:00"}
    answer = ada.post(f"/staff/webinars/{cast.slug}/edit", data=stale)
    assert answer.status_code == 409
    assert "We **read**." in answer.get_data(as_text=True)
    fresh = {**stale, "seen": the(database, cast.slug).updated_at.isoformat()}
    assert ada.post(f"/staff/webinars/{cast.slug}/edit", data=fresh).status_code == 303
    assert the(database, cast.slug).title == FORM["title"]


def test_each_action_changes_the_state_of_the_webinar(ada: Visitor, database: Database) -> None:
    ada.post("/staff/webinars/new", data=FORM)
    slug = "reading-aloud-to-ducks"
    for act, state in (
        ("publish", WebinarState.ANNOUNCED),
        ("cancel", WebinarState.CANCELED),
        ("restore", WebinarState.ANNOUNCED),
        ("withdraw", WebinarState.WITHDRAWN),
        ("restore", WebinarState.ANNOUNCED),
    ):
        assert ada.post(f"/staff/webinars/{slug}/{act}").status_code == 303
        assert the(database, slug).state is state
    assert ada.post(f"/staff/webinars/{slug}/publish").status_code == 409
    assert ada.post(f"/staff/webinars/{slug}/explode").status_code == 404
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert "webinar.published" in acts


def test_removing_shows_how_many_lose_access_and_requires_a_reason(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    page = ada.get(f"/staff/webinars/{cast.slug}/pull").get_data(as_text=True)
    assert "<strong>2 " in page  # Alice and Bob; Carol's pass has ended
    offer = {"kind": "refund"}
    here = f"/staff/webinars/{cast.slug}/pull"
    assert ada.post(here, data={"reason": " ", **offer}).status_code == 400
    assert the(database, cast.slug).state is WebinarState.ANNOUNCED
    pulled = ada.post(here, data={"reason": "A court says so.", **offer})
    assert pulled.status_code == 303
    assert the(database, cast.slug).state is WebinarState.PULLED


def test_webinar_table_can_be_searched_filtered_and_sorted(ada: Visitor, cast: Cast) -> None:
    ada.post("/staff/webinars/new", data=FORM)
    everything = ada.get("/staff/webinars").get_data(as_text=True)
    assert everything.index("Reading Aloud to Ducks") < everything.index("Reading rooms")
    oldest = ada.get("/staff/webinars?order=oldest").get_data(as_text=True)
    assert oldest.index("Reading rooms") < oldest.index("Reading Aloud to Ducks")
    drafts = ada.get("/staff/webinars?state=draft").get_data(as_text=True)
    assert "Reading rooms" not in drafts
    assert "Reading Aloud to Ducks" in drafts
    nothing = ada.get("/staff/webinars?q=50%25_off").get_data(as_text=True)
    assert is_empty(nothing)


def test_staff_home_shows_the_draft(ada: Visitor) -> None:
    ada.post("/staff/webinars/new", data=FORM)
    page = ada.get("/staff").get_data(as_text=True)
    assert "Reading Aloud to Ducks" in page


def test_taking_a_webinar_out_of_passes_warns_how_many_lose_access(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    path = f"/staff/webinars/{cast.slug}/edit"
    assert warning(ada.get(path).text) == ONLY_BUYERS
    with database.transaction() as session:
        recording = session.scalars(
            select(Recording.id).where(Recording.webinar_id == cast.webinar_id)
        ).one()
        session.add_all(
            WatchRecord(
                login_id=person.id,
                recording_id=recording,
                buckets=b"",
                watched_s=60,
                position_s=0.0,
                earned_until=NOW,
                updated_at=NOW,
            )
            for person in (cast.alice, cast.bob, cast.carol)
        )
    page = ada.get(path).text
    assert warning(page).startswith(f"{ONLY_BUYERS} 1 ")
    seen = the(database, cast.slug).updated_at.isoformat()
    form = {**FORM, "slug": cast.slug, "seen": seen, "not_in_passes": "y"}
    assert ada.post(path, data=form).status_code == 303
    assert not the(database, cast.slug).is_in_passes
    assert shows(ada.get(f"/staff/webinars/{cast.slug}").text, NOT_IN_A_PASS)
    assert warning(ada.get(path).text) in ("", ONLY_BUYERS)
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act)).all()
        assert "webinar.taken_out_of_passes" in acts


def test_webinar_page_says_that_passes_do_not_include_it(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).is_in_passes = False
    page = client.get(f"/webinars/{cast.slug}").text
    assert 'data-testid="not-in-passes"' in page
    client.sign_in(cast.bob.id)
    page = client.get(f"/webinars/{cast.slug}").text
    assert shows(page, NOT_IN_PASSES)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code != 200
    assert cast.slug not in client.get("/library").text


def test_presenters_and_series_of_a_large_catalog_are_added_by_name(
    ada: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_fields, "MOST_LISTED", 1)
    with database.transaction() as session:
        ids = [
            make_presenter(session, name).id for name in ("Ann Lee", "Bo Lee", "Cy Day", "Di Day")
        ]
        for slug in ("maps", "mold"):
            make_series(session, slug)
    assert 'value="ann-lee"' not in ada.get("/staff/webinars/new").text
    typed = {**FORM, "presenters": "Cy; Ann Lee", "series": "Mold"}
    here = ada.post("/staff/webinars/new", data=typed).location
    page = ada.get(f"{here}/edit").text
    assert 'value="ann-lee"' in page
    assert 'value="bo-lee"' not in page
    seen = document_fromstring(page).xpath("//input[@name='seen']/@value")[0]
    more = {**typed, "seen": seen, "presenters": ["ann-lee", "Bo"], "series": ["mold", ""]}
    assert ada.post(f"{here}/edit", data=more).status_code == 303
    with database.read_session() as session:
        chosen = select(WebinarPresenter.presenter_id).order_by(WebinarPresenter.position)
        made = Webinar.slug == "reading-aloud-to-ducks"
        found = session.scalars(chosen.join(Webinar).where(made)).all()
    assert found == ids[:2]
    unknown = ada.post("/staff/webinars/new", data={**FORM, "presenters": "Lee"})
    assert unknown.status_code == 400
    assert shows(unknown.text, start_of(SEVERAL))
