"""What the house says of itself, to everyone who asks."""

import pytest


@pytest.mark.parametrize("path", ["/accessibility", "/privacy"])
def test_anybody_may_read_it(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<h1>" in answer.text
