"""Replacements for a removed webinar: offered by staff, shown and accepted on its page (W2)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.catalog import PulledInstead, Webinar
from lms.models.documents import CreditReason
from lms.models.orders import Terms
from lms.models.organizations import Organization
from lms.sales import order_access
from lms.sales.credit_notes import Credit
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_recording, make_webinar
from tests.sales.order_fixtures import (
    GROUP,
    SEAT,
    credited,
    first_line,
    grants,
    locked,
    paid,
    placed,
    with_line,
)
from tests.seat_rows import add_pool, seat
from tests.seats.pool_fixtures import let_go, take_seat
from tests.visitor import Visitor

OTHER = "quiet-shelves"
REASON = {"reason": "A court says so."}


@pytest.fixture(autouse=True)
def _other(database: Database, clock: Clock) -> None:
    """Add another webinar with a recording to the catalog."""
    with database.transaction() as session:
        make_recording(session, make_webinar(session, OTHER))


@pytest.fixture
def ada(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def pull(ada: Visitor, cast: Cast, **offer: str) -> int:
    return ada.post(f"/staff/webinars/{cast.slug}/pull", data={**REASON, **offer}).status_code


def code(database: Database, login_id: int, slug: str, *, days: int = 0) -> Code:
    """Return the access decision for a webinar's handouts."""
    with database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.HANDOUT, NOW + timedelta(days=days)).code


def page_of(client: Visitor, person_id: int, cast: Cast) -> str:
    client.sign_in(person_id)
    return client.get(f"/webinars/{cast.slug}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        ({}, "kind"),
        ({"kind": "tea"}, "kind"),
        ({"kind": "words", "said": "  "}, "said"),
        ({"kind": "webinar"}, "other"),
        ({"kind": "webinar", "other": "no-such-one"}, "other"),
        ({"kind": "refund", "said": "x" * 1001}, "said"),
    ],
)
def test_webinar_is_not_removed_without_a_valid_replacement_offer(
    ada: Visitor, database: Database, cast: Cast, offer: dict[str, str], field: str
) -> None:
    answer = ada.post(f"/staff/webinars/{cast.slug}/pull", data={**REASON, **offer})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert f'id="{field}-error"' in page
    assert REASON["reason"] in page
    assert code(database, cast.alice.id, cast.slug) is Code.OK_PERMANENT


def test_webinar_cannot_replace_itself(ada: Visitor, cast: Cast) -> None:
    assert f'value="{cast.slug}"' not in ada.get(f"/staff/webinars/{cast.slug}/pull").text
    assert pull(ada, cast, kind="webinar", other=cast.slug) == 400


def test_people_with_seats_are_counted_among_those_who_lose_access(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, elm, cast.webinar_id)
        for login_id in (cast.dan.id, cast.alice.id):  # Alice also has access of her own
            seat(session, pool, login_id)
    assert "<strong>3 " in ada.get(f"/staff/webinars/{cast.slug}/pull").text


def test_person_with_permanent_access_gets_permanent_replacement(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    assert pull(ada, cast, kind="webinar", other=OTHER) == 303
    page = page_of(client, cast.alice.id, cast)
    assert "you can have “Quiet shelves” instead" in page
    assert f'action="/webinars/{cast.slug}/instead"' in page
    for _ in range(2):
        taken = client.post(f"/webinars/{cast.slug}/instead")
        assert (taken.status_code, taken.location) == (303, f"/webinars/{OTHER}")
    assert code(database, cast.alice.id, OTHER) is Code.OK_PERMANENT
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act)).all()
    assert "webinar.instead_offered" in acts
    assert "webinar.instead_taken" in acts
    assert acts.count("grant.made") == 1


def test_person_with_a_term_gets_the_replacement_for_that_term(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, elm, cast.webinar_id, ends_at=NOW + timedelta(days=90))
        seat(session, pool, cast.dan.id)
    pull(ada, cast, kind="webinar", other=OTHER)
    client.sign_in(cast.dan.id)
    assert client.post(f"/webinars/{cast.slug}/instead").status_code == 303
    assert code(database, cast.dan.id, OTHER, days=89) is Code.OK_TERM
    assert code(database, cast.dan.id, OTHER, days=90) is Code.PASS_EXPIRED


