"""How readable small colored text is in the low rendition, measured by VMAF.

A recording of three slides (26 px text on white, 20 px red on blue, 20 px with thin colored lines)
with a talking head is encoded at 1080p as the product does and in other ways. Each result is scaled
back to 1080p and compared with the original. The ffmpeg of imageio-ffmpeg has libvmaf; Debian's
doesn't. Run: python -m benchmarks.low_rung [--seconds 36]
"""

import argparse
import json
import math
import random
import subprocess  # noqa: TID251  (the yardstick runs ffmpeg without our runner)
import tempfile
from pathlib import Path
from typing import Final

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

from benchmarks.encode import cpu_seconds
from media.video.renditions_and_commands import LOW, Rung, rungs
from media.video.upload_probe import probe
from media.video.watermarked_mp4 import FACES, FONTS

TEXT: Final = (
    "the library patron record shows which branch lends a title and how long a hold waits before"
    " it is sent to another desk in the county"
)
SLIDES: Final = (("#fff", "#222", 26), ("#0000a8", "#ff2020", 20), ("#fff8e8", "#036", 20))
LINES: Final = ("#d00", "#080", "#06c", "#c80", "#808")
HEADS: Final = 50
FULL: Final = (1920, 1080)
# name, size, frames a second, crf, peak in kb/s, buffer in kb, other encoder options
OTHERS: Final = (
    ("720p as before", (1280, 720), 15, 26, 800, 1600),
    ("720p, larger burst", (1280, 720), 15, 26, 1000, 4000),
    ("720p, crf 18", (1280, 720), 15, 18, 1000, 4000),
    ("900p, crf 28", (1600, 900), 15, 28, 1000, 4000),
    ("1080p, crf 32", FULL, 15, 32, 1000, 4000),
    ("1080p, crf 36", FULL, 15, 36, 1000, 4000),
    ("1080p, crf 38", FULL, 15, 38, 1000, 4000),
    ("1080p, small burst", FULL, 15, 34, 800, 1600),
    ("1080p, tune stillimage", FULL, 15, 34, 1000, 4000, "-tune", "stillimage"),
    ("1080p, aq-mode 3", FULL, 15, 34, 1000, 4000, "-aq-mode", "3"),
    ("1080p, chroma offset -4", FULL, 15, 34, 1000, 4000, "-chromaoffset", "-4"),
    ("1080p, 10 pictures", FULL, 10, 34, 1000, 4000),
)


