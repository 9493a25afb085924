import pytest

from media.video.hls_playlist_parser_and_writer import (
    BrokenPlaylist,
    Sound,
    Variant,
    checked_playlist,
    master_playlist,
    parse_playlist,
    picture_codec,
)

TEXT = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="high.mp4",BYTERANGE="100@0"
#EXTINF:6.000000,
#EXT-X-BYTERANGE:3000@100
high.mp4
#EXTINF:2.500000,
#EXT-X-BYTERANGE:500@3100
high.mp4
#EXT-X-ENDLIST
"""


def kept(folder, text=TEXT, size=3600):
    (folder / "high.mp4").write_bytes(bytes(size))
    path = folder / "high.m3u8"
    path.write_text(text)
    return path


def test_playlist_is_parsed_into_its_file_and_segments():
    playlist = parse_playlist(TEXT)
    assert (playlist.file, playlist.header) == ("high.mp4", 100)
    assert [(s.seconds, s.start, s.length) for s in playlist.segments] == [
        (6.0, 100, 3000),
        (2.5, 3100, 500),
    ]
    assert (playlist.seconds, playlist.longest, playlist.starts) == (8.5, 6.0, (0.0, 6.0))


def test_peak_bit_rate_is_that_of_the_most_demanding_segment():
    playlist = parse_playlist(TEXT)
    assert playlist.peak_bits == 4000
    assert playlist.mean_bits == round(3500 * 8 / 8.5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#EXTM3U\n", ""),
        ("#EXT-X-ENDLIST\n", ""),
        ('#EXT-X-MAP:URI="high.mp4",BYTERANGE="100@0"\n', ""),
        ('BYTERANGE="100@0"', 'BYTERANGE="100@7"'),
        ("#EXTINF:6.000000,\n", ""),
        ("#EXTINF:6.000000,", "#EXTINF:six,"),
        ("#EXT-X-BYTERANGE:3000@100\n", ""),
        ("#EXT-X-BYTERANGE:3000@100", "#EXT-X-BYTERANGE:3000"),
        ("@3100\nhigh.mp4", "@3100\nother.mp4"),
        ("@3100\nhigh.mp4", "@3100\n../high.mp4"),
        ("@3100\nhigh.mp4", "@3100\nhttp://127.0.0.1/high.mp4"),
        ('URI="high.mp4"', 'URI="../high.mp4"'),
        ("500@3100", "500@3101"),
        ("500@3100", "500@3000"),
        ("500@3100", "501@3100"),
        ("500@3100", "0@3100"),
    ],
)
def test_inconsistent_playlist_is_broken(tmp_path, old, new):
    assert old in TEXT
    with pytest.raises(BrokenPlaylist):
        checked_playlist(kept(tmp_path, TEXT.replace(old, new)))


def test_a_playlist_without_segments_is_broken(tmp_path):
    head = TEXT[: TEXT.index("#EXTINF")]
    with pytest.raises(BrokenPlaylist):
        checked_playlist(kept(tmp_path, head + "#EXT-X-ENDLIST"))


def test_a_range_past_the_end_of_the_file_is_broken(tmp_path):
    with pytest.raises(BrokenPlaylist, match="past the end"):
        checked_playlist(kept(tmp_path, size=3599))


def test_a_missing_media_file_is_broken(tmp_path):
    path = kept(tmp_path)
    (tmp_path / "high.mp4").unlink()
    with pytest.raises(BrokenPlaylist):
        checked_playlist(path)


def test_a_missing_playlist_is_broken(tmp_path):
    with pytest.raises(BrokenPlaylist):
        checked_playlist(tmp_path / "high.m3u8")


def test_complete_playlist_is_returned(tmp_path):
    assert checked_playlist(kept(tmp_path)) == parse_playlist(TEXT)


def test_initialization_segment_without_h264_has_no_codec(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"ftypmoovmp4a" * 20)
    with pytest.raises(BrokenPlaylist):
        picture_codec(tmp_path / "x.mp4", 240)


HIGH = Variant("high.m3u8", "avc1.640028", 1920, 1080, 30, 900_000, 500_000)
LOW = Variant("low.m3u8", "avc1.64001f", 1280, 720, 15, 200_000, 90_000)
SOUND = Sound("audio.m3u8", 2, 100_000, 96_000)


def test_master_lists_the_least_demanding_video_first():
    lines = master_playlist([HIGH, LOW], SOUND).splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["low.m3u8", "high.m3u8"]


def test_master_adds_the_audio_to_each_video():
    text = master_playlist([HIGH, LOW], SOUND)
    assert 'TYPE=AUDIO,GROUP-ID="sound"' in text
    assert 'URI="audio.m3u8"' in text
    assert (
        "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AVERAGE-BANDWIDTH=596000,"
        'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=30.000,AUDIO="sound"'
    ) in text
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in text


def test_silent_master_lists_no_audio():
    text = master_playlist([HIGH, LOW], None)
    assert "AUDIO" not in text
    assert 'CODECS="avc1.640028",' in text


def test_audio_only_master_has_one_stream():
    lines = master_playlist([], SOUND).splitlines()
    assert lines[-2:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=100000,AVERAGE-BANDWIDTH=96000,CODECS="mp4a.40.2"',
        "audio.m3u8",
    ]
