"""The caption editor: for staff only, saved without loss, published when ready."""

import pytest
from sqlalchemy import select

from lms.models.recordings import Caption, Recording
from lms.recordings.caption_drafts import add_draft
from media.captions.cues_and_writers import Cue
from tests.page_texts import is_empty
from tests.recordings.caption_fixtures import caption, vtt_of


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def track(database, storage, cast):
    return caption(database, storage, cast.recording_id, vtt_of("Good morning", "Thank you"))


@pytest.fixture
def ada(client, cast):
    client.sign_in(cast.ada.id)
    return client


def row(database, track):
    with database.read_session() as session:
        return session.scalars(select(Caption).where(Caption.public_id == track)).one()


def save(ada, track, *cues, version=1):
    return ada.post(f"/staff/captions/{track}/save", json={"version": version, "cues": cues})


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mia", "ada"])
def test_only_staff_can_open_and_save_captions(client, cast, track, who):
    client.sign_in(getattr(cast, who).id)
    expected = 200 if who == "ada" else 404
    for room in ("", "/cues.json", "/captions.vtt", "/captions.srt"):
        assert client.get(f"/staff/captions/{track}{room}").status_code == expected
    answer = save(client, track, [1, 2, "", "Mine"])
    assert answer.status_code == expected


def test_saved_captions_are_a_draft_until_published(ada, cast, database, storage, track):
    before = row(database, track)
    assert (
        save(ada, track, [3, 4, "", "Second"], [1, 2.5, "", "First & <b>best</b>"]).json["version"]
        == 2
    )
    drafted = row(database, track)
    assert (drafted.key, drafted.shown) == (before.key, before.shown)
    assert ada.get(f"/staff/captions/{track}/cues.json").json == {
        "version": 2,
        "cues": [
            [1.0, 2.5, "", "First &amp; <b>best</b>"],
            [3.0, 4.0, "", "Second"],
        ],
    }
    assert "badge-soon" in ada.get(f"/staff/captions/{track}").text
    assert ada.post(f"/staff/captions/{track}/publish").status_code == 303
    after = row(database, track)
    assert after.draft is None
    assert storage.stat(before.key) is None
    with storage.open(after.key) as file:
        assert b"00:00:01.000 --> 00:00:02.500\nFirst &amp; <b>best</b>" in file.read()
    assert "First &amp; best" in ada.get(f"/transcripts/{track}").text


def test_second_of_two_editors_gets_a_conflict_and_nothing_is_lost(ada, cast, database, track):
    assert save(ada, track, [1, 2, "", "Theirs"]).status_code == 200
    told = save(ada, track, [1, 2, "", "Mine"])
    assert told.status_code == 409
    assert told.json["code"] == "saved_elsewhere"
    assert told.json["version"] == 2
    assert told.json["message"].startswith("Ada ")
    assert "Theirs" in row(database, track).draft
    assert save(ada, track, [1, 2, "", "Mine"], version=2).status_code == 200


def test_unpublished_captions_are_hidden_but_saved(ada, cast, database, storage, track):
    key = row(database, track).key
    assert ada.post(f"/staff/captions/{track}/unpublish").status_code == 303
    away = row(database, track)
    assert (away.key, away.shown) == (None, None)
    assert "Good morning" in away.draft
    assert storage.stat(key) is None
    assert ada.get(f"/transcripts/{track}").status_code == 404
    assert is_empty(ada.get("/webinars?q=morning").text)
    assert ada.post(f"/staff/captions/{track}/publish").status_code == 303
    assert "Good morning" in ada.get(f"/transcripts/{track}").text


def test_draft_captions_are_hidden_from_viewers(ada, client, cast, database):
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        cues = (Cue(0.0, 1.0, "", ("Draft",)),)
        track = add_draft(session, recording, "en", "English", cues, recording.created_at)
    assert "badge-soon" in ada.get(f"/staff/captions/{track}").text
    client.sign_in(cast.alice.id)
    assert client.get(f"/transcripts/{track}").status_code == 404
    assert track not in client.get(f"/webinars/{cast.slug}/watch").text


def test_captions_can_be_downloaded_as_vtt_and_srt(ada, track):
    vtt = ada.get(f"/staff/captions/{track}/captions.vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nGood morning")
    srt = ada.get(f"/staff/captions/{track}/captions.srt").text
    assert srt.startswith("1\r\n00:00:00,000 --> 00:00:00,900\r\nGood morning")
    assert ada.get(f"/staff/captions/{track}/captions.exe").status_code == 404


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"version": 1},
        {"version": "x", "cues": []},
        {"version": 10**30, "cues": []},
        {"version": -(10**30), "cues": []},
        {"version": 1, "cues": [[1, 2]]},
        {"version": 1, "cues": [[2, 1, "", "a"]]},
        {"version": 1, "cues": [[-1, 1, "", "a"]]},
        {"version": 1, "cues": [["nan", 1, "", "a"]]},
        {"version": 1, "cues": [[1, 1e400, "", "a"]]},
        {"version": 1, "cues": [[0, 1e99, "", "a"]]},
        {"version": 1, "cues": "abcd"},
    ],
)
def test_invalid_captions_are_refused_with_a_message(ada, database, track, sent):
    answer = ada.post(
        f"/staff/captions/{track}/save", json=sent, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json["message"].endswith(".")
    assert row(database, track).draft is None


def test_markup_in_captions_is_escaped(ada, database, track):
    text = "<script>alert(1)</script>\n\n--> 00:01\x00 <img src=x>"
    assert save(ada, track, [1, 2, "line:1 onclick:x", text]).status_code == 200
    kept = row(database, track).draft
    assert "<script" not in kept
    assert "<img" not in kept
    assert kept.count("-->") == 1
    assert "onclick" not in kept


def test_unpaired_surrogates_are_saved_as_question_marks(ada, track):
    assert save(ada, track, [1, 2, "", "Yes \ud83d"], [3, 4, "\udfff", "a\0b"]).status_code == 200
    assert ada.get(f"/staff/captions/{track}/cues.json").json["cues"] == [
        [1.0, 2.0, "", "Yes ?"],
        [3.0, 4.0, "", "ab"],
    ]


def test_unparsable_json_is_refused(ada, track):
    answer = ada.post(
        f"/staff/captions/{track}/save",
        data="[" * 60_000,
        headers={"Accept": "application/json", "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
