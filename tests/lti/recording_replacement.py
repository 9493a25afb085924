"""Staff actions: replace the recording of the test webinar, and delete the previous version."""

from dataclasses import dataclass
from typing import Final

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.models.recordings import Recording
from lms.recordings import recordings
from lms.recordings.recordings import Playable
from tests.cast import Cast
from tests.uploads.test_tus import settle
from tests.uploads.tus_client import Sender, film
from tests.visitor import Visitor

FILE: Final = "high.mp4"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the recording: its public ID, its run, and its media file."""

    id: str
    run: str
    film: bytes


@dataclass(frozen=True, slots=True)
class Staff:
    """Ada's actions on the webinar's page; encoding is treated as done."""

    carrel: Carrel
    visitor: Visitor
    cast: Cast

    def first(self, seconds: float) -> Version:
        """Set the length of the existing recording."""
        with self.carrel.database.transaction() as session:
            recording = session.get_one(Recording, self.cast.recording_id)
            recording.seconds = seconds
            assert recording.run is not None
            return self._with_film(recording.public_id, recording.run)

    def replace(self, seconds: float) -> Version:
        """Upload another file of this length, and publish it as processed."""
        self.visitor.sign_in(self.cast.ada.id)
        ada, sent = Sender(self.visitor, self.cast.slug), film(4096)
        assert ada.patch(ada.begin(len(sent)), 0, sent).status_code == 204
        settle(self.carrel)
        version = self._with_film(self._newest(), new_public_id())
        playable = Playable(version.run, seconds, has_video=True, width=1280, height=720)
        with self.carrel.database.transaction() as session:
            recordings.publish(session, version.id, playable)
            recordings.finish(session, version.id, now=now())
        return version

    def delete(self, version: Version) -> None:
        """Delete a version on the webinar's page."""
        self.visitor.sign_in(self.cast.ada.id)
        path = f"/staff/webinars/{self.cast.slug}/recordings/{version.id}/remove"
        assert self.visitor.post(path).status_code == 303

    def _newest(self) -> str:
        with self.carrel.database.read_session() as session:
            versions = session.query(Recording).filter_by(webinar_id=self.cast.webinar_id)
            return versions.order_by(Recording.number.desc()).limit(1).one().public_id

    def _with_film(self, recording_id: str, run: str) -> Version:
        made = f"the film of {recording_id}".encode()
        self.carrel.storage.put_bytes(f"renditions/{recording_id}/{run}/{FILE}", made, "video/mp4")
        return Version(recording_id, run, made)
