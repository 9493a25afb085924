import http.server
import re
import shutil
import threading
from fractions import Fraction

import pytest

from media.files import subprocesses
from media.video.ffprobe_and_mediainfo import read_with_ffprobe, read_with_mediainfo
from media.video.upload_probe import (
    CUT_OFF,
    EMPTY,
    INCOMPLETE,
    NO_RECORDING,
    ONLY_A_LIST,
    TOO_LARGE,
    TOO_LONG,
    UNDECODABLE,
    Unplayable,
    held_seconds,
    probe,
)
from tests.media.conftest import AAC, X264, picture, tone

pytestmark = pytest.mark.slow

SENTENCES = (
    EMPTY,
    NO_RECORDING,
    ONLY_A_LIST,
    INCOMPLETE,
    CUT_OFF,
    UNDECODABLE,
    TOO_LONG,
    TOO_LARGE,
)


@pytest.fixture
def no_ffprobe(monkeypatch, tmp_path):
    """A machine that has only what the Python wheels include."""
    monkeypatch.setenv("PATH", str(tmp_path))
    subprocesses.ffprobe_path.cache_clear()
    subprocesses.ffmpeg_path.cache_clear()
    yield
    subprocesses.ffprobe_path.cache_clear()
    subprocesses.ffmpeg_path.cache_clear()


