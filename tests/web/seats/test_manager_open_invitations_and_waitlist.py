"""A pool's open invitations, shared link, and waitlist: for managers only (test_access.py)."""

import re

from sqlalchemy import update

from lms.core.database import Database
from lms.mail.opt_outs import opt_in, opt_out
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.seats import waitlist
from lms.seats.pools import find_pool
from lms.web.seats.seat_table_filters import BOUNCED_WORDS, UNSUBSCRIBED
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import newest
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm


def test_open_invitations_show_their_dates_and_can_be_resent(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    place = f"/organization/{elm.id}/pools/{elm.pool}/invitations"
    page = mia.get(place).text
    for said in (
        "zoe@example.org",
        "today",
        "Mar 16, 2026",
        "Withdraw",
        'data-testid="no-one-waits"',
    ):
        assert said in page
    assert "alice@example.org" not in page
    answer = mia.post(
        f"/organization/{elm.id}/seats/{elm.invited_seat}/resend", data={"from": "pool"}
    )
    assert answer.location == place
    assert "/claim/" in newest(database, "zoe@example.org").text


def test_bounced_invitation_says_so_until_it_goes_to_another_address(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    seat = f"/organization/{elm.id}/seats/{elm.invited_seat}"
    place = f"/organization/{elm.id}/pools/{elm.pool}/invitations"
    mia.post(f"{seat}/resend")
    assert not shows(mia.get(place).text, BOUNCED_WORDS)
    with database.transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.recipient == "zoe@example.org")
            .values(state=JobState.DONE, sent_at=NOW, bounced_at=NOW)
        )
    assert shows(mia.get(place).text, BOUNCED_WORDS)
    mia.post(f"{seat}/address", data={"email": "zoey@example.org"})
    assert not shows(mia.get(place).text, BOUNCED_WORDS)


def test_invited_person_is_marked_while_unsubscribed(
    mia: Visitor, elm: Elm, database: Database
) -> None:
    pages = (
        f"/organization/{elm.id}/pools/{elm.pool}/invitations",
        f"/organization/{elm.id}/people",
    )
    with database.transaction() as session:
        opt_out(session, "zoe@example.org", now=NOW)
    assert [mia.get(page).text.count(UNSUBSCRIBED) for page in pages] == [1, 1]
    with database.transaction() as session:
        opt_in(session, "zoe@example.org")
    assert [mia.get(page).text.count(UNSUBSCRIBED) for page in pages] == [0, 0]


def test_shared_link_is_shown_once_and_can_be_turned_off(mia: Visitor, elm: Elm) -> None:
    pool = f"/organization/{elm.id}/pools/{elm.pool}"
    answer = mia.post(f"{pool}/open-link", data={"days": "7", "most_uses": "3"})
    assert answer.status_code == 200
    assert "/claim/" in answer.text
    assert 'data-copy="open-link"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    page = mia.get(f"{pool}/invitations").text
    assert re.search(r"\b0 of 3\b", page)
    assert "/claim/" not in page
    assert mia.post(f"{pool}/open-link/close").status_code == 303
    assert "Used by " not in mia.get(f"{pool}/invitations").text


def test_shared_link_for_one_person_says_so(mia: Visitor, elm: Elm) -> None:
    pool = f"/organization/{elm.id}/pools/{elm.pool}"
    made = mia.post(f"{pool}/open-link", data={"days": "7", "most_uses": "1"}).text
    assert "works for 1 person." in made
    assert re.search(r"\b0 of 1\b", mia.get(f"{pool}/invitations").text)


def test_shared_link_requires_an_end_and_a_limit(mia: Visitor, elm: Elm) -> None:
    pool = f"/organization/{elm.id}/pools/{elm.pool}"
    for data in ({"days": "", "most_uses": "3"}, {"days": "7", "most_uses": "0"}, {"days": "x"}):
        answer = mia.post(f"{pool}/open-link", data=data)
        assert answer.status_code == 400
        assert "Used by " not in answer.text


def test_person_on_the_waitlist_is_listed_and_can_be_removed(
    mia: Visitor, elm: Elm, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        pool_id = find_pool(session, elm.contract).id
        waitlist.join(session, pool_id, cast.carol.id, actor=None, now=NOW)
        entry = waitlist.list_waiting(session, pool_id)[0].public_id
    pool = f"/organization/{elm.id}/pools/{elm.contract}"
    assert "carol@example.org" in mia.get(f"{pool}/invitations").text
    assert mia.post(f"{pool}/waiting/{entry}/remove").status_code == 303
    assert mia.post(f"{pool}/waiting/{entry}/remove").status_code == 404
    assert 'data-testid="no-one-waits"' in mia.get(f"{pool}/invitations").text
