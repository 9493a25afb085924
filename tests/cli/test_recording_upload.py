"""A recording sent from the command line resumes where it stopped."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.recordings import Recording
from lms.models.uploads import Upload, UploadState
from lms.uploads import chunks
from lms.uploads.chunks import READ_BYTES
from lms.uploads.uploads import UploadFacts
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.uploads.tus_client import film
from tests.wait_until import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
SIZE = 3_000_000_000  # long enough for a busy machine to stop it midway


class Freed:
    """An object that a weak reference watches."""


def _command(slug: str, file: Path, environ: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, ROOT / "wsgi.py", "recording", "add", slug, file, "--json"],
        env={"PATH": os.defpath, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kept(database: Database) -> int:
    with database.read_session() as session:
        return max(session.scalars(select(Upload.kept_bytes)), default=0)


def _stop_midway(
    database: Database, program: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    """Send a signal once a piece was stored; before that, the program might ignore it."""
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        assert program.poll() is None, "it was done before it could be stopped"
        if _kept(database):
            program.send_signal(number)
            return
        time.sleep(0.02)
    raise TimeoutError("nothing was kept")


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """Let child processes get Ctrl-C even where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_ctrl_c_is_heard")
@pytest.mark.parametrize(("number", "codes"), [(signal.SIGKILL, {-9}), (signal.SIGINT, {1, 130})])
def test_upload_resumes_after_it_was_stopped(
    database: Database,
    cast: Cast,
    environ: Mapping[str, str],
    tmp_path: Path,
    number: signal.Signals,
    codes: set[int],
) -> None:
    talk = tmp_path / "A long evening.mp4"
    talk.write_bytes(film(1_000_000))
    os.truncate(talk, SIZE)  # mostly a hole, which reads as zeros
    program = _command(cast.slug, talk, environ)
    _stop_midway(database, program, number)
    _out, err = program.communicate(timeout=PATIENCE_S)
    assert program.returncode in codes
    assert ("Run the same command again" in err) is (number == signal.SIGINT)
    program = _command(cast.slug, talk, environ)
    out, err = program.communicate(timeout=PATIENCE_S)
    assert (program.returncode, json.loads(out)["version"]) == (0, 2)
    assert "Continuing the upload of A long evening.mp4 at " in err
    with database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
        assert session.scalars(select(Upload.state)).one() is UploadState.DONE
    with talk.open("rb") as file:
        assert made.sha256 == hashlib.file_digest(file, "sha256").hexdigest()
    assert made.size_bytes == SIZE


@pytest.mark.usefixtures("_ctrl_c_is_heard")
@pytest.mark.parametrize("pieces", [3, 1])
def test_ctrl_c_stops_the_upload_while_an_object_is_freed(
    carrel_command: Shell,
    cast: Cast,
    database: Database,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pieces: int,
) -> None:
    """Python only prints a KeyboardInterrupt raised while it frees an object."""
    put = chunks._put

    def interrupted(carrel: Carrel, upload: UploadFacts, at: int, piece: bytes) -> int:
        kept = put(carrel, upload, at, piece)
        freed = Freed()
        weakref.finalize(freed, signal.raise_signal, signal.SIGINT)
        del freed
        return kept

    monkeypatch.setattr(chunks, "_put", interrupted)
    monkeypatch.setattr(chunks, "PIECE_BYTES", READ_BYTES)
    talk = tmp_path / "talk.mp4"
    talk.write_bytes(film(pieces * READ_BYTES))
    stopped = carrel_command("recording", "add", cast.slug, str(talk))
    assert stopped.code == 1
    assert "Run the same command again" in stopped.err
    assert _kept(database) == READ_BYTES


def test_the_same_file_sent_again_becomes_another_version(
    carrel_command: Shell, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    talk = tmp_path / "talk.mp4"
    talk.write_bytes(film(100_000))
    versions = [
        carrel_command("recording", "add", cast.slug, str(talk), "--json").answer["version"]
        for _ in range(2)
    ]
    assert versions == [2, 3]


def test_empty_file_is_refused_with_advice(
    carrel_command: Shell, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    empty = tmp_path / "talk.mp4"
    empty.touch()
    refused = carrel_command("recording", "add", cast.slug, str(empty), "--json")
    assert refused.code == 1
    assert "is empty" in refused.complaint["message"]
