"""Snapshots: what was packed as JSON is the same when it is read, also years later."""

import json

import pytest

from lms.documents.snapshots import Snapshot, pack, sha256_of, unpack
from tests.documents.sample_snapshots import INVOICE, SAMPLES


@pytest.mark.parametrize("snapshot", SAMPLES.values(), ids=SAMPLES)
def test_snapshot_is_the_same_after_it_was_kept_as_json(snapshot: Snapshot) -> None:
    assert unpack(json.loads(json.dumps(pack(snapshot)))) == snapshot


def test_sha256_is_the_same_whatever_the_order_of_keys() -> None:
    packed = pack(INVOICE)
    assert sha256_of(dict(reversed(packed.items()))) == sha256_of(packed)


def test_field_that_was_not_known_yet_has_its_default() -> None:
    packed = pack(INVOICE)
    del packed["aging"], packed["explanation"]
    assert unpack(packed) == INVOICE
