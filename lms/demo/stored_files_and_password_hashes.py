"""Stored files and password hashes of the demo, prepared before its rows are written."""

from dataclasses import dataclass
from pathlib import Path

from lms.branding import Logo
from lms.core.password_hashing_and_rules import hash_password
from lms.core.runtime import Carrel
from lms.demo.all_series import CAST, HOUSE, PRESENTERS, WEBINARS
from lms.demo.data_types import CastText, PresenterText, WebinarText
from lms.handouts.handouts import KeptHandout, keep_handout
from lms.recordings.captions import KeptCaptions, keep_captions
from lms.recordings.recordings import Original, keep_original
from media.images.uploaded_pictures import clean_picture, picture_type
from media.storage.object_keys import new_key_id
from media.storage.storage_protocol import Storage

LANGUAGE = "en"
LARGEST_PICTURE_PX = 640


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A presenter and the key of their stored picture."""

    presenter: PresenterText
    key: str


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A webinar and its stored files."""

    webinar: WebinarText
    original: Original
    captions: KeptCaptions
    slides: KeptHandout


@dataclass(frozen=True, slots=True)
class HashedLogin:
    """A person of the cast with the hash of the printed password."""

    person: CastText
    password_hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """All stored files and password hashes of the demo."""

    logo: Logo
    pictures: tuple[StoredPicture, ...]
    recordings: tuple[StoredRecording, ...]
    logins: tuple[HashedLogin, ...]


def make_ready(carrel: Carrel) -> Stored:
    """Store the demo's files and hash its passwords; call it outside any transaction."""
    mark = _picture(HOUSE.mark)
    return Stored(
        logo=Logo(mark, picture_type(mark)),
        pictures=tuple(_store_picture(carrel.storage, presenter) for presenter in PRESENTERS),
        recordings=tuple(
            _store_recording(carrel, webinar) for webinar in WEBINARS if webinar.recording
        ),
        logins=tuple(HashedLogin(person, hash_password(person.password)) for person in CAST),
    )


def _picture(path: Path) -> bytes:
    return clean_picture(path.read_bytes(), LARGEST_PICTURE_PX)


def _store_picture(storage: Storage, presenter: PresenterText) -> StoredPicture:
    picture = _picture(presenter.picture)
    key = f"presenters/{new_key_id()}/{presenter.picture.name}"
    storage.put_bytes(key, picture, picture_type(picture))
    return StoredPicture(presenter, key)


def _store_recording(carrel: Carrel, webinar: WebinarText) -> StoredRecording:
    files = webinar.recording
    if files is None:
        raise ValueError(f"{webinar.slug} has no recording")
    original = keep_original(carrel.storage, files.video, files.video.name)
    return StoredRecording(
        webinar=webinar,
        original=original,
        captions=keep_captions(
            carrel.storage,
            recording_id=original.recording_id,
            language=LANGUAGE,
            data=files.captions.read_bytes(),
        ),
        slides=keep_handout(
            carrel.storage,
            files.slides,
            f"{files.slides.stem}-slides.pdf",
            carrel.settings.scratch,
        ),
    )
