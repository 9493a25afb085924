"""The base of all models: column types, public IDs, enums as text, and read models made of rows."""

import re
import secrets
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum as AnyEnum
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Select,
    String,
    TextClause,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID = re.compile(rf"[{CROCKFORD}]{{26}}")
_FIRST = bytes(ord(CROCKFORD[byte & 7]) for byte in range(256))  # 3 bits, then 25 times 5 bits
_OTHERS = bytes(ord(CROCKFORD[byte & 31]) for byte in range(256))

Asked = TypeVar("Asked", bound=Select[*tuple[Any, ...]])
Made = TypeVar("Made", bound="DataclassInstance")


def new_public_id() -> str:
    """Return 128 random bits as 26 lower-case Crockford characters, the form of every public ID."""
    random = secrets.token_bytes(26)
    return (random[:1].translate(_FIRST) + random[1:].translate(_OTHERS)).decode()


def new_public_ids(count: int) -> list[str]:
    """Return many IDs like `new_public_id`'s; a hundred cost as much as three."""
    first = secrets.token_bytes(count).translate(_FIRST).decode()
    rest = secrets.token_bytes(25 * count).translate(_OTHERS).decode()
    return [first[at] + rest[25 * at : 25 * at + 25] for at in range(count)]


class UTCDateTime(TypeDecorator[datetime]):
    """Stores and returns aware UTC datetimes; raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC for the database; raises ValueError if it is naive."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's signature)
    ) -> datetime | None:
        """Return the stored time as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def reference(
    column: str, ondelete: str, *, index: bool = True, primary_key: bool = False
) -> MappedColumn[int]:
    """Return the column of a foreign key, with an index unless told otherwise."""
    key = ForeignKey(column, ondelete=ondelete)
    return mapped_column(key, index=index, primary_key=primary_key)


# Without the second one, type checkers take a `reference` for a default.
@dataclass_transform(field_specifiers=(mapped_column, reference))
class Base(MappedAsDataclass, DeclarativeBase):
    """The base of all tables: dataclass constructors (set `kw_only=True` on each), and named constraints.

    The type of a column follows from its annotation: a datetime is stored in UTC, and a StrEnum as the
    text of its value, with a CHECK.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UTCDateTime,
        StrEnum: Enum(
            AnyEnum,
            native_enum=False,
            create_constraint=True,
            values_callable=lambda members: [member.value for member in members],
            length=40,
        ),
    }


class Numbered(Base, kw_only=True):
    """The base of tables whose rows have an id; the others have the primary keys of what they join."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True, init=False, sort_order=-1)


def optional_reference(
    column: str, ondelete: str, *, index: bool = True
) -> MappedColumn[int | None]:
    """Return the column of a foreign key that can be NULL, with an index unless told otherwise."""
    return mapped_column(ForeignKey(column, ondelete=ondelete), default=None, index=index)


def partial_index(
    name: str, *columns: str | ColumnElement[Any], where: TextClause, unique: bool = False
) -> Index:
    """Return an index of only the rows for which `where` is true."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def public_id_column() -> MappedColumn[str]:
    """Return the column of a public ID: random, unique, created with the row."""
    return mapped_column(String(26), unique=True, default_factory=new_public_id)


def copied(kind: type[Made], source: object, /, **others: Any) -> Made:  # noqa: ANN401  (values of any field)
    """Return a dataclass made of the attributes that `source` has under the same names, and of `others`.

    Raises AttributeError if a field is in neither.
    """
    names = [one.name for one in fields(kind) if one.init and one.name not in others]
    return kind(**others, **{name: getattr(source, name) for name in names})


def locked(
    query: Asked,
    *,
    of: Any = None,  # noqa: ANN401  (as with_for_update takes it)
    key_share: bool = False,
) -> Asked:
    """Return a query whose rows are locked for this transaction, and refreshed if already loaded."""
    rows = query.with_for_update(of=of, key_share=key_share)
    return rows.execution_options(populate_existing=True)
