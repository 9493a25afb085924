# ruff: noqa: TID251, S603 - a workshop script: it runs programs, and the product never runs it
"""Makes the small media of the demo (lms/demo/files) from the decks; run by hand, never at install.

python -m lms.demo.media_generator FONTS

Needs espeak-ng and ffmpeg on the path, the typst package, and a folder FONTS with Source Serif 4 and
Atkinson Hyperlegible Next (both under the SIL Open Font License).

Each deck is NAME.typ (the slides) and NAME.txt (the speech: one caption per line, and a blank line at
each slide change). One source makes the pictures in the recording and the pages of the PDF.
"""

import itertools
import subprocess
import sys
import textwrap
import wave
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import typst

HERE = Path(__file__).parent
DECKS = HERE / "decks"
FILES = HERE / "files"

BETWEEN_CAPTIONS_S = 0.3
BETWEEN_SLIDES_S = 1.0
SPEECH_RATE = 22050  # the rate of espeak-ng's output
PORTRAITS = ("odalys-fenwright", "tobias-karrow", "hester-lindqvale", "imani-obasworth")

H264 = ("-c:v", "libx264", "-preset", "veryslow", "-crf", "20", "-tune", "stillimage")
# A keyframe every six seconds: such a file is published by copying, without encoding.
MP4 = (*H264, "-profile:v", "high", "-level", "4.0", "-g", "150", "-sc_threshold", "0")
AAC = ("-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart")
VP9 = ("-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0", "-g", "240", "-row-mt", "1")
# Browsers assume BT.709 for a picture of this size, so it is encoded and tagged as BT.709.
COLOR = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
OPUS = ("-c:a", "libopus", "-b:a", "40k")


@dataclass(frozen=True, slots=True)
class Deck:
    """How one recording is made: its voice, frames per second, and encoding options."""

    name: str
    voice: str
    words_a_minute: int
    fps: int
    suffix: str
    packing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One caption and when it is spoken, in seconds."""

    starts: float
    ends: float
    text: str


DECK_LIST = (
    Deck("first-ninety-seconds", "en-us+f3", 150, 25, ".mp4", (*MP4, *AAC)),
    Deck("folding-table", "en-us+f4", 146, 15, ".webm", (*VP9, *OPUS)),
    Deck("getting-the-most", "en-us+m3", 148, 25, ".mp4", (*MP4, *AAC)),
)


def run(*command: str) -> None:
    """Run a program to its end; raises CalledProcessError if it fails."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def typeset(source: str, fonts: Path, out: Path, *, ppi: float = 96.0) -> list[Path]:
    """Typeset a deck as `out`: one PDF, or a PNG per page if its name has {n}; returns the files.

    `ppi` converts points to pixels: 96 makes a slide 1280 x 720.
    """
    kind: Literal["pdf", "png"] = "pdf" if out.suffix == ".pdf" else "png"
    typst.compile(DECKS / source, out, root=DECKS, font_paths=[fonts], format=kind, ppi=ppi)
    return sorted(out.parent.glob(out.name.replace("{n}", "*")))


def say(deck: Deck, text: str, out: Path) -> bytes:
    """Return the samples of one spoken caption, 16-bit mono."""
    run("espeak-ng", "-v", deck.voice, "-s", str(deck.words_a_minute), "-w", str(out), text)
    with wave.open(str(out), "rb") as spoken:
        if spoken.getframerate() != SPEECH_RATE:
            raise SystemExit(f"espeak-ng wrote {spoken.getframerate()} Hz")
        return spoken.readframes(spoken.getnframes())


def silence(seconds: float) -> bytes:
    """Return this many seconds of silence."""
    return bytes(2 * round(seconds * SPEECH_RATE))


def speak(deck: Deck, folder: Path) -> tuple[list[Spoken], list[float]]:
    """Speak a whole deck into speech.wav; returns the captions and how long each slide is shown."""
    sound = bytearray(silence(BETWEEN_SLIDES_S / 2))
    captions: list[Spoken] = []
    turns = [0.0]
    for slide in (DECKS / f"{deck.name}.txt").read_text().strip().split("\n\n"):
        for text in slide.splitlines():
            starts = len(sound) / 2 / SPEECH_RATE
            sound += say(deck, text, folder / "caption.wav")
            captions.append(Spoken(starts, len(sound) / 2 / SPEECH_RATE, text))
            sound += silence(BETWEEN_CAPTIONS_S)
        sound += silence(BETWEEN_SLIDES_S)
        turns.append(len(sound) / 2 / SPEECH_RATE)
    with wave.open(str(folder / "speech.wav"), "wb") as out:
        out.setparams((1, 2, SPEECH_RATE, 0, "NONE", ""))
        out.writeframes(bytes(sound))
    return captions, [end - start for start, end in itertools.pairwise(turns)]


def stamp(seconds: float) -> str:
    """Return a time in WebVTT format."""
    whole = round(seconds * 1000)
    return f"{whole // 60000:02}:{whole // 1000 % 60:02}.{whole % 1000:03}"


def write_captions(captions: list[Spoken], out: Path) -> None:
    """Write the captions as WebVTT, with at most 42 characters per line."""
    cues = [
        f"{stamp(cue.starts)} --> {stamp(cue.ends)}\n"
        + "\n".join(textwrap.wrap(cue.text, 42, break_on_hyphens=False))
        for cue in captions
    ]
    out.write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n")


def film(deck: Deck, pictures: list[Path], lengths: list[float], folder: Path) -> None:
    """Write the recording from slides and speech."""
    inputs: list[str] = []
    for picture, length in zip(pictures, lengths, strict=True):
        inputs += ["-loop", "1", "-framerate", str(deck.fps)]
        inputs += ["-t", f"{length:.3f}", "-i", str(picture)]
    count = len(pictures)
    graph = "".join(f"[{n}:v]" for n in range(count))
    graph += f"concat=n={count}:v=1:a=0,scale=out_color_matrix=bt709:out_range=tv,"
    graph += "format=yuv420p[v];"
    graph += f"[{count}:a]loudnorm=I=-16:TP=-1.5,aresample=48000[a]"
    run(
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *inputs,
        "-i", str(folder / "speech.wav"), "-filter_complex", graph,
        "-map", "[v]", "-map", "[a]", *deck.packing, *COLOR, "-ac", "1",
        str(FILES / f"{deck.name}{deck.suffix}"),
    )  # fmt: skip


def make_deck(deck: Deck, fonts: Path) -> None:
    """Write the recording, the captions and the slides of one deck."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        captions, lengths = speak(deck, folder)
        pictures = typeset(f"{deck.name}.typ", fonts, folder / "{n}.png")
        film(deck, pictures, lengths, folder)
    write_captions(captions, FILES / f"{deck.name}.vtt")
    typeset(f"{deck.name}.typ", fonts, FILES / f"{deck.name}.pdf")


def main() -> None:
    """Make all files again."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m lms.demo.media_generator FONTS")
    fonts = Path(sys.argv[1])
    FILES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        drawn = typeset("portraits.typ", fonts, Path(folder) / "{n}.png", ppi=108.0)
        for name, picture in zip((*PORTRAITS, "mark"), drawn, strict=True):
            (FILES / f"{name}.png").write_bytes(picture.read_bytes())
    for deck in DECK_LIST:
        make_deck(deck, fonts)


if __name__ == "__main__":
    main()
