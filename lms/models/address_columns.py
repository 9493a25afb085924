"""Columns and CHECKs of a postal address, for tables with one or more addresses."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Composite, composite, mapped_column

from lms.core.postal_addresses import LONGEST_LINE, LONGEST_POSTAL_CODE, LONGEST_STATE, Address

_LONGEST = {
    "street": LONGEST_LINE,
    "street2": LONGEST_LINE,
    "city": LONGEST_LINE,
    "state": LONGEST_STATE,
    "postal_code": LONGEST_POSTAL_CODE,
    "country": 2,
}


def address_columns(prefix: str) -> Composite[Address | None]:
    """Return an address of a table in six columns with this prefix; None if it is absent.

    `billing_address: Mapped[Address | None] = address_columns("billing")` creates the columns
    `billing_street` to `billing_country`; also add `*address_checks("billing")` to the table.
    """
    columns = (
        mapped_column(f"{prefix}_{name}", String(longest), nullable=True)
        for name, longest in _LONGEST.items()
    )
    return composite(
        Address,
        *columns,
        return_none_on=lambda *values: values[0] is None,
        default=None,
    )


def address_checks(prefix: str) -> tuple[CheckConstraint, ...]:
    """Return the CHECKs of an address: complete or absent, and with a state and ZIP Code in the US."""
    columns = [f"{prefix}_{name}" for name in _LONGEST]
    street, _street2, city, state, code, country = columns
    absent = " AND ".join(f"{column} IS NULL" for column in columns)
    given = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return (
        CheckConstraint(
            f"({absent}) OR ({given} AND length({street}) > 0 AND length({city}) > 0 "
            f"AND length({country}) = 2)",
            name=f"{prefix}_address_whole_or_absent",
        ),
        CheckConstraint(
            f"{country} <> 'US' OR (length({state}) = 2 AND length({code}) IN (5, 10))",
            name=f"{prefix}_address_with_state_and_zip",
        ),
    )
