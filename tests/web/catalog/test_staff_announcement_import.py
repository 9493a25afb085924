"""Import of an announcement by staff: it fills the form, asks questions, publishes nothing."""

import html
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.announcement_parser.catalog_matcher import NO_TEXT, NOTHING
from lms.announcement_parser.evidence import WHICH_PRESENTER
from lms.announcement_parser.start_date_and_time import SENTENCES, Ask
from lms.core.database import Database
from lms.core.dates_and_time_zones import NO_SUCH_ZONE
from lms.models.catalog import Presenter, Series, Webinar, WebinarState
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import make_presenter
from tests.page_texts import shows
from tests.visitor import Visitor

TEXTS = Path(__file__).parents[2] / "announcement_parser" / "texts"
PLAIN = (TEXTS / "labels_above.txt").read_text("utf-8")
OPEN = (TEXTS / "markdown.md").read_text("utf-8")
AT = "/staff/webinars/import"


def fields(page: str) -> dict[str, str | list[str]]:
    """Return the form data that a browser would send from a page, without a button."""
    form = page[page.index('id="webinar-form"') :]
    found: dict[str, str | list[str]] = {}
    for name, value in re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form):
        if name not in ("presenters", "series", "free", "csrf_token"):
            found[name] = html.unescape(value)
    for name, text in re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*>(?:\r?\n)?(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = html.unescape(text).replace("\r\n", "\n")
    for name in ("presenters", "series"):
        ticked = re.findall(rf'<input checked[^>]* name="{name}"[^>]* value="([^"]*)"', form)
        found[name] = ticked
    zone = re.search(r'<option selected value="([^"]*)"', form)
    found["zone"] = zone[1] if zone else ""
    return found


def pasted(ada: Visitor, text: str) -> str:
    answer = ada.post(AT, data={"text": text})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("path", [AT, f"{AT}/review"])
def test_import_pages_are_not_found_for_customers(
    client: Visitor, cast: Cast, clock: Clock, path: str
) -> None:
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        assert client.get(AT).status_code == 404
        assert client.post(path, data={"text": PLAIN}).status_code == 404


def test_pasted_text_fills_the_form_and_saves_nothing(ada: Visitor, database: Database) -> None:
    page = pasted(ada, PLAIN)
    sent = fields(page)
    assert sent["title"] == "Mending Books with Children: A Repair Corner That Lasts"
    assert sent["held_at"] == "2027-03-09T14:00"
    assert (sent["zone"], sent["minutes"]) == ("America/New_York", "75")
    assert str(sent["agenda"]).splitlines()[0] == "Choose tools that small hands can use."
    assert "Cards and checks are welcome." in page  # text that fits no field is shown
    with database.read_session() as session:
        assert session.scalars(select(Webinar).where(Webinar.title == sent["title"])).all() == []


def test_imported_fields_can_be_changed_and_saved(ada: Visitor, database: Database) -> None:
    page = pasted(ada, (TEXTS / "labels_and_subtitle.txt").read_text("utf-8"))
    sent = fields(page)
    assert sent["subtitle"] == "Turning down requests without losing a patron"
    assert sent["hosted_by"] == "Lottie Quist"
    assert sent["summary"] == "Five ways to say no that people thank you for."
    assert re.search(r'<input[^>]* checked[^>]* name="not_in_passes"', page)
    changed = {**sent, "subtitle": "Five rehearsals", "not_in_passes": "y", "act": "save"}
    assert ada.post(f"{AT}/review", data=changed).status_code == 303
    with database.read_session() as session:
        made = session.scalars(select(Webinar).where(Webinar.title == "The Kindest No")).one()
    assert (made.subtitle, made.hosted_by) == ("Five rehearsals", "Lottie Quist")
    assert not made.is_in_passes
    shown = ada.get(f"/webinars/{made.slug}").get_data(as_text=True)
    assert "Five rehearsals" in shown
    assert 'data-testid="host"' in shown
    assert "Lottie Quist" in shown


def test_unlabeled_presenter_is_asked_about_until_one_is_chosen(ada: Visitor) -> None:
    page = pasted(ada, (TEXTS / "preservation_week.txt").read_text("utf-8"))
    assert shows(page, WHICH_PRESENTER)
    page = ada.post(f"{AT}/review", data={**fields(page), "act": "presenter-0"}).text
    assert fields(page)["presenters"] == ["thaddeus-holm"]
    assert not shows(page, WHICH_PRESENTER)


def test_known_unlabeled_presenter_is_filled_in_and_asked_about(
    ada: Visitor, database: Database
) -> None:
    text = (TEXTS / "preservation_week.txt").read_text("utf-8")
    with database.transaction() as session:
        slug = make_presenter(session, "Thaddeus Holm").slug
    page = pasted(ada, text)
    assert fields(page)["presenters"] == [slug]
    assert shows(page, WHICH_PRESENTER)


@pytest.mark.parametrize("act", ["presenter-\u00b2", "series-9", f"moment-{'9' * 5000}", "series-"])
def test_unknown_button_changes_nothing(ada: Visitor, act: str) -> None:
    sent = fields(pasted(ada, PLAIN))
    answer = ada.post(f"{AT}/review", data={**sent, "act": act})
    assert answer.status_code == 200
    assert fields(answer.text) == sent


def test_new_presenter_and_series_are_added_and_the_draft_is_saved(
    ada: Visitor, database: Database
) -> None:
    sent = fields(pasted(ada, PLAIN)) | {"summary": "Glue for beginners."}
    page = ada.post(f"{AT}/review", data={**sent, "act": "presenter-0"}).get_data(as_text=True)
    page = ada.post(f"{AT}/review", data={**fields(page), "act": "series-0"}).get_data(as_text=True)
    assert fields(page)["presenters"] == ["dr-wilhelmina-oyelaran"]
    assert fields(page)["series"] == ["gentle-stacks"]
    assert 'id="new-title"' not in page
    answer = ada.post(f"{AT}/review", data={**fields(page), "act": "save"})
    assert answer.status_code == 303
    with database.read_session() as session:
        made = session.scalars(select(Webinar).where(Webinar.title.startswith("Mending"))).one()
        presenter = session.scalars(select(Presenter)).one()
        assert session.scalars(select(Series.title)).all() == ["Gentle Stacks"]
    assert made.state is WebinarState.DRAFT
    assert made.announced_at is None
    assert made.summary == "Glue for beginners."
    assert made.held_at.isoformat() == "2027-03-09T19:00:00+00:00"
    assert presenter.biography.startswith("Dr. Wilhelmina Oyelaran has bound books")


def test_ambiguous_date_must_be_chosen(ada: Visitor, database: Database) -> None:
    page = pasted(ada, OPEN)
    assert shows(page, SENTENCES[Ask.DAY_OR_MONTH])
    assert fields(page)["held_at"] == ""
    refused = ada.post(f"{AT}/review", data={**fields(page), "act": "save"})
    assert refused.status_code == 400
    chosen = ada.post(f"{AT}/review", data={**fields(page), "act": "moment-1"})
    page = chosen.get_data(as_text=True)
    assert fields(page)["held_at"] == "2027-11-05T14:00"
    assert not shows(page, SENTENCES[Ask.DAY_OR_MONTH])
    assert ada.post(f"{AT}/review", data={**fields(page), "act": "save"}).status_code == 303
    with database.read_session() as session:
        made = session.scalars(select(Webinar).where(Webinar.title.startswith("Catalog"))).one()
    assert made.held_at.isoformat() == "2027-11-05T18:00:00+00:00"


def test_missing_time_zone_must_be_chosen(ada: Visitor) -> None:
    page = pasted(ada, "Quiet Rooms\n\nDate: March 9, 2027, 2 pm")
    assert shows(page, SENTENCES[Ask.NO_ZONE])
    sent = fields(page)
    assert (sent["held_at"], sent["zone"]) == ("2027-03-09T14:00", "")
    refused = ada.post(f"{AT}/review", data={**sent, "act": "save"})
    assert refused.status_code == 400
    assert shows(refused.text, NO_SUCH_ZONE)
    chosen = {**sent, "zone": "America/Chicago", "act": "save"}
    assert ada.post(f"{AT}/review", data=chosen).status_code == 303


def test_text_file_is_read_and_other_files_are_refused(ada: Visitor) -> None:
    def send(name: str, body: bytes) -> tuple[int, str]:
        answer = ada.post(AT, data={"text": "", "file": (io.BytesIO(body), name)})
        return answer.status_code, html.unescape(answer.get_data(as_text=True))

    status, page = send("a.txt", PLAIN.encode("cp1252"))
    assert (status, fields(page)["minutes"]) == (200, "75")
    for body in (b"%PDF-1.7 and so on", b"\x00" * 90, b"<!doctype html><p>Hello"):
        status, page = send("a.txt", body)
        assert status == 400
        assert shows(page, NO_TEXT)
    status, page = send("", b"")
    assert status == 400
    assert shows(page, NOTHING)


def test_prices_missing_from_the_price_list_are_highlighted(ada: Visitor) -> None:
    page = pasted(ada, "Quiet Rooms\n\nCost: $123.45 each, $99 for friends")
    assert re.search(r"<strong>[^<]*[$]123[.]45", page)


def test_markup_in_an_announcement_is_escaped(ada: Visitor) -> None:
    page = pasted(ada, "Quiet <script>alert(1)</script> Rooms\n\nParking\n<b>none</b>")
    assert "<script>alert" not in page
    assert "<b>none" not in page
