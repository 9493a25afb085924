"""Upload chunks: received into storage outside any transaction.

A piece is first read from the sender and then stored, in a turn that no other request has; a process
killed in between loses only that piece.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from lms.core import clock
from lms.core.errors import N_, Gone, Refused
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.models.uploads import UploadPurpose, UploadState
from lms.uploads import uploads
from lms.uploads.uploads import (
    Busy,
    Damaged,
    NoRoom,
    Term,
    TooLarge,
    UploadFacts,
    Wanted,
    WrongKind,
    WrongPlace,
)
from media.files.file_types import HEAD_BYTES, no_handout, no_recording
from media.storage.resumable_uploads import PIECE_BYTES, NoRoomLeft, NotBegun, OutOfPlace

ROOM_LEFT_BYTES: Final = 512 * 1024 * 1024
READ_BYTES: Final = 256 * 1024
# how old a piece may get before it is stored, if it may be stored separately
PATIENCE_S: Final = 2.0
NO_ROOM: Final = N_(
    "The server doesn't have enough space for this file. Ask your operator for more, or "
    "delete earlier versions of recordings. Then upload it again."
)
STORAGE_AWAY: Final = N_(
    "We can't reach the file storage right now. We saved what you've uploaded and will "
    "resume in a moment."
)
LOST: Final = N_("The uploaded part of this file is no longer in storage. Upload it again.")
TOO_LONG: Final = N_("We received more data than the file's size. Upload it again.")
TOO_SMALL: Final = N_(
    "Each part of this file except the last must be at least 5 MiB. Send larger parts."
)
LONG_CHECKED: Final = N_("A part with a checksum can be up to 16 MiB. Send smaller parts.")
NOT_AS_SENT: Final = N_("Part of the file was damaged in transit. We're sending it again.")


class Cut(Exception):
    """The sender disconnected in the middle of a piece."""


class Source(Protocol):
    """The source of a piece; reading raises Cut if the sender has disconnected."""

    def read(self, size: int, /) -> bytes:
        """Return at most this many bytes, or none at the end."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The expected hash of a piece."""

    algorithm: str
    digest: bytes

    def check(self, piece: bytes) -> None:
        """Raise Damaged if the piece doesn't match."""
        if hashlib.new(self.algorithm, piece, usedforsecurity=False).digest() != self.digest:
            raise Damaged(NOT_AS_SENT)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: its source, its length (None if not stated), and its checksum."""

    source: Source
    length: int | None
    checksum: Checksum | None = None


def begin(carrel: Carrel, wanted: Wanted, *, login_id: int | None) -> UploadFacts:
    """Begin an upload. Raises WrongKind, TooLarge, NoRoom and NotFound, before any byte arrives."""
    wanted = wanted.checked()
    with carrel.database.read_session() as session:
        uploads.find_webinar(session, wanted.slug)
        expected = uploads.expected_bytes(session, now=clock.now())
    _check_room(carrel, wanted.size_bytes, expected)
    upload_id, intake = new_public_id(), carrel.storage.intake
    arriving = intake.begin(uploads.new_key(wanted, upload_id), wanted.size_bytes)
    try:
        with carrel.database.transaction() as session:
            uploads.begin(
                session,
                wanted,
                arriving,
                upload_id=upload_id,
                login_id=login_id,
                term=_term(carrel),
            )
            return uploads.read_upload(session, upload_id)
    except Exception:
        intake.discard(arriving)
        raise


def kept_bytes(carrel: Carrel, upload: UploadFacts) -> int:
    """Return how much of a file is stored; a complete file is queued for checking. Raises Gone."""
    if upload.state is UploadState.FAILED:
        raise Gone(upload.failure or LOST)
    if upload.state is not UploadState.SENDING:
        return upload.size_bytes
    try:
        kept = carrel.storage.intake.kept(upload.arriving)
    except NotBegun:
        raise Gone(LOST) from None
    if kept == upload.size_bytes:
        with carrel.database.transaction() as session:
            uploads.arrive(session, upload.id, now=clock.now())
    return kept


def receive(carrel: Carrel, upload: UploadFacts, at: int, body: Body) -> int:
    """Receive the body of a request and return how much is stored now.

    Raises WrongPlace, Busy, Damaged, TooLarge, WrongKind, NoRoom and Gone. A sender who disconnects is
    no error: the received bytes are stored as far as they make a valid piece.
    """
    kept = kept_bytes(carrel, upload)
    if kept != at:
        raise WrongPlace(kept)
    left = upload.size_bytes - at if body.length is None else body.length
    _check_length(carrel, upload, at, left, body)
    if body.checksum is not None:
        at = _take_checked(carrel, upload, at, body, left)
    else:
        at = _take_pieces(carrel, upload, at, left, body.source)
    if at == upload.size_bytes:
        with carrel.database.transaction() as session:
            uploads.arrive(session, upload.id, now=clock.now())
    return at


def take_in(carrel: Carrel, wanted: Wanted, path: Path, *, login_id: int | None) -> None:
    """Upload a local file that is complete, for the worker to check; raises as `begin`."""
    upload = begin(carrel, wanted, login_id=login_id)
    try:
        with path.open("rb") as source:
            receive(carrel, upload, 0, Body(source, upload.size_bytes))
    except Refused:
        with carrel.database.read_session() as session:
            upload = uploads.read_upload(session, upload.id)
        discard(carrel, upload)
        raise


def discard(carrel: Carrel, upload: UploadFacts) -> None:
    """Delete an upload and its stored bytes; raises Busy while the file is being checked."""
    if upload.state is UploadState.ARRIVED:
        raise Busy(N_("This file is already uploaded. We're checking it."))
    if upload.state is not UploadState.DONE:
        carrel.storage.intake.discard(upload.arriving)
    with carrel.database.transaction() as session:
        uploads.forget(session, upload.id)


def check_head(purpose: UploadPurpose, head: bytes) -> None:
    """Raise WrongKind if a file's first bytes contradict its purpose."""
    what = no_handout(head) if purpose is UploadPurpose.HANDOUT else no_recording(head)
    if what is not None:
        raise WrongKind(what)


