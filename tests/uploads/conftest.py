"""Uploads on both kinds of storage: a directory of this machine, and a bucket."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lms.runtime import Carrel
from media.keys import new_key_id
from media.storage import open_storage
from tests.cast import Cast
from tests.clock import Clock
from tests.servers.seaweed import S3Server, seaweed
from tests.uploads.sending import Sender
from tests.visitor import Visitor


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with seaweed() as server:
        yield server


@pytest.fixture(params=["local", "s3"])
def carrel(request: pytest.FixtureRequest, carrel: Carrel) -> Carrel:
    """The library over one of the two kinds of storage."""
    if request.param == "local":
        return carrel
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = open_storage(
        server.url(f"house/{new_key_id()}"),
        endpoint=server.endpoint,
        region=server.region,
        access_key=server.access_key,
        secret_key=server.secret_key,
    )
    return replace(carrel, storage=bucket)


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Sender:
    """A member of staff who sends files to the cast's webinar."""
    client.sign_in(cast.ada.id)
    return Sender(client, cast.slug)
