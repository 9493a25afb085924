"""Slide detection: when each slide of a recording appears, and whether it replaced the last one.

It compares one small gray picture per second. Blocks that change all the time (the speaker's video, a
film) are ignored; a change of more than a hundredth of the others is a slide change. If ink
disappeared, the page was turned; if ink was only added, a line appeared.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageChops, ImageFilter

WIDTH: Final = 160
HEIGHT: Final = 90
BLOCK: Final = 8
BLOCKS: Final = -(-WIDTH // BLOCK) * -(-HEIGHT // BLOCK)
# A smaller pixel difference is encoder noise; this many pixels of 64 make a changed block.
NOISE: Final = 18
PIXELS_OF_A_BLOCK: Final = 5
CHANGED_SHARE: Final = 0.01
FEWEST_BLOCKS: Final = 4  # a moving pointer changes two or three
RESTLESS_SHARE: Final = 0.25
NEAR_SECONDS: Final = 8
# With fewer blocks at rest no slide is visible: a film, or only faces.
FEWEST_AT_REST: Final = 0.1
FILM_SHARE: Final = 0.25
INK: Final = 28
BLANK: Final = 14
# Ink is gone if there is none anymore, or if its tone is quite different.
OTHER: Final = 30
INK_GONE: Final = 0.13
_FRAME_BYTES: Final = WIDTH * HEIGHT


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: when it appears, when it is complete, and whether it turns the page.

    Times in seconds; the slide appeared within the second before `starts_s`.
    """

    starts_s: float
    picture_s: float
    turns_page: bool


