"""Jobs of delivery kits: build a kit, safe to repeat after a crash, and delete its file."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.catalog import presenters
from lms.core.clock import now
from lms.core.dates_and_time_zones import is_zone, read_zone, say_date, say_last_date
from lms.core.errors import N_, NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, GiveUp, JobKind, JobRun, LeaseLost, Stopped, TryAgain
from lms.kits import delivery_kits
from lms.kits.delivery_kits import DROP, MAKE
from lms.models.catalog import Webinar
from lms.models.handouts import Handout
from lms.models.jobs import JobState
from lms.models.kits import DeliveryKit, KitState
from lms.models.organizations import Organization
from lms.models.recordings import Caption, Recording
from lms.recordings.encode_job import workshop
from media.storage.object_keys import safe_name
from media.storage.storage_protocol import content_type_of
from media.video.transcoder import EncodeCanceled, EncodeFailed
from media.video.upload_probe import Unplayable, probe
from media.video.watermarked_mp4 import CaptionFile, Marks, burn

FILM: Final = "recording.mp4"


@dataclass(frozen=True, slots=True)
class KitText:
    """The facts of a kit; `until` is None if the access has no end. Days end in `zone`."""

    kit: str
    title: str
    presenters: tuple[str, ...]
    held_at: datetime
    webinar_zone: str
    organization: str
    until: datetime | None
    zone: ZoneInfo
    captions: tuple[tuple[str, str], ...]  # file name, track label
    handouts: tuple[str, ...]
    seller: str
    contact: str
    made_at: datetime


FETCHING: Final = N_("Getting the recording")
BURNING: Final = N_("Adding your name to the video")
PACKING: Final = N_("Creating the ZIP file")
NO_RIGHT: Final = N_("Your organization no longer has access to this recording.")
PIECE: Final = 1 << 20
TEXT: Final = "README.txt"
POSTER: Final = "poster.jpg"


@dataclass(frozen=True, slots=True)
class _Plan:
    """The contents of a kit: stored files by key, and the facts of its text."""

    original: str
    poster: str | None
    captions: tuple[tuple[str, str, str], ...]  # key, language, label
    handouts: tuple[tuple[str, str], ...]  # key, and its name in the kit
    text: KitText


def make_kit(carrel: Carrel, run: JobRun) -> None:
    """Encode the recording with the organization's name in it, and pack it with the other files."""
    with run.transaction(carrel.database) as session:
        plan = _plan(session, run.subject, carrel, now())
    if plan is None:
        return
    run.report(0.0, FETCHING)
    with workshop(carrel.settings.scratch / "kits" / run.public_id) as folder:
        try:
            film = _film(carrel, run, plan, folder)
        except Unplayable as error:
            raise GiveUp(error.sentence, error.detail) from error
        except EncodeFailed as error:
            raise TryAgain(error.sentence, error.tail) from error
        except EncodeCanceled as error:
            raise Stopped from error
        run.report(0.95, PACKING)
        packed = _packed(carrel, run, plan, film, folder)
        size = packed.stat().st_size
        key = f"kits/{run.subject}/{run.public_id}-{run.tries}.zip"
        carrel.storage.take_file(key, packed, content_type_of(key))
    try:
        with run.transaction(carrel.database) as session:
            delivery_kits.finish(session, run.subject, key, size, now=now())
    except (LeaseLost, NotFound):  # another worker made it meanwhile, or it was deleted
        carrel.storage.delete(key)
        raise


def making_ended(session: Session, ended: Ended) -> None:
    """Record on the kit that making it failed permanently or was stopped."""
    is_stopped = ended.state is JobState.CANCELED
    state = KitState.CANCELED if is_stopped else KitState.FAILED
    delivery_kits.fail(session, ended.subject, state, ended.sentence, ended.detail)


def drop_kit(carrel: Carrel, run: JobRun) -> None:
    """Delete the file of an expired or withdrawn kit."""
    with run.transaction(carrel.database) as session:
        delivery_kits.let_go(session, run.subject)
    carrel.storage.delete(str(run.payload["key"]))


