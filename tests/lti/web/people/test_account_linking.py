"""Linking an LMS account to an account here: requested in the frame, confirmed by email."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.mail import Mail
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.seats import Assignment
from lms.people.account_blocks import block
from lti.models.identities import Identity, IdentityLink
from lti.people.account_linking import DONE_BEFORE
from lti.protocol.content_target import Target
from tests.clock import NOW
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR, make_course
from tests.mailbox import PASSWORD, give_password, letters, link_in, newest
from tests.page_texts import shows
from tests.seat_rows import add_pool, seat, watched
from tests.second_steps import give_app

ALICE = "alice@example.org"
NEWCOMER = "rosalind@home.example"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""
    return clock


@pytest.fixture
def course(database, cast):
    """Add a course with a link to the webinar, and a pool for Elm County."""
    with database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id, seats=5)
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


@pytest.fixture
def rosalind(database, course):
    """Return the secret of Rosalind's session in the course."""
    with database.transaction() as session:
        return course.launch(session, sub="r-1", name="Rosalind Inkwell")


def ask(client, secret, email=ALICE):
    return client.post(f"/lti/s/{secret}/link", data={"email": email})


def letter_link(client, database, secret, email=ALICE):
    assert ask(client, secret, email).status_code == 303
    return link_in(newest(database, email, "link_login"))


def hers(database, sub="r-1"):
    """Return the login that Rosalind's first launch created."""
    with database.read_session() as session:
        query = select(Login).join(Identity, Identity.login_id == Login.id)
        return session.scalars(query.where(Identity.sub == sub)).one()


def rows(database, model):
    with database.read_session() as session:
        return session.scalars(select(model)).all()


def sign_in_elsewhere(app, login_id):
    other = app.test_client()
    other.sign_in(login_id)
    return other


def test_anonymous_and_test_users_cannot_link_an_account(client, database, course):
    with database.transaction() as session:
        nobody = course.launch(session, ANONYMOUS)
        trial = course.launch(session, is_test_user=True)
    for secret in (nobody, trial):
        assert client.get(f"/lti/s/{secret}/link").status_code == 403
        assert ask(client, secret).status_code == 403
        assert "Link it" not in client.get(f"/lti/s/{secret}/").text
    assert rows(database, Mail) == []


@pytest.mark.parametrize("path", ["", "/an-id/unlink"])
def test_lms_accounts_page_requires_signing_in(client, path):
    answer = client.get(f"/account/learning-systems{path}")
    assert (answer.status_code, "/sign-in" in answer.location) == (303, True)


def test_page_under_a_recording_has_a_link_to_linking(client, database, course, rosalind):
    assert f'href="/lti/s/{rosalind}/link"' in client.get(f"/lti/s/{rosalind}/").text
    page = client.get(f"/lti/s/{rosalind}/link")
    assert "Rosalind Inkwell" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with database.transaction() as session:
        teacher = course.launch(session, INSTRUCTOR, sub="t-1")
    assert f'href="/lti/s/{teacher}/link"' in client.get(f"/lti/s/{teacher}/").text


