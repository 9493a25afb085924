"""Uploads with both kinds of storage: a local directory and a bucket."""

from dataclasses import replace

import pytest

from lms.core.runtime import Carrel
from media.storage.object_keys import new_key_id
from tests.cast import Cast
from tests.clock import Clock
from tests.servers.s3 import S3Server
from tests.uploads.tus_client import Sender
from tests.visitor import Visitor


@pytest.fixture(params=["local", "s3"])
def carrel(request: pytest.FixtureRequest, carrel: Carrel) -> Carrel:
    """The library with one of the two kinds of storage."""
    if request.param == "local":
        return carrel
    server: S3Server = request.getfixturevalue("s3_server")
    return replace(carrel, storage=server.storage(f"house/{new_key_id()}"))


@pytest.fixture
def ada(client: Visitor, cast: Cast, clock: Clock) -> Sender:
    """A member of staff who uploads files to the cast's webinar."""
    client.sign_in(cast.ada.id)
    return Sender(client, cast.slug)
