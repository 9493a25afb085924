"""S3 errors: maps an unreachable server to one storage error."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from media.storage.errors_and_file_facts import StorageAway


@contextmanager
def reaching() -> Iterator[None]:
    """Raise StorageAway for any error of the client; around a block or a whole function."""
    try:
        yield
    except ClientError as fault:
        kind = fault.response.get("Error", {}).get("Code") or str(status_of(fault))
        raise StorageAway(str(fault), kind) from fault
    except (Boto3Error, BotoCoreError) as fault:
        raise StorageAway(str(fault), type(fault).__name__) from fault


def status_of(fault: ClientError) -> int:
    """Return the HTTP status of a server's error, 0 if it has none."""
    return int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
