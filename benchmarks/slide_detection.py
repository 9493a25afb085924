"""Slide changes found in an hour whose changes are known: recall, precision, cost.

The hour is drawn: pages of text, lists whose lines appear one by one, pictures and charts, a moving
pointer, and a presenter in a corner who never sits still; then it is encoded like a recording. The
changes that the pipeline finds are compared with those drawn; one counts if it is found within a
second. Run: python -m benchmarks.slide_detection [--seconds 3600] [--seed 7]
"""

import argparse
import json
import subprocess  # noqa: TID251  (the recording is drawn frame by frame into ffmpeg)
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

from media.files.subprocesses import Limits, ffmpeg_path, run_ffmpeg
from media.video.ffmpeg_options import compiled, opened
from media.video.renditions_and_commands import frames_for_slides
from media.video.slide_detection import Slide, find_slides
from media.video.upload_probe import probe

SIZE = (640, 360)
RATE = 5
FACE = (124, 94)
WITHIN_S = 1.0
WORDS = [
    "reading",
    "room",
    "shelf",
    "catalog",
    "loan",
    "renewal",
    "branch",
    "story",
    "hour",
    "budget",
    "outreach",
    "volunteer",
    "survey",
    "patron",
    "archive",
    "digital",
    "literacy",
    "circulation",
    "weeding",
    "display",
    "programme",
    "summer",
    "evening",
    "archive",
]


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was drawn at a time: a new page, or another line on the same page."""

    at_s: float
    is_page: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Recall and precision."""

    recall: float
    precision: float
    missed: tuple[float, ...]
    false: tuple[float, ...]


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carrel-slides-") as name:
        folder = Path(name)
        drawn = draw_talk(folder / "talk.mp4", options.seconds, options.seed)
        began = time.process_time()
        found = look(folder / "talk.mp4", folder)
        seconds = time.process_time() - began
    changes = compare([each.at_s for each in drawn], [each.starts_s for each in found[1:]])
    pages = compare(
        [each.at_s for each in drawn if each.is_page],
        [each.starts_s for each in found[1:] if each.turns_page],
    )
    answer = {
        "metric": "slides",
        "seconds": options.seconds,
        "drawn": len(drawn),
        "found": len(found) - 1,
        "recall": round(changes.recall, 4),
        "precision": round(changes.precision, 4),
        "chapters_recall": round(pages.recall, 4),
        "chapters_precision": round(pages.precision, 4),
        "compare_cpu_s": round(seconds, 1),
        "missed": changes.missed[:20],
        "false": changes.false[:20],
    }
    print(json.dumps(answer))


def look(path: Path, folder: Path) -> tuple[Slide, ...]:
    """Find the slides of a recording as the encoder does, without encoding it."""
    found = probe(path)
    if found.video is None:
        raise ValueError("a recording without a picture has no slides")
    output = frames_for_slides(opened(path)[found.video.pick], ())
    run_ffmpeg(
        compiled(output),
        limits=Limits(),
        folder=folder,
        progress=lambda _: None,
        canceled=lambda: False,
    )
    return find_slides(folder / "slides.gray")


def compare(drawn: Sequence[float], found: Sequence[float]) -> Score:
    """Match each drawn change with at most one that was found."""
    left = list(found)
    missed = []
    for at in drawn:
        near = [each for each in left if 0 <= each - at <= WITHIN_S]
        if near:
            left.remove(near[0])
        else:
            missed.append(at)
    hits = len(drawn) - len(missed)
    return Score(hits / max(1, len(drawn)), hits / max(1, len(found)), tuple(missed), tuple(left))


