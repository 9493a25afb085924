"""Niche packs: a ZIP file with all that a page in Niche Academy needs to show a webinar by its embed link.

The embed code always shows the current recording, so a pack never has to be made again for that.
"""

import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lms.lti_facade.dates import say_day_of
from lms.lti_facade.webinar_packs import PackContents
from media.storage.object_keys import safe_name
from media.storage.storage_protocol import Missing, Storage

CODE: Final = "embed-code.txt"
COMPACT: Final = "embed-code-compact.txt"
TEXTS: Final = "title-and-summary.txt"
STEPS: Final = "steps.txt"
POSTER: Final = "poster.jpg"
LINE_END: Final = "\r\n"  # which every program understands


@dataclass(frozen=True, slots=True)
class EmbedCodes:
    """The HTML to paste, its compact form, and the sites on which it plays."""

    snippet: str
    compact: str
    sites: tuple[str, ...]


def pack_of(
    storage: Storage, contents: PackContents, codes: EmbedCodes, *, made_at: datetime
) -> bytes:
    """Return the ZIP file; a poster or captions that aren't stored are left out."""
    files: dict[str, bytes] = {}
    if contents.poster_key is not None:
        files |= _stored(storage, contents.poster_key, POSTER)
    for key, language, _label in contents.captions:
        files |= _stored(storage, key, _caption_name(language))
    texts = {
        CODE: codes.snippet,
        COMPACT: codes.compact,
        TEXTS: _texts(contents),
        STEPS: _steps(contents, codes, frozenset(files)),
    }
    packed = io.BytesIO()
    when = made_at.timetuple()[:6]  # without a date, unpacked files are from 1980
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, when), text.replace("\n", LINE_END) + LINE_END)
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), data)
    return packed.getvalue()


def _stored(storage: Storage, key: str, name: str) -> dict[str, bytes]:
    try:
        with storage.open(key) as file:
            return {name: file.read()}
    except Missing:
        return {}


def _caption_name(language: str) -> str:
    return f"captions.{safe_name(language)}.vtt"


def _texts(contents: PackContents) -> str:
    parts = [
        contents.title,
        contents.subtitle,
        f"Presented by {', '.join(contents.presenters)}" if contents.presenters else "",
        f"Held on {say_day_of(contents.held_at, contents.zone)}",
        contents.summary,
    ]
    return "\n\n".join(part for part in parts if part)


def _steps(contents: PackContents, codes: EmbedCodes, files: frozenset[str]) -> str:
    steps = [
        "In Niche Academy, create a tutorial, or open the one that should show this webinar.",
        f"Copy its title and summary from {TEXTS}.",
        *([f"Upload {POSTER} as its image."] if POSTER in files else []),
        f"Add an Embed block, and paste the line in {CODE} into it. For a narrow column, paste the line "
        f"in {COMPACT} instead.",
        "Publish the tutorial, and open it as a learner. The recording plays there.",
    ]
    sites = "\n".join(f"  {site}" for site in codes.sites)
    names = [_caption_name(language) for _key, language, _label in contents.captions]
    has_captions = any(name in files for name in names)
    notes = [
        "The code always shows the current recording. If we replace the recording, you don't need to "
        "change anything.",
        f"It plays only on these sites:\n{sites}\nIf your page is on another site, add that site to the "
        "embed link.",
        "The player has the captions already. The caption files are for a transcript on your page."
        if has_captions
        else "There are no captions for this recording yet. The player shows them once they are "
        "published.",
    ]
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    heading = f"How to show “{contents.title}” in Niche Academy"
    return "\n\n".join([heading, "\n".join(numbered), *notes])
