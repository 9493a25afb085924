"""Fixtures of the media tests: a storage of each kind, and small recordings of every kind."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from media.files.subprocesses import ffmpeg_path
from media.storage.object_keys import new_key_id
from media.storage.storage_protocol import Storage, open_storage
from tests.servers.s3 import S3Server
from tests.wait_until import PATIENCE_S

Make = Callable[..., Path]

SECONDS = 4
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k")


def picture(size: str = "320x180", rate: int = 25, seconds: float = SECONDS) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")


def tone(seconds: float = SECONDS) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}")


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each kind: a directory and a bucket."""
    if request.param == "local":
        kept = open_storage((tmp_path / "kept").as_uri())
        kept.prepare()
        return kept
    server: S3Server = request.getfixturevalue("s3_server")
    return server.storage(f"house/{new_key_id()}")


@pytest.fixture(scope="session")
def make(tmp_path_factory) -> Make:
    """Make a file with ffmpeg, once for the same arguments."""
    folder = tmp_path_factory.mktemp("recordings")
    made: dict[tuple[str, ...], Path] = {}

    def recorded(name: str, *words: str) -> Path:
        key = (name, *words)
        if key not in made:
            made[key] = folder / f"{len(made)}-{name}"
            command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *words, str(made[key])]
            subprocess.run(command, check=True, timeout=PATIENCE_S)
        return made[key]

    return recorded


@pytest.fixture(scope="session")
def talk(make) -> Path:
    """A recording that browsers can play without encoding."""
    return make("talk.mp4", *picture(), *tone(), *X264, *AAC, "-g", "50", "-shortest")


@pytest.fixture(scope="session")
def flashes(make) -> Path:
    """A recording that flashes and beeps at 0, 2 and 4 seconds."""
    flash = "color=black:s=160x90:r=30:d=6,drawbox=c=white:t=fill:enable='lt(mod(t,2),0.2)'"
    beep = "aevalsrc='if(lt(mod(t,2),0.2),0.8*sin(2*PI*1000*t),0)':s=48000:d=6"
    return make(
        "flashes.mp4",
        *("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep),
        *("-c:v", "libx264", "-bf", "3", "-g", "60", "-pix_fmt", "yuv420p", *AAC),
    )
