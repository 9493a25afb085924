"""Jobs for ID mappings: apply or undo one in short transactions."""

from typing import Final

from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, JobKind, JobRun, Stopped
from lti.grades.jobs import look_after_merge
from lti.id_mappings.apply_and_undo_pairs import apply_pair, next_pairs, undo_pair
from lti.id_mappings.mappings import APPLY, UNDO, count, place_of, standing
from lti.models.id_mappings import MapState, PairState

STEP: Final = 25
JOINING: Final = N_("Merging people")
PARTING: Final = N_("Undoing")


def apply_map(carrel: Carrel, run: JobRun) -> None:
    """Apply the chosen pairs of a mapping."""
    _work(carrel, run, MapState.APPLYING, PairState.OPEN, JOINING)


def undo_map(carrel: Carrel, run: JobRun) -> None:
    """Undo a mapping."""
    _work(carrel, run, MapState.UNDOING, PairState.APPLIED, PARTING)


def work_ended(session: Session, ended: Ended) -> None:
    """End a mapping's failed or canceled job: finished pairs stay, the others remain as they were."""
    row = standing(session, ended.subject)
    if row is None:  # deleted with its registration
        return
    row.state = _at_rest(session, row.id)
    row.failure, row.ended_at = ended.sentence, ended.at
    session.flush()


def _work(carrel: Carrel, run: JobRun, during: MapState, state: PairState, note: str) -> None:
    done = 0
    while True:
        now, actor = clock.now(), run.payload.get("actor")
        with run.transaction(carrel.database) as session:
            row = standing(session, run.subject)
            if row is None or row.state is not during:
                return
            place = place_of(session, row)
            pairs = next_pairs(session, row, state, STEP)
            for pair in pairs:
                if state is PairState.OPEN:
                    hooks = (look_after_merge,)
                    apply_pair(session, place, pair, hooks=hooks, actor=actor, now=now)
                else:
                    undo_pair(session, pair, actor=actor, now=now)
            if not pairs:
                row.state, row.ended_at = _at_rest(session, row.id), now
                return
            left = count(session, row.id, state, only_chosen=state is PairState.OPEN)
        done += len(pairs)
        run.report(done / (done + left), note)
        if run.canceled():
            raise Stopped


def _at_rest(session: Session, map_id: int) -> MapState:
    if count(session, map_id, PairState.APPLIED):
        return MapState.APPLIED
    return MapState.UNDONE if count(session, map_id, PairState.UNDONE) else MapState.DRAFT


JOBS: Final = (
    JobKind(APPLY, apply_map, ended=work_ended),
    JobKind(UNDO, undo_map, ended=work_ended),
)
