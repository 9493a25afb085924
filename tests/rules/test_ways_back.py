"""Every act of staff and managers can be undone, or its page says that it can't."""

from pathlib import Path
from typing import Final

from flask import Flask

from lms.web.core.route_guard import Audience
from tests.rules.test_routes import doors

ROOT: Final = Path(__file__).parents[2]
TABLE: Final = Path(__file__).parent / "ways_back.tsv"
OURS: Final = {Audience.STAFF, Audience.SELLER_OWNERS, Audience.MANAGERS}
WITHOUT: Final = {"again", "nothing"}


def rows() -> dict[str, list[str]]:
    lines = TABLE.read_text().splitlines()
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {each[0]: each[1:] for each in cells}


def acts(app: Flask) -> set[str]:
    found = [door for door in doors(app) if door.method == "POST"]
    return {door.endpoint for door in found if door.audiences & OURS}


def test_every_act_is_in_the_table(app: Flask) -> None:
    listed = set(rows())
    assert acts(app) - listed == set(), "add it to tests/rules/ways_back.tsv"
    assert listed - acts(app) == set(), "it is no act any more"


def test_every_way_back_is_an_act(app: Flask) -> None:
    named = {back[0] for back in rows().values() if len(back) == 1} - WITHOUT
    assert named - acts(app) == set()


def test_act_without_a_way_back_says_so() -> None:
    missing = [
        act
        for act, back in rows().items()
        if len(back) > 1 and back[1] not in (ROOT / back[0]).read_text()
    ]
    assert missing == []
