"""Self-enrollment: whose seat a manager took, and who therefore claims no other by themselves (PRODUCT.md, S7)."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_

from lms.models.seats import AssignmentEnd

Column = SQLColumnExpression[Any]


def is_bar(ended_as: Column, ended_in: Column, pool_id: Column | int) -> ColumnElement[bool]:
    """Return the condition that a person's past assignment in an organization bars them from its pool.

    One that a manager removed does, from all pools; one that was reassigned does from its own alone, because
    people who are moved to another pool end the same way. `ended_in` is the pool of the assignment.
    """
    return or_(
        ended_as == AssignmentEnd.REMOVED,
        and_(ended_as == AssignmentEnd.REASSIGNED, ended_in == pool_id),
    )
