"""Names of groups are unique within an organization, ignoring case."""

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.training.groups import make_group
from tests.clock import NOW
from tests.training.conftest import Elm


@pytest.mark.parametrize("name", ["Éclairage", "éclairage", "ÉCLAIRAGE"])
def test_name_that_is_taken_is_refused_in_any_case(database: Database, elm: Elm, name: str) -> None:
    with database.transaction() as session:
        make_group(session, elm.facts, "Éclairage", "", actor=None, now=NOW)
        with pytest.raises(Invalid) as refused:
            make_group(session, elm.facts, name, "", actor=None, now=NOW)
    assert "name" in refused.value.fields
