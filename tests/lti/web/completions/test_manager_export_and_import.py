"""Completions on an organization's own pages: CSV export, and import from other systems."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarSeries
from lms.models.grants import Grant
from lms.models.organizations import Organization, Role
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.seats import Pool
from lti.models.embed_links import OutsideCompletion, SeatRule
from lti.protocol.content_target import Target
from tests.clock import NOW
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_series,
)
from tests.lti.embed_links.embed_link_fixtures import JSON, Framed, make_embed, path_of

NEW = "new.person@elm.example"
LIST = (
    "E-mail;Tutorial;Completed at;Name\n"
    "one@elm.example;Reading rooms;2026-03-01;One\n"
    "two@elm.example;reading-rooms;2/28/2026 2:05 PM;Two\n"
    "TWO@elm.example;READING ROOMS;2026-02-01;Two again\n"
    "no address;Reading rooms;2026-03-01;Nobody\n"
    "four@elm.example;Something else;2026-03-01;Four\n"
    "five@elm.example;Reading rooms;yesterday;Five\n"
    "six@elm.example;Reading rooms;2099-03-01;Six\n"
)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def here(database, cast):
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id))
        make_pool_grant(session, pool)
        return f"/organization/{elm.public_id}/embeds/completions"


def _send(client, here, text=LIST, source="Niche Academy"):
    data = {"source": source, "file": (io.BytesIO(text.encode()), "done.csv")}
    return client.post(here, data=data, content_type="multipart/form-data")


def _reported(database):
    with database.read_session() as session:
        return session.scalars(select(OutsideCompletion).order_by(OutsideCompletion.email)).all()


def _csv(answer):
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_preview_answers_every_row_and_writes_nothing(client, database, cast, here):
    client.sign_in(cast.mia.id)
    sent = _send(client, here)
    assert sent.status_code == 303
    page = client.get(sent.location).text
    for word in (
        "2 completions are new",
        "Duplicate",
        "Your organization has no recording with this title",
        "Enter a date like",
        "in the future",
        "name@example.org",
    ):
        assert word in page
    assert _reported(database) == []
    only = client.get(sent.location + "&answer=invalid").text
    assert "four@elm.example" in only
    assert "one@elm.example" not in only


def test_preview_links_back_to_the_completions_page(client, cast, here):
    client.sign_in(cast.mia.id)
    shown = client.get(_send(client, here).location).text
    pages = here.removesuffix("/completions")
    assert shown.index(f'href="{pages}"') < shown.index(f'href="{here}"')
    assert "Embed links" in shown


def test_list_is_imported_once_and_gives_no_access_or_account(client, database, cast, here):
    client.sign_in(cast.mia.id)
    where = _send(client, here).location.partition("?")[0]
    whole = client.post(f"{where}/apply", data={"source": "Niche Academy"})
    assert "/lists/" in whole.location  # back to the preview, because some rows have errors
    assert _reported(database) == []
    client.post(f"{where}/apply", data={"source": "Niche Academy", "which": "those_that_fit"})
    kept = _reported(database)
    assert [(one.email, one.source) for one in kept] == [
        ("one@elm.example", "Niche Academy"),
        ("two@elm.example", "Niche Academy"),
    ]
    assert kept[1].completed_at.isoformat() == "2026-02-28T19:05:00+00:00"
    assert client.get(where).status_code == 404  # the file was deleted
    again = client.get(_send(client, here).location).text
    assert "Already imported" in again
    with database.read_session() as session:
        assert session.scalar(select(Pool.used)) == 0
        assert session.scalar(select(func.count()).select_from(WatchRecord)) == 0
        assert session.scalar(select(Login.id).where(Login.email_key == "one@elm.example")) is None


def test_imported_completion_is_listed_and_can_be_deleted(client, database, cast, here):
    client.sign_in(cast.mia.id)
    where = _send(client, here).location.partition("?")[0]
    client.post(f"{where}/apply", data={"source": "Niche Academy", "which": "those_that_fit"})
    rows = _csv(client.get(f"{here}/completions.csv"))
    assert rows[0] == {
        "Name": "One",
        "Email": "one@elm.example",
        "Webinar": "Reading rooms",
        "Watched %": "",
        "Completed at": "",
        "Import: completed at": "2026-03-01T05:00:00Z",
        "Import: source": "Niche Academy",
    }
    assert len(_csv(client.get(f"{here}/completions.csv?q=two"))) == 1
    (one, _two) = _reported(database)
    assert client.post(f"{here}/{one.public_id}/forget").status_code == 303
    assert len(_reported(database)) == 1


def test_list_is_visible_only_to_its_own_organization(client, database, cast, here):
    client.sign_in(cast.mia.id)
    where = _send(client, here).location.partition("?")[0]
    with database.transaction() as session:
        other = make_login(session)
        organization = make_organization(session)
        make_membership(session, organization, other, role=Role.OWNER)
        theirs = f"/organization/{organization.public_id}/embeds/completions"
    client.sign_in(other.id)
    list_id = where.rpartition("/")[2]
    for place in (where, f"{theirs}/lists/{list_id}"):
        assert client.get(place).status_code == 404
        assert client.post(f"{place}/apply", data={"source": "x"}).status_code == 404
        assert client.post(f"{place}/discard").status_code == 404
    client.sign_in(cast.mia.id)
    assert client.post(f"{where}/discard").status_code == 303
    assert client.get(where).status_code == 404


@pytest.mark.parametrize(
    ("text", "source", "told"),
    [
        ("a,b\n1,2\n", "Niche Academy", "must have at least the headings"),
        ("email,webinar,completed\n", "Niche Academy", "empty"),
        (LIST, " ", "Enter where these completions come from"),
    ],
)
def test_invalid_list_shows_an_error_at_its_field(client, cast, here, text, source, told):
    client.sign_in(cast.mia.id)
    answer = _send(client, here, text, source)
    assert answer.status_code == 400
    assert told in answer.text
    field = "completions-file" if source.strip() else "completions-source"
    assert f'id="{field}-error"' in answer.text


def test_viewer_by_an_embed_link_is_listed_with_share_and_completion(
    client, app, database, cast, here, settings, clock
):
    with database.transaction() as session:
        link = make_embed(session, cast, settings, rule=SeatRule.NAMED)
        make_embed(session, cast, settings, rule=SeatRule.INSTITUTION)
    known = Framed.open(client, database, path_of(settings, link)).become(NEW, "New Person")
    client.sign_in(cast.mia.id)
    (row,) = _csv(client.get(f"{here}/completions.csv"))
    assert (row["Name"], row["Email"], row["Watched %"]) == ("New Person", NEW, "0")
    known.play()
    moment = clock.advance(timedelta(minutes=50))
    with database.transaction() as session:
        seconds = 3600
        session.execute(
            update(PlaybackSession).values(reached_s=round(0.95 * seconds), beat_at=moment)
        )
    (row,) = _csv(client.get(f"{here}/completions.csv?embed={link.public_id}"))
    assert (row["Watched %"], row["Completed at"]) == ("95", moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert "Complete" in client.get(here).text


def test_what_a_person_watches_in_their_own_account_is_not_listed(
    client, app, database, cast, here, settings
):
    with database.transaction() as session:
        link = make_embed(session, cast, settings, rule=SeatRule.NAMED)
    Framed.open(client, database, path_of(settings, link)).become(cast.alice.email)
    own = app.test_client()
    own.sign_in(cast.alice.id)
    own.post(f"/webinars/{cast.slug}/playback", json={}, headers={"Accept": "application/json"})
    with database.transaction() as session:
        session.execute(update(PlaybackSession).values(reached_s=3000, beat_at=NOW))
    client.sign_in(cast.mia.id)
    (row,) = _csv(client.get(f"{here}/completions.csv"))
    assert (row["Watched %"], row["Completed at"]) == ("0", "")


def test_progress_in_a_series_stays_listed_after_the_contract_ends(
    client, database, cast, here, settings
):
    with database.transaction() as session:
        series = make_series(session, "staff-days")
        session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id))
        link = make_embed(
            session, cast, settings, target=Target(series=series.slug), rule=SeatRule.NAMED
        )
    known = Framed.open(client, database, path_of(settings, link)).become(NEW, "New Person")
    played = known.client.post(
        f"/lti/s/{known.secret}/watch/{cast.slug}/playback", json={}, headers=JSON
    )
    assert played.status_code == 200, played.text
    client.sign_in(cast.mia.id)
    with database.transaction() as session:
        session.execute(update(PlaybackSession).values(reached_s=3600, beat_at=NOW))
    rows = _csv(client.get(f"{here}/completions.csv"))
    assert [row["Watched %"] for row in rows] == ["100"]
    with database.transaction() as session:
        session.execute(update(Grant).values(ends_at=NOW))
    assert _csv(client.get(f"{here}/completions.csv")) == rows
