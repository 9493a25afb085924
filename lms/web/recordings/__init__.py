"""Staff pages of recordings: files, uploads, captions, slides, and posters."""

from typing import Final

from flask import Blueprint

from lms.web.recordings import (
    staff_caption_editor,
    staff_files,
    staff_handout_page_times,
    staff_poster,
    staff_slides,
    staff_uploads,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_handout_page_times.blueprint,
    staff_poster.blueprint,
    staff_slides.blueprint,
    staff_files.blueprint,
    staff_uploads.blueprint,
    staff_caption_editor.blueprint,
)
