"""What each kind of page transfers from `carrel serve` with an empty cache."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.delivered_pages import KINDS, Arrival, Wire, opened, serving_world
from tests.browser.route_walk import World
from tests.servers.databases import Databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# bytes including headers, without pictures
MOST = 120_000
MOST_OF_WATCH = 350_000
MOST_FILES = 13


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, made_databases: Databases, worker_id: str
) -> Iterator[World]:
    """A site with demo data, served as in production."""
    url = made_databases.prepared(f"carrel_weight_{worker_id}")
    with serving_world(tmp_path_factory.mktemp("weight"), url) as made:
        yield made


def arrival(browser: "Browser", world: World, kind: str) -> Arrival:
    """Open a kind of page and wait for all transfers; returns what was transferred."""
    with opened(browser, world, kind) as (person, path):
        wire = Wire(person.page)
        answer = person.page.goto(path)
        assert answer is not None
        assert answer.status == 200, kind
        wire.wait_until_quiet()
        return wire.arrival()


def test_pages_stay_within_size_limits(browser: "Browser", world: World) -> None:
    too_much = {}
    for kind in KINDS:
        came = arrival(browser, world, kind)
        most = MOST_OF_WATCH if kind == "watch" else MOST
        if came.total > most or len(came.files) > MOST_FILES:
            too_much[kind] = came
    assert too_much == {}
