"""E3: the cost of an hour of 1080p whose picture is copied.

An hour of slides with small colored text, a talking head, and sound (36 seconds of
`benchmarks/low_rung.py`, repeated) is probed, copied, and encoded as the encode job does. Prints
CPU and elapsed time of both steps, and the sizes of the results. Run: python -m
benchmarks.encode_hour [--minutes 60]
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.encode import cpu_seconds, ffmpeg
from benchmarks.low_rung import make_film
from media.video.transcoder import encode, remux
from media.video.upload_probe import probe

PART_SECONDS = 36  # a longer one takes gigabytes of memory to assemble
TONE = f"sine=f=220:r=48000:d={PART_SECONDS},tremolo=f=3:d=0.8"


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="length of the recording")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="carrel-encode-hour-") as name:
        found = measure_hour(Path(name), minutes)
    print(json.dumps(found | {"load": [round(each, 1) for each in os.getloadavg()]}))


def measure_hour(folder: Path, minutes: int) -> dict[str, object]:
    """Copy and encode the recording, once each."""
    source = record(folder, minutes)
    seen = probe(source)
    if not seen.copyable:
        raise ValueError("the recording was to be one that can be copied")
    copied = cost(lambda: remux(source, folder / "copy", seen, progress=ignore, canceled=never))
    whole = cost(lambda: encode(source, folder / "run", seen, progress=ignore, canceled=never))
    sizes = {path.name: path.stat().st_size for path in (folder / "run").glob("*.mp4")}
    return {
        "metric": "E3",
        "minutes": minutes,
        "original_mb": round(source.stat().st_size / 1e6),
        "copied_cpu_s": copied[0],
        "copied_s": copied[1],
        "encoded_cpu_minutes": round(whole[0] / 60, 1),
        "encoded_minutes": round(whole[1] / 60, 1),
        "kbit_s": {name: round(size * 8 / minutes / 60_000) for name, size in sizes.items()},
    }


def record(folder: Path, minutes: int) -> Path:
    """Make the recording: 36 seconds are encoded once and repeated by copying."""
    part, whole = folder / "part.mp4", folder / "hour.mp4"
    film = make_film(folder, PART_SECONDS)
    picture = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "1M", "-maxrate", "2M")
    cuts = ("-bufsize", "4M", "-g", "150", "-c:a", "aac", "-shortest")
    ffmpeg("-i", film, "-f", "lavfi", "-i", TONE, *picture, *cuts, part)
    ffmpeg("-stream_loop", minutes * 60 // PART_SECONDS - 1, "-i", part, "-c", "copy", whole)
    for used in (film, part):
        used.unlink()
    return whole


def cost(act: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU and elapsed seconds of a call."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    act()
    return round(cpu_seconds() - cpu, 1), round(time.perf_counter() - wall, 1)


def ignore(share: float) -> None:
    """Ignore progress."""


def never() -> bool:
    """Never cancel."""
    return False


if __name__ == "__main__":
    main()
