"""Odd recordings: each plays completely, in its proportions, and in standard colors."""

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from media.files.subprocesses import ffmpeg_path
from media.video.renditions_and_commands import POSTER
from media.video.transcoder import MASTER, Encoded, NotCopyable, encode, remux
from media.video.upload_probe import probe
from media.video.watermarked_mp4 import Marks, burn
from tests.media.conftest import AAC, X264, picture, tone
from tests.wait_until import PATIENCE_S

pytestmark = pytest.mark.slow

MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-c:a", "mp2")
BARS = ("-f", "lavfi", "-i", "smptehdbars=s=320x180:r=25:d=4")
HUNDRED_HOURS = ("-output_ts_offset", "360000")
WHITE = 225  # anything lighter is white


def encoded(source: Path, out: Path) -> Encoded:
    return encode(source, out, probe(source), progress=lambda _: None, canceled=lambda: False)


def shown(path: Path, at: float) -> Image.Image:
    still = path.with_name(f"{path.stem}-{at}.png")
    words = ["-v", "error", "-nostdin", "-y", "-i", str(path), "-ss", str(at), "-frames:v", "1"]
    subprocess.run([ffmpeg_path(), *words, str(still)], check=True, timeout=PATIENCE_S)
    with Image.open(still) as opened:
        return opened.convert("RGB")


