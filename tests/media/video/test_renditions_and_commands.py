from fractions import Fraction
from pathlib import Path

import pytest

from media.video.encoder_runs import limits_for
from media.video.loudness import AS_IT_IS
from media.video.renditions_and_commands import (
    LONGEST_TIMES,
    SEGMENT_SECONDS,
    encode_command,
    poster_command,
    rungs,
    thumb_height,
)
from media.video.stream_facts import AudioStream, DynamicRange, Probe, VideoStream

HOURS_12 = 12 * 3600.0
SOURCE = Path("/srv/talk.mp4")


def video(**facts):
    known = {
        "pick": "0",
        "codec": "h264",
        "level": 40,
        "width": 1920,
        "height": 1080,
        "rate": Fraction(25),
        "variable_rate": False,
        "eight_bit_420": True,
        "interlaced": False,
        "turned": False,
        "square_pixels": True,
        "dynamic_range": DynamicRange.STANDARD,
        "bits_per_second": 500_000,
        "starts": 0.0,
        "seconds": 60.0,
    }
    return VideoStream(**(known | facts))


def audio(**facts):
    known = {
        "pick": "1",
        "codec": "aac",
        "profile": "LC",
        "channels": 2,
        "starts": 0.0,
        "seconds": 60.0,
    }
    return AudioStream(**(known | facts))


def probed(picture, sound=None, seconds=60.0):
    return Probe("mp4", seconds, 10_000_000, picture, sound)


