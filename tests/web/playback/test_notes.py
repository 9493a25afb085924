"""A viewer's notes: private to their author, and available after access ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.playback import Note
from lms.playback import notes
from lms.playback.notes import EMPTY, NO_MOMENT, TOO_LONG
from tests.clock import NOW
from tests.page_texts import shows

JSON = {"Accept": "application/json"}


@pytest.fixture
def note(database, cast) -> str:
    """Add a note by Alice at 12:34; return its public ID."""
    with database.transaction() as session:
        return notes.write(
            session,
            login_id=cast.alice.id,
            webinar_id=cast.webinar_id,
            at_s=754,
            text="Ask about <b>ramps</b>",
            now=NOW,
        )


def texts(database) -> list[str]:
    with database.read_session() as session:
        kept = select(Note.text).where(Note.deleted_at.is_(None)).order_by(Note.at_s)
        return list(session.scalars(kept))


@pytest.mark.parametrize("what", ["notes", "notes.txt"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("bob", 200), ("carol", 403), ("dan", 403), ("mia", 403), ("ada", 200)],
)
def test_people_with_access_can_open_notes_and_see_only_their_own(
    clock, client, cast, note, who, status, what
):
    client.sign_in(getattr(cast, who).id)
    answer = client.get(f"/webinars/{cast.slug}/{what}")
    assert answer.status_code == status
    assert ("ramps" in answer.text) == (who == "alice")


@pytest.mark.parametrize("who", ["bob", "carol", "dan", "mia", "ada"])
@pytest.mark.parametrize("act", ["", "/delete", "/put-back"])
def test_note_of_another_person_cannot_be_changed(clock, client, cast, database, note, who, act):
    client.sign_in(getattr(cast, who).id)
    answer = client.post(f"/notes/{note}{act}", data={"at": "1:00", "text": "Mine now"})
    assert answer.status_code == 404
    assert texts(database) == ["Ask about <b>ramps</b>"]


@pytest.mark.parametrize(
    "path", ["/webinars/{slug}/notes", "/notes/{note}", "/notes/{note}/delete"]
)
def test_writing_notes_requires_sign_in(client, cast, database, note, path):
    address = path.format(slug=cast.slug, note=note)
    assert client.post(address, data={"at": "1:00", "text": "Hello"}).status_code == 403
    assert texts(database) == ["Ask about <b>ramps</b>"]


@pytest.mark.parametrize("who", ["carol", "dan", "mia"])
def test_writing_notes_requires_access(clock, client, cast, database, who):
    client.sign_in(getattr(cast, who).id)
    answer = client.post(f"/webinars/{cast.slug}/notes", data={"at": "1:00", "text": "Hello"})
    assert answer.status_code == 403
    assert texts(database) == []


def test_note_is_added_edited_deleted_and_restored_without_scripts(clock, client, cast, database):
    client.sign_in(cast.alice.id)
    page = f"/webinars/{cast.slug}/notes"
    client.post(page, data={"at": "1:02:03", "text": " Look\r\nthis up "})
    with database.read_session() as session:
        kept = session.scalars(select(Note)).one()
    assert (kept.at_s, kept.text) == (3723.0, "Look\nthis up")
    assert f'href="/webinars/{cast.slug}/watch?t=3723"' in client.get(page).text
    client.post(f"/notes/{kept.public_id}", data={"at": "0:05", "text": "Looked up"})
    assert texts(database) == ["Looked up"]
    answer = client.post(f"/notes/{kept.public_id}/delete", follow_redirects=True)
    assert texts(database) == []
    assert f'action="/notes/{kept.public_id}/put-back"' in answer.text
    client.post(f"/notes/{kept.public_id}/put-back")
    assert texts(database) == ["Looked up"]


@pytest.mark.parametrize(
    ("at", "text", "says"),
    [
        ("soon", "Hello", NO_MOMENT),
        ("", "Hello", NO_MOMENT),
        ("1:00", "  ", EMPTY),
        ("1:00", "x" * 4001, TOO_LONG),
    ],
)
def test_invalid_note_is_refused_and_its_text_is_shown_again(
    clock, client, cast, database, note, at, text, says
):
    client.sign_in(cast.alice.id)
    for address in (f"/webinars/{cast.slug}/notes", f"/notes/{note}"):
        answer = client.post(address, data={"at": at, "text": text})
        assert answer.status_code == 400
        assert shows(answer.text, says)
        assert f">{text}</textarea>" in answer.text
    told = client.post(f"/notes/{note}", data={"at": at, "text": text}, headers=JSON)
    assert told.status_code == 400
    assert told.json["message"] == says
    assert texts(database) == ["Ask about <b>ramps</b>"]


def test_html_in_a_note_is_escaped(clock, client, cast, note):
    client.sign_in(cast.alice.id)
    for path in ("notes", "watch"):
        page = client.get(f"/webinars/{cast.slug}/{path}").text
        assert "Ask about &lt;b&gt;ramps&lt;/b&gt;" in page
        assert "<b>ramps" not in page


def test_script_gets_the_updated_list_of_notes(clock, client, cast, note):
    client.sign_in(cast.alice.id)
    sent = {"at": "0:30", "text": "Before"}
    told = client.post(f"/webinars/{cast.slug}/notes", data=sent, headers=JSON).json
    assert told["html"].index("Before") < told["html"].index("ramps")
    assert f'data-note="{told["note"]}"' in told["html"]


def test_text_file_has_each_note_with_its_time(clock, client, cast, note):
    client.sign_in(cast.alice.id)
    answer = client.get(f"/webinars/{cast.slug}/notes.txt")
    assert answer.mimetype == "text/plain"
    assert "12:34\nAsk about <b>ramps</b>\n" in answer.text
    assert f"{cast.slug}.notes.txt" in answer.headers["Content-Disposition"]


def test_notes_can_be_read_and_edited_after_access_ends(clock, client, cast, database, note):
    with database.transaction() as session:
        session.execute(
            update(Grant).where(Grant.login_id == cast.alice.id).values(ends_at=NOW - timedelta(1))
        )
    client.sign_in(cast.alice.id)
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 403
    page = client.get(f"/webinars/{cast.slug}/notes")
    assert page.status_code == 200
    assert "ramps" in page.text
    sent = {"at": "1:00", "text": "More"}
    assert client.post(f"/webinars/{cast.slug}/notes", data=sent).status_code == 403
    assert client.post(f"/notes/{note}", data=sent).status_code == 303
    assert texts(database) == ["More"]


def test_merged_accounts_share_notes_until_they_are_separated(clock, client, cast, database, note):
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).merged_into = cast.bob.id
    client.sign_in(cast.bob.id)
    assert "ramps" in client.get(f"/webinars/{cast.slug}/notes").text
    client.post(f"/notes/{note}", data={"at": "1:00", "text": "From both"})
    assert texts(database) == ["From both"]
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).merged_into = None
    assert "From both" not in client.get(f"/webinars/{cast.slug}/notes").text


def test_deleted_note_is_removed_permanently_after_an_hour(clock, client, cast, database, note):
    with database.transaction() as session:
        notes.take_away(session, note, login_id=cast.alice.id, now=NOW)
        notes.forget_old(session, now=NOW + notes.KEPT_DELETED - timedelta(seconds=1))
        assert len(session.scalars(select(Note.id)).all()) == 1
        notes.forget_old(session, now=NOW + notes.KEPT_DELETED)
        assert session.scalars(select(Note.id)).all() == []
    client.sign_in(cast.alice.id)
    assert client.post(f"/notes/{note}/put-back").status_code == 404
