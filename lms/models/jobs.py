"""The table of jobs: background work and its results."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, partial_index, public_id_column

# Conditions of partial indexes; a query must repeat one exactly to use its index.
WAITS = "state = 'queued' AND NOT cancel_requested"
RUNS = "state = 'running'"
DROPPED = "state = 'queued' AND cancel_requested"


class Lane(StrEnum):
    """Queues that never wait for one another: encoding, short work, and uploaded files."""

    MEDIA = "media"
    PROMPT = "prompt"
    FILES = "files"


class JobState(StrEnum):
    """The state of a job or an email."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Job(Numbered, kw_only=True):
    """Work to do after the commit; this row, not the queue, is authoritative."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_is_a_share"),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="running_is_leased"
        ),
        # Claiming a job and settling one are both index lookups, however many rows wait.
        partial_index("ix_job_next_in_lane", "lane", "priority", "run_at", "id", where=text(WAITS)),
        partial_index("ix_job_running_lease_until", "lease_until", where=text(RUNS)),
        partial_index("ix_job_canceled_before_it_ran", "id", where=text(DROPPED)),
        # Whether a lane did anything lately, which each scrape of the metrics asks.
        Index("ix_job_finished_at_lane", "finished_at", "lane"),
    )

    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(60))
    lane: Mapped[Lane]
    subject: Mapped[str] = mapped_column(String(26), index=True)  # the public id of its subject
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True, default=None)
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    priority: Mapped[int] = mapped_column(default=100)  # lower numbers run first
    tries: Mapped[int] = mapped_column(default=0)
    max_tries: Mapped[int] = mapped_column(default=3)
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    leased_by: Mapped[str | None] = mapped_column(String(80), default=None)
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)
    progress: Mapped[float] = mapped_column(default=0.0)
    progress_note: Mapped[str] = mapped_column(String(200), default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    failure_detail: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