@pytest.fixture
def asked():
    """A web server on loopback, and the paths it was asked for."""
    paths = []

    class Ears(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(path):
    with pytest.raises(Unplayable) as caught:
        probe(path)
    return caught.value.sentence


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


class TestRefused:
    def test_an_empty_file_is_refused(self, tmp_path):
        assert refusal(written(tmp_path, "talk.mp4", b"")) == EMPTY

    @pytest.mark.parametrize("name", ["talk.mp4", "talk.mkv", "talk.webm", "talk.mp3", "talk"])
    def test_text_file_is_refused_with_any_name(self, tmp_path, name):
        assert refusal(written(tmp_path, name, b"Dear all,\nsee you there\n" * 50)) == NO_RECORDING

    def test_noise_is_refused(self, tmp_path):
        noise = bytes((n * 7919 >> 3) % 256 for n in range(20_000))
        assert refusal(written(tmp_path, "talk.mp4", noise)) == NO_RECORDING

    def test_a_picture_is_refused(self, make):
        still = make("still.png", *picture(seconds=0.1), "-frames:v", "1")
        assert refusal(still) == NO_RECORDING

    def test_subtitles_alone_are_refused(self, make, tmp_path):
        words = written(tmp_path, "words.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n")
        assert refusal(make("words.mkv", "-i", str(words))) == NO_RECORDING

    def test_recording_longer_than_a_day_is_refused(self, make):
        words = ("-f", "lavfi", "-i", "color=s=16x16:r=1/50000:d=100000")
        assert refusal(make("days.mkv", *words, "-c:v", "ffv1")) == TOO_LONG

    def test_a_file_without_its_index_is_refused(self, talk, tmp_path):
        half = talk.read_bytes()[: talk.stat().st_size // 2]
        assert refusal(written(tmp_path, "half.mp4", half)) == INCOMPLETE

    def test_undecodable_video_is_refused(self, talk, tmp_path):
        data = bytearray(talk.read_bytes())
        at, end = data.index(b"mdat") + 4, data.index(b"moov")
        data[at:end] = b"\xff" * (end - at)
        assert refusal(written(tmp_path, "broken.mp4", bytes(data))) == UNDECODABLE

    def test_video_of_an_extreme_size_is_refused(self, make):
        words = ("-f", "lavfi", "-i", "color=s=8400x16:r=1:d=1")
        assert refusal(make("vast.mkv", *words, "-c:v", "ffv1")) == TOO_LARGE

    @pytest.mark.parametrize("name", ["talk.mp4", "talk.m3u8", "talk.ffconcat", "talk.txt"])
    @pytest.mark.parametrize("kind", ["hls", "concat"])
    def test_playlist_of_other_files_is_refused(self, tmp_path, asked, name, kind):
        url, paths = asked
        lists = {
            "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
            "concat": f"ffconcat version 1.0\nfile {url}/a.ts\nfile 'file:///etc/passwd'\n",
        }
        assert refusal(written(tmp_path, name, lists[kind].encode())) == ONLY_A_LIST
        assert paths == []

    def test_playlist_is_refused_without_ffprobe(self, tmp_path, asked, no_ffprobe):
        url, paths = asked
        content = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{url}/a.ts\n#EXT-X-ENDLIST\n"
        assert refusal(written(tmp_path, "talk.m3u8", content.encode())) == ONLY_A_LIST
        assert paths == []

    def test_every_message_says_what_to_do(self):
        for sentence in SENTENCES:
            assert re.search(r"\. (Copy|Export|Split|Try|Upload) ", sentence), sentence


class TestFacts:
    def test_a_plain_recording_can_be_copied(self, talk):
        found = probe(talk)
        assert (found.video.codec, found.audio.codec) == ("h264", "aac")
        assert (found.video.width, found.video.height) == (320, 180)
        assert found.video.rate == 25
        assert abs(found.seconds - 4) < 0.1
        assert found.copyable

    def test_audio_file_has_no_video(self, make):
        found = probe(make("talk.mp3", *tone()))
        assert (found.has_video, found.has_audio) == (False, True)
        assert not found.copyable

    def test_cover_picture_is_not_a_video(self, make):
        cover = make("cover.png", *picture(seconds=0.1), "-frames:v", "1")
        words = ("-i", str(cover), "-map", "0", "-map", "1", "-disposition:v", "attached_pic")
        assert not probe(make("covered.mp3", *tone(), *words)).has_video

    def test_silent_recording_has_no_audio(self, make):
        found = probe(make("silent.mp4", *picture(), *X264))
        assert (found.has_video, found.has_audio) == (True, False)
        assert found.copyable

    def test_rotated_recording_is_measured_as_shown(self, make, talk):
        turned = make("turned.mp4", "-display_rotation", "90", "-i", str(talk), "-c", "copy")
        found = probe(turned)
        assert (found.video.width, found.video.height) == (180, 320)
        assert not found.copyable

    def test_stretched_pixels_are_measured_as_shown(self, make):
        words = (*picture("360x288"), "-vf", "setsar=16/11", *X264)
        found = probe(make("wide.mp4", *words))
        assert (found.video.width, found.video.height) == (524, 288)
        assert not found.copyable

    def test_an_odd_size_must_be_encoded(self, make):
        words = (*picture("319x179"), "-c:v", "libx264", "-pix_fmt", "yuv444p")
        assert not probe(make("odd.mkv", *words)).copyable

    def test_ten_bit_video_must_be_encoded(self, make):
        found = probe(make("ten.mp4", *picture(), "-c:v", "libx264", "-pix_fmt", "yuv420p10le"))
        assert not found.copyable

    def test_audio_that_starts_later_must_be_encoded(self, make, talk):
        words = ("-itsoffset", "1", "-i", str(talk), "-map", "0:v", "-map", "1:a", "-c", "copy")
        assert not probe(make("late.mp4", "-i", str(talk), *words)).copyable

    def test_variable_frame_rate_is_detected(self, make):
        words = (*picture(), "-vf", "select='lt(t,1)+not(mod(n,10))'", "-fps_mode", "vfr", *X264)
        assert probe(make("varying.mp4", *words)).video.variable_rate

    def test_missing_duration_is_measured(self, make, tmp_path):
        whole = make("piped.webm", *picture(), *tone(), "-c:v", "libvpx", "-threads", "1", "-c:a", "libopus",
                     "-deadline", "realtime", "-live", "1")  # fmt: skip
        found = probe(whole)
        assert abs(found.seconds - 4) < 0.2

    def test_bit_rate_above_the_streaming_limit_must_be_encoded(self, make):
        words = ("-f", "lavfi", "-i", "nullsrc=s=320x180:d=1,geq=random(1)*255:128:128")
        assert not probe(make("noisy.mp4", *words, *X264, "-crf", "5")).copyable

    def test_length_of_the_content_is_measured(self, talk):
        assert abs(held_seconds(talk, probe(talk)) - 4) < 0.1


class TestWithoutFfprobe:
    def test_recording_is_read_without_ffprobe(self, talk, no_ffprobe):
        found = probe(talk)
        assert found.copyable
        assert found.video.rate == 25

    def test_text_file_is_refused_without_ffprobe(self, tmp_path, no_ffprobe):
        assert refusal(written(tmp_path, "talk.mp4", b"Dear all,\n" * 50)) == NO_RECORDING

    def test_truncated_file_is_refused_without_ffprobe(self, talk, tmp_path, no_ffprobe):
        half = talk.read_bytes()[: talk.stat().st_size // 2]
        assert refusal(written(tmp_path, "half.mp4", half)) == INCOMPLETE

    @pytest.mark.skipif(shutil.which("ffprobe") is None, reason="there is no ffprobe to compare")
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("a.mp4", (*picture(), *tone(), *X264, *AAC)),
            ("a.mkv", (*picture(rate=30), *tone(), *X264, *AAC)),
            ("a.webm", (*picture(), *tone(), "-c:v", "libvpx", "-threads", "1", "-c:a", "libopus")),
            ("ten.mp4", (*picture(), "-c:v", "libx264", "-pix_fmt", "yuv420p10le")),
            ("wide.mp4", (*picture("360x288"), "-vf", "setsar=16/11", *X264)),
            ("a.wav", tone()),
        ],
    )
    def test_both_probes_find_the_same_facts(self, make, name, words):
        path = make(name, *words)
        one = read_with_ffprobe(shutil.which("ffprobe"), path)
        other = read_with_mediainfo(path)
        assert (one.has_video, one.has_audio) == (other.has_video, other.has_audio)
        assert one.copyable == other.copyable
        assert abs(one.seconds - other.seconds) < 0.1
        if one.video:
            assert (one.video.width, one.video.height) == (other.video.width, other.video.height)
            assert one.video.codec == other.video.codec
            assert abs(one.video.rate - other.video.rate) < Fraction(1, 100)
        if one.audio:
            assert one.audio.channels == other.audio.channels
