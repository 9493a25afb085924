"""Listed groups: two staff lists name the same new groups at the same time."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

from lms.core.database import Database
from lms.training.listed_groups import find_or_make
from tests.clock import NOW
from tests.seats.test_concurrent_claims import together
from tests.training.conftest import Elm


def test_two_lists_at_once_make_each_new_group_once(database: Database, elm: Elm) -> None:
    met = Barrier(2)

    def apply(place: int) -> dict[str, int]:
        with database.transaction() as session:
            find_or_make(session, elm.facts.id, ["Known"], now=NOW)
            with suppress(BrokenBarrierError):  # SQLite lets in one after the other
                met.wait(0.5)
            names = ["Branch", "Desk", "desk"][:: 1 - 2 * place]
            return find_or_make(session, elm.facts.id, names, now=NOW)

    first, second = together(2, apply)
    assert first == second
    assert isinstance(first, dict)
    assert set(first) == {"Branch", "Desk", "desk"}
    assert first["Desk"] == first["desk"] != first["Branch"]