def draw_talk(path: Path, seconds: int, seed: int) -> tuple[Change, ...]:
    """Draw and encode a talk; return its changes in order."""
    random = Random(seed)
    changes: list[Change] = []
    encoder = subprocess.Popen(  # noqa: S603  (our own list)
        [
            *(ffmpeg_path(), "-v", "error", "-nostdin", "-y"),
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}"),
            *("-r", str(RATE), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast"),
            *("-crf", "30", "-g", "50", "-pix_fmt", "yuv420p", str(path)),
        ],
        stdin=subprocess.PIPE,
    )
    if encoder.stdin is None:
        raise AssertionError("started with a pipe")
    page, lasts = _next_page(random), 0
    presenter = _Presenter(random)
    for frame in range(seconds * RATE):
        if lasts == 0:
            if frame:
                page = page.next_state(random)
                changes.append(Change(frame / RATE, is_page=page.is_fresh))
            lasts = random.randint(5 * RATE, 38 * RATE)
        lasts -= 1
        picture = page.picture.copy()
        presenter.draw(picture, frame)
        encoder.stdin.write(picture.tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise RuntimeError("the talk could not be encoded")
    return tuple(changes)


class _Page:
    """A slide, and what of it hasn't been shown yet."""

    def __init__(self, picture: Image.Image, later: list[Image.Image]) -> None:
        self.picture = picture
        self.is_fresh = True
        self._later = later

    def next_state(self, random: Random) -> "_Page":
        """Return the page with its next line, or the next page."""
        if not self._later:
            return _next_page(random)
        more = _Page(self._later[0], self._later[1:])
        more.is_fresh = False
        return more


def _next_page(random: Random) -> _Page:
    kind = random.choice(("text", "list", "list", "picture", "chart", "title"))
    dark = random.random() < 0.2
    ground, ink = ("#16202c", "#e9eef5") if dark else ("#fbfaf7", "#1d2530")
    sheet = Image.new("RGB", SIZE, ground)
    pen = ImageDraw.Draw(sheet)
    if kind == "title":
        pen.text((60, 130), _line(random, 4).title(), ink, _font(40))
        pen.text((60, 190), _line(random, 5), ink, _font(20))
        return _Page(sheet, [])
    pen.text((40, 24), _line(random, 4).title(), ink, _font(30))
    if kind == "text":
        for row in range(random.randint(5, 9)):
            pen.text((44, 84 + row * 25), _line(random, random.randint(4, 7)), ink, _font(16))
    if kind == "chart":
        for bar in range(random.randint(4, 7)):
            height, color = random.randint(40, 200), f"hsl({random.randint(0, 359)},60%,50%)"
            pen.rectangle((60 + bar * 58, 320 - height, 100 + bar * 58, 320), fill=color)
    if kind == "picture":
        _paint(pen, random)
    later = [*_lines(sheet, random, ink)] if kind == "list" else []
    return _Page(later.pop(0) if later else sheet, later)


def _lines(sheet: Image.Image, random: Random, ink: str) -> Iterator[Image.Image]:
    """Yield the page with one line, with two, and so on."""
    for row in range(random.randint(3, 6)):
        sheet = sheet.copy()
        pen = ImageDraw.Draw(sheet)
        pen.ellipse((46, 98 + row * 40, 54, 106 + row * 40), fill=ink)
        pen.text((64, 90 + row * 40), _line(random, random.randint(2, 5)), ink, _font(20))
        yield sheet


def _paint(pen: ImageDraw.ImageDraw, random: Random) -> None:
    for _ in range(60):
        x, y = random.randint(40, 480), random.randint(80, 320)
        size, color = random.randint(8, 60), f"hsl({random.randint(0, 359)},45%,55%)"
        pen.ellipse((x, y, x + size, y + size), fill=color)


class _Presenter:
    """A nodding, speaking face in the corner, and a pointer that moves over the page."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._head = [62.0, 40.0]
        self._pointer = [300.0, 200.0]
        self._goal = [300.0, 200.0]

    def draw(self, picture: Image.Image, frame: int) -> None:
        random = self._random
        face = Image.new("RGB", FACE, "#5b6b78")
        pen = ImageDraw.Draw(face)
        self._head = [
            min(80.0, max(44.0, self._head[0] + random.uniform(-4, 4))),
            min(48.0, max(34.0, self._head[1] + random.uniform(-3, 3))),
        ]
        x, y = self._head
        pen.ellipse((x - 36, y + 22, x + 36, y + 90), fill="#28435e")
        pen.ellipse((x - 17, y - 22, x + 17, y + 22), fill="#d9a98a")
        mouth = random.choice((1, 3, 6))
        pen.ellipse((x - 6, y + 9, x + 6, y + 9 + mouth), fill="#6b2f2f")
        picture.paste(face, (SIZE[0] - FACE[0] - 8, SIZE[1] - FACE[1] - 8))
        self._point(picture, frame)

    def _point(self, picture: Image.Image, frame: int) -> None:
        random = self._random
        if frame % (4 * RATE) == 0:
            self._goal = [random.uniform(20, 600), random.uniform(20, 330)]
        self._pointer = [
            here + (goal - here) / 4 for here, goal in zip(self._pointer, self._goal, strict=True)
        ]
        x, y = self._pointer
        ImageDraw.Draw(picture).polygon(
            ((x, y), (x, y + 13), (x + 4, y + 10), (x + 9, y + 10)), fill="#000", outline="#fff"
        )


def _line(random: Random, words: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(words))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


if __name__ == "__main__":
    main()
