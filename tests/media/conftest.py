"""Fixtures of the media tests."""

from collections.abc import Iterator

import pytest

from tests.servers.seaweed import S3Server, seaweed


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with seaweed() as server:
        yield server
