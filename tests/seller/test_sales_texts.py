"""Sales texts: two people save the first ones at the same time."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

from lms.core.database import Database
from lms.models.seller import SalesTextKind
from lms.seller.sales_texts import SalesTexts, read_sales_texts, save_sales_texts
from tests.clock import NOW
from tests.seats.test_concurrent_claims import together


def test_last_of_two_concurrent_first_saves_counts(database: Database) -> None:
    met = Barrier(2)
    written = [
        SalesTexts(**{kind.value: name for kind in SalesTextKind}) for name in ("Oak", "Elm")
    ]

    def save(place: int) -> None:
        with database.transaction() as session:
            read_sales_texts(session)
            with suppress(BrokenBarrierError):  # SQLite allows one writer at a time
                met.wait(0.5)
            save_sales_texts(session, written[place], actor=None, now=NOW)

    together(2, save)
    with database.read_session() as session:
        assert read_sales_texts(session) in written
