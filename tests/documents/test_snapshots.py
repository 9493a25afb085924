"""Snapshots: JSON is read back unchanged, even years later."""

import json

import pytest

from lms.documents.snapshots import Snapshot, pack, sha256_of, unpack
from tests.documents.sample_snapshots import INVOICE, SAMPLES


@pytest.mark.parametrize("snapshot", SAMPLES.values(), ids=SAMPLES)
def test_snapshot_is_unchanged_after_storage_as_json(snapshot: Snapshot) -> None:
    assert unpack(json.loads(json.dumps(pack(snapshot)))) == snapshot


def test_sha256_does_not_depend_on_the_order_of_keys() -> None:
    packed = pack(INVOICE)
    assert sha256_of(dict(reversed(packed.items()))) == sha256_of(packed)


def test_field_missing_from_an_old_snapshot_has_its_default() -> None:
    packed = pack(INVOICE)
    del packed["aging"], packed["explanation"]
    assert unpack(packed) == INVOICE
