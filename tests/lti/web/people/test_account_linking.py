"""A learning system's person and a log-in here become one: asked in the frame, confirmed by letter."""

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
    """Every test begins at NOW."""
    return clock


@pytest.fixture
def course(database, cast):
    """A course with a link to the cast's webinar; Elm County has a pool for it."""
    with database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id, seats=5)
        return make_course(session, cast.organization_id, Target(webinar=cast.slug))


@pytest.fixture
def rosalind(database, course):
    """The secret of Rosalind's session in the course."""
    with database.transaction() as session:
        return course.launch(session, sub="r-1", name="Rosalind Inkwell")


def ask(client, secret, email=ALICE):
    return client.post(f"/lti/s/{secret}/link", data={"email": email})


def letter_link(client, database, secret, email=ALICE):
    assert ask(client, secret, email).status_code == 303
    return link_in(newest(database, email, "link_login"))


def hers(database, sub="r-1"):
    """The login that Rosalind's first launch made."""
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


def test_who_is_nobody_in_particular_has_nothing_to_link(client, database, course):
    with database.transaction() as session:
        nobody = course.launch(session, ANONYMOUS)
        trial = course.launch(session, is_test_user=True)
    for secret in (nobody, trial):
        assert client.get(f"/lti/s/{secret}/link").status_code == 403
        assert ask(client, secret).status_code == 403
        assert "Link it" not in client.get(f"/lti/s/{secret}/").text
    assert rows(database, Mail) == []


@pytest.mark.parametrize("path", ["", "/an-id/unlink"])
def test_the_account_page_asks_to_sign_in(client, path):
    answer = client.get(f"/account/learning-systems{path}")
    assert (answer.status_code, "/sign-in" in answer.location) == (303, True)


def test_the_page_under_a_recording_leads_to_linking(client, database, course, rosalind):
    assert f'href="/lti/s/{rosalind}/link"' in client.get(f"/lti/s/{rosalind}/").text
    page = client.get(f"/lti/s/{rosalind}/link")
    assert "Rosalind Inkwell" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with database.transaction() as session:
        teacher = course.launch(session, INSTRUCTOR, sub="t-1")
    assert f'href="/lti/s/{teacher}/link"' in client.get(f"/lti/s/{teacher}/").text