def _check_room(carrel: Carrel, size: int, expected: int) -> None:
    needed = size + expected + ROOM_LEFT_BYTES
    free = carrel.storage.intake.free_bytes()
    if free is None:  # it is copied to scratch for encoding
        free, needed = shutil.disk_usage(carrel.settings.scratch).free, size + ROOM_LEFT_BYTES
    if free < needed:
        raise NoRoom(NO_ROOM)


def _check_length(carrel: Carrel, upload: UploadFacts, at: int, left: int, body: Body) -> None:
    if at + left > upload.size_bytes:
        raise TooLarge(TOO_LONG)
    if body.checksum is not None and left > PIECE_BYTES:
        raise TooLarge(LONG_CHECKED)
    is_last = at + left == upload.size_bytes
    if left and not is_last and left < carrel.storage.intake.least_bytes(upload.size_bytes):
        raise TooLarge(TOO_SMALL)


def _take_checked(carrel: Carrel, upload: UploadFacts, at: int, body: Body, length: int) -> int:
    try:
        piece = _read_whole(body.source, length)
    except Cut:  # an incomplete piece can't be verified
        return at
    if body.checksum is not None:
        body.checksum.check(piece)
    kept = _whole_steps(carrel, upload, at, len(piece))
    return _put(carrel, upload, at, piece[:kept]) if kept else at


def _read_whole(source: Source, length: int) -> bytes:
    piece = bytearray()
    while len(piece) < length:
        data = source.read(min(READ_BYTES, length - len(piece)))
        if not data:
            break
        piece += data
    return bytes(piece)


def _take_pieces(carrel: Carrel, upload: UploadFacts, at: int, left: int, source: Source) -> int:
    least = carrel.storage.intake.least_bytes(upload.size_bytes)
    stands = _standing(upload.size_bytes, least)
    piece, since = bytearray(), time.monotonic()
    while left:
        try:
            data = source.read(min(READ_BYTES, left))
        except Cut:
            data = b""
        if not data:
            break
        piece += data
        left -= len(data)
        is_due = len(piece) >= PIECE_BYTES or time.monotonic() - since > PATIENCE_S
        whole = _whole_steps(carrel, upload, at, len(piece)) if is_due else 0
        if whole and stands(at, whole) and stands(at + whole, len(piece) - whole + left):
            at = _put(carrel, upload, at, bytes(piece[:whole]))
            del piece[:whole]
            since = time.monotonic()
    whole = _whole_steps(carrel, upload, at, len(piece))
    if whole and stands(at, whole):
        at = _put(carrel, upload, at, bytes(piece[:whole]))
    return at


def _whole_steps(carrel: Carrel, upload: UploadFacts, at: int, length: int) -> int:
    """Return how many of this many bytes can be stored now; the sender continues from there."""
    if at + length == upload.size_bytes:
        return length
    return length - length % carrel.storage.intake.step_bytes(upload.size_bytes)


def _standing(size: int, least: int) -> Callable[[int, int], bool]:
    """Return a function that tells whether bytes at a position form a valid piece, or are none."""
    return lambda at, length: length == 0 or length >= least or at + length == size


def _put(carrel: Carrel, upload: UploadFacts, at: int, piece: bytes) -> int:
    if at == 0 and (len(piece) >= HEAD_BYTES or len(piece) == upload.size_bytes):
        _check_first(carrel, upload, piece)
    with carrel.database.transaction() as session:
        turn = uploads.take_turn(session, upload.id, now=clock.now())
    kept = None
    try:
        kept = carrel.storage.intake.add(upload.arriving, at, piece)
    except OutOfPlace as fault:
        raise WrongPlace(fault.kept) from None
    except NotBegun:
        raise Gone(LOST) from None
    except NoRoomLeft:
        raise NoRoom(NO_ROOM) from None
    finally:
        with carrel.database.transaction() as session:
            uploads.end_turn(session, upload.id, turn, kept=kept, term=_term(carrel))
    return kept


def _check_first(carrel: Carrel, upload: UploadFacts, piece: bytes) -> None:
    try:
        check_head(upload.purpose, piece[:HEAD_BYTES])
    except WrongKind as refusal:
        carrel.storage.intake.discard(upload.arriving)
        with carrel.database.transaction() as session:
            uploads.fail(session, upload.id, refusal.message, now=clock.now())
        raise


def _term(carrel: Carrel) -> Term:
    now = clock.now()
    return Term(now, now + timedelta(days=carrel.settings.upload_days))
