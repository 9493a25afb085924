"""Matching slides to pages, including slides that match no page or more than one."""

import io
from collections.abc import Callable
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageFilter

from media.documents.slide_similarity import are_enough, likest, page_of

Change = Callable[[Image.Image], Image.Image]


def drawn(seed: int, size: tuple[int, int] = (1600, 900)) -> Image.Image:
    """Draw a page with the shared template: header, footer, and lines and boxes of its own."""
    chance = Random(seed)  # noqa: S311  (drawn the same each time)
    page = Image.new("RGB", size, "#f6f2e8")
    pen, (wide, high) = ImageDraw.Draw(page), size
    pen.rectangle((0, 0, wide, high // 12), fill="#143c2c")
    for line in range(chance.randint(2, 5)):
        top = high // 6 + line * high // 9
        pen.rectangle((wide // 10, top, wide * chance.uniform(0.3, 0.9), top + 30), fill="#222222")
    left, top = chance.uniform(0.1, 0.6) * wide, chance.uniform(0.5, 0.7) * high
    pen.rectangle((left, top, left + wide / 4, top + high / 5), fill="#1e6b4a")
    return page


PAGES = [drawn(seed) for seed in range(8)]


def squeezed(slide: Image.Image) -> Image.Image:
    out = io.BytesIO()
    slide.resize((800, 450)).filter(ImageFilter.GaussianBlur(1)).save(out, "JPEG", quality=30)
    return Image.open(out)


def with_a_face(slide: Image.Image) -> Image.Image:
    made, size = slide.copy(), (slide.width // 4, slide.height // 4)
    noise = Image.effect_noise(size, 90).filter(ImageFilter.GaussianBlur(4)).convert("RGB")
    made.paste(noise, (slide.width - size[0], 0))
    return made


def between_bars(slide: Image.Image) -> Image.Image:
    made = Image.new("RGB", (slide.width * 4 // 3, slide.height))
    made.paste(slide, (slide.width // 6, 0))
    return made


@pytest.mark.parametrize("change", [squeezed, with_a_face, between_bars])
def test_page_is_recognized(change: Change) -> None:
    pages = [page_of(page.resize((240, 135))) for page in PAGES]
    assert [likest(change(page), pages) for page in PAGES] == list(range(8))


def test_picture_that_is_not_a_page_matches_none() -> None:
    pages = [page_of(page) for page in PAGES]
    assert likest(drawn(99), pages) is None
    assert likest(Image.effect_noise((800, 450), 80), pages) is None
    assert likest(Image.new("RGB", (800, 450), "white"), pages) is None
    assert likest(PAGES[0], []) is None


def test_duplicate_page_matches_none() -> None:
    pages = [page_of(PAGES[0]), page_of(PAGES[0]), page_of(PAGES[1])]
    assert likest(squeezed(PAGES[0]), pages) is None
    assert likest(squeezed(PAGES[1]), pages) == 2


def test_page_of_other_proportions_is_found_in_the_middle() -> None:
    tall = drawn(5, (900, 1200))
    shown = Image.new("RGB", (1600, 900))
    shown.paste(tall.resize((675, 900)), ((1600 - 675) // 2, 0))
    pages = [page_of(PAGES[0]), page_of(tall)]
    assert likest(shown, pages) == 1


@pytest.mark.parametrize(
    ("seen", "pages", "outcome"), [(2, 7, False), (3, 7, True), (1, 1, True), (1, 2, False)]
)
def test_similar_title_alone_is_not_enough(seen: int, pages: int, outcome: bool) -> None:
    assert are_enough(seen, pages) is outcome
