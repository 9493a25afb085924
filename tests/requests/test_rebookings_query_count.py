"""The webinars to choose from are read in one query, no matter how many there are."""

import pytest
from sqlalchemy import event

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lms.requests import rebookings
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_webinar
from tests.live.upcoming_webinar import DAY, HELD_AT, go_round
from tests.requests.test_rebookings import cancel


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_thirty_choices_take_as_many_queries_as_one(
    database: Database, carrel: Carrel, to_come: Cast, who: str
) -> None:
    login_id, costs = getattr(to_come, who).id, []
    go_round(carrel)
    cancel(database, carrel, to_come.slug)
    for number in range(30):
        with database.transaction() as session:
            make_webinar(session, f"other-{number}", held_at=HELD_AT + number * DAY)
        if number in (0, 29):
            costs.append(cost(database, to_come.webinar_id, login_id, number + 1))
    assert costs[0] == costs[1]


def cost(database: Database, webinar_id: int, login_id: int, others: int) -> int:
    """Count the statements for choosing among this many webinars."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with database.read_session() as session:
        webinar = session.get_one(Webinar, webinar_id)
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            choice = rebookings.read_choice(session, webinar, login_id, now=NOW)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
    assert choice is not None
    assert len(choice.others) == others
    return len(seen)
