import re
import subprocess

import pytest
from PIL import Image

from media.captions.caption_file_parser import read_cues
from media.files.subprocesses import Limits, ffmpeg_path
from media.video.encoder_runs import STALLED
from media.video.hls_playlist_parser_and_writer import checked_playlist
from media.video.renditions_and_commands import POSTER, PROGRESSIVE
from media.video.transcoder import (
    MASTER,
    THUMB_TRACK,
    EncodeCanceled,
    EncodeFailed,
    NotCopyable,
    encode,
    remux,
)
from media.video.upload_probe import CUT_OFF, Unplayable, probe
from tests.media.conftest import AAC, X264, picture, tone

pytestmark = pytest.mark.slow


def encoded(source, out, how=encode, **changes):
    given = {"progress": lambda _: None, "canceled": lambda: False} | changes
    return how(source, out, probe(source), **given)


def limit(monkeypatch, **limits):
    """Run the encoder with limits that a legitimate encode would reach."""
    monkeypatch.setattr("media.video.encoder_runs.limits_for", lambda _seconds: Limits(**limits))


def ffmpeg_says(*words):
    command = [ffmpeg_path(), "-hide_banner", "-nostdin", *map(str, words), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def decoded(path):
    """Decode all of a file or playlist; return its length in seconds."""
    said = ffmpeg_says("-xerror", "-v", "info", "-i", path)
    hours, minutes, seconds = re.findall(r"time=(\d+):(\d+):([\d.]+)", said)[-1]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def first_flash(path):
    said = ffmpeg_says(
        "-copyts", "-ss", 1, "-i", path, "-map", "0:v", "-vf", "signalstats,metadata=select:"
        "key=lavfi.signalstats.YAVG:value=100:function=greater,showinfo",
    )  # fmt: skip
    return float(re.search(r"pts_time:([\d.]+)", said)[1])


def first_beep(path):
    said = ffmpeg_says("-copyts", "-i", path, "-map", "0:a", "-af", "silencedetect=n=-25dB:d=0.5")
    return float(re.search(r"silence_end: ([\d.]+)", said)[1])


@pytest.fixture(scope="module")
def full(talk, tmp_path_factory):
    """A complete run whose high rendition is a copy."""
    out = tmp_path_factory.mktemp("full")
    return out, encoded(talk, out)


@pytest.fixture(scope="module")
def anew(make, tmp_path_factory):
    """A complete run of a 14 s recording whose video had to be encoded."""
    source = make(
        "anew.mkv", *picture("853x479", seconds=14), *tone(14),
        "-c:v", "mpeg4", "-q:v", "5", "-c:a", "libopus",
    )  # fmt: skip
    out = tmp_path_factory.mktemp("anew")
    return out, encoded(source, out)


class TestRemux:
    def test_remux_makes_a_complete_run_that_can_be_played(self, talk, tmp_path):
        made = encoded(talk, tmp_path, remux)
        assert [each.name for each in made.renditions] == ["high", "audio"]
        assert set(made.files) == {
            "audio.m3u8",
            "audio.mp4",
            "high.m3u8",
            "high.mp4",
            "master.m3u8",
            "poster.jpg",
        }
        assert abs(decoded(tmp_path / "master.m3u8") - 4) < 0.2

    def test_remux_changes_no_frame(self, talk, tmp_path):
        encoded(talk, tmp_path, remux)

        def pictures(path):
            command = [ffmpeg_path(), "-v", "error", "-i", path, "-map", "0:v", "-f", "md5", "-"]
            return subprocess.run(command, capture_output=True, check=True).stdout

        assert pictures(talk) == pictures(tmp_path / "high.m3u8")

    def test_key_frames_too_far_apart_are_not_copied(self, make, tmp_path):
        far = make("far.mp4", *picture("64x36", seconds=26), *X264, "-g", "1000")
        with pytest.raises(NotCopyable):
            encoded(far, tmp_path, remux)

    def test_video_of_another_codec_is_not_copied(self, make, tmp_path):
        other = make("other.mkv", *picture(), "-c:v", "mpeg4")
        with pytest.raises(NotCopyable):
            encoded(other, tmp_path, remux)

    def test_a_transport_stream_is_copied(self, make, tmp_path):
        stream = make("talk.ts", *picture(), *tone(), *X264, *AAC)
        made = encoded(stream, tmp_path, remux)
        assert abs(made.seconds - 4) < 0.2


class TestEncode:
    def test_copyable_video_becomes_the_high_rendition_unchanged(self, full, talk):
        _, made = full
        assert probe(talk).copyable
        assert [each.name for each in made.renditions] == ["high", "low", "audio"]
        assert made.renditions[0].codec.startswith("avc1.42")  # as the source was encoded
        assert made.renditions[1].codec.startswith("avc1.64")

    def test_video_that_cannot_be_cut_is_encoded_again(self, make, tmp_path):
        far = make("far.mp4", *picture("64x36", seconds=26), *X264, "-g", "1000")
        assert encoded(far, tmp_path).renditions[0].codec.startswith("avc1.64")
        assert checked_playlist(tmp_path / "high.m3u8").longest <= 6.1

    def test_every_file_is_listed(self, full):
        out, made = full
        assert set(made.files) == {path.name for path in out.iterdir()}
        assert {MASTER, POSTER, THUMB_TRACK, PROGRESSIVE} <= set(made.files)

    def test_every_playlist_is_as_long_as_the_source(self, anew):
        out, made = anew
        for each in made.renditions:
            playlist = checked_playlist(out / each.playlist)
            assert abs(playlist.seconds - 14) < 0.5
        assert abs(made.seconds - 14) < 0.5

    def test_everything_can_be_decoded(self, anew):
        out, _ = anew
        for each in (MASTER, PROGRESSIVE):
            assert abs(decoded(out / each) - 14) < 0.5

    def test_renditions_are_cut_at_the_same_times(self, anew):
        out, _ = anew
        high, low = (checked_playlist(out / f"{name}.m3u8") for name in ("high", "low"))
        assert len(high.starts) == len(low.starts) == 3
        for one, other in zip(high.starts, low.starts, strict=True):
            assert abs(one - other) <= 1 / 15

    def test_low_rendition_is_cut_where_the_copied_one_is(self, make, tmp_path):
        words = (*picture("64x36", seconds=25), *X264, "-g", "125", "-force_key_frames", "3.3,9.1")
        encoded(make("uneven.mp4", *words), tmp_path)
        high, low = (checked_playlist(tmp_path / f"{name}.m3u8") for name in ("high", "low"))
        assert len(high.starts) == len(low.starts) > 2
        for one, other in zip(high.starts, low.starts, strict=True):
            assert abs(one - other) <= 1 / 15

    def test_master_playlist_lists_codecs_sizes_and_audio(self, anew):
        out, _ = anew
        master = (out / "master.m3u8").read_text()
        streams = [line for line in master.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
        assert len(streams) == 2
        for line in streams:
            assert re.search(r'CODECS="avc1\.6400[0-9a-f]{2},mp4a\.40\.2"', line)
            assert "RESOLUTION=852x478" in line
            assert 'AUDIO="sound"' in line
        assert 'URI="audio.m3u8"' in master

    def test_poster_and_thumbnails_are_pictures_of_the_recording(self, anew):
        out, _ = anew
        with Image.open(out / POSTER) as poster:
            assert poster.size in {(852, 478), (853, 478)}
        with Image.open(out / "thumbs-001.jpg") as sheet:
            assert sheet.size == (1600, 900)
        assert len(read_cues((out / THUMB_TRACK).read_bytes())) == 2

    def test_plain_mp4_starts_with_its_index(self, anew):
        out, _ = anew
        head = (out / PROGRESSIVE).read_bytes()[:4096]
        assert b"moov" in head

    def test_progress_never_decreases_and_ends_at_one(self, talk, tmp_path):
        heard = []
        encoded(talk, tmp_path, progress=heard.append)
        assert heard == sorted(heard)
        assert heard[0] >= 0
        assert 0.9 < heard[-1] <= 1

    def test_video_and_audio_stay_in_sync(self, flashes, tmp_path):
        encoded(flashes, tmp_path / "first", remux)
        encoded(flashes, tmp_path / "full")
        for folder in (tmp_path / "first", tmp_path / "full"):
            flash, beep = first_flash(folder / "high.mp4"), first_beep(folder / "audio.mp4")
            assert abs(flash - 2) < 0.04
            assert abs(beep - 2) < 0.04
        assert abs(first_flash(tmp_path / "full" / "low.mp4") - 2) < 0.07
        plain = tmp_path / "full" / "progressive.mp4"
        assert abs(first_flash(plain) - first_beep(plain)) < 0.07

    def test_loudness_is_normalized(self, make, tmp_path):
        quiet = make("quiet.wav", *tone(6), "-af", "volume=-30dB")
        encoded(quiet, tmp_path)
        said = ffmpeg_says("-i", tmp_path / "audio.mp4", "-af", "ebur128")
        assert abs(float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1]) + 16) < 4

    def test_run_does_not_overwrite_another(self, talk, tmp_path):
        (tmp_path / "master.m3u8").write_text("somebody is watching this")
        with pytest.raises(FileExistsError):
            encoded(talk, tmp_path)