def shape(seen: Image.Image) -> float:
    """Return the width of the white area divided by its height."""
    box = seen.convert("L").point(lambda light: 255 * (light > WHITE)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    return (right - left) / (bottom - top)


def described(path: Path) -> str:
    words = [ffmpeg_path(), "-hide_banner", "-nostdin", "-i", str(path)]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    return next(line for line in said.splitlines() if "Video:" in line)


def joined(make, name: str, *parts: tuple[str, ...]) -> Path:
    """Return one transport stream of several 3-second recordings."""
    pieces = [
        make(f"piece-{number}-{name}", *words, "-output_ts_offset", str(3 * number))
        for number, words in enumerate(parts)
    ]
    whole = pieces[0].with_name(f"whole-{name}")
    whole.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    return whole


def white(size: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"color=c=white:s={size}:r=25:d=3", *tone(3))


class TestTimestampsThatBeginLate:
    @pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
    def test_timestamps_from_a_hundred_hours_are_shifted_to_zero(self, make, tmp_path, ending):
        late = make(f"late.{ending}", *picture(), *tone(), *X264, *AAC, *HUNDRED_HOURS)
        found = probe(late)
        assert abs(found.seconds - 4) < 0.1
        assert found.copyable
        for made in (
            encoded(late, tmp_path / "full"),
            remux(late, tmp_path / "first", found, progress=lambda _: None, canceled=lambda: False),
        ):
            assert abs(made.seconds - 4) < 0.15

    def test_stream_starting_at_ten_seconds_is_not_refused_as_truncated(self, make, tmp_path):
        late = make("ten.ts", *picture(), *tone(), *X264, *AAC, "-output_ts_offset", "10")
        assert abs(encoded(late, tmp_path).seconds - 4) < 0.15


class TestHiddenBeginnings:
    @pytest.mark.parametrize("cut_s", ["0.4", "1.7"])
    def test_recording_trimmed_without_encoding_starts_where_it_was_cut(
        self, make, tmp_path, cut_s
    ):
        whole = make("whole.mp4", *picture(seconds=6), *tone(6), *X264, *AAC, "-g", "250")
        trimmed = make(f"from-{cut_s}.mp4", "-ss", cut_s, "-i", str(whole), "-c", "copy")
        found = probe(trimmed)
        made = encoded(trimmed, tmp_path / "full")
        assert abs(made.seconds - (6 - float(cut_s))) < 0.1
        for each in made.renditions:
            assert abs(each.seconds - made.seconds) < 0.1, each.name
        with pytest.raises(NotCopyable):
            remux(trimmed, tmp_path / "one", found, progress=print, canceled=lambda: False)


class TestSizesThatChange:
    @pytest.mark.parametrize("encoder", [(*X264, *AAC), MPEG2])
    def test_video_that_changes_proportions_gets_bars_and_is_not_distorted(
        self, make, tmp_path, encoder
    ):
        sizes = ("320x180", "180x320", "640x360")
        source = joined(make, "sizes.ts", *((*white(size), *encoder) for size in sizes))
        made = encoded(source, tmp_path)
        assert abs(made.seconds - 9) < 0.3
        for name in ("high.mp4", "low.mp4"):
            for at, wide, high in ((1.5, 320, 180), (4.5, 180, 320), (7.5, 640, 360)):
                assert shape(shown(tmp_path / name, at)) == pytest.approx(wide / high, rel=0.05)
        assert "even.mkv" not in made.files

    def test_download_of_video_that_changes_proportions_gets_bars(self, make, tmp_path):
        sizes = ("320x180", "180x320")
        source = joined(make, "two.ts", *((*white(size), *X264, *AAC) for size in sizes))
        film = burn(
            source,
            tmp_path / "marked",
            probe(source),
            Marks("Elm County"),
            progress=lambda _: None,
            canceled=lambda: False,
        )
        assert shape(shown(film, 1.5)) == pytest.approx(320 / 180, rel=0.05)
        assert shape(shown(film, 4.5)) == pytest.approx(180 / 320, rel=0.05)
        assert [each.name for each in film.parent.glob("*.m*")] == [film.name]


def hdr(transfer: str) -> tuple[str, ...]:
    """Return ffmpeg arguments for an HDR recording with the white level of slides."""
    coded = f"t={transfer}:m=bt2020nc:p=bt2020:npl=203"
    to_hdr = f"zscale=tin=bt709:min=bt709:pin=bt709:{coded},format=yuv420p10le"
    tags = ("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc")
    return (*BARS, "-vf", to_hdr, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", *tags)


class TestHdr:
    @pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
    def test_hdr_is_converted_to_standard_colors_and_tagged(self, make, tmp_path, transfer):
        plain = shown(make("plain.mp4", *BARS, *X264), 1)
        source = make("hdr.mp4", *hdr(transfer))
        assert "bt2020" in described(source)
        assert not probe(source).copyable
        encoded(source, tmp_path)
        for name in ("high.mp4", "low.mp4"):
            assert re.search(r"yuv420p\((tv, )?bt709, progressive\)", described(tmp_path / name))
            seen = shown(tmp_path / name, 1)
            for place in ((125, 160), (60, 50), (90, 50), (10, 50), (230, 50)):
                wanted, found = plain.getpixel(place), seen.getpixel(place)
                far = max(abs(one - other) for one, other in zip(wanted, found, strict=True))
                assert far < 30, (name, place, wanted, found)
        with Image.open(tmp_path / POSTER) as poster:
            assert poster.convert("L").getpixel((125, 160)) > WHITE


VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-threads", "1", "-c:a", "libopus")
HISS = ("-f", "lavfi", "-i", "anoisesrc=d=4:r=192000:a=0.1")
BOTH = ("-map", "0", "-map", "1", "-map", "2", "-map", "3")
FIVE_SECONDS_EACH = "a picture every five seconds"
TEN = {
    "a picture that begins after its sound": (
        *("a.mkv", *tone(4), "-itsoffset", "2", *picture(seconds=2), *X264, *AAC),
    ),
    "a sound that begins after its picture, at a hundred hours": (
        *("a.mkv", *picture(), "-itsoffset", "2", *tone(2), *X264, *AAC, *HUNDRED_HOURS),
    ),
    "timestamps that begin anew after 26.5 hours": (
        *("a.ts", *picture(), *tone(), *X264, *AAC, "-output_ts_offset", "95440"),
    ),
    "gray": ("a.mkv", *picture(), *tone(), "-c:v", "ffv1", "-pix_fmt", "gray"),
    "red, green and blue, of an odd size": (
        *("a.mkv", *picture("319x179"), *tone(), "-c:v", "ffv1", "-pix_fmt", "gbrp"),
    ),
    "still pictures of full range": ("a.avi", *picture(), *tone(), "-c:v", "mjpeg"),
    "a transparent picture": ("a.webm", *picture(), *tone(), *VP9, "-pix_fmt", "yuva420p"),
    "a phone call": ("a.wav", *tone(), "-ar", "8000", "-c:a", "pcm_mulaw"),
    FIVE_SECONDS_EACH: ("a.mkv", *picture(seconds=12), *tone(12), "-r", "1/5", *X264),
    "eight channels at 192 kHz": (
        *("a.mkv", *picture(), *HISS, "-c:a", "pcm_s24le", "-ac", "8", *X264),
    ),
    "two sounds and two pictures": (
        *("a.mkv", *picture(), *picture("180x320"), *tone(), *tone(), *BOTH, *X264, *AAC),
    ),
}


def test_more_odd_recordings_play_completely(make, tmp_path):
    sources = {what: make(f"{len(what)}-{name}", *words) for what, (name, *words) in TEN.items()}
    rates = (("-ar", "48000", "-ac", "1"), ("-ar", "44100", "-ac", "2"), ("-ar", "48000"))
    parts = ((*picture(seconds=3), *tone(3), *rate, *X264, *AAC) for rate in rates)
    sources["a sound that changes channels and rate"] = joined(make, "sounds.ts", *parts)
    for number, (what, source) in enumerate(sources.items()):
        out = tmp_path / str(number)
        made = encoded(source, out)
        wanted = {FIVE_SECONDS_EACH: 20, "a sound that changes channels and rate": 9}.get(what, 4)
        assert abs(made.seconds - wanted) < 0.3, what
        words = ["-v", "error", "-xerror", "-nostdin", "-i", str(out / MASTER)]
        command = [ffmpeg_path(), *words, "-f", "null", "-"]
        assert subprocess.run(command, check=False, timeout=PATIENCE_S).returncode == 0, what
