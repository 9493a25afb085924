"""Slides are found in videos with known changes."""

from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw

from benchmarks.slide_detection import compare, draw_talk, look
from media.video.renditions_and_commands import SLIDE_FRAMES, slide_picture
from media.video.slide_detection import HEIGHT, WIDTH, Slide, find_slides
from media.video.transcoder import encode
from media.video.upload_probe import probe
from tests.media.conftest import Make, picture

PAPER, INK = 245, 20


def blank() -> Image.Image:
    return Image.new("L", (WIDTH, HEIGHT), PAPER)


def page(*rows: tuple[int, int]) -> Image.Image:
    """Return a page with lines of words: (y, right end of the line)."""
    sheet = blank()
    pen = ImageDraw.Draw(sheet)
    for y, reach in rows:
        for x in range(12, reach, 5):
            pen.rectangle((x, y, x + 2, y + 4), fill=INK)
    return sheet


def seen(folder: Path, *shots: tuple[Image.Image, int]) -> Path:
    """Write a file of frames, each picture for the given number of seconds."""
    path = folder / "frames.gray"
    path.write_bytes(b"".join(shot.tobytes() * seconds for shot, seconds in shots))
    return path


FIRST = page((10, 90), (30, 120), (45, 110))
SECOND = page((18, 140), (60, 60), (75, 150))


def test_slide_starts_when_it_appears_and_its_picture_is_from_its_end(tmp_path):
    found = find_slides(seen(tmp_path, (FIRST, 20), (SECOND, 30)))
    assert found == (
        Slide(0.0, 18.9, turns_page=True),
        Slide(20.0, 48.9, turns_page=True),
    )


def test_added_line_is_a_slide_but_not_a_new_page(tmp_path):
    longer = page((10, 90), (30, 120), (45, 110), (60, 130))
    found = find_slides(seen(tmp_path, (FIRST, 20), (longer, 20), (SECOND, 20)))
    assert [(each.starts_s, each.turns_page) for each in found] == [
        (0, True),
        (20, False),
        (40, True),
    ]


def test_light_and_dark_pages_with_the_same_words_are_two_slides(tmp_path):
    dark = FIRST.point([255 - value for value in range(256)])
    found = find_slides(seen(tmp_path, (FIRST, 20), (dark, 20)))
    assert [each.turns_page for each in found] == [True, True]


def test_slow_fade_is_one_change_at_its_start(tmp_path):
    fade = [(Image.blend(FIRST, SECOND, share / 4), 1) for share in (1, 2, 3)]
    found = find_slides(seen(tmp_path, (FIRST, 20), *fade, (SECOND, 20)))
    assert [each.starts_s for each in found] == [0, 20]


def test_moving_face_is_no_slide_and_hides_none(tmp_path):
    random = Random(5)  # noqa: S311  (a drawing, not a secret)

    def shot(sheet: Image.Image) -> tuple[Image.Image, int]:
        face = sheet.copy()
        x, y = random.randint(120, 132), random.randint(56, 66)
        ImageDraw.Draw(face).ellipse((x, y, x + 24, y + 24), fill=110)
        return face, 1

    shots = [shot(FIRST) for _ in range(40)] + [shot(SECOND) for _ in range(40)]
    assert [each.starts_s for each in find_slides(seen(tmp_path, *shots))] == [0, 40]


def test_full_screen_video_is_not_split_into_slides(tmp_path):
    random = Random(5)  # noqa: S311  (a drawing, not a secret)
    film = [
        (Image.frombytes("L", (20, 12), random.randbytes(240)).resize((WIDTH, HEIGHT)), 1)
        for _ in range(60)
    ]
    found = find_slides(seen(tmp_path, (FIRST, 120), *film, (SECOND, 120)))
    assert len(found) <= 4
    assert found[-1].starts_s == pytest.approx(180, abs=6)


def test_noise_and_a_pointer_are_not_slides(tmp_path):
    random = Random(5)  # noqa: S311  (a drawing, not a secret)

    def shot() -> tuple[Image.Image, int]:
        noisy = FIRST.point([min(255, value + random.randint(0, 9)) for value in range(256)])
        x, y = random.randint(0, 150), random.randint(0, 84)
        ImageDraw.Draw(noisy).polygon(((x, y), (x, y + 3), (x + 2, y + 2)), fill=0)
        return noisy, 1

    assert len(find_slides(seen(tmp_path, *(shot() for _ in range(120))))) == 1


def test_no_frames_have_no_slides_and_one_frame_has_one(tmp_path):
    assert find_slides(seen(tmp_path)) == ()
    assert find_slides(seen(tmp_path, (FIRST, 1))) == (Slide(0.0, 0.0, turns_page=True),)


@pytest.mark.slow
def test_changes_of_a_drawn_talk_are_found_with_95_percent_accuracy(tmp_path):
    drawn = draw_talk(tmp_path / "talk.mp4", seconds=480, seed=3)
    found = look(tmp_path / "talk.mp4", tmp_path)
    changes = compare([each.at_s for each in drawn], [each.starts_s for each in found[1:]])
    assert changes.recall >= 0.95
    assert changes.precision >= 0.95
    pages = compare(
        [each.at_s for each in drawn if each.is_page],
        [each.starts_s for each in found[1:] if each.turns_page],
    )
    assert pages.recall >= 0.95
    assert pages.precision >= 0.95


@pytest.mark.slow
def test_encoding_finds_slides_and_saves_their_pictures(tmp_path):
    drawn = draw_talk(tmp_path / "talk.mp4", seconds=60, seed=3)
    out = tmp_path / "out"
    made = encode(
        tmp_path / "talk.mp4",
        out,
        probe(tmp_path / "talk.mp4"),
        progress=lambda _: None,
        canceled=lambda: False,
        pictured=(1.5,),
    )
    assert len(made.slides) == len(drawn) + 1
    names = [slide_picture(each.picture_s) for each in made.slides]
    assert {*names, slide_picture(1.5)} <= set(made.files)
    assert SLIDE_FRAMES not in made.files
    for name in names:
        with Image.open(out / name) as still:
            assert still.size == (640, 360)


@pytest.mark.slow
def test_recording_shorter_than_a_second_has_one_slide(make: Make, tmp_path):
    brief = make("brief.mp4", *picture(seconds=0.4), "-c:v", "libx264", "-pix_fmt", "yuv420p")
    made = encode(
        brief, tmp_path / "out", probe(brief), progress=lambda _: None, canceled=lambda: False
    )
    assert [each.starts_s for each in made.slides] == [0.0]
