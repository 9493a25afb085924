"""Whatever is sent as a handout is taken, cleaned, or refused with a sentence that says what to do."""

from pathlib import Path

import pytest

from tests.handouts.document_cases import ODD, Odd, become

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_what_becomes_of_an_odd_file(odd: Odd, tmp_path: Path) -> None:
    assert become(odd, tmp_path) == odd.outcome
