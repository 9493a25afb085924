"""E2: how soon an hour of H.264 can be watched after its upload.

Measures from the end of the upload to a stored run, alternating with copying the file into storage.
Run: python -m benchmarks.time_to_playable [--rounds 3]
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.encode import ffmpeg, in_turn, median, ratio, record
from media.storage.storage_protocol import Storage, open_storage
from media.video.transcoder import remux
from media.video.upload_probe import probe


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-first-picture-") as name:
        found = measure_first_picture(Path(name), options.rounds)
    print(json.dumps(found | {"load": [round(each, 1) for each in os.getloadavg()]}))


def measure_first_picture(folder: Path, rounds: int) -> dict[str, object]:
    """Process an hour that can be copied until it can be watched, and only copy its file."""
    minute = record(folder / "minute.mp4", 60, 5, gop=100)
    hour = folder / "hour.mp4"
    ffmpeg("-stream_loop", "59", "-i", minute, "-c", "copy", hour)
    storage = open_storage((folder / "kept").as_uri())
    ours, alone = in_turn(
        rounds,
        lambda place: to_watch(hour, folder / f"first-{place}", storage),
        lambda place: storage.put_file(f"originals/{place}/hour.mp4", hour, "video/mp4"),
    )
    return {
        "metric": "E2",
        "ratio": ratio(ours, alone, "wall"),
        "ratio_cpu": ratio(ours, alone, "cpu"),
        "yardstick": "copying the file into the storage",
        "megabytes": round(hour.stat().st_size / 1e6),
        "product_s": median(ours, "wall"),
        "yardstick_s": median(alone, "wall"),
    }


def to_watch(source: Path, out: Path, storage: Storage) -> None:
    """Do what happens between the end of an upload and the first picture."""
    found = probe(source)
    made = remux(source, out, found, progress=lambda _: None, canceled=lambda: False)
    for name in made.files:
        storage.take_file(f"renditions/v/{out.name}/{name}", out / name, "video/mp4")


if __name__ == "__main__":
    main()