def test_asking_answers_the_same_whoever_has_the_address(client, database, rosalind):
    answers = [ask(client, rosalind, email) for email in (ALICE, NEWCOMER)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert ALICE not in client.get(f"/lti/s/{rosalind}/link").text  # the newer letter counts
    assert NEWCOMER in client.get(f"/lti/s/{rosalind}/link").text
    assert len(letters(database, ALICE)) == len(letters(database, NEWCOMER)) == 1


def test_an_address_that_is_none_comes_back_with_the_fault(client, database, rosalind):
    answer = ask(client, rosalind, "not an address")
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert rows(database, IdentityLink) == []


def test_only_a_hash_of_the_secret_is_kept_and_no_name_or_address_in_the_trail(
    client, database, rosalind
):
    path = letter_link(client, database, rosalind)
    assert client.post(path, data={"answer": "yes"}).status_code == 200
    secret = path.rpartition("/")[2]
    [link] = rows(database, IdentityLink)
    assert secret.encode() not in link.token_hash
    assert (link.email, link.email_key) == (None, None)
    said = " ".join(f"{one.act} {one.subject} {one.detail}" for one in rows(database, AuditEntry))
    assert "identity.linked" in said
    assert not any(word in said for word in ("Rosalind", "alice", "Alice", secret))


def test_the_letter_goes_to_the_address_as_the_log_in_has_it(client, database, rosalind):
    """Two spellings can lead to one log-in and to two mailboxes."""
    assert ask(client, rosalind, "\uff21LICE@example.org").status_code == 303
    assert [one.recipient for one in rows(database, Mail)] == [ALICE]


def test_opening_the_link_says_who_asks_and_changes_nothing(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin"
        for word in ("Rosalind Inkwell", "Moodle of Elm County", "Elm County Library", ALICE):
            assert word in page.text
    assert hers(database).merged_into is None


def test_a_yes_makes_the_two_one_and_everything_counts_together(
    app, client, database, cast, course, rosalind
):
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
    assert seats == [cast.alice.id]  # hers covers it, so playing takes no second one


def test_a_log_in_with_a_second_step_is_linked_by_who_did_both(
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
    assert browser.get("/account/learning-systems").status_code == 200  # and is still signed in


def test_a_log_in_with_a_second_step_is_declined_by_the_letter_alone(
    client, database, settings, cast, rosalind
):
    give_app(database, cast.alice.id, settings.secret_key)
    path = letter_link(client, database, rosalind)
    assert client.post(path, data={"answer": "no"}).status_code == 200
    assert client.get(path).status_code == 410


def test_the_next_launch_of_a_linked_person_is_the_same_person(
    client, database, cast, course, rosalind
):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    with database.transaction() as session:
        course.launch(session, sub="r-1", name="Rosalind Pageturner")
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).name == "Alice"
    assert hers(database).name == "Rosalind Pageturner"  # as teachers know her
    assert hers(database).merged_into == cast.alice.id


def test_agreeing_addresses_link_nothing(client, database, cast, course):
    with database.transaction() as session:
        secret = course.launch(session, sub="a-1", name="Alice")
        identity = session.scalars(select(Identity).where(Identity.sub == "a-1")).one()
        identity.email = identity.email_key = ALICE
    assert "Link your account" in client.get(f"/lti/s/{secret}/link").text
    assert hers(database, "a-1").merged_into is None


def test_an_address_without_a_log_in_gets_one_by_the_yes_and_not_before(
    app, client, database, rosalind
):
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


def test_a_used_link_says_that_it_is_done(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    client.post(path, data={"answer": "yes"})
    for answer in (client.get(path), client.post(path, data={"answer": "yes"})):
        assert answer.status_code == 410
        assert shows(answer.text, DONE_BEFORE)
        assert 'href="/account/learning-systems"' in answer.text


def test_an_old_a_replaced_and_a_made_up_link_open_nothing_and_say_how_to_go_on(
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


def test_a_no_voids_the_letter(client, database, rosalind):
    path = letter_link(client, database, rosalind)
    assert "Nothing was linked" in client.post(path, data={"answer": "no"}).text
    assert client.post(path, data={"answer": "yes"}).status_code == 410
    [link] = rows(database, IdentityLink)
    assert link.email is None
    assert hers(database).merged_into is None


def test_somebody_else_signed_in_here_is_told_and_stays_as_they_were(
    app, client, database, cast, rosalind
):
    path = letter_link(client, database, rosalind)
    bobs = sign_in_elsewhere(app, cast.bob.id)
    page = bobs.get(path).text
    assert "signed in as bob@example.org" in page
    assert "still signed in as bob@example.org" in bobs.post(path, data={"answer": "yes"}).text
    assert hers(database).merged_into == cast.alice.id
    assert "bob@example.org" in bobs.get("/account").text


def test_the_owner_signed_in_here_goes_on_to_the_account(app, client, database, cast, rosalind):
    path = letter_link(client, database, rosalind)
    browser = sign_in_elsewhere(app, cast.alice.id)
    assert "signed in to a different account" not in browser.get(path).text
    answer = browser.post(path, data={"answer": "yes"})
    assert (answer.status_code, answer.location) == (303, "/account/learning-systems")


@pytest.mark.parametrize("why", ["staff", "blocked"])
def test_what_cannot_be_linked_says_so_and_offers_no_yes(client, database, cast, rosalind, why):
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


def test_linked_once_is_not_linked_again_elsewhere(client, database, cast, rosalind):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    assert ask(client, rosalind, "bob@example.org").status_code == 409
    assert letters(database, "bob@example.org") == []


def test_the_sixth_letter_of_an_hour_is_refused(client, database, rosalind):
    for number in range(5):
        assert ask(client, rosalind, f"reader{number}@example.org").status_code == 303
    answer = ask(client, rosalind, "reader6@example.org")
    assert answer.status_code == 429
    assert letters(database, "reader6@example.org") == []


def test_taking_the_link_back_leaves_each_side_what_it_had(
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
    # and again
    again = letter_link(client, database, rosalind)
    assert client.post(again, data={"answer": "yes"}).status_code == 200
    assert hers(database).merged_into == cast.alice.id


def test_nobody_takes_back_another_persons_link(app, client, database, cast, rosalind):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    [identity] = rows(database, Identity)
    path = f"/account/learning-systems/{identity.public_id}/unlink"
    bobs = sign_in_elsewhere(app, cast.bob.id)
    assert bobs.get(path).status_code == bobs.post(path).status_code == 404
    assert "Moodle" not in bobs.get("/account/learning-systems").text
    assert hers(database).merged_into == cast.alice.id


def test_two_at_once_link_once(app, client, database, cast, rosalind):
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


def test_several_learning_systems_are_linked_to_one_log_in(app, client, database, cast, rosalind):
    with database.transaction() as session:
        elsewhere = make_course(session, cast.organization_id, Target(webinar=cast.slug))
        other = elsewhere.launch(session, sub="r-2", name="R. Inkwell")
    for secret in (rosalind, other):
        path = letter_link(client, database, secret)
        assert client.post(path, data={"answer": "yes"}).status_code == 200
    page = sign_in_elsewhere(app, cast.alice.id).get("/account/learning-systems").text
    assert page.count("/unlink") == 2