@pytest.mark.parametrize(
    ("shown", "made"),
    [
        ((1920, 1080), (1920, 1080)),
        ((3840, 2160), (1920, 1080)),
        ((1280, 720), (1280, 720)),
        ((853, 479), (852, 478)),
        ((640, 480), (640, 480)),
        ((1600, 1200), (1440, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((2160, 3840), (1080, 1920)),
        ((3440, 1440), (1920, 802)),
        ((3, 2000), (2, 1920)),
        ((1, 1), (2, 2)),
    ],
)
def test_renditions_keep_the_proportions_and_are_not_enlarged(shown, made):
    sizes = [(rung.width, rung.height) for rung in rungs(video(width=shown[0], height=shown[1]))]
    assert sizes == [made, made]


@pytest.mark.parametrize(
    ("rate", "high", "low"),
    [
        (Fraction(25), Fraction(25), Fraction(15)),
        (Fraction(30), Fraction(30), Fraction(15)),
        (Fraction(30000, 1001), Fraction(30000, 1001), Fraction(15)),
        (Fraction(50), Fraction(25), Fraction(15)),
        (Fraction(60), Fraction(30), Fraction(15)),
        (Fraction(240), Fraction(30), Fraction(15)),
        (Fraction(10), Fraction(10), Fraction(10)),
        (Fraction(1, 10), Fraction(1), Fraction(1)),
        (Fraction(0), Fraction(30), Fraction(15)),
    ],
)
def test_renditions_have_up_to_30_and_15_frames_per_second(rate, high, low):
    assert [rung.rate for rung in rungs(video(rate=rate))] == [high, low]


def test_variable_frame_rate_becomes_30():
    assert rungs(video(rate=Fraction(9), variable_rate=True))[0].rate == 30


@pytest.mark.parametrize(
    "facts",
    [
        {"codec": "hevc"},
        {"level": 51},
        {"level": 0},
        {"width": 2560, "height": 1440},
        {"width": 1920, "height": 540, "square_pixels": False},
        {"width": 853},
        {"width": 2560, "height": 1080},
        {"eight_bit_420": False},
        {"dynamic_range": DynamicRange.HLG},
        {"interlaced": True},
        {"turned": True},
        {"bits_per_second": 3_000_001},
    ],
)
def test_video_that_browsers_might_not_play_is_not_copied(facts):
    assert probed(video(), audio()).copyable
    assert not probed(video(**facts), audio()).copyable


@pytest.mark.parametrize(
    "facts",
    [{"codec": "opus"}, {"profile": "HE-AAC"}, {"channels": 6}, {"starts": 0.2}],
)
def test_audio_that_browsers_might_not_play_is_not_copied(facts):
    assert not probed(video(), audio(**facts)).copyable


def test_unknown_bit_rate_is_taken_from_the_file():
    assert probed(video(bits_per_second=0), seconds=60).copyable
    assert not probed(video(bits_per_second=0), seconds=20).copyable


def test_encoder_can_open_neither_network_nor_playlists():
    words = encode_command(SOURCE, probed(video(), audio()), (), AS_IT_IS)
    assert words[words.index("-protocol_whitelist") + 1] == "file,pipe"
    formats = words[words.index("-format_whitelist") + 1].split(",")
    assert not {"hls", "dash", "concat", "sdp", "rtsp", "image2", "tty"} & set(formats)
    assert "-nostdin" in words
    assert words[words.index("-i") + 1] == "file:/srv/talk.mp4"


def test_renditions_are_cut_at_the_same_times():
    words = encode_command(SOURCE, probed(video(), audio()), (), AS_IT_IS)
    cuts = [words[place + 1] for place, word in enumerate(words) if word == "-force_key_frames"]
    assert cuts == [f"expr:gte(t,n_forced*{SEGMENT_SECONDS})"] * 2


def test_low_rendition_is_cut_where_copied_video_is():
    words = encode_command(SOURCE, probed(video(), audio()), (0.0, 8.34), AS_IT_IS)
    assert "high.m3u8" not in words
    assert words[words.index("-force_key_frames") + 1] == "0.000,8.340"


def test_twelve_hours_of_cuts_fit_into_one_command():
    cuts = [place * 6.0 for place in range(int(HOURS_12 // 6))]
    words = encode_command(SOURCE, probed(video(), audio(), HOURS_12), cuts, AS_IT_IS)
    assert max(map(len, words)) < LONGEST_TIMES < 128 * 1024


def test_twelve_hours_are_within_the_limits():
    limits = limits_for(HOURS_12)
    assert limits.cpu_seconds > 12 * 3600 * 10
    assert limits.file_bytes > HOURS_12 * 2_600_000 / 8 * 2
    assert limits.memory_bytes == limits_for(60).memory_bytes


def test_interlaced_video_is_deinterlaced():
    graphs = graphs_of(encode_command(SOURCE, probed(video(interlaced=True)), (), AS_IT_IS))
    assert all("yadif" in graph for graph in graphs)


def test_each_video_output_has_a_filter_graph_of_its_own():
    words = encode_command(SOURCE, probed(video(), audio()), (), AS_IT_IS)
    assert len(graphs_of(words)) == len(["high", "low", "thumbs", "slides"])
    assert words.count("-filter_complex") == 1
    assert "scale" not in words[words.index("-filter_complex") + 1]


def test_no_filter_delays_the_first_output():
    waiting = ("tile", "thumbnail")  # these give no output before they have read many frames
    graphs = graphs_of(encode_command(SOURCE, probed(video(), audio()), (), AS_IT_IS))
    assert not [graph for graph in graphs if any(word in graph for word in waiting)]


def test_poster_uses_only_key_frames_of_the_first_30_seconds():
    words = poster_command(SOURCE.parent, video())
    assert words[words.index("-t") + 1] == "30"
    assert words[words.index("-skip_frame") + 1] == "nokey"


def graphs_of(words):
    return [words[place + 1] for place, word in enumerate(words) if word == "-vf"]


def test_mono_stays_mono():
    words = encode_command(SOURCE, probed(None, audio(channels=1)), (), AS_IT_IS)
    assert "channel_layouts=mono" in words[words.index("-filter_complex") + 1]


def test_thumbnails_keep_the_proportions():
    assert thumb_height(video()) == 90
    assert thumb_height(video(width=1080, height=1920)) == 284
