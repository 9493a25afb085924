"""The owner of one organization sends another organization's ids to every manager page."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from lms.core.database import Database
from lms.core.model_base import Base
from lms.core.runtime import Carrel
from lms.models.organizations import Role
from tests.browser.route_walk import World, furnish
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)
from tests.visitor import Visitor

# Their webinars are public, and the guides describe products.
OF_NO_ORGANIZATION: Final = {
    "organization_embeds.new",
    "organization_lti.guide",
    "organization_reports.webinar",
    "organization_reports.heat_csv",
}
# Tables that any request can write to: sign-ins and rate limit counts.
OF_NOBODY: Final = {"sign_in", "try_count"}
# The form fields of these pages, each filled with an id of the other organization.
FIELDS: Final = {
    **dict.fromkeys(("pool", "from", "to"), "pool_id"),
    **dict.fromkeys(("group", "groups"), "group_id"),
    "seat": "seat_id",
    "webinar": "slug",
    "order_id": "order_id",
    "organization": "staff_organizations.slug",
}
Rows = Mapping[str, Mapping[Any, dict[str, Any]]]


def rows_of(database: Database) -> Rows:
    """Return the rows of every table by primary key."""
    with database.read_session() as session:
        return {
            table.name: {
                tuple(row[column] for column in table.primary_key.columns): dict(row)
                for row in session.execute(select(table)).mappings()
            }
            for table in Base.metadata.sorted_tables
            if table.name not in OF_NOBODY
        }


def ids_for(world: World, rule: Rule) -> dict[str, str]:
    """Return values for a route's variables: ids of the other organization, or an unknown id."""
    place = rule.endpoint.partition(".")[0]
    known = world.values
    return {
        name: known.get(
            f"{rule.endpoint}.{name}", known.get(f"{place}.{name}", known.get(name, "0" * 26))
        )
        for name in rule.arguments
    }


def path_of(rule: str, values: Mapping[str, str]) -> str:
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found: values[found[1]], rule)


@pytest.mark.timeout(600)
def test_ids_of_another_organization_are_not_found_and_change_nothing(
    carrel: Carrel, database: Database, app: Flask, client: Visitor
) -> None:
    world: World = furnish(carrel, "http://localhost")
    with database.transaction() as session:
        eve = make_login(session, "eve@oak-hill.example", name="Eve")
        oak = make_organization(session, "oak-hill", name="Oak Hill")
        make_membership(session, oak, eve, role=Role.OWNER)
        pool = make_pool(session, oak)
        make_pool_grant(session, pool)
        eve_id, own, own_row, own_pool = eve.id, oak.public_id, oak.id, pool.id
    client.sign_in(eve_id)
    fields = {field: world.values[name] for field, name in FIELDS.items()}
    # A page that doesn't find the pool never checks the seat, so send the seat alone too.
    bodies = {"GET": [None], "POST": [fields, {"seat": fields["seat"]}]}
    before, found, asked = rows_of(database), [], 0
    for rule in app.url_map.iter_rules():
        known = ids_for(world, rule)
        if "organization_id" not in known:
            continue
        path = path_of(rule.rule, known | {"organization_id": own})
        names_others = rule.arguments != {"organization_id"}
        sent = [
            (method, body)
            for method in sorted((rule.methods or set()) & bodies.keys())
            for body in bodies[method]
            if method == "POST" or names_others
        ]
        for method, body in sent:
            answer = client.open(path, method=method, data=body)
            asked += 1
            is_own = not names_others or rule.endpoint in OF_NO_ORGANIZATION
            if answer.status_code != 404 and not is_own:
                found.append((method, rule.endpoint, answer.status_code))
    after = rows_of(database)
    changed = [
        (table, key)
        for table, rows in before.items()
        for key, row in rows.items()
        if after[table].get(key) != row
    ]
    assert asked > 100
    assert (found, changed) == ([], [])
    mine = {"organization_id": own_row, "pool_id": own_pool, "login_id": eve_id}
    taken = [
        (table, column, row[column])
        for table, rows in after.items()
        for row in (rows[key] for key in rows.keys() - before[table].keys())
        for column in mine.keys() & row.keys()
        if row[column] not in (None, mine[column])
    ]
    assert taken == []