KINDS = {
    "sound alone": ("a.mp3", (*tone(),)),
    "no sound": ("a.mp4", (*picture(), *X264)),
    "a rate that varies": (
        "a.mp4",
        (*picture(), *tone(), "-vf", "select='lt(t,1)+not(mod(n,7))'", "-fps_mode", "vfr", *X264),
    ),
    "rotation": ("a.mov", (*picture(), *tone(), *X264)),
    "4:3": ("a.mkv", (*picture("320x240"), *tone(), *X264)),
    "portrait": (
        "a.webm",
        (*picture("180x320"), *tone(), "-c:v", "libvpx", "-threads", "1", "-c:a", "libopus"),
    ),
    "ten bits": ("a.mp4", (*picture(), *tone(), "-c:v", "libx264", "-pix_fmt", "yuv420p10le")),
    "six channels": ("a.mp4", (*picture(), *tone(), *X264, "-af", "pan=5.1|c0=c0|c1=c0|c2=c0")),
    "half a second": ("a.mp4", (*picture(seconds=0.5), *tone(0.5), *X264)),
    "one picture": ("a.mp4", (*picture(seconds=0.04), *X264)),
    "sound shorter than picture": ("a.mp4", (*picture(), *tone(1), *X264)),
    "picture shorter than sound": ("a.mp4", (*picture(seconds=1), *tone(), *X264)),
    "fast": ("a.mp4", (*picture(rate=60), *tone(), *X264)),
    "slow": ("a.mp4", (*picture(rate=5), *tone(), *X264)),
    "old": ("a.avi", (*picture(), *tone(), "-c:v", "mpeg4", "-c:a", "mp3")),
}