def test_person_without_access_cannot_get_the_replacement(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    assert client.post(f"/webinars/{cast.slug}/instead").status_code == 404  # no offer yet
    pull(ada, cast, kind="webinar", other=OTHER)
    page = page_of(client, cast.carol.id, cast)
    assert f'href="/webinars/{OTHER}"' in page
    assert "/instead" not in page
    assert client.post(f"/webinars/{cast.slug}/instead").status_code == 403
    assert code(database, cast.carol.id, OTHER) is not Code.OK_PERMANENT


def test_withdrawn_replacement_is_not_available(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    pull(ada, cast, kind="webinar", other=OTHER)
    assert ada.post(f"/staff/webinars/{OTHER}/withdraw").status_code == 303
    page = page_of(client, cast.alice.id, cast)
    assert 'href="/ask?kind=trouble&amp;' in page
    assert client.post(f"/webinars/{cast.slug}/instead").status_code == 403


def test_refund_offer_leads_to_the_request_form(ada: Visitor, client: Visitor, cast: Cast) -> None:
    pull(ada, cast, kind="refund")
    page = page_of(client, cast.alice.id, cast)
    assert 'refusal=WEBINAR_PULLED"' in page
    form = client.get(f"/ask?kind=trouble&webinar={cast.slug}&refusal=WEBINAR_PULLED").text
    assert "Reading rooms" in form  # the request names the webinar


def test_custom_message_is_shown_on_the_webinar_and_watch_pages(
    ada: Visitor, client: Visitor, cast: Cast
) -> None:
    pull(ada, cast, kind="words", said="We mend it by May. Call us on <555>.")
    for where in ("", "/watch"):
        client.sign_in(cast.alice.id)
        page = client.get(f"/webinars/{cast.slug}{where}").text
        assert "We mend it by May. Call us on &lt;555&gt;." in page
    told = client.post(f"/webinars/{cast.slug}/playback", json={}).get_json()
    assert (told["code"], told["more"]) == (
        "WEBINAR_PULLED",
        "We mend it by May. Call us on <555>.",
    )


def test_restoring_the_webinar_deletes_the_offer(
    ada: Visitor, database: Database, cast: Cast
) -> None:
    pull(ada, cast, kind="webinar", other=OTHER)
    assert "Quiet shelves" in ada.get(f"/staff/webinars/{cast.slug}").text
    ada.post(f"/staff/webinars/{cast.slug}/restore")
    with database.read_session() as session:
        assert session.scalars(select(PulledInstead.webinar_id)).all() == []
    assert pull(ada, cast, kind="refund") == 303


def take(client: Visitor, login_id: int, cast: Cast) -> int:
    client.sign_in(login_id)
    return client.post(f"/webinars/{cast.slug}/instead").status_code


def test_replacement_of_a_purchase_ends_when_its_order_is_refunded(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    bought = placed(database, replace(SEAT, terms=Terms.INVOICE))
    paid(database, bought)
    pull(ada, cast, kind="webinar", other=OTHER)
    assert take(client, cast.dan.id, cast) == 303
    assert code(database, cast.dan.id, OTHER) is Code.OK_PERMANENT
    credited(database, bought)
    assert code(database, cast.dan.id, OTHER) is Code.REFUNDED
    assert take(client, cast.dan.id, cast) == 403


def test_replacement_does_not_change_access_from_another_order(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    """The other order is on hold for payment, and its access stays separate."""
    bought = placed(database, replace(SEAT, terms=Terms.INVOICE))
    paid(database, bought)
    other = placed(
        database, replace(with_line(SEAT, covers=f"webinar:{OTHER}"), terms=Terms.INVOICE)
    )
    with database.transaction() as session:
        order_access.hold(session, locked(session, other), now=NOW)
    pull(ada, cast, kind="webinar", other=OTHER)
    for _ in range(2):
        assert take(client, cast.dan.id, cast) == 303
    assert code(database, cast.dan.id, OTHER) is Code.OK_PERMANENT
    credited(database, bought)
    assert code(database, cast.dan.id, OTHER) is not Code.OK_PERMANENT
    assert [one.revoked_at for one in grants(database, other)] == [None]


def test_replacement_of_a_seat_ends_with_the_seat(
    ada: Visitor, client: Visitor, database: Database, cast: Cast
) -> None:
    """The seat is the organization's (S2); other seats and returned ones don't matter."""
    bought = placed(database, GROUP)
    paid(database, bought)
    pool_id = grants(database, bought)[0].pool_id or 0
    seats = [take_seat(database, pool_id, one.id) for one in (cast.dan, cast.bob)]
    pull(ada, cast, kind="webinar", other=OTHER)
    for one in (cast.dan, cast.bob):
        assert take(client, one.id, cast) == 303
    line = first_line(database, bought)
    credited(database, bought, CreditReason.RETURN, Credit(line.public_id, seats=1))
    let_go(database, seats[0])
    assert code(database, cast.dan.id, OTHER) is Code.REVOKED
    assert code(database, cast.bob.id, OTHER) is Code.OK_PERMANENT
    assert take(client, cast.dan.id, cast) == 403
    credited(database, bought)
    assert code(database, cast.bob.id, OTHER) is Code.OK_TERM  # through Bob's own pass