def main() -> None:
    """Measure and print a line of JSON for each way to encode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=36, help="length of the film")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="carrel-low-rung-") as name:
        film = make_film(Path(name), seconds)
        found = probe(film).video
        if found is None:
            raise ValueError("a film has a picture")
        ours: Rung = next(rung for rung in rungs(found) if rung.name == LOW)
        size, rate = (ours.width, ours.height), int(ours.rate)
        peak, burst = ours.peak_bits // 1000, ours.burst_bits // 1000
        for way in (("the product", size, rate, ours.crf, peak, burst), *OTHERS):
            print(json.dumps({"way": way[0]} | measured(film, seconds, *way[1:])), flush=True)


def measured(  # noqa: PLR0913  (a row of the table above)
    film: Path,
    seconds: int,
    size: tuple[int, int],
    rate: int,
    crf: int,
    peak: int,
    burst: int,
    *further: str,
) -> dict[str, float]:
    """Encode the recording in one way; return its cost, size, and VMAF."""
    out, log = film.with_name("low.mp4"), film.with_name("vmaf.json")
    before = cpu_seconds()
    ffmpeg(
        *("-i", film, "-vf", f"fps={rate}:start_time=0,scale={size[0]}:{size[1]},format=yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", crf),
        *("-maxrate", f"{peak}k", "-bufsize", f"{burst}k", "-g", "360", "-sc_threshold", "0"),
        *("-force_key_frames", "expr:gte(t,n_forced*6)", *further, out),
    )
    cpu = cpu_seconds() - before
    compared = f"libvmaf=log_fmt=json:log_path={log}:n_threads=2:n_subsample=6:shortest=1"
    graph = (
        f"[0:v]scale=1920:1080:flags=bicubic[a];[1:v]fps={rate}:start_time=0[b];[a][b]{compared}"
    )
    ffmpeg("-i", out, "-i", film, "-filter_complex", graph, "-f", "null", "-")
    scores = [each["metrics"]["vmaf"] for each in json.loads(log.read_text())["frames"]]
    third = len(scores) // len(SLIDES)
    return {
        "kbit_s": round(out.stat().st_size * 8 / seconds / 1000),
        "cpu_s_per_minute": round(cpu * 60 / seconds, 1),
        "vmaf": round(sum(scores) / len(scores), 1),
        "vmaf_red_on_blue": round(sum(scores[third : 2 * third]) / third, 1),
        "vmaf_lowest": round(min(scores), 1),
    }


def make_film(folder: Path, seconds: int) -> Path:
    """Make the original: slides one after the other, and a talking head."""
    for number, (paper, ink, px) in enumerate(SLIDES):
        draw_slide(folder / f"slide-{number}.png", paper, ink, px)
    for number in range(HEADS):
        draw_head(folder / f"head-{number:02d}.png", 2 * math.pi * number / HEADS)
    graph = (
        "[0:v]fps=25[slides];[1:v]noise=alls=4:allf=t[head];[slides][head]overlay=1500:835,"
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    )
    film = folder / "film.mp4"
    ffmpeg(
        *("-framerate", f"{len(SLIDES)}/{seconds}", "-i", folder / "slide-%d.png"),
        *("-stream_loop", "-1", "-framerate", "25", "-i", folder / "head-%02d.png"),
        *("-filter_complex", graph, "-t", seconds),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-g", "150", film),
    )
    return film


def draw_slide(path: Path, paper: str, ink: str, px: int) -> None:
    """Draw a slide full of text, and thin lines below if it is the last."""
    chance = random.Random(px + len(paper))
    slide = Image.new("RGB", FULL, paper)
    draw = ImageDraw.Draw(slide)
    font = ImageFont.truetype(str(FONTS / FACES[0]), px)
    for top in range(60, 1040, round(px * 1.6)):
        width, text = 1700 if top < 760 else 1300, ""
        while font.getlength(text) < width - 120:
            text += chance.choice(TEXT.split()) + " "
        draw.text((80, top), text, font=font, fill=ink)
    if paper == SLIDES[-1][0]:
        for number, color in enumerate(LINES):
            curve = [(1000 + x * 8, 500 + number * 25 + 60 * math.sin(x / 9)) for x in range(100)]
            draw.line(curve, fill=color, width=1)
    slide.save(path)


def draw_head(path: Path, turn: float) -> None:
    """Draw a head that moves a little and speaks; `turn` repeats from 0 to 2 pi."""
    picture = Image.new("RGB", (400, 225), "#605850")
    draw = ImageDraw.Draw(picture)
    x, y = 200 + 10 * math.sin(turn), 105 + 4 * math.cos(2 * turn)
    mouth = 2 + 4 * abs(math.sin(3 * turn))
    draw.ellipse((x - 130, y + 60, x + 130, y + 260), fill="#283c6e")
    draw.ellipse((x - 48, y - 62, x + 48, y + 62), fill="#d6aa8c")
    draw.ellipse((x - 50, y - 70, x + 50, y - 20), fill="#3c281e")
    draw.ellipse((x - 18, y + 30 - mouth, x + 18, y + 30 + mouth), fill="#782828")
    for side in (-18, 18):
        draw.ellipse((x + side - 5, y - 7, x + side + 5, y + 2), fill="#fafafa")
    picture.save(path)


def ffmpeg(*words: object) -> None:
    """Run the ffmpeg that has libvmaf."""
    command = ["nice", imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
    subprocess.run([*command, *map(str, words)], check=True)  # noqa: S603  (our own list)


if __name__ == "__main__":
    main()
