from PIL import Image

from media.video.audio_posters_and_thumbnail_sheets import (
    draw_sound_poster,
    put_into_sheets,
    thumbnail_track,
)


def test_audio_poster_is_a_jpeg_of_1280_by_720(tmp_path):
    draw_sound_poster(tmp_path / "poster.jpg")
    with Image.open(tmp_path / "poster.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (1280, 720))
        assert len(picture.getcolors(1280 * 720)) > 1


def track(seconds):
    return thumbnail_track(seconds, every=10, across=2, size=(160, 90), sheet="thumbs-%03d.jpg")


def test_each_10_seconds_show_their_part_of_the_sheet():
    assert track(25.5).splitlines() == [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:10.000",
        "thumbs-001.jpg#xywh=0,0,160,90",
        "",
        "00:00:10.000 --> 00:00:20.000",
        "thumbs-001.jpg#xywh=160,0,160,90",
        "",
        "00:00:20.000 --> 00:00:25.500",
        "thumbs-001.jpg#xywh=0,90,160,90",
    ]


def test_a_full_sheet_is_followed_by_the_next():
    assert "thumbs-002.jpg#xywh=0,0,160,90" in track(41)
    assert "thumbs-002" not in track(40)


def test_times_over_an_hour_are_written_with_hours():
    assert "11:59:50.000 --> 12:00:00.000" in track(12 * 3600)


def test_pictures_are_put_into_sheets_in_order_and_deleted(tmp_path):
    colors = ["red", "lime", "blue", "white", "yellow"]
    singles = []
    for number, color in enumerate(colors):
        path = tmp_path / f"thumb-{number}.png"
        Image.new("RGB", (16, 8), color).save(path)
        singles.append(path)
    put_into_sheets(singles, tmp_path / "sheet-%03d.jpg", across=2, size=(16, 8))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet-001.jpg", "sheet-002.jpg"]
    with Image.open(tmp_path / "sheet-001.jpg") as sheet:
        assert sheet.size == (32, 16)
        red, green, blue = sheet.getpixel((24, 4))
        assert green > 200 > 100 > max(red, blue)  # the second is to the right of the first
    with Image.open(tmp_path / "sheet-002.jpg") as sheet:
        assert max(sheet.getpixel((24, 12))) < 30  # unused space is black
