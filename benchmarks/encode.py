"""E1: the cost of the encoding pipeline compared with ffmpeg alone.

Encodes a recording with the product, alternating with one ffmpeg call that makes the same
renditions and the plain MP4, both at the same niceness. Only the product also measures loudness
before and after, detects slides, takes a picture of each, and chooses a poster. Pictures cost by
the number of slides; the poster costs the same for a minute and an hour. For how readable the low
rendition is, see `benchmarks/low_rung.py`. Run: python -m benchmarks.encode [--seconds 60] [--slide
30] [--rounds 3]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess  # noqa: TID251  (the yardstick runs ffmpeg without our runner)
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.files.subprocesses import Limits, ffmpeg_path
from media.video.transcoder import encode
from media.video.upload_probe import probe

HLS = (
    *("-f", "hls", "-hls_time", "6", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"),
    *("-hls_flags", "single_file+independent_segments"),
)
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-sc_threshold", "0")
SPLIT = "[0:v]split=4[a][b][c][d];"
HIGH = "[a]fps=25,scale=1920:1080,format=yuv420p[high];"
LOW = "[b]fps=15,scale=1920:1080,format=yuv420p[low];"
STILLS = (
    "[c]fps=1,trim=end=30,scale=1280:-2:out_range=pc,format=yuvj420p,thumbnail=30[poster];"
    "[d]fps=1/10,scale=160:90:out_range=pc,format=yuvj420p,tile=10x10[thumbs];"
)
SOUND = (
    "[0:a]aformat=channel_layouts=mono,volume=3dB,aresample=192000,"
    "alimiter=limit=0.79:level=disabled,aresample=48000[sound]"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of the recording")
    parser.add_argument("--slide", type=int, default=30, help="how long a slide stays, in seconds")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-encode-") as name:
        found = measure_ladder(Path(name), options.seconds, options.slide, options.rounds)
    print(json.dumps(found | {"load": [round(each, 1) for each in os.getloadavg()]}))


def measure_ladder(folder: Path, seconds: int, slide: int, rounds: int) -> dict[str, object]:
    """Encode a recording that can't be copied, with the product and with ffmpeg alone."""
    # key frames are too far apart to copy the picture
    source = record(folder / "slides.mp4", seconds, slide, gop=100_000)
    ours, alone = in_turn(
        rounds,
        lambda place: by_product(source, folder / f"ours-{place}"),
        lambda place: by_ffmpeg(source, folder / f"alone-{place}"),
    )
    return {
        "metric": "E1",
        "ratio": ratio(ours, alone, "wall"),
        "ratio_cpu": ratio(ours, alone, "cpu"),
        "yardstick": "the same ladder, stills and plain MP4 by ffmpeg alone",
        "seconds": seconds,
        "slide_s": slide,
        "product_s": median(ours, "wall"),
        "yardstick_s": median(alone, "wall"),
        "cpu_s_per_minute": round(median(ours, "cpu") * 60 / seconds, 1),
    }


def record(path: Path, seconds: int, slide: int, *, gop: int) -> Path:
    """Make an H.264 and AAC recording of slides and a tone."""
    slides = f"testsrc2=s=1920x1080:r=1/{slide}:d={seconds},fps=25,noise=alls=12:allf=t"
    tone = f"sine=f=220:r=48000:d={seconds},tremolo=f=3:d=0.8"
    sources = ("-f", "lavfi", "-i", slides, "-f", "lavfi", "-i", tone)
    picture = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-pix_fmt", "yuv420p")
    cuts = ("-maxrate", "2M", "-bufsize", "4M", "-g", str(gop), "-sc_threshold", "0")
    ffmpeg(*sources, *picture, *cuts, "-c:a", "aac", path)
    return path


def by_product(source: Path, out: Path) -> None:
    """Probe and encode as the worker does."""
    encode(source, out, probe(source), progress=lambda _: None, canceled=lambda: False)


def by_ffmpeg(source: Path, out: Path) -> None:
    """Encode with one ffmpeg call."""
    out.mkdir()
    keys = ("-force_key_frames", "expr:gte(t,n_forced*6)", "-g", "600")
    high = (*X264, "-crf", "23", "-maxrate", "2500k", "-bufsize", "5000k", *keys, *HLS)
    low = (*X264, "-crf", "34", "-maxrate", "1000k", "-bufsize", "4000k", *keys, *HLS)
    ffmpeg(
        *("-i", source, "-filter_complex", SPLIT + HIGH + LOW + STILLS + SOUND),
        *("-map", "[high]", *high, "-hls_segment_filename", out / "high.mp4", out / "high.m3u8"),
        *("-map", "[low]", *low, "-hls_segment_filename", out / "low.mp4", out / "low.m3u8"),
        *("-map", "[poster]", "-frames:v", "1", "-update", "1", out / "poster.jpg"),
        *("-map", "[thumbs]", out / "thumbs-%03d.jpg"),
        *("-map", "[sound]", "-c:a", "aac", "-b:a", "96k", *HLS),
        *("-hls_segment_filename", out / "audio.mp4", out / "audio.m3u8"),
    )
    plain = ("-c", "copy", "-movflags", "+faststart", out / "progressive.mp4")
    ffmpeg("-i", out / "low.mp4", "-i", out / "audio.mp4", *plain)


def ffmpeg(*words: object) -> None:
    """Run ffmpeg at the product's niceness."""
    nice = ("nice", "-n", str(Limits().nice))
    command = [*nice, ffmpeg_path(), "-v", "error", "-nostdin", "-y", *map(str, words)]
    subprocess.run(command, check=True)  # noqa: S603  (our own list)


def in_turn(
    rounds: int, one: Callable[[int], None], other: Callable[[int], None]
) -> tuple[list[Cost], list[Cost]]:
    """Time both alternately, so that other load affects both."""
    costs: tuple[list[Cost], list[Cost]] = [], []
    for place in range(rounds):
        for act, kept in zip((one, other), costs, strict=True):
            wall, cpu = time.perf_counter(), cpu_seconds()
            act(place)
            kept.append(Cost(time.perf_counter() - wall, cpu_seconds() - cpu))
    return costs


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def median(costs: list[Cost], what: str) -> float:
    """Return the median of one kind of cost, in seconds."""
    return round(statistics.median(values(costs, what)), 2)


def ratio(ours: list[Cost], alone: list[Cost], what: str) -> float:
    """Return the product's cost divided by ffmpeg's."""
    return round(statistics.median(values(ours, what)) / statistics.median(values(alone, what)), 3)


def values(costs: list[Cost], what: str) -> list[float]:
    """Return one kind of cost for every run."""
    return [each.wall if what == "wall" else each.cpu for each in costs]


if __name__ == "__main__":
    main()