def test_request_gets_the_same_answer_for_known_and_unknown_addresses(client, database, rosalind):
    answers = [ask(client, rosalind, email) for email in (ALICE, NEWCOMER)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert ALICE not in client.get(f"/lti/s/{rosalind}/link").text  # only the latest request counts
    assert NEWCOMER in client.get(f"/lti/s/{rosalind}/link").text
    assert len(letters(database, ALICE)) == len(letters(database, NEWCOMER)) == 1


def test_invalid_address_shows_an_error_at_its_field(client, database, rosalind):
    answer = ask(client, rosalind, "not an address")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert rows(database, IdentityLink) == []


def test_secret_is_stored_as_a_hash_and_the_audit_log_has_no_names(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    assert client.post(path, data={"answer": "yes"}).status_code == 200
    secret = path.rpartition("/")[2]
    [link] = rows(database, IdentityLink)
    assert secret.encode() not in link.token_hash
    assert (link.email, link.email_key) == (None, None)
    said = " ".join(f"{one.act} {one.subject} {one.detail}" for one in rows(database, AuditEntry))
    assert "identity.linked" in said
    assert not any(word in said for word in ("Rosalind", "alice", "Alice", secret))


def test_email_is_sent_to_the_address_stored_in_the_account(client, database, rosalind):
    """Two spellings can lead to one account and to two mailboxes."""
    assert ask(client, rosalind, "\uff21LICE@example.org").status_code == 303
    assert [one.recipient for one in rows(database, Mail)] == [ALICE]


def test_opening_the_link_says_who_requested_it_and_changes_nothing(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin"
        for word in ("Rosalind Inkwell", "Moodle of Elm County", "Elm County Library", ALICE):
            assert word in page.text
    assert hers(database).merged_into is None


def test_confirming_links_the_accounts_with_one_seat(app, client, database, cast, course, rosalind):
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.4)
        pool = add_pool(session, cast.organization_id, seats=2)
        seat(session, pool, cast.alice.id)
    path = letter_link(client, database, rosalind)
    page = client.post(path, data={"answer": "yes"})
    assert page.status_code == 200
    assert ALICE in page.text
    assert hers(database).merged_into == cast.alice.id
    framed = client.get(f"/lti/s/{rosalind}/link").text
    assert "a…@example.org" in framed
    assert ALICE not in framed
    account = sign_in_elsewhere(app, cast.alice.id).get("/account/learning-systems").text
    assert "Moodle of Elm County" in account
    assert "Rosalind Inkwell" in account
    assert client.post(f"/lti/s/{rosalind}/playback").status_code == 200
    [playing] = rows(database, PlaybackSession)
    assert playing.login_id == cast.alice.id
    seats = [one.login_id for one in rows(database, Assignment)]
    assert seats == [cast.alice.id]  # this seat covers her launch, so no second one is taken


def test_account_with_two_step_sign_in_is_linked_after_both_steps(
    app, client, database, settings, cast, rosalind
):
    _secret, codes = give_app(database, cast.alice.id, settings.secret_key)
    path = letter_link(client, database, rosalind)
    other = sign_in_elsewhere(app, cast.bob.id)
    for browser in (client, other):
        assert "uses two-step sign-in" in browser.get(path).text
        assert browser.post(path, data={"answer": "yes"}).status_code == 403
    assert hers(database).merged_into is None
    browser = app.test_client()
    give_password(database, cast.alice.id)
    browser.post("/sign-in", data={"email": ALICE, "password": PASSWORD})
    assert browser.post(path, data={"answer": "yes"}).status_code == 403
    browser.post("/sign-in/second-step", data={"code": codes[0]})
    assert browser.post(path, data={"answer": "yes"}).status_code == 303
    assert hers(database).merged_into == cast.alice.id
    assert browser.get("/account/learning-systems").status_code == 200  # still signed in


def test_account_with_two_step_sign_in_can_decline_by_email_alone(
    client, database, settings, cast, rosalind
):
    give_app(database, cast.alice.id, settings.secret_key)
    path = letter_link(client, database, rosalind)
    assert client.post(path, data={"answer": "no"}).status_code == 200
    assert client.get(path).status_code == 410


def test_next_launch_of_a_linked_person_is_the_same_person(
    client, database, cast, course, rosalind
):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    with database.transaction() as session:
        course.launch(session, sub="r-1", name="Rosalind Pageturner")
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).name == "Alice"
    assert hers(database).name == "Rosalind Pageturner"  # the name that teachers know
    assert hers(database).merged_into == cast.alice.id


def test_matching_email_addresses_link_nothing(client, database, cast, course):
    with database.transaction() as session:
        secret = course.launch(session, sub="a-1", name="Alice")
        identity = session.scalars(select(Identity).where(Identity.sub == "a-1")).one()
        identity.email = identity.email_key = ALICE
    assert "Link your account" in client.get(f"/lti/s/{secret}/link").text
    assert hers(database, "a-1").merged_into is None


def test_unknown_address_gets_an_account_only_after_confirming(app, client, database, rosalind):
    path = letter_link(client, database, rosalind, NEWCOMER)
    assert "New account for" in client.get(path).text
    with database.read_session() as session:
        assert session.scalar(select(Login).where(Login.email_key == NEWCOMER)) is None
    assert client.post(path, data={"answer": "yes", "name": ""}).status_code == 400
    page = client.post(path, data={"answer": "yes", "name": "Rosalind Inkwell"})
    assert page.status_code == 200
    assert "no password" in page.text
    with database.read_session() as session:
        made = session.scalars(select(Login).where(Login.email_key == NEWCOMER)).one()
    assert (made.name, made.confirmed_at) == ("Rosalind Inkwell", NOW)
    assert hers(database).merged_into == made.id


def test_used_link_says_that_it_was_used(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    client.post(path, data={"answer": "yes"})
    for answer in (client.get(path), client.post(path, data={"answer": "yes"})):
        assert answer.status_code == 410
        assert shows(answer.text, DONE_BEFORE)
        assert 'href="/account/learning-systems"' in answer.text


def test_expired_replaced_and_unknown_links_say_how_to_get_a_new_one(
    client, database, cast, clock, rosalind
):
    replaced = letter_link(client, database, rosalind)
    expired = letter_link(client, database, rosalind)
    clock.advance(timedelta(days=1))
    for path in (replaced, expired, "/lti/link/made-up"):
        for answer in (client.get(path), client.post(path, data={"answer": "yes"})):
            assert answer.status_code == 410
            assert "To get a new link" in answer.text
    assert hers(database).merged_into is None


def test_declining_voids_the_link(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    assert "Nothing was linked" in client.post(path, data={"answer": "no"}).text
    assert client.post(path, data={"answer": "yes"}).status_code == 410
    [link] = rows(database, IdentityLink)
    assert link.email is None
    assert hers(database).merged_into is None


def test_another_person_signed_in_sees_a_notice_and_stays_signed_in(
    app, client, database, cast, rosalind
):
    path = letter_link(client, database, rosalind)
    bobs = sign_in_elsewhere(app, cast.bob.id)
    page = bobs.get(path).text
    assert "signed in as bob@example.org" in page
    assert "still signed in as bob@example.org" in bobs.post(path, data={"answer": "yes"}).text
    assert hers(database).merged_into == cast.alice.id
    assert "bob@example.org" in bobs.get("/account").text


def test_owner_signed_in_continues_to_the_account_page(app, client, database, cast, rosalind):
    path = letter_link(client, database, rosalind)
    browser = sign_in_elsewhere(app, cast.alice.id)
    assert "signed in to a different account" not in browser.get(path).text
    answer = browser.post(path, data={"answer": "yes"})
    assert (answer.status_code, answer.location) == (303, "/account/learning-systems")


@pytest.mark.parametrize("why", ["staff", "blocked"])
def test_staff_and_blocked_accounts_cannot_be_linked(client, database, cast, rosalind, why):
    email = "ada@example.org" if why == "staff" else ALICE
    if why == "blocked":
        with database.transaction() as session:
            block(session, cast.alice.id, reason="Lent it", actor=None, now=NOW)
    path = letter_link(client, database, rosalind, email)
    page = client.get(path)
    assert "These accounts can" in page.text
    assert 'value="yes"' not in page.text
    assert client.post(path, data={"answer": "yes"}).status_code == 409
    assert hers(database).merged_into is None


def test_linked_person_cannot_be_linked_again(client, database, cast, rosalind):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    assert ask(client, rosalind, "bob@example.org").status_code == 409
    assert letters(database, "bob@example.org") == []


def test_sixth_email_within_an_hour_is_refused(client, database, rosalind):
    for number in range(5):
        assert ask(client, rosalind, f"reader{number}@example.org").status_code == 303
    answer = ask(client, rosalind, "reader6@example.org")
    assert answer.status_code == 429
    assert letters(database, "reader6@example.org") == []


def test_unlinking_returns_each_side_its_own_progress(
    app, client, database, cast, course, rosalind
):
    login_id = hers(database).id
    with database.transaction() as session:
        watched(session, login_id, cast.recording_id, 0.3)
        watched(session, cast.alice.id, cast.recording_id, 0.6)
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    browser = sign_in_elsewhere(app, cast.alice.id)
    [identity] = rows(database, Identity)
    path = f"/account/learning-systems/{identity.public_id}/unlink"
    assert "Unlink Moodle of Elm County?" in browser.get(path).text
    assert browser.post(path).location == "/account/learning-systems"
    assert hers(database).merged_into is None
    with database.read_session() as session:
        kept = {one.login_id: one.watched_s for one in session.scalars(select(WatchRecord))}
    assert set(kept) == {login_id, cast.alice.id}
    assert "No LMS linked" in browser.get("/account/learning-systems").text
    assert browser.post(path).status_code == 404
    # link again
    again = letter_link(client, database, rosalind)
    assert client.post(again, data={"answer": "yes"}).status_code == 200
    assert hers(database).merged_into == cast.alice.id


def test_link_of_another_person_cannot_be_removed(app, client, database, cast, rosalind):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    [identity] = rows(database, Identity)
    path = f"/account/learning-systems/{identity.public_id}/unlink"
    bobs = sign_in_elsewhere(app, cast.bob.id)
    assert bobs.get(path).status_code == bobs.post(path).status_code == 404
    assert "Moodle" not in bobs.get("/account/learning-systems").text
    assert hers(database).merged_into == cast.alice.id


def test_simultaneous_confirmations_link_once(app, client, database, cast, rosalind):
    path = letter_link(client, database, rosalind)
    browsers = [app.test_client() for _ in range(4)]
    for browser in browsers:
        browser.get(path)

    def answer(browser):
        return browser.post(path, data={"answer": "yes"}).status_code

    with ThreadPoolExecutor(len(browsers)) as threads:
        assert sorted(threads.map(answer, browsers)) == [200, 410, 410, 410]
    merged = [one for one in rows(database, AuditEntry) if one.act == "login.merged"]
    assert len(merged) == 1


def test_several_lms_accounts_can_be_linked_to_one_account(app, client, database, cast, rosalind):
    with database.transaction() as session:
        elsewhere = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        other = elsewhere.launch(session, sub="r-2", name="R. Inkwell")
    for secret in (rosalind, other):
        path = letter_link(client, database, secret)
        assert client.post(path, data={"answer": "yes"}).status_code == 200
    page = sign_in_elsewhere(app, cast.alice.id).get("/account/learning-systems").text
    assert page.count("/unlink") == 2