def _plan(session: Session, kit: str, carrel: Carrel, at: datetime) -> _Plan | None:
    """Return the contents to make; None for a kit that is ready, withdrawn, or deleted."""
    row = session.execute(
        select(DeliveryKit, Recording, Webinar, Organization)
        .join(Recording, Recording.id == DeliveryKit.recording_id)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .join(Organization, Organization.id == DeliveryKit.organization_id)
        .where(DeliveryKit.public_id == kit)
    ).one_or_none()
    if row is None:  # deleted with its organization
        return None
    found, recording, webinar, organization = row
    if found.state in (KitState.READY, KitState.GONE):
        return None
    found.state, found.failure, found.failure_detail = KitState.MAKING, "", ""  # retried
    right = delivery_kits.may_have(session, organization.id, webinar.id, now=at)
    if right is None or not delivery_kits.is_allowed(session, organization.id):
        raise GiveUp(NO_RIGHT)
    captions = session.execute(
        select(Caption.key, Caption.language, Caption.label)
        .where(Caption.recording_id == recording.id, Caption.key.is_not(None))
        .order_by(Caption.language)
    ).all()
    handouts = session.execute(
        select(Handout.key, Handout.name)
        .where(Handout.webinar_id == webinar.id, Handout.removed_at.is_(None))
        .order_by(Handout.position)
    ).all()
    names = tuple(f"{number:02d} {safe_name(one.name)}" for number, one in enumerate(handouts, 1))
    seller = read_branding(session, contact="")
    zone = organization.zone if organization.zone and is_zone(organization.zone) else None
    return _Plan(
        original=recording.original_key,
        poster=webinar.poster_key or f"renditions/{recording.public_id}/{recording.run}/poster.jpg",
        captions=tuple((one.key, one.language, one.label) for one in captions),
        handouts=tuple(zip((one.key for one in handouts), names, strict=True)),
        text=KitText(
            kit=found.public_id,
            title=webinar.title,
            presenters=presenters.names_of(session, webinar.id),
            held_at=webinar.held_at,
            webinar_zone=webinar.zone,
            organization=organization.name,
            until=right.ends_at,
            zone=read_zone(zone or carrel.settings.time_zone),
            captions=tuple((caption_name(one.language), one.label) for one in captions),
            handouts=names,
            seller=seller.name,
            contact=seller.contact_email,
            made_at=at,
        ),
    )


def caption_name(language: str) -> str:
    """Return the name of a caption file in a kit."""
    return f"captions.{safe_name(language)}.vtt"


def _film(carrel: Carrel, run: JobRun, plan: _Plan, folder: Path) -> Path:
    source = _local(carrel, plan.original, folder / "original")
    captions = tuple(
        CaptionFile(_local(carrel, key, folder / caption_name(language)), language, label)
        for key, language, label in plan.captions
    )
    found = probe(source)
    return burn(
        source,
        folder / "film",
        found,
        Marks(plan.text.organization, captions),
        progress=_reporting(run),
        canceled=run.canceled,
    )


def _packed(carrel: Carrel, run: JobRun, plan: _Plan, film: Path, folder: Path) -> Path:
    """Pack all files without compression, since films and pictures are compressed already."""
    path = folder / "kit.zip"
    parts: list[tuple[str, str]] = [(key, caption_name(lang)) for key, lang, _ in plan.captions]
    parts += [(key, f"handouts/{name}") for key, name in plan.handouts]
    if plan.poster is not None and carrel.storage.stat(plan.poster) is not None:
        parts.append((plan.poster, POSTER))
    made = now().timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(TEXT, made), readme_of(plan.text))
        archive.write(film, film.name)
        for key, name in parts:
            if run.canceled():
                raise Stopped
            part = zipfile.ZipInfo(name, made)  # without a date, unpacked files are from 1980
            with carrel.storage.open(key) as source, archive.open(part, "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
    return path


def _local(carrel: Carrel, key: str, path: Path) -> Path:
    """Return the path of a stored file on this machine; the encoder can't read from the network."""
    here = carrel.storage.local_path(key)
    if here is not None:
        return here
    carrel.storage.fetch(key, path)
    return path


def _reporting(run: JobRun) -> Callable[[float], None]:
    return lambda share: run.report(0.02 + 0.93 * share, BURNING)


JOBS: Final = (
    JobKind(MAKE, make_kit, ended=making_ended),
    JobKind(DROP, drop_kit),
)


def readme_of(text: KitText) -> str:
    """Return the kit's README, with CRLF line endings, which every program understands."""
    lines = [
        text.title,
        "=" * min(72, len(text.title)),
        "",
        *([f"Presented by {', '.join(text.presenters)}"] if text.presenters else []),
        f"Held on {say_date(text.held_at, read_zone(text.webinar_zone))}",
        "",
        "LICENSE",
        f"Only for the people of {text.organization}.",
        _until(text),
        "You may host it on a system that only your people can sign in to. Don't share or publish it,",
        "and don't remove your institution's name from the picture.",
        "",
        "IN THIS KIT",
        f"{FILM}: the recording, with your institution's name in the picture"
        + (" and its captions as subtitle tracks" if text.captions else ""),
        *_captions(text),
        *(f"handouts/{name}" for name in text.handouts),
        *([] if text.handouts else ["There are no slides or handouts for this recording."]),
        "poster.jpg: an image for the page where you show it",
        "",
        f"From {text.seller}" + (f", {text.contact}" if text.contact else ""),
        f"Kit {text.kit}, made on {say_date(text.made_at, text.zone)}",
    ]
    return "\r\n".join(lines) + "\r\n"


def _until(text: KitText) -> str:
    if text.until is None:
        return "The license doesn't expire."
    last_day = say_last_date(text.until, text.zone)
    return f"The license ends on {last_day}. Remove these files from your systems by then."


def _captions(text: KitText) -> list[str]:
    if not text.captions:
        return ["There are no captions for this recording yet. Contact us if you need them."]
    return [f"{name}: captions, {label}" for name, label in text.captions]
