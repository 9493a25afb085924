"""The Alembic environment: runs migrations on the connection that lms.migrations gives it."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from lms.core.model_base import Base, UTCDateTime
from lms.migrations import CONNECTION
from lms.models import all_tables as tables

assert tables.MODULES  # noqa: S101  (importing them fills Base.metadata)


def render(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Render plain column types: a migration must not change when the models' types do."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Run the requested migrations: on SQLite in the open transaction, otherwise in one each."""
    connection = context.config.attributes[CONNECTION]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render,
        render_as_batch=True,
        transaction_per_migration=connection.dialect.name != "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