class TestEveryKindPlays:
    @pytest.mark.parametrize("kind", KINDS)
    def test_recording_is_encoded_completely(self, make, tmp_path, kind):
        name, words = KINDS[kind]
        source = make(name, *words)
        if kind == "rotation":
            source = make("turned.mov", "-display_rotation", "90", "-i", str(source), "-c", "copy")
        made = encoded(source, tmp_path)
        assert abs(made.seconds - probe(source).seconds) < 0.5
        assert abs(decoded(tmp_path / MASTER) - made.seconds) < 0.5
        assert abs(decoded(tmp_path / PROGRESSIVE) - made.seconds) < 0.5
        with Image.open(tmp_path / POSTER) as poster:
            assert poster.format == "JPEG"

    def test_audio_that_starts_later_keeps_its_offset(self, make, talk, tmp_path):
        words = ("-itsoffset", "1", "-i", str(talk), "-map", "0:v", "-map", "1:a", "-c", "copy")
        late = make("late.mp4", "-i", str(talk), *words)
        encoded(late, tmp_path)
        assert abs(first_beep(tmp_path / "audio.mp4") - 1) < 0.05


class TestRefusedOrStopped:
    @pytest.mark.parametrize("how", [remux, encode])
    def test_truncated_recording_is_refused(self, make, tmp_path, how):
        words = (*picture(seconds=12), *tone(12), *X264, *AAC, "-g", "50")
        whole = make("long.mp4", *words, "-movflags", "+faststart")
        cut = tmp_path / "cut.mp4"
        cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(Unplayable) as caught:
            encoded(cut, tmp_path / "out", how)
        assert caught.value.sentence == CUT_OFF

    def test_canceled_encode_is_stopped(self, talk, tmp_path):
        with pytest.raises(EncodeCanceled):
            encoded(talk, tmp_path, canceled=lambda: True)

    def test_stalled_encode_is_stopped(self, talk, tmp_path, monkeypatch):
        limit(monkeypatch, stall_seconds=0.0)
        with pytest.raises(EncodeFailed) as caught:
            encoded(talk, tmp_path)
        assert caught.value.sentence == STALLED

    def test_end_of_the_encoder_output_is_reported(self, talk, tmp_path, monkeypatch):
        limit(monkeypatch, memory_bytes=250 << 20)
        with pytest.raises(EncodeFailed) as caught:
            encoded(talk, tmp_path)
        assert caught.value.tail

    def test_missing_source_fails(self, talk, tmp_path):
        found = probe(talk)
        with pytest.raises(EncodeFailed) as caught:
            encode(
                tmp_path / "nothing.mp4",
                tmp_path / "out",
                found,
                progress=lambda _: None,
                canceled=lambda: False,
            )
        assert "No such file" in caught.value.tail
