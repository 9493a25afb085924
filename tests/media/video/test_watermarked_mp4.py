"""MP4 with a name in the picture, in any script, captions as tracks, and the recording's length."""

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from media.files.subprocesses import ffmpeg_path
from media.video.transcoder import EncodeCanceled
from media.video.upload_probe import probe
from media.video.watermarked_mp4 import FACES, FILM, CaptionFile, Marks, burn, letter
from tests.media.conftest import AAC, X264, tone
from tests.wait_until import PATIENCE_S

CUES = "WEBVTT\n\n00:00.500 --> 00:01.500\nGood morning\n\n00:02.000 --> 00:03.000\nLet us begin\n"
GRAY = ("-f", "lavfi", "-i", "color=c=gray:s=640x360:r=10:d=4")


@pytest.fixture(scope="module")
def plain(make) -> Path:
    return make("plain.mp4", *GRAY, *tone(), *X264, *AAC, "-shortest")


def said_of(path: Path) -> str:
    told = subprocess.run(
        [ffmpeg_path(), "-hide_banner", "-i", str(path)], capture_output=True, check=False
    )
    return told.stderr.decode()


def frame(path: Path, folder: Path) -> Image.Image:
    shot = folder / f"{path.parent.name}.png"
    words = ["-v", "error", "-y", "-ss", "1", "-i", str(path), "-frames:v", "1", str(shot)]
    subprocess.run([ffmpeg_path(), *words], check=True, timeout=PATIENCE_S)
    with Image.open(shot) as opened:
        return opened.convert("L")


def burnt(source: Path, out: Path, name: str, *captions: CaptionFile) -> Path:
    return burn(
        source,
        out,
        probe(source),
        Marks(name, captions),
        progress=lambda share: None,
        canceled=lambda: False,
    )


@pytest.mark.parametrize(
    ("name", "text", "face"),
    [
        ("Elm County Library", "Elm County Library", 0),
        ("O'Brien's: 100% \"Library\" \\ [x];a=b,", "O'Brien's: 100% \"Library\" \\ [x];a=b,", 0),
        ("%{pts} %{eif:1:d}", "%{pts} %{eif:1:d}", 0),
        ("Bücherei 📚 Köln", "Bücherei Köln", 0),
        ("Библиотека", "Библиотека", 0),
        ("مكتبة المدينة", "مكتبة المدينة", 0),
        ("図書館 中央", "図書館 中央", 1),
        ("हिन्दी पुस्तकालय", "हिन्दी पुस्तकालय", 1),
        ("two\nlines\tand\x00 more", "two lines and more", 0),
    ],
)
def test_font_is_chosen_by_the_letters_of_the_name(name: str, text: str, face: int) -> None:
    lettered = letter(name)
    assert (lettered.text, lettered.font.name) == (text, FACES[face])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "Elm County",
        "O'Brien's: 100% \"Lib\" \\ [x];drawtext=text=hi,%{pts}",
        "図書館 中央",
        "مكتبة",
    ],
)
def test_name_is_drawn_only_at_the_top_right(plain: Path, tmp_path: Path, name: str) -> None:
    with_name = frame(burnt(plain, tmp_path / "named", name), tmp_path)
    without = frame(burnt(plain, tmp_path / "blank", ""), tmp_path)
    other = frame(burnt(plain, tmp_path / "other", "Another one"), tmp_path)
    changed = ImageChops.difference(with_name, without).point(lambda value: 255 * (value > 60))
    box = changed.getbbox()
    assert box is not None
    assert box[1] < 40 and box[3] < 60 and box[2] > 560  # noqa: PT018  (at the top right)
    told_apart = ImageChops.difference(with_name, other).point(lambda value: 255 * (value > 60))
    assert told_apart.getbbox() is not None
    assert with_name.crop(box).getextrema()[1] > 180  # white letters


@pytest.mark.slow
def test_captions_become_tracks_and_the_length_stays_the_same(plain: Path, tmp_path: Path) -> None:
    tracks = []
    for language in ("en", "es"):
        path = tmp_path / f"{language}.vtt"
        path.write_text(CUES, "utf-8")
        tracks.append(CaptionFile(path, language, language))
    film = burnt(plain, tmp_path / "film", "Elm County", *tracks)
    said = said_of(film)
    assert re.search(r"Video: h264.*yuv420p", said)
    assert re.search(r"Audio: aac", said)
    assert re.findall(r"\((\w+)\): Subtitle: mov_text", said) == ["eng", "spa"]
    assert "Duration: 00:00:04.0" in said
    assert [path.name for path in film.parent.iterdir()] == [FILM]


@pytest.mark.slow
def test_audio_recording_gets_a_picture_with_the_name(make, tmp_path: Path) -> None:
    sound = make("sound.m4a", *tone(), *AAC)
    film = burnt(sound, tmp_path / "film", "Elm County")
    assert "Video: h264" in said_of(film)
    assert frame(film, tmp_path).getextrema()[1] > 180


@pytest.mark.slow
def test_canceled_watermarking_stops(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(EncodeCanceled):
        burn(
            plain,
            tmp_path / "film",
            probe(plain),
            Marks("Elm County"),
            progress=lambda share: None,
            canceled=lambda: True,
        )
