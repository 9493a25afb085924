"""Exemption certificates of organizations and of people."""

from datetime import date

import pytest
from sqlalchemy import select

from lms.core.attached_files import KeptFile
from lms.core.database import Database
from lms.core.errors import Invalid, NotFound
from lms.models.audit import AuditEntry
from lms.models.tax import ExemptionBasis
from lms.organizations.payers import Payer
from lms.organizations.tax_papers import (
    NewExemption,
    add_exemption,
    find_exemption,
    list_exemptions,
    read_states,
    remove_exemption,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.organizations.twins import Twins, merge

FILE = KeptFile("exemptions/x/form.pdf", "form.pdf")


def add(database: Database, payer: Payer, new: NewExemption) -> str:
    with database.transaction() as session:
        return add_exemption(session, payer, new, actor=None, now=NOW)


def test_certificate_of_an_organization_is_listed_as_entered(
    database: Database, cast: Cast
) -> None:
    payer = Payer(organization_id=cast.organization_id)
    new = NewExemption(
        ExemptionBasis.CERTIFICATE, ("CA", "NY"), " EX  12 ", date(2027, 6, 30), FILE
    )
    public_id = add(database, payer, new)
    add(database, payer, NewExemption(ExemptionBasis.GOVERNMENT))
    with database.read_session() as session:
        second, first = list_exemptions(session, payer)
        assert find_exemption(session, public_id, payer) == first
        assert session.scalars(select(AuditEntry.act)).all() == ["exemption.added"] * 2
    assert (first.states, first.number, first.file) == (("CA", "NY"), "EX 12", FILE)
    assert (second.states, second.number, second.until, second.file) == ((), "", None, None)


def test_certificate_is_valid_through_its_last_day(database: Database, cast: Cast) -> None:
    payer = Payer(login_id=cast.alice.id)
    add(database, payer, NewExemption(ExemptionBasis.OTHER, until=date(2027, 6, 30)))
    add(database, payer, NewExemption(ExemptionBasis.OTHER))
    with database.read_session() as session:
        endless, dated = list_exemptions(session, payer)
    assert [dated.is_over(date(2027, 6, 30)), dated.is_over(date(2027, 7, 1))] == [False, True]
    assert not endless.is_over(date(2099, 1, 1))


def test_certificate_of_another_payer_is_not_found(database: Database, cast: Cast) -> None:
    public_id = add(database, Payer(login_id=cast.alice.id), NewExemption(ExemptionBasis.OTHER))
    with database.read_session() as session:
        for payer in (
            Payer(login_id=cast.bob.id),
            Payer(organization_id=cast.organization_id),
        ):
            assert list_exemptions(session, payer) == []
            with pytest.raises(NotFound):
                find_exemption(session, public_id, payer)


def test_removing_a_certificate_returns_its_file(database: Database, cast: Cast) -> None:
    payer = Payer(organization_id=cast.organization_id)
    public_id = add(database, payer, NewExemption(ExemptionBasis.OTHER, file=FILE))
    with database.transaction() as session:
        assert remove_exemption(session, public_id, actor=None, now=NOW).file == FILE
        assert list_exemptions(session, payer) == []
        with pytest.raises(NotFound):
            remove_exemption(session, public_id, actor=None, now=NOW)


def test_unknown_payer_and_too_long_a_number_are_refused(database: Database, cast: Cast) -> None:
    for payer in (Payer(organization_id=77), Payer(login_id=77)):
        with pytest.raises(NotFound):
            add(database, payer, NewExemption(ExemptionBasis.OTHER))
    alice, too_long = Payer(login_id=cast.alice.id), "1" * 81
    with pytest.raises(Invalid) as refused:
        add(database, alice, NewExemption(ExemptionBasis.OTHER, number=too_long))
    assert set(refused.value.fields) == {"number"}


def test_certificates_of_both_count_for_a_merged_organization(
    database: Database, twins: Twins
) -> None:
    add(database, Payer(organization_id=twins.other), NewExemption(ExemptionBasis.OTHER))
    merge(database)
    with database.read_session() as session:
        (paper,) = list_exemptions(session, Payer(organization_id=twins.elm))
    assert paper.payer == twins.other_id


def test_states_are_read_by_abbreviation_and_by_name() -> None:
    assert read_states("ny, california; IL tx\nNew Jersey") == ("CA", "IL", "NJ", "NY", "TX")
    assert read_states("") == ()
    with pytest.raises(Invalid) as refused:
        read_states("NY, Atlantis")
    assert "Atlantis" in refused.value.fields["states"]
