"""Group viewings: who can host, who can check in, and what each of them gets."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.grants import grants
from lms.group_showings import showings
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, OfferKind, Withdrawal
from lms.models.group_showings import Attendee, Showing
from lms.models.mail import Mail
from lms.web.handouts import file_response
from tests.clock import NOW
from tests.factories import make_handout


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def host(client, cast, database):
    """Alice, who owns a group viewing."""
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grant.kind = OfferKind.GROUP_SHOWING
    client.sign_in(cast.alice.id)
    return client


@pytest.fixture
def shown(host, cast):
    """The path of her group viewing."""
    answer = host.post(f"/webinars/{cast.slug}/showing", data={"room": "Meeting room 2"})
    assert answer.status_code == 303
    return answer.location


@pytest.fixture
def guest(app):
    """A person with a phone and without an account."""
    return app.test_client()


def room_of(host, shown):
    return re.search(r"/room/\w+", host.get(shown).text)[0]


def secret_of(database, email):
    with database.read_session() as session:
        text = session.scalars(
            select(Mail.text).where(Mail.recipient == email).order_by(Mail.id.desc())
        ).first()
    return re.search(r"/slides/\S+", text)[0]


def test_owner_of_a_single_webinar_cannot_host(client, cast):
    client.sign_in(cast.alice.id)
    assert client.get(f"/webinars/{cast.slug}/showing").status_code == 404
    assert client.post(f"/webinars/{cast.slug}/showing", data={}).status_code == 404
    assert "Show it to a group" not in client.get(f"/webinars/{cast.slug}/watch").text


def test_only_the_host_sees_a_group_viewing_and_its_roster(app, cast, host, shown):
    other = app.test_client()
    other.sign_in(cast.dan.id)
    for path in (shown, f"{shown}/sheet", f"{shown}/roster.csv"):
        assert other.get(path).status_code == 404
    for path in (f"{shown}/people", f"{shown}/close", f"{shown}/people/{'x' * 26}"):
        data = {"people": "Pat pat@example.org"}
        assert other.post(path, data=data).status_code == 404


def test_unknown_room_is_not_found(guest):
    assert guest.get("/room/00000000").status_code == 404
    assert guest.get("/slides/nothing").status_code == 404


def test_watch_page_links_to_the_group_viewing(host, cast):
    assert "Show it to a group" in host.get(f"/webinars/{cast.slug}/watch").text
    assert host.get(f"/webinars/{cast.slug}/showing").status_code == 200


def test_starting_again_returns_the_same_group_viewing(host, cast, shown):
    again = host.post(f"/webinars/{cast.slug}/showing", data={})
    assert again.location == shown


def test_qr_code_and_link_are_on_the_page_and_the_sheet(host, shown):
    for path in (shown, f"{shown}/sheet"):
        page = host.get(path).text
        assert "<svg" in page
        assert "http://localhost/room/" in page
        assert "Meeting room 2" in page


def test_attendee_checks_in_and_gets_the_slides(host, shown, guest, database):
    room = room_of(host, shown)
    assert "Hosted by Alice" in guest.get(room).text
    page = guest.post(room, data={"name": "Jo  Reed", "email": "Jo@example.org"})
    assert "re checked in" in page.text
    assert "Jo Reed" in host.get(shown).text
    page = guest.get(secret_of(database, "Jo@example.org"))
    assert page.status_code == 200
    assert "Come back to this link later" in page.text


def test_attendee_cannot_open_the_recording(host, shown, guest, database, cast):
    guest.post(room_of(host, shown), data={"name": "Dan", "email": cast.dan.email})
    with database.read_session() as session:
        case = load_case(session, login_id=cast.dan.id, webinar_id=cast.webinar_id)
    assert decide(case.login, case.webinar, Action.RECORDING, NOW).code == "NO_GRANT"


def test_address_is_on_the_roster_once_and_gets_one_email(host, shown, guest, database):
    room = room_of(host, shown)
    for email in ("jo@example.org", "JO@example.org"):
        guest.post(room, data={"name": "Jo", "email": email})
    with database.read_session() as session:
        assert len(session.scalars(select(Attendee.id)).all()) == 1
        assert len(session.scalars(select(Mail.id)).all()) == 1


def test_invalid_address_shows_an_error_and_preserves_the_input(host, shown, guest):
    page = guest.post(room_of(host, shown), data={"name": "Jo Reed", "email": "jo"})
    assert page.status_code == 400
    assert 'value="Jo Reed"' in page.text
    assert 'id="email-error"' in page.text
    assert 'href="#email"' in page.text


def test_host_pastes_attendees(host, shown):
    people = "Jo Reed, jo@example.org\n\nAmi <ami@example.org>\nsam@example.org\tSam Lee\n"
    page = host.post(f"{shown}/people", data={"people": people}, follow_redirects=True).text
    for name in ("Jo Reed", "Ami", "Sam Lee"):
        assert name in page


def test_error_names_the_pasted_line_without_an_address(host, shown):
    page = host.post(f"{shown}/people", data={"people": "Jo, jo@example.org\nAmi"})
    assert page.status_code == 400
    assert "line 2" in page.text
    assert 'id="people-error"' in page.text
    assert "Jo, jo@example.org" in page.text


def test_correcting_an_address_ends_the_old_link(host, shown, guest, database):
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    old = secret_of(database, "jo@example.org")
    path = f"{shown}/people/{attendee(database)}"
    host.post(path, data={"act": "save", "name": "Jo Reed", "email": "reed@example.org"})
    assert guest.get(old).status_code == 404
    assert guest.get(secret_of(database, "reed@example.org")).status_code == 200


def test_attendee_whose_account_changed_its_address_is_still_listed_once(host, shown, database):
    for _twice in range(2):
        host.post(f"{shown}/people", data={"people": "Bob bob@example.org"})
        with database.transaction() as session:
            row = session.scalars(select(Attendee)).one()
            row.email_key = "bob@new.example"
    data = {"name": "Bobby", "email": "bob@example.org"}
    assert host.post(f"{shown}/people/{row.public_id}", data=data).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Attendee.email_key)).one() == "bob@new.example"
        assert len(session.scalars(select(Mail)).all()) == 1


def test_host_removes_an_attendee(host, shown, database):
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    host.post(f"{shown}/people/{attendee(database)}", data={"act": "remove"})
    assert "No one is on the list yet" in host.get(shown).text


def test_ended_group_viewing_accepts_no_check_ins_but_the_host_can_edit(host, shown, guest):
    room = room_of(host, shown)
    host.post(f"{shown}/close")
    assert guest.get(room).status_code == 410
    assert guest.post(room, data={"name": "Jo", "email": "jo@example.org"}).status_code == 410
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    assert "Jo" in host.get(shown).text


def test_group_viewing_ends_automatically_at_the_end_of_the_day(
    host, cast, shown, guest, clock, database
):
    room = room_of(host, shown)
    clock.advance(timedelta(days=1))
    assert guest.get(room).status_code == 410
    with database.transaction() as session:
        assert showings.close_due(session, now=NOW + timedelta(days=1)) == 1
        row = session.scalars(select(Showing)).one()
        assert row.closed_at == row.closes_at
        assert row.minutes_shown == 60
    host.sign_in(cast.alice.id)
    assert host.post(f"/webinars/{cast.slug}/showing", data={}).location != shown


def test_link_opens_only_that_webinars_handouts(host, cast, shown, guest, database, storage):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        ours = make_handout(session, webinar)
        storage.put_bytes(ours.key, b"%PDF-1.7", "application/pdf")
        other = Webinar(
            slug="other",
            title="Other",
            held_at=NOW,
            zone="UTC",
            minutes=60,
            state=WebinarState.ANNOUNCED,
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(other)
        session.flush()
        theirs = make_handout(session, other).public_id
        mine = ours.public_id
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    link = secret_of(database, "jo@example.org")
    assert guest.get(f"{link}/{mine}").data == b"%PDF-1.7"
    assert guest.get(f"{link}/{theirs}").status_code == 404


def test_stamped_slides_have_the_attendees_name(
    host, cast, shown, guest, database, storage, monkeypatch
):
    said = []
    monkeypatch.setattr(
        file_response,
        "stamp",
        lambda source, out, line: (said.append(line), out.write_bytes(source.read_bytes())),
    )
    with database.transaction() as session:
        ours = make_handout(session, session.get_one(Webinar, cast.webinar_id))
        ours.is_stamped, mine = True, ours.public_id
        storage.put_bytes(ours.key, b"%PDF-1.7", "application/pdf")
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    assert guest.get(f"{secret_of(database, 'jo@example.org')}/{mine}").status_code == 200
    assert said == ["Copy of Jo, March 2, 2026"]


def test_slides_of_a_removed_webinar_are_not_available(host, cast, shown, guest, database):
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state, webinar.pulled_reason = WebinarState.PULLED, "An error in it."
    assert guest.get(secret_of(database, "jo@example.org")).status_code == 410


def test_refund_ends_the_group_viewing_and_its_slides(host, cast, shown, guest, database):
    room = room_of(host, shown)
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    link = secret_of(database, "jo@example.org")
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grants.take_back(
            session,
            grant.public_id,
            withdrawal=Withdrawal.REFUNDED,
            reason="",
            actor=None,
            now=NOW,
        )
    assert guest.get(link).status_code == 410
    assert guest.get(room).status_code == 410
    assert guest.post(room, data={"name": "Ami", "email": "ami@example.org"}).status_code == 410
    added = host.post(f"{shown}/people", data={"people": "Ami, ami@example.org"})
    assert added.status_code == 410
    path = f"{shown}/people/{attendee(database)}"
    data = {"act": "save", "name": "Jo", "email": "ami@example.org"}
    assert host.post(path, data=data).status_code == 410
    assert "Jo" in host.get(f"{shown}/roster.csv").text
    with database.read_session() as session:
        assert session.scalars(
            select(Mail.recipient).where(Mail.kind == "group_showing_slides")
        ).all() == ["jo@example.org"]


def test_attendees_of_a_blocked_host_keep_their_slides(host, cast, shown, guest, database):
    host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).blocked_at = NOW
    assert guest.get(secret_of(database, "jo@example.org")).status_code == 200


def test_roster_export_has_no_formulas(host, shown):
    host.post(f"{shown}/people", data={"people": "=1+1 jo@example.org"})
    answer = host.get(f"{shown}/roster.csv")
    assert "'=1+1" in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def acts(database):
    with database.read_session() as session:
        rows = session.execute(
            select(AuditEntry.act, AuditEntry.actor, AuditEntry.detail)
            .where(AuditEntry.act.like("showing.person_%"))
            .order_by(AuditEntry.id)
        )
        return [(act.removeprefix("showing.person_"), actor, detail) for act, actor, detail in rows]


def attendee(database):
    with database.read_session() as session:
        return session.scalars(select(Attendee.public_id)).one()


def test_roster_changes_are_audited_by_ids_only(host, shown, guest, database, cast):
    guest.post(room_of(host, shown), data={"name": "Jo Reed", "email": "jo@example.org"})
    jo = attendee(database)
    page = f"{shown}/people/{jo}"
    host.post(page, data={"name": "Jo Read", "email": "jo@example.org", "act": "save"})
    host.post(page, data={"act": "remove"})
    host.post(f"{shown}/people", data={"people": "Ami, ami@example.org"})
    mine, people = cast.alice.public_id, {"person": jo}
    assert acts(database) == [
        ("entered", None, people),
        ("corrected", mine, people),
        ("removed", mine, people),
        ("entered", mine, {"person": attendee(database)}),
    ]


def test_roster_cannot_be_used_to_email_a_person_repeatedly(host, shown, database, clock, cast):
    for _again in range(3):
        host.post(f"{shown}/people", data={"people": "Jo, jo@example.org"})
        host.post(f"{shown}/people/{attendee(database)}", data={"act": "remove"})
    page = host.post(f"{shown}/people", data={"people": "Ami, ami@example.org\nJo, JO@example.org"})
    assert page.status_code == 400
    assert "three times today" in page.text
    with database.read_session() as session:
        assert session.scalars(select(Attendee.id)).all() == []
        assert len(session.scalars(select(Mail.id)).all()) == 3
    host.post(f"{shown}/people", data={"people": "Ami, ami@example.org"})
    ami = f"{shown}/people/{attendee(database)}"
    moved = host.post(ami, data={"name": "Ami", "email": "jo@example.org", "act": "save"})
    assert moved.status_code == 400
    assert "ami@example.org" in host.get(shown).text
    clock.advance(timedelta(days=1, seconds=1))
    host.sign_in(cast.alice.id)
    moved = host.post(ami, data={"name": "Ami", "email": "jo@example.org", "act": "save"})
    assert moved.status_code == 303


def test_check_in_cannot_be_used_to_email_a_person_repeatedly(host, shown, guest, database):
    room = room_of(host, shown)
    for _again in range(3):
        guest.post(room, data={"name": "Jo", "email": "jo@example.org"})
        host.post(f"{shown}/people/{attendee(database)}", data={"act": "remove"})
    page = guest.post(room, data={"name": "Jo", "email": "jo@example.org"})
    assert page.status_code == 400
    assert "check their spam folder" in page.text


def test_host_page_updates_when_the_roster_changes(host, shown, guest, cast, app):
    before = host.get(f"{shown}/roster").json
    assert f'data-version="{before["version"]}"' in host.get(shown).text
    guest.post(room_of(host, shown), data={"name": "Jo Reed", "email": "jo@example.org"})
    after = host.get(f"{shown}/roster").json
    assert before["version"] != after["version"]
    assert after["version"] == host.get(f"{shown}/roster").json["version"]
    assert (after["said"], after["is_open"]) == ("1 person attended", True)
    assert "Jo Reed" in after["html"]
    other = app.test_client()
    other.sign_in(cast.dan.id)
    assert other.get(f"{shown}/roster").status_code == 404


def test_my_webinars_links_to_own_group_viewings(host, shown, cast):
    library = host.get("/library").text
    assert 'href="/showings"' in library
    assert f'href="{shown}"' in library
    page = host.get("/showings").text
    assert "Meeting room 2" in page
    assert "In progress" in page
    assert f"/webinars/{cast.slug}/showing" in page
    host.post(f"{shown}/close")
    assert f'href="{shown}"' not in host.get("/library").text
    assert "Ended" in host.get("/showings").text


def test_person_without_group_viewings_sees_how_to_request_one(client, cast):
    client.sign_in(cast.dan.id)
    assert 'href="/showings"' not in client.get("/library").text
    assert "Request a group viewing" in client.get("/showings").text
