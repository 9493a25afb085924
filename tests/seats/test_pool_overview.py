"""The status of a pool's term for managers, compared with the access decision for its people."""

from datetime import datetime, timedelta
from itertools import product

from lms.access.policy import ADMITTING, IN_FORCE, Code, GrantFacts, Way, weigh_holdings
from lms.seats.pool_overview import Line, Standing, weigh_term
from tests.access.test_policy import grant, place
from tests.clock import NOW

DAY = timedelta(days=1)
OLD, NEW, NEXT = (
    (NOW - 400 * DAY, NOW - DAY),
    (NOW - DAY, NOW + 364 * DAY),
    (NOW + DAY, NOW + 400 * DAY),
)
TERMS = (OLD, NEW, NEXT)
SAID = {Standing.IN_FORCE: IN_FORCE, Standing.GRACE: frozenset({Code.OK_GRACE})}


def line(term: tuple[datetime, datetime], state: str, grace: timedelta) -> tuple[Line, GrantFacts]:
    """Return a term both as managers see it and as the access decision sees it."""
    since = {"pending": term[0], "paused": term[0] + timedelta(hours=1)}.get(state)
    made = Line(
        id=str(TERMS.index(term)),
        seats=4,
        starts_at=term[0],
        ends_at=term[1],
        grace_until=term[1] + grace,
        awaits_payment=since is not None,
        is_paused=state == "paused",
        is_suspended=state == "suspended",
    )
    facts = grant(
        made.id,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
        grace_until=made.grace_until,
        awaits_payment_since=since,
        granted_at=term[0],
        suspended_at=term[0] if made.is_suspended else None,
        place=place(Way.CLAIMED),
    )
    return made, facts


def test_term_status_matches_the_access_decision() -> None:
    """Covers each pair of past, current, and next terms, with any payment and dispute state."""
    states = ("open", "pending", "paused", "suspended")
    for terms in ((OLD,), (NEW,), (OLD, NEW), (OLD, NEXT), (NEW, NEXT)):
        for chosen in product(states, repeat=len(terms)):
            for grace in (14 * DAY, timedelta(0)):
                pairs = [
                    line(term, state, grace) for term, state in zip(terms, chosen, strict=True)
                ]
                told = weigh_term([one for one, _ in pairs], now=NOW)
                decided = weigh_holdings([facts for _, facts in pairs], NOW)[0].code
                about = (terms, chosen, grace, told.standing, decided)
                opens = told.standing in (Standing.IN_FORCE, Standing.GRACE)
                assert opens == (decided in ADMITTING), about
                if opens:
                    assert decided in SAID[told.standing], about
