"""The accessibility and privacy pages."""

import pytest


@pytest.mark.parametrize("path", ["/accessibility", "/privacy"])
def test_everyone_can_read_the_page(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<h1>" in answer.text
