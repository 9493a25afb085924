"""Every odd handout is accepted, cleaned, or refused with a message that says what to do."""

from pathlib import Path

import pytest

from tests.handouts.document_cases import ODD, Odd, become

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_odd_document_has_the_expected_outcome(odd: Odd, tmp_path: Path) -> None:
    assert become(odd, tmp_path) == odd.outcome