def find_slides(frames: Path) -> tuple[Slide, ...]:
    """Return the slides of a file of raw gray frames, WIDTH by HEIGHT, one per second from 0.

    The first begins at 0. Empty for a file without a frame.
    """
    total = frames.stat().st_size // _FRAME_BYTES
    if not total:
        return ()
    with frames.open("rb") as stream:
        changes = list(_changes(stream, total))
        restless = list(_restless(changes))
        turns = list(_turns(changes, restless))
        starts = [0, *(turn.begins for turn in turns)]
        turned = [True, *(_is_page_turned(stream, turn, restless) for turn in turns)]
    ends = [*starts[1:], total]
    return tuple(
        # Shortly before the next slide, since no frame is exactly on the second.
        Slide(float(start), max(float(start), end - 1.1), is_turned)
        for start, end, is_turned in zip(starts, ends, turned, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    """A slide change: the first second that shows it, and the second at which it has settled."""

    begins: int
    settles: int


def _frame(stream: BinaryIO, second: int) -> Image.Image:
    stream.seek(second * _FRAME_BYTES)
    return Image.frombytes("L", (WIDTH, HEIGHT), stream.read(_FRAME_BYTES))


_MANY: Final = bytes(
    ord("1" if value >= 255 * PIXELS_OF_A_BLOCK / BLOCK**2 else "0") for value in range(256)
)


def _changes(stream: BinaryIO, total: int) -> Iterator[int]:
    """Yield, for every frame after the first, the changed blocks as bits."""
    former = _frame(stream, 0)
    for second in range(1, total):
        frame = _frame(stream, second)
        loud = ImageChops.difference(former, frame).point(_white_from(NOISE)).reduce(BLOCK)
        yield int(loud.tobytes().translate(_MANY), 2)
        former = frame


def _restless(changes: Sequence[int]) -> Iterator[int]:
    """Yield, for every change, the blocks that change often, in the whole recording or around it."""
    always = _often(_counts(changes), len(changes))
    near: deque[int] = deque(changes[:NEAR_SECONDS])
    counts = _counts(near)
    for place in range(len(changes)):
        if place + NEAR_SECONDS < len(changes):
            near.append(changes[place + NEAR_SECONDS])
            _count(counts, near[-1], 1)
        if place > NEAR_SECONDS:
            _count(counts, near.popleft(), -1)
        yield always | _often(counts, 2 * NEAR_SECONDS + 1)


def _counts(changes: Iterable[int]) -> list[int]:
    counts = [0] * BLOCKS
    for change in changes:
        _count(counts, change, 1)
    return counts


def _count(counts: list[int], change: int, step: int) -> None:
    while change:
        lowest = change & -change
        counts[lowest.bit_length() - 1] += step
        change ^= lowest


def _often(counts: Sequence[int], pairs: int) -> int:
    # In a very short recording a single change would count as often.
    most = max(RESTLESS_SHARE * pairs, 3)
    return sum(1 << place for place, count in enumerate(counts) if count > most)


def _turns(changes: Sequence[int], restless: Sequence[int]) -> Iterator[_Turn]:
    """Yield the slide changes; a fade or animation over some seconds is one change."""
    looks = map(_look, changes, restless)
    second = 1
    for look, group in groupby(looks):
        length = sum(1 for _ in group)
        if look is _Look.OTHER:
            yield _Turn(second, second + length - 1)
        elif look is _Look.FILM:
            yield from _edges(changes, second, second + length - 1)
        second += length


class _Look(Enum):
    """What a second looks like compared with the one before."""

    SAME = auto()
    OTHER = auto()
    FILM = auto()


def _look(change: int, mask: int) -> _Look:
    at_rest = BLOCKS - mask.bit_count()
    if at_rest < FEWEST_AT_REST * BLOCKS:
        return _Look.FILM
    moved = (change & ~mask).bit_count()
    is_other = moved > max(CHANGED_SHARE * at_rest, FEWEST_BLOCKS - 1)
    return _Look.OTHER if is_other else _Look.SAME


def _edges(changes: Sequence[int], first: int, last: int) -> Iterator[_Turn]:
    """Yield where a film begins and ends, except at the recording's own start and end."""
    loud = [
        second
        for second in range(first, last + 1)
        if changes[second - 1].bit_count() > FILM_SHARE * BLOCKS
    ]
    for second in sorted({loud[0], loud[-1]}) if loud else ():
        if NEAR_SECONDS < second < len(changes) - NEAR_SECONDS:
            yield _Turn(second, second)


def _is_page_turned(stream: BinaryIO, turn: _Turn, restless: Sequence[int]) -> bool:
    """Return whether more ink is gone than an added line would cause."""
    before, after = _frame(stream, turn.begins - 1), _frame(stream, turn.settles)
    ink = ImageChops.multiply(_ink(before, INK), _at_rest(restless[turn.begins - 1]))
    blank = ImageChops.invert(_ink(after, BLANK))
    other = ImageChops.difference(before, after).point(_white_from(OTHER))
    gone = ImageChops.multiply(ink, ImageChops.lighter(blank, other))
    return _white(gone) > INK_GONE * _white(ink)


def _white_from(least: int) -> list[int]:
    return [255 if value >= least else 0 for value in range(256)]


def _white(picture: Image.Image) -> int:
    return picture.histogram()[255]


def _ink(frame: Image.Image, least: int) -> Image.Image:
    """Return white where neighboring pixels differ: text and lines on any background."""
    contrast = ImageChops.subtract(
        frame.filter(ImageFilter.MaxFilter(3)), frame.filter(ImageFilter.MinFilter(3))
    )
    return contrast.point(_white_from(least))


def _at_rest(mask: int) -> Image.Image:
    """Return white for the compared blocks, black for the others."""
    across, down = -(-WIDTH // BLOCK), -(-HEIGHT // BLOCK)
    bits = f"{mask:0{BLOCKS}b}".encode().translate(bytes.maketrans(b"01", b"\xff\x00"))
    blocks = Image.frombytes("L", (across, down), bits)
    return blocks.resize((across * BLOCK, down * BLOCK), Image.Resampling.NEAREST).crop(
        (0, 0, WIDTH, HEIGHT)
    )
