"""Invitations: seats reserved for 14 days, single-use links, emails, corrections (S3 to S5)."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.mail import Mail
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, ClaimLink, WaitingEntry
from lms.seats import claim_links, claim_methods, invitations
from lms.seats.claim_links import LinkState
from lms.seats.invitations import AlreadyIn, Answer, Invited, Invitee, NoSeat
from lms.seats.mails import days_left
from tests.cast import Cast
from tests.clock import NOW
from tests.page_texts import says
from tests.seats.pool_fixtures import (
    DAY,
    LINKS,
    SOON,
    YEAR,
    Home,
    by_link,
    counts,
    invite,
    invite_by_mail,
    let_go,
    link_facts,
    make_home,
    newest_token,
    people,
    settle_at,
    states,
    take_seat,
    wait,
)
from tests.seats.test_claims import email_of


def asked(database: Database, home: Home, *emails: str, at: datetime = NOW) -> tuple[Answer, ...]:
    invitees = [Invitee(read_address(email), "Pat") for email in emails]
    with database.transaction() as session:
        return invitations.invite(session, home.pool_id, invitees, links=LINKS, actor=None, now=at)


def test_invited_address_is_counted_and_emailed(database: Database) -> None:
    home = make_home(database, 2)
    [answer] = asked(database, home, "Kim@Example.org")
    assert isinstance(answer, Invited)
    assert counts(database, home.pool_id) == (1, 2)
    with database.read_session() as session:
        sits = session.scalars(select(Assignment)).one()
        assert (sits.state, sits.expires_at, sits.notified_at) == ("invited", SOON, NOW)
        letter = session.scalars(select(Mail)).one()
        assert (letter.kind, letter.recipient) == ("invitation", "Kim@example.org")
        assert home.pool.covers in letter.text
        link = session.scalars(select(ClaimLink)).one()
        token = re.search(r"/claim/(\S+)", letter.text)
        assert token
        assert len(token[1]) == 43  # 256 bits
        assert token[1].encode() not in link.token_hash


def test_each_address_gets_its_own_result_and_duplicates_count_once(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    take_seat(database, home.pool_id, pat)
    pats = email_of(database, pat)
    answers = asked(database, home, pats, "kim@example.org", "KIM@example.org", "dan@example.org")
    assert [type(one) for one in answers] == [AlreadyIn, Invited, NoSeat]
    assert counts(database, home.pool_id) == (2, 2)
    assert [type(one) for one in asked(database, home, "kim@example.org")] == [AlreadyIn]


def test_pool_in_its_grace_period_and_too_long_lists_are_refused(database: Database) -> None:
    home = make_home(database, 500, YEAR)
    with pytest.raises(Conflict):
        asked(database, home, "kim@example.org", at=NOW + 356 * DAY)
    with pytest.raises(Invalid):
        asked(database, home, *(f"p{number}@example.org" for number in range(201)))


def test_invited_person_leaves_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    wait(database, home.pool_id, pat)
    asked(database, home, email_of(database, pat))
    with database.read_session() as session:
        assert session.scalars(select(WaitingEntry.ended_as)).all() == ["seated"]


def test_claim_by_link_assigns_the_seat_and_is_confirmed_by_email(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    token = invite_by_mail(database, home, email_of(database, pat))
    assert by_link(database, token, pat) == "Claimed"
    assert states(database, home.pool_id) == {pat: AssignmentState.CLAIMED}
    assert counts(database, home.pool_id) == (1, 1)
    with database.read_session() as session:
        letter = session.scalars(select(Mail).where(Mail.kind == "seat_claimed")).one()
        assert f"/webinars/{home.pool.slug}" in letter.text
        assert says(letter.text, letter.kind, "permanent")


def test_link_works_once_and_its_owner_can_click_it_again(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    token = invite_by_mail(database, home, email_of(database, pat))
    by_link(database, token, pat)
    assert by_link(database, token, pat) == "Already"
    with pytest.raises(Forbidden):
        by_link(database, token, dan)
    with database.read_session() as session:
        seat = link_facts(session, token, now=NOW)
        assert seat.state is LinkState.USED
    assert counts(database, home.pool_id) == (1, 2)


def test_link_works_only_for_the_invited_address(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    token = invite_by_mail(database, home, email_of(database, pat))
    with pytest.raises(Forbidden) as refused:
        by_link(database, token, dan)
    assert refused.value.code == "another_address"
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == pat).values(merged_into=dan))
    assert by_link(database, token, dan) == "Claimed"


def test_emailed_link_confirms_the_address_of_the_person_who_claims(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    token = invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == pat).values(confirmed_at=None))
    assert by_link(database, token, pat) == "Claimed"
    with database.read_session() as session:
        assert session.get_one(Login, pat).confirmed_at == NOW


def test_unknown_and_withdrawn_tokens_are_rejected(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    with pytest.raises(Gone):
        by_link(database, "x" * 43, pat)
    token = invite_by_mail(database, home, email_of(database, pat))
    with database.read_session() as session:
        seat = link_facts(session, token, now=NOW)
        assert seat.state is LinkState.GOOD
    [held] = asked(database, home, email_of(database, pat))
    assert isinstance(held, AlreadyIn)
    let_go(database, held.seat)
    with pytest.raises(Gone):
        by_link(database, token, pat)
    with database.read_session() as session:
        assert link_facts(session, token, now=NOW).state is LinkState.TAKEN_BACK


def test_expired_link_claims_an_available_seat(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    token = invite_by_mail(database, home, email_of(database, pat))
    late = SOON + DAY
    with database.transaction() as session:
        assert invitations.expire_due(session, now=late) == 1
    assert counts(database, home.pool_id) == (0, 1)
    with database.read_session() as session:
        assert link_facts(session, token, now=late).state is LinkState.EXPIRED
    assert by_link(database, token, pat, late) == "Claimed"
    assert counts(database, home.pool_id) == (1, 1)


def test_expired_link_to_a_full_pool_joins_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    token = invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        invitations.expire_due(session, now=SOON)
    take_seat(database, home.pool_id, dan, SOON)
    assert by_link(database, token, pat, SOON) == "Waiting"
    assert by_link(database, token, pat, SOON) == "Waiting"
    with database.read_session() as session:
        assert session.scalar(select(func.count(WaitingEntry.id))) == 1


def test_expired_invitation_is_offered_to_the_next_person(database: Database) -> None:
    home = make_home(database, 1)
    [dan] = people(database, 1)
    invite_by_mail(database, home, "kim@example.org")
    wait(database, home.pool_id, dan)
    with database.transaction() as session:
        assert invitations.expire_due(session, now=SOON - timedelta(seconds=1)) == 0
        assert invitations.expire_due(session, now=SOON) == 1
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED
    later = SOON + timedelta(hours=72)
    with database.transaction() as session:
        assert invitations.expire_due(session, now=later) == 1
    assert counts(database, home.pool_id) == (0, 1)
    with database.read_session() as session:
        ends = session.scalars(select(Assignment.ended_as)).all()
        assert set(ends) == {AssignmentEnd.EXPIRED}


def test_reserved_seat_can_be_accepted_without_a_link(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan = people(database, 2)
    invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        done = claim_methods.accept(session, home.pool_id, pat, links=LINKS, actor=None, now=NOW)
        assert type(done).__name__ == "Claimed"
    with pytest.raises(NotFound), database.transaction() as session:
        claim_methods.accept(session, home.pool_id, dan, links=LINKS, actor=None, now=NOW)


def test_new_link_invalidates_older_ones_and_restarts_the_time_limit(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    first = invite_by_mail(database, home, email_of(database, pat))
    [held] = asked(database, home, email_of(database, pat))
    assert isinstance(held, AlreadyIn)
    with database.transaction() as session:
        fresh = invitations.fresh_link(session, held.seat, actor=None, now=NOW + DAY)
    with pytest.raises(Gone):
        by_link(database, first, pat)
    with database.read_session() as session:
        assert session.scalars(select(Assignment.expires_at)).one() == SOON + DAY
    assert by_link(database, fresh, pat) == "Claimed"
    with pytest.raises(Conflict), database.transaction() as session:
        invitations.fresh_link(session, held.seat, actor=None, now=NOW)


def test_link_in_a_reminder_leaves_the_previous_link_valid(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    first = invite_by_mail(database, home, email_of(database, pat))
    with database.transaction() as session:
        invited = session.scalars(select(Assignment.id)).one()
        second = invitations.link_of(session, invited, links=LINKS, now=NOW + DAY)
    assert by_link(database, second.rpartition("/")[2], pat) == "Claimed"
    assert by_link(database, first, pat) == "Already"


def test_invitation_is_resent_with_a_new_link(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    first = invite_by_mail(database, home, email_of(database, pat))
    [held] = asked(database, home, email_of(database, pat))
    assert isinstance(held, AlreadyIn)
    with database.transaction() as session:
        invitations.send_again(session, held.seat, links=LINKS, actor=None, now=NOW)
    second = newest_token(database)
    assert second != first
    assert by_link(database, second, pat) == "Claimed"


def test_correcting_an_address_is_not_a_reassignment(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    wrong = invite_by_mail(database, home, "typo@example.org")
    [held] = asked(database, home, "typo@example.org")
    assert isinstance(held, AlreadyIn)
    right = read_address(email_of(database, pat))
    with database.transaction() as session:
        invitations.correct_address(
            session, held.seat, right, links=LINKS, actor=None, now=NOW + DAY
        )
    assert counts(database, home.pool_id) == (1, 1)
    with pytest.raises(Gone):
        by_link(database, wrong, pat)
    assert by_link(database, newest_token(database), pat, NOW + DAY) == "Claimed"
    with pytest.raises(Conflict), database.transaction() as session:
        invitations.correct_address(session, held.seat, right, links=LINKS, actor=None, now=NOW)


def test_address_cannot_be_corrected_to_one_that_has_a_seat(database: Database) -> None:
    home = make_home(database, 2)
    [pat] = people(database, 1)
    take_seat(database, home.pool_id, pat)
    [held] = asked(database, home, "typo@example.org")
    assert isinstance(held, Invited)
    taken = read_address(email_of(database, pat))
    with pytest.raises(Conflict), database.transaction() as session:
        invitations.correct_address(session, held.seat, taken, links=LINKS, actor=None, now=NOW)


def test_page_of_a_link_says_who_invites_to_what_and_masks_the_address(
    database: Database, cast: Cast
) -> None:
    home = make_home(database, 1)
    with database.transaction() as session:
        invitations.invite(
            session,
            home.pool_id,
            [Invitee(read_address("kim.possible@elm.example"))],
            links=LINKS,
            actor=cast.mia.public_id,
            now=NOW,
        )
        letter = session.scalars(select(Mail)).one()
        facts = link_facts(session, letter.text.split("/claim/")[1].split()[0], now=NOW)
    assert (facts.covers, facts.invited_by) == (home.pool.covers, "Mia")
    assert facts.organization == home.pool.organization
    assert facts.for_whom == "k…@elm.example"
    assert (facts.is_open, facts.has_room) == (False, False)


def test_shared_link_has_an_end_date_and_a_limit(database: Database) -> None:
    home = make_home(database, 10)
    crowd = people(database, 4)

    def make(*, expires_at: datetime = NOW + DAY, most_uses: int = 2) -> str:
        with database.transaction() as session:
            return claim_links.open_link(
                session,
                home.pool_id,
                expires_at=expires_at,
                most_uses=most_uses,
                actor=None,
                now=NOW,
            )

    for wrong in ({"expires_at": NOW}, {"most_uses": 0}):
        with pytest.raises(Invalid):
            make(**wrong)
    token = make()
    assert [by_link(database, token, one) for one in crowd[:2]] == ["Claimed", "Claimed"]
    assert by_link(database, token, crowd[0]) == "Already"
    with pytest.raises(Gone):
        by_link(database, token, crowd[2])
    assert counts(database, home.pool_id) == (2, 10)
    other = make(most_uses=5)
    with database.read_session() as session:
        facts = claim_links.find_open_link(session, home.pool_id, now=NOW)
        assert facts is not None
        assert (facts.uses, facts.most_uses) == (0, 5)
        assert link_facts(session, other, now=NOW).is_open
    with pytest.raises(Gone):
        by_link(database, other, crowd[2], NOW + DAY)
    with database.transaction() as session:
        claim_links.close_open_link(session, home.pool_id, actor=None, now=NOW)
    with pytest.raises(Gone):
        by_link(database, other, crowd[2])
    with database.read_session() as session:
        assert claim_links.find_open_link(session, home.pool_id, now=NOW) is None


def test_email_about_an_offer_says_how_long_the_seat_is_reserved(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    let_go(database, seat)
    with database.transaction() as session:
        assert (
            invitations.write_invitations(
                session, home.pool_id, 10, links=LINKS, now=NOW, since=NOW
            )
            == 1
        )
        letter = session.scalars(select(Mail).where(Mail.kind == "seat_offer")).one()
        assert "72 hours" in letter.text
        assert letter.recipient == email_of(database, dan)
    assert by_link(database, newest_token(database, "seat_offer"), dan) == "Claimed"


def test_emails_are_written_in_batches_and_only_once(database: Database) -> None:
    home = make_home(database, 9)
    for number in range(5):
        invite(database, home.pool_id, f"p{number}@example.org")

    def write(since: datetime | None = None) -> int:
        with database.transaction() as session:
            return invitations.write_invitations(
                session, home.pool_id, 2, links=LINKS, now=NOW, since=since
            )

    assert write(NOW + DAY) == 0
    assert [write() for _ in range(4)] == [2, 2, 1, 0]
    settle_at(database, home.pool_id, NOW)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=14), 14),
        (timedelta(days=14, seconds=-45), 14),  # emails about a list are written a little later
        (timedelta(days=3, hours=-2), 3),
        (timedelta(hours=5), 1),
    ],
)
def test_email_says_how_many_days_an_invitation_has_left(left: timedelta, said: int) -> None:
    assert days_left(NOW + left, NOW) == said
